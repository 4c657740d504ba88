//! Signing in: password → second factor → consent → code. The one dispatcher: each form comes here, proves one step, and the
//! next page follows from the state that is left.
//!
//! A sign-in belongs to one browser, by a cookie, so that a form cannot be posted from elsewhere.

use crate::proto::cause::Cause;
use crate::proto::client::ClientId;
use crate::proto::endpoint::authorization::AuthorizationRequest;
use crate::proto::endpoint::authorization_response::{finish, refused};
use crate::proto::endpoint::cookie::{cookie, set_cookie};
use crate::proto::endpoint::refuse::page_error;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::page;
use crate::proto::params::Params;
use crate::proto::policy::{Consent, Step};
use crate::proto::store::{Interaction, InteractionState, Session};
use crate::proto::time::Timestamp;
use crate::proto::totp;
use crate::proto::world::User;

/// The cookie that binds a sign-in to a browser.
const BROWSER_COOKIE: &str = "sign-in";

/// Proof that a resource owner is who they say, by every step that the policy asks for.
#[derive(Debug)]
pub(crate) struct ProvenUser {
    pub(crate) name: String,
    /// When they proved it.
    pub(crate) signed_in_at: Timestamp,
}

/// Begins a sign-in for a checked request, or answers at once where a session and a consent make it needless.
pub(crate) fn begin(turn: &mut Turn<'_>, request: &Request, checked: AuthorizationRequest) -> Response {
    let session = cookie(request, &turn.policy.sign_in.session_cookie)
        .filter(|_| !checked.sign_in_again)
        .and_then(|id| turn.sessions.session(&id, turn.now))
        .map(|session| ProvenUser { name: session.user.clone(), signed_in_at: session.signed_in_at });
    let browser = cookie(request, BROWSER_COOKIE).filter(|value| value.len() == 32);
    let (browser, fresh) = match browser {
        Some(browser) => (browser, false),
        None => (turn.mint.identifier(Purpose::Interaction), true),
    };
    let state = match session {
        Some(proven) if !needs_consent(turn, &proven.name, &checked.client) => {
            return finish(turn, &checked, &proven);
        }
        Some(proven) => InteractionState::AwaitConsent { user: proven.name, signed_in_at: proven.signed_in_at },
        None => InteractionState::Proving { user: None, steps: turn.policy.sign_in.steps.clone() },
    };
    let id = turn.mint.identifier(Purpose::Interaction);
    let ends = turn.now.plus(turn.policy.sign_in.interaction);
    turn.sessions.start(id.clone(), Interaction { request: checked, browser: browser.clone(), ends, state });
    let response = see_page(turn, &id);
    if fresh { response.header("Set-Cookie", set_cookie(BROWSER_COOKIE, &browser, request)) } else { response }
}

/// Shows the page of a sign-in under way.
pub(crate) fn show_interaction(
    turn: &mut Turn<'_>,
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let (id, interaction) = find(turn, request, params)?;
    let response = show(turn, &id, &interaction, None);
    turn.sessions.start(id, interaction);
    Ok(response)
}

/// Takes a form.
pub(crate) fn change_interaction(
    turn: &mut Turn<'_>,
    users: &[User],
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let (id, mut interaction) = find(turn, request, params)?;
    match submit(turn, users, &mut interaction, params) {
        Ok(Some(proven)) => Ok(signed_in(turn, request, id, interaction, proven)),
        Ok(None) => {
            turn.sessions.start(id.clone(), interaction);
            Ok(see_page(turn, &id))
        }
        Err(cause @ Cause::ConsentRefused) => {
            let response = refused(turn, &interaction.request, &cause);
            Err((cause, response))
        }
        Err(cause) => {
            let message = page::message_of(&cause);
            let response = show(turn, &id, &interaction, Some(message));
            turn.sessions.start(id, interaction);
            Err((cause, response))
        }
    }
}

fn find(turn: &mut Turn<'_>, request: &Request, params: &Params) -> Result<(String, Interaction), (Cause, Response)> {
    let found = params.first("i").and_then(|id| {
        let browser = cookie(request, BROWSER_COOKIE)?;
        Some((id.to_owned(), turn.sessions.take(id, &browser, turn.now)?))
    });
    found.ok_or_else(|| {
        let cause = Cause::InteractionUnknown;
        let response = page_error(turn.policy, &cause, turn.now, None);
        (cause, response)
    })
}

/// Proves one step of a sign-in. The proof comes out once nothing is left to prove; a sign-in that awaits consent gives it when
/// consent is given.
fn submit(
    turn: &mut Turn<'_>,
    users: &[User],
    interaction: &mut Interaction,
    params: &Params,
) -> Result<Option<ProvenUser>, Cause> {
    match &mut interaction.state {
        InteractionState::Proving { user, steps } => {
            let step = steps.first().copied().unwrap_or(Step::Password);
            let account = prove(turn, users, step, user.as_deref(), params)?;
            let name = account.name.clone();
            // A factor that the user never enrolled cannot be asked for.
            let enrolled = |step: &Step| *step != Step::Totp || account.totp_secret.is_some();
            let left: Vec<Step> = steps.iter().skip(1).copied().filter(enrolled).collect();
            if !left.is_empty() {
                *user = Some(name);
                *steps = left;
                return Ok(None);
            }
            if needs_consent(turn, &name, &interaction.request.client) {
                interaction.state = InteractionState::AwaitConsent { user: name.clone(), signed_in_at: turn.now };
            }
            Ok(Some(ProvenUser { name, signed_in_at: turn.now }))
        }
        InteractionState::AwaitConsent { user, signed_in_at } => match params.first("consent") {
            Some("allow") => {
                turn.sessions.consent(user, &interaction.request.client);
                let proven = ProvenUser { name: user.clone(), signed_in_at: *signed_in_at };
                interaction.state = InteractionState::Proving { user: None, steps: Vec::new() };
                Ok(Some(proven))
            }
            Some(_) => Err(Cause::ConsentRefused),
            // The form before this one was posted twice: nobody has answered yet.
            None => Ok(None),
        },
    }
}

fn prove<'a>(
    turn: &mut Turn<'_>,
    users: &'a [User],
    step: Step,
    user: Option<&str>,
    params: &Params,
) -> Result<&'a User, Cause> {
    let fields = &turn.policy.sign_in.fields;
    match step {
        Step::Password => {
            let name = params.first(&fields.user_name).unwrap_or_default();
            let password = params.first(&fields.password).unwrap_or_default();
            users
                .iter()
                .find(|user| user.name == name && user.password.expose() == password)
                .ok_or_else(|| Cause::PasswordWrong { user: name.to_owned() })
        }
        Step::Totp => {
            let name = user.unwrap_or_default();
            let wrong = || Cause::TotpWrong { user: name.to_owned() };
            let account = users.iter().find(|user| user.name == name).ok_or_else(wrong)?;
            let secret = account.totp_secret.as_ref().ok_or_else(wrong)?;
            let code: String = params.first(&fields.totp).unwrap_or_default().split_whitespace().collect();
            let policy = &turn.policy.sign_in.totp;
            let step = totp::matching_step(policy, secret.expose(), turn.now, &code).ok_or_else(wrong)?;
            let last = turn.sessions.totp_steps.get(name).copied();
            if last.is_some_and(|last| step <= last) {
                return Err(Cause::TotpUsedBefore { user: name.to_owned() });
            }
            turn.sessions.totp_steps.insert(name.to_owned(), step);
            Ok(account)
        }
    }
}

/// Everything is proven: the browser gets a session, and the client its code, or the resource owner the consent page.
fn signed_in(
    turn: &mut Turn<'_>,
    request: &Request,
    id: String,
    interaction: Interaction,
    proven: ProvenUser,
) -> Response {
    let awaits_consent = matches!(interaction.state, InteractionState::AwaitConsent { .. });
    let has_session = cookie(request, &turn.policy.sign_in.session_cookie)
        .is_some_and(|id| turn.sessions.session(&id, turn.now).is_some_and(|session| session.user == proven.name));
    let cookie = if has_session { None } else { begin_session(turn, request, &proven) };
    let response = if awaits_consent {
        turn.sessions.start(id.clone(), interaction);
        see_page(turn, &id)
    } else {
        finish(turn, &interaction.request, &proven)
    };
    match cookie {
        Some(cookie) => response.header("Set-Cookie", cookie),
        None => response,
    }
}

fn begin_session(turn: &mut Turn<'_>, request: &Request, proven: &ProvenUser) -> Option<String> {
    let policy = &turn.policy.sign_in;
    if policy.session.is_zero() {
        return None;
    }
    let id = turn.mint.identifier(Purpose::Session);
    turn.sessions.begin(
        id.clone(),
        Session { user: proven.name.clone(), signed_in_at: proven.signed_in_at, ends: turn.now.plus(policy.session) },
    );
    Some(set_cookie(&policy.session_cookie, &id, request))
}

fn needs_consent(turn: &Turn<'_>, user: &str, client: &ClientId) -> bool {
    match turn.policy.sign_in.consent {
        Consent::Always => true,
        Consent::FirstTime => !turn.sessions.has_consent(user, client),
        Consent::Never => false,
    }
}

fn show(turn: &Turn<'_>, id: &str, interaction: &Interaction, message: Option<&str>) -> Response {
    match &interaction.state {
        InteractionState::Proving { steps, user } => {
            let step = steps.first().copied().unwrap_or(Step::Password);
            page::sign_in(turn.policy, id, step, user.as_deref(), &interaction.request, message)
        }
        InteractionState::AwaitConsent { user, .. } => page::consent(turn.policy, id, user, &interaction.request),
    }
}

/// Post, redirect, get: a reload of the next page posts nothing again.
fn see_page(turn: &Turn<'_>, id: &str) -> Response {
    Response::empty(303)
        .header("Location", format!("{}?i={id}", turn.policy.sign_in.path))
        .header("Cache-Control", "no-store")
}
