//! Signing in: who → password → second factor → consent → the answer. The one dispatcher: each form comes here, proves one step, and
//! the next page follows from the state that is left.
//!
//! A sign-in belongs to one browser, by a cookie, so that a form cannot be posted from elsewhere.

use crate::proto::cause::{Cause, Facts};
use crate::proto::endpoint::authorization::AuthorizationRequest;
use crate::proto::endpoint::authorization_response::{finish, refused};
use crate::proto::endpoint::cookie::{cookie, lasting_cookie, set_cookie};
use crate::proto::endpoint::prove::{TRUST_COOKIE, asks, prove, send_code};
use crate::proto::endpoint::refuse::page_error;
use crate::proto::grant::admit::{Admission, admit};
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::page;
use crate::proto::params::Params;
use crate::proto::policy::{Consent, Step};
use crate::proto::store::{Interaction, InteractionState, Proven, SignedIn};
use crate::proto::target;
use crate::proto::tenant::{Authority, home_of, is_member};
use crate::proto::time::Timestamp;

/// The cookie that binds a sign-in to a browser.
const BROWSER_COOKIE: &str = "sign-in";

/// Proof that a resource owner is who they say, by every step that the policy asks for.
#[derive(Debug, Clone)]
pub(crate) struct ProvenUser {
    pub(crate) name: String,
    /// When they proved it.
    pub(crate) signed_in_at: Timestamp,
    /// How.
    pub(crate) by: Proven,
}

/// Begins a sign-in for a checked request, or answers at once where a session and a consent make it needless.
pub(crate) fn begin(
    turn: &mut Turn<'_>,
    request: &Request,
    checked: AuthorizationRequest,
) -> Result<Response, (Cause, Response)> {
    let mut by = Proven::default();
    let state = match first_state(turn, request, &checked) {
        Ok(Beginning::Page(state)) => state,
        Ok(Beginning::More(state, proven)) => {
            by = proven;
            state
        }
        Ok(Beginning::Known(proven)) => return Ok(finish(turn, &checked, &proven)),
        Err(cause) => {
            // Where the resource owner may be asked, they are told what stands in the way; else the client is.
            let silent = checked.prompt.none;
            let response = if silent { refused(turn, &checked, &cause) } else { page_error(turn, &cause, None) };
            return Err((cause, response));
        }
    };
    let browser = cookie(request, BROWSER_COOKIE).filter(|value| value.len() == 32);
    let (browser, fresh) = match browser {
        Some(browser) => (browser, false),
        None => (turn.mint.identifier(Purpose::Interaction), true),
    };
    let id = turn.mint.identifier(Purpose::Interaction);
    let ends = turn.now.plus(turn.policy.sign_in.interaction);
    turn.sessions
        .start(id.clone(), Interaction { request: checked, browser: browser.clone(), ends, state, proven: by });
    let response = see_page(turn, &id);
    let cookie = fresh.then(|| set_cookie(BROWSER_COOKIE, &browser, request));
    Ok(cookie.into_iter().fold(response, |response, cookie| response.header("Set-Cookie", cookie)))
}

/// What a sign-in begins with.
enum Beginning {
    /// Nobody needs to be asked anything.
    Known(ProvenUser),
    /// A page.
    Page(InteractionState),
    /// A page that goes on with what was proven at an earlier sign-in.
    More(InteractionState, Proven),
}

/// Who is signed in already, and what the client wants of that (OpenID Connect Core section 3.1.2.1).
fn first_state(turn: &Turn<'_>, request: &Request, checked: &AuthorizationRequest) -> Result<Beginning, Cause> {
    let proving =
        || Ok(Beginning::Page(InteractionState::Proving { user: None, steps: turn.policy.sign_in.steps.clone() }));
    let prompt = checked.prompt;
    let accounts: Vec<SignedIn> = accounts_of(turn, request);
    let hinted = checked.login_hint.as_ref().map(|hint| accounts.iter().find(|account| account.user == *hint));
    let picked = match (hinted, accounts.as_slice()) {
        (Some(hinted), _) => hinted,
        (None, [only]) => Some(only),
        (None, []) => None,
        // Which of several is meant, the resource owner must say.
        (None, [_, .., last]) => match turn.policy.openid {
            Some(_) if prompt.none => return Err(Cause::AccountSelectionRequired),
            Some(_) if !checked.sign_in_again => return Ok(Beginning::Page(InteractionState::Picking)),
            Some(_) | None => Some(last),
        },
    };
    if prompt.select_account && !accounts.is_empty() && !checked.sign_in_again {
        return Ok(Beginning::Page(InteractionState::Picking));
    }
    let picked = picked.filter(|account| !checked.sign_in_again && is_recent(checked, account, turn.now));
    let Some(account) = picked else {
        return if prompt.none { Err(Cause::LoginRequired) } else { proving() };
    };
    let proven = ProvenUser { name: account.user.clone(), signed_in_at: account.at, by: account.proven };
    match check_admitted(turn, checked, &proven.name, proven.by) {
        Ok(()) => {}
        // A session without a second factor is half of the way.
        Err(Cause::SecondFactorRequired { .. }) if !prompt.none => {
            let state = InteractionState::Proving { user: Some(proven.name), steps: vec![Step::SecondFactor] };
            return Ok(Beginning::More(state, proven.by));
        }
        Err(cause) => return Err(cause),
    }
    if !prompt.consent && !needs_consent(turn, &proven.name, checked) {
        return Ok(Beginning::Known(proven));
    }
    if prompt.none {
        return Err(Cause::ConsentRequired);
    }
    let (user, signed_in_at) = (proven.name, proven.signed_in_at);
    Ok(Beginning::More(InteractionState::AwaitConsent { user, signed_in_at }, proven.by))
}

/// Whether this user gets what the client asks for, once they have proven so much.
fn check_admitted(turn: &Turn<'_>, asked: &AuthorizationRequest, user: &str, proven: Proven) -> Result<(), Cause> {
    let account = turn.world.users.iter().find(|known| known.name == user);
    let client = turn.world.clients.iter().find(|known| known.id == asked.client);
    let (Some(account), Some(client)) = (account, client) else { return Ok(()) };
    if let (Some(tenants), Some(name)) = (&turn.policy.tenants, &asked.authority) {
        let authority = Authority::find(tenants, name);
        let (user, tenant) = (user.to_owned(), name.clone());
        match authority {
            Some(Authority::One { id, .. }) if !is_member(tenants, account, id) => {
                let facts = [
                    ("user", user.as_str()),
                    ("tenant", tenant.as_str()),
                    ("client_id", client.id.0.as_str()),
                    ("client_name", client.name.as_str()),
                ];
                return Err(Cause::UserOfAnotherTenant { facts: Facts::new(facts) });
            }
            Some(shared @ Authority::Shared { .. }) if !shared.takes(home_of(tenants, &user).1) => {
                return Err(Cause::AccountsNotTaken { user: user.into(), tenant: tenant.into() });
            }
            Some(_) | None => {}
        }
    }
    let servers = target::servers_of(turn.policy, asked.scope.as_ref(), asked.server.as_deref());
    admit(turn, &Admission { user: account, client, servers: &servers, proven })?;
    match target::for_administrators(turn.policy, asked.scope.as_ref()) {
        Some(scope) if !asked.for_all_users && needs_consent(turn, user, asked) => {
            Err(Cause::AdminConsentRequired { scope })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether the client takes a sign-in as old as this (`max_age`, OpenID Connect Core section 3.1.2.1). Zero takes none.
fn is_recent(checked: &AuthorizationRequest, account: &SignedIn, now: Timestamp) -> bool {
    checked.max_age.is_none_or(|most| now.since(account.at) <= most && !most.is_zero())
}

/// The accounts that are signed in with this browser, the newest last.
pub(super) fn accounts_of(turn: &Turn<'_>, request: &Request) -> Vec<SignedIn> {
    let session = cookie(request, &turn.policy.sign_in.session_cookie);
    session.map(|id| turn.sessions.accounts_of(&id, turn.now)).unwrap_or_default()
}

/// Shows the page of a sign-in under way.
pub(crate) fn show_interaction(
    turn: &mut Turn<'_>,
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let (id, interaction) = find(turn, request, params)?;
    let response = show(turn, request, &id, &interaction, None);
    turn.sessions.start(id, interaction);
    Ok(response)
}

/// What a form led to.
enum Outcome {
    /// The next page.
    Page,
    /// Everything is proven, by this step at last where this form was one.
    Proven(ProvenUser, Option<Step>),
}

/// Takes a form.
pub(crate) fn change_interaction(
    turn: &mut Turn<'_>,
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let (id, mut interaction) = find(turn, request, params)?;
    match submit(turn, request, &mut interaction, params) {
        Ok(Outcome::Proven(proven, last)) => {
            // Only a code earns trust: a password that says so might be all that somebody has.
            let trust = if last == Some(Step::SecondFactor) { trust(turn, request, params, &proven) } else { None };
            let response = signed_in(turn, request, id, interaction, &proven);
            Ok(trust.into_iter().fold(response, |response, cookie| response.header("Set-Cookie", cookie)))
        }
        Ok(Outcome::Page) => {
            turn.sessions.start(id.clone(), interaction);
            Ok(see_page(turn, &id))
        }
        Err(cause @ Cause::ConsentRefused) => {
            let response = refused(turn, &interaction.request, &cause);
            Err((cause, response))
        }
        // Nothing that the resource owner could type would help.
        Err(cause) if !cause.kind().asks_again() => {
            let response = page_error(turn, &cause, None);
            Err((cause, response))
        }
        Err(cause) => {
            let message = page::message_of(&cause);
            let response = show(turn, request, &id, &interaction, Some(message));
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
        let response = page_error(turn, &cause, None);
        (cause, response)
    })
}

/// Proves one step of a sign-in. The proof comes out once nothing is left to prove; a sign-in that awaits consent gives it when
/// consent is given.
fn submit(
    turn: &mut Turn<'_>,
    request: &Request,
    interaction: &mut Interaction,
    params: &Params,
) -> Result<Outcome, Cause> {
    match &mut interaction.state {
        InteractionState::Picking => {
            let accounts = accounts_of(turn, request);
            let picked = params.first("account").and_then(|name| accounts.into_iter().find(|it| it.user == name));
            let recent = picked.as_ref().filter(|account| is_recent(&interaction.request, account, turn.now));
            let Some(account) = recent else {
                let steps = turn.policy.sign_in.steps.clone();
                interaction.state = InteractionState::Proving { user: None, steps };
                if let Some(account) = picked {
                    interaction.request.login_hint = Some(account.user);
                }
                return Ok(Outcome::Page);
            };
            let proven = ProvenUser { name: account.user.clone(), signed_in_at: account.at, by: account.proven };
            interaction.proven = proven.by;
            check_admitted(turn, &interaction.request, &proven.name, proven.by)?;
            ask_consent(turn, interaction, &proven);
            Ok(Outcome::Proven(proven, None))
        }
        InteractionState::Proving { user, steps } => {
            let step = steps.first().copied().unwrap_or(Step::Password);
            if let Some(name) = user.as_deref()
                && params.first("send").is_some()
            {
                turn.check_not_locked(name)?;
                if let Some(account) = turn.world.users.iter().find(|known| known.name == name) {
                    let enrolment = turn.sessions.accounts.enrolment(account).unwrap_or_default();
                    send_code(turn, account, &enrolment);
                }
                return Ok(Outcome::Page);
            }
            let account = prove(turn, step, user.as_deref(), params)?;
            interaction.proven.password |= step == Step::Password;
            interaction.proven.second_factor |= matches!(step, Step::Totp | Step::SecondFactor);
            let asked = &interaction.request;
            let left: Vec<Step> =
                steps.iter().skip(1).copied().filter(|step| asks(turn, *step, account, request, asked)).collect();
            if !left.is_empty() {
                *user = Some(account.name.clone());
                *steps = left;
                return Ok(Outcome::Page);
            }
            turn.sessions.accounts.clear(&account.name);
            let proven = ProvenUser { name: account.name.clone(), signed_in_at: turn.now, by: interaction.proven };
            check_admitted(turn, &interaction.request, &proven.name, proven.by)?;
            ask_consent(turn, interaction, &proven);
            Ok(Outcome::Proven(proven, Some(step)))
        }
        InteractionState::AwaitConsent { user, signed_in_at } => match params.first("consent") {
            Some("allow") => {
                let asked = &interaction.request;
                let wanted = target::to_consent(turn.policy, asked.scope.as_ref(), asked.server.as_deref());
                turn.sessions.consent(user, &asked.client, wanted);
                let proven = ProvenUser { name: user.clone(), signed_in_at: *signed_in_at, by: interaction.proven };
                interaction.state = InteractionState::Proving { user: None, steps: Vec::new() };
                Ok(Outcome::Proven(proven, None))
            }
            Some(_) => Err(Cause::ConsentRefused),
            // The form before this one was posted twice: nobody has answered yet.
            None => Ok(Outcome::Page),
        },
    }
}

fn ask_consent(turn: &Turn<'_>, interaction: &mut Interaction, proven: &ProvenUser) {
    if interaction.request.prompt.consent || needs_consent(turn, &proven.name, &interaction.request) {
        let (user, signed_in_at) = (proven.name.clone(), proven.signed_in_at);
        interaction.state = InteractionState::AwaitConsent { user, signed_in_at };
    }
}

/// Everything is proven: the browser gets a session, and the client its answer, or the resource owner the consent page.
fn signed_in(
    turn: &mut Turn<'_>,
    request: &Request,
    id: String,
    interaction: Interaction,
    proven: &ProvenUser,
) -> Response {
    let awaits_consent = matches!(interaction.state, InteractionState::AwaitConsent { .. });
    // When somebody signed in is said in ID tokens alone: without them a session that lives is as good as a new one.
    let is_kept =
        |it: &SignedIn| turn.policy.openid.is_none() || it.at == proven.signed_in_at && it.proven == proven.by;
    let known = accounts_of(turn, request).iter().any(|it| it.user == proven.name && is_kept(it));
    let session = if known { None } else { begin_session(turn, request, proven) };
    let response = if awaits_consent {
        turn.sessions.start(id.clone(), interaction);
        see_page(turn, &id)
    } else {
        finish(turn, &interaction.request, proven)
    };
    session.into_iter().fold(response, |response, cookie| response.header("Set-Cookie", cookie))
}

fn begin_session(turn: &mut Turn<'_>, request: &Request, proven: &ProvenUser) -> Option<String> {
    let policy = &turn.policy.sign_in;
    if policy.session.is_zero() {
        return None;
    }
    let older = cookie(request, &policy.session_cookie);
    let id = turn.mint.identifier(Purpose::Session);
    let ends = turn.now.plus(policy.session);
    let signed_in = SignedIn { user: proven.name.clone(), at: proven.signed_in_at, ends, proven: proven.by };
    turn.sessions.begin(older.as_deref(), id.clone(), signed_in);
    Some(set_cookie(&policy.session_cookie, &id, request))
}

/// The device is trusted from now on, if its user wants that and the policy offers it.
fn trust(turn: &mut Turn<'_>, request: &Request, params: &Params, proven: &ProvenUser) -> Option<String> {
    let span = turn.policy.sign_in.second_factor.as_ref()?.trust?;
    params.first("trust")?;
    let id = turn.mint.identifier(Purpose::TrustedDevice);
    turn.sessions.accounts.trust(&proven.name, &id, turn.now.plus(span));
    Some(lasting_cookie(TRUST_COOKIE, &id, span, request))
}

fn needs_consent(turn: &Turn<'_>, user: &str, asked: &AuthorizationRequest) -> bool {
    match turn.policy.sign_in.consent {
        Consent::Always => true,
        Consent::FirstTime => {
            let wanted = target::to_consent(turn.policy, asked.scope.as_ref(), asked.server.as_deref());
            !turn.sessions.has_consent(user, &asked.client, &wanted)
        }
        Consent::Never => false,
    }
}

fn show(turn: &Turn<'_>, request: &Request, id: &str, interaction: &Interaction, message: Option<&str>) -> Response {
    let asked = &interaction.request;
    match &interaction.state {
        InteractionState::Picking => {
            let accounts = accounts_of(turn, request);
            page::pick(turn, id, &accounts, asked)
        }
        InteractionState::Proving { steps, user } => {
            let step = steps.first().copied().unwrap_or(Step::Password);
            let account = user.as_ref().and_then(|name| turn.world.users.iter().find(|known| known.name == *name));
            page::sign_in(turn, id, step, account, asked, message)
        }
        InteractionState::AwaitConsent { user, .. } => page::consent(turn.policy, id, user, asked),
    }
}

/// Post, redirect, get: a reload of the next page posts nothing again.
fn see_page(turn: &Turn<'_>, id: &str) -> Response {
    Response::empty(303)
        .header("Location", format!("{}?i={id}", turn.policy.sign_in.path))
        .header("Cache-Control", "no-store")
}
