//! Filling the pages.

use crate::proto::cause::{Cause, Standard};
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::message::Response;
use crate::proto::policy::{Policy, Step};
use crate::proto::template::{Context, Medium, Template};

const SHELL: &str = include_str!("shell.html");
const PASSWORD: &str = include_str!("password.html");
const TOTP: &str = include_str!("totp.html");
const CONSENT: &str = include_str!("consent.html");
const MESSAGE: &str = include_str!("message.html");

/// The page of one step of signing in.
pub(crate) fn sign_in(
    policy: &Policy,
    id: &str,
    step: Step,
    user: Option<&str>,
    request: &AuthorizationRequest,
    message: Option<&str>,
) -> Response {
    let fields = &policy.sign_in.fields;
    let context = Context::default()
        .with("interaction", id)
        .with("action", policy.sign_in.path.as_str())
        .with("client", request.client_name.as_str())
        .with("user", user.unwrap_or_default())
        .with("message", message.unwrap_or_default())
        .with("user_name_field", fields.user_name.as_str())
        .with("password_field", fields.password.as_str())
        .with("totp_field", fields.totp.as_str())
        .with("digits", policy.sign_in.totp.digits);
    let body = match step {
        Step::Password => PASSWORD,
        Step::Totp => TOTP,
    };
    page(policy, 200, body, context)
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
