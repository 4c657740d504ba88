//! Filling the pages.

use crate::proto::cause::{Cause, Standard};
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;
use crate::proto::policy::{Policy, SecondMethod, Step};
use crate::proto::store::SignedIn;
use crate::proto::template::{Context, Medium, Template};
use crate::proto::world::User;

const SHELL: &str = include_str!("shell.html");
const PASSWORD: &str = include_str!("password.html");
const TOTP: &str = include_str!("totp.html");
const USER_NAME: &str = include_str!("user_name.html");
const SECOND_FACTOR: &str = include_str!("second_factor.html");
const PICK: &str = include_str!("pick.html");
const CONSENT: &str = include_str!("consent.html");
const MESSAGE: &str = include_str!("message.html");

/// The page of one step of signing in.
pub(crate) fn sign_in(
    turn: &Turn<'_>,
    id: &str,
    step: Step,
    account: Option<&User>,
    request: &AuthorizationRequest,
    message: Option<&str>,
) -> Response {
    let policy = turn.policy;
    let fields = &policy.sign_in.fields;
    let second = policy.sign_in.second_factor.as_ref();
    let enrolment = account.and_then(|account| turn.sessions.accounts.enrolment(account)).unwrap_or_default();
    let by_email = enrolment.email && second.is_some_and(|it| it.methods.contains(&SecondMethod::Email));
    let mailed_to = account.filter(|_| by_email).map(masked).unwrap_or_default();
    let days = second.and_then(|it| it.trust).map_or(0, |span| span.as_seconds() / (24 * 3600));
    let context = Context::default()
        .with("interaction", id)
        .with("action", policy.sign_in.path.as_str())
        .with("client", request.client_name.as_str())
        .with("user", account.map_or("", |account| account.name.as_str()))
        .with("hint", request.login_hint.as_deref().unwrap_or_default())
        .with("message", message.unwrap_or_default())
        .with("user_name_field", fields.user_name.as_str())
        .with("password_field", fields.password.as_str())
        .with("totp_field", fields.totp.as_str())
        .with("code_field", fields.code.as_str())
        .with("app", enrolment.totp_secret.is_some())
        .with("mailed_to", mailed_to)
        .with("backup_codes", second.is_some_and(|it| it.backup_codes.is_some()))
        .with("trust_days", days)
        .with("digits", policy.sign_in.totp.digits);
    let body = match step {
        Step::Password => PASSWORD,
        Step::Totp => TOTP,
        Step::UserName => USER_NAME,
        Step::SecondFactor => SECOND_FACTOR,
    };
    page(policy, 200, body, context)
}

/// The page that asks which of the signed-in accounts is meant.
pub(crate) fn pick(turn: &Turn<'_>, id: &str, accounts: &[SignedIn], request: &AuthorizationRequest) -> Response {
    let names: Vec<String> = accounts.iter().rev().map(|account| account.user.clone()).collect();
    let context = Context::default()
        .with("interaction", id)
        .with("action", turn.policy.sign_in.path.as_str())
        .with("client", request.client_name.as_str())
        .with("accounts", names);
    page(turn.policy, 200, PICK, context)
}

/// An e-mail address that its owner knows again and nobody else learns.
pub(super) fn masked(user: &User) -> String {
    let address = user.address().unwrap_or_default();
    let (name, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}

/// The page that asks for consent.
pub(crate) fn consent(policy: &Policy, id: &str, user: &str, request: &AuthorizationRequest) -> Response {
    let context = Context::default()
        .with("interaction", id)
        .with("action", policy.sign_in.path.as_str())
        .with("client", request.client_name.as_str())
        .with("user", user);
    page(policy, 200, CONSENT, context)
}

/// A page that only says something.
pub(crate) fn message(policy: &Policy, status: u16, text: &str) -> Response {
    page(policy, status, MESSAGE, Context::default().with("message", text))
}

/// What the page says when a step was not proven.
pub(crate) fn message_of(cause: &Cause) -> &'static str {
    match cause.kind().standard() {
        Standard::AskAgain(text) | Standard::Page(text) => text,
        Standard::Json { description, .. } | Standard::Redirect { description, .. } => description,
        Standard::Bearer { description, .. } => description,
        Standard::Empty(_) => "",
    }
}

pub(super) fn page(policy: &Policy, status: u16, body: &str, context: Context) -> Response {
    let context = context.with("title", policy.sign_in.title.as_str());
    // The pages are the program's own; a test renders each of them.
    let fill = |source: &str, context: &Context| {
        Template::new(source).map(|template| template.render(Medium::Html, context)).unwrap_or_default()
    };
    let inner = fill(body, &context);
    let whole = fill(SHELL, &context).replace("<!-- page -->", &inner);
    Response::with_body(status, "text/html; charset=utf-8", whole)
        .header("Cache-Control", "no-store")
        .header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        .header("Referrer-Policy", "no-referrer")
        .header("X-Content-Type-Options", "nosniff")
}
