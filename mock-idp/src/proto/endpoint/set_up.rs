//! Setting up a second factor: prove who you are, choose, and show that a code arrives before anything holds.

use crate::proto::cause::Cause;
use crate::proto::endpoint::cookie::cookie;
use crate::proto::endpoint::interaction::accounts_of;
use crate::proto::endpoint::prove::{prove_second_factor, send_code};
use crate::proto::endpoint::refuse::page_error;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::half_hash;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::page;
use crate::proto::params::Params;
use crate::proto::policy::{SecondFactor, SecondMethod};
use crate::proto::secret::Secret;
use crate::proto::store::{Enrolment, SetUpStage, SettingUp};
use crate::proto::world::User;

/// The length of an authenticator's secret in bytes (RFC 4226 section 4 recommends 20).
const SECRET: usize = 20;

/// Shows the set-up page, or takes one of its forms.
pub(crate) fn set_up(turn: &mut Turn<'_>, request: &Request, params: &Params) -> Result<Response, (Cause, Response)> {
    let refuse = |turn: &Turn<'_>, cause: Cause| {
        let response = page_error(turn, &cause, None);
        (cause, response)
    };
    let (Some(policy), Some(session), Some(signed_in)) = (
        &turn.policy.sign_in.second_factor,
        cookie(request, &turn.policy.sign_in.session_cookie),
        accounts_of(turn, request).pop(),
    ) else {
        return Err(refuse(turn, Cause::SignInFirst));
    };
    let Some(account) = turn.world.users.iter().find(|user| user.name == signed_in.user) else {
        return Err(refuse(turn, Cause::SignInFirst));
    };
    let proof = half_hash(&session);
    let begun = turn.sessions.set_ups.take_fitting(&session, |it| it.user == account.name && turn.now < it.ends);
    let mut state = begun.unwrap_or_else(|| begin(turn, policy, account));
    let outcome = match request.method.as_str() {
        "GET" => Ok(None),
        // A form that another site posts does not know what only this browser's session tells.
        "POST" if params.first("form") != Some(proof.as_str()) => Err(Cause::InteractionUnknown),
        "POST" => submit(turn, policy, account, &mut state, params),
        other => Err(Cause::MethodNotAllowed { method: other.into(), allow: "GET, POST".into() }),
    };
    let path = request.path.clone();
    let answer = match outcome {
        Ok(Some(done)) => return Ok(page::message(turn.policy, 200, done)),
        Ok(None) if request.method == "GET" => {
            let saves = params.first("save") == Some("backup-codes") && state.stage == SetUpStage::Choosing;
            Ok(if saves { backup_codes(&state) } else { page::set_up(turn, policy, account, &state, &proof, None) })
        }
        Ok(None) => Ok(Response::empty(303).header("Location", path).header("Cache-Control", "no-store")),
        Err(cause) => {
            let response = page::set_up(turn, policy, account, &state, &proof, Some(page::message_of(&cause)));
            Err((cause, response))
        }
    };
    turn.sessions.set_ups.insert(session, state);
    answer
}

fn begin(turn: &mut Turn<'_>, policy: &SecondFactor, account: &User) -> SettingUp {
    let ends = turn.now.plus(turn.policy.sign_in.interaction);
    let draft = match turn.sessions.accounts.enrolment(account) {
        Some(enrolled) => enrolled,
        None => Enrolment { backup_codes: draw_backup_codes(turn, policy), ..Enrolment::default() },
    };
    SettingUp { user: account.name.clone(), stage: SetUpStage::Proving, draft, ends }
}

/// Takes a form: nothing where another page of the set-up follows, a sentence where it is done.
fn submit(
    turn: &mut Turn<'_>,
    policy: &SecondFactor,
    account: &User,
    state: &mut SettingUp,
    params: &Params,
) -> Result<Option<&'static str>, Cause> {
    turn.check_not_locked(&account.name)?;
    let enrolled = turn.sessions.accounts.enrolment(account);
    if params.first("send").is_some() {
        // Who proves themselves gets it the way that holds; who confirms, the way that is to hold.
        let by = if state.stage == SetUpStage::Confirming { Some(state.draft.clone()) } else { enrolled };
        send_code(turn, account, &by.unwrap_or_default());
        return Ok(None);
    }
    match state.stage {
        SetUpStage::Proving => {
            let proven = match &enrolled {
                Some(enrolled) => prove_code(turn, account, enrolled, params, true),
                None if params.first(&turn.policy.sign_in.fields.password) == Some(account.password.expose()) => Ok(()),
                None => Err(Cause::PasswordWrong { user: account.name.clone() }),
            };
            if let Err(cause) = proven {
                turn.count_failure(&account.name);
                return Err(cause);
            }
            // What was used up in proving is not in the draft either.
            state.draft.backup_codes = turn
                .sessions
                .accounts
                .enrolment(account)
                .map_or_else(|| state.draft.backup_codes.clone(), |enrolled| enrolled.backup_codes);
            if state.draft.totp_secret.is_none() && policy.methods.contains(&SecondMethod::App) {
                state.draft.totp_secret = Some(Secret::new(turn.mint.bytes(Purpose::SetUp, SECRET)));
            }
            state.stage = SetUpStage::Choosing;
            Ok(None)
        }
        SetUpStage::Choosing => choose(turn, policy, account, state, params),
        SetUpStage::Confirming => {
            // Backup codes are no proof that codes arrive.
            if let Err(cause) = prove_code(turn, account, &state.draft.clone(), params, false) {
                turn.count_failure(&account.name);
                return Err(cause);
            }
            turn.sessions.accounts.enrol(&account.name, state.draft.clone());
            turn.sessions.accounts.clear(&account.name);
            Ok(Some("Two-factor authentication is on. You can close this page."))
        }
    }
}

fn choose(
    turn: &mut Turn<'_>,
    policy: &SecondFactor,
    account: &User,
    state: &mut SettingUp,
    params: &Params,
) -> Result<Option<&'static str>, Cause> {
    match params.first("do") {
        Some("generate") => {
            state.draft.backup_codes = draw_backup_codes(turn, policy);
            Ok(None)
        }
        Some("disable") => {
            turn.sessions.accounts.withdraw(&account.name);
            Ok(Some("Two-factor authentication is off, and no device is trusted any more."))
        }
        Some(_) | None => {
            let by =
                |method: SecondMethod, name: &str| policy.methods.contains(&method) && params.first(name).is_some();
            let (app, email) = (by(SecondMethod::App, "app"), by(SecondMethod::Email, "email"));
            if !app && !email {
                return Err(Cause::SecondFactorNotChosen);
            }
            if !app {
                state.draft.totp_secret = None;
            }
            state.draft.email = email;
            state.stage = SetUpStage::Confirming;
            if !app {
                send_code(turn, account, &state.draft);
            }
            Ok(None)
        }
    }
}

fn prove_code(
    turn: &mut Turn<'_>,
    account: &User,
    enrolment: &Enrolment,
    params: &Params,
    takes_backup_codes: bool,
) -> Result<(), Cause> {
    let code = params.first(&turn.policy.sign_in.fields.code).unwrap_or_default();
    prove_second_factor(turn, account, enrolment, code, takes_backup_codes)
}

fn draw_backup_codes(turn: &mut Turn<'_>, policy: &SecondFactor) -> Vec<Secret<String>> {
    let Some(codes) = policy.backup_codes else { return Vec::new() };
    let mut draw = || {
        let mut code = String::new();
        turn.mint.draw(Purpose::SetUp, b"0123456789", codes.digits as usize, &mut code);
        Secret::new(code)
    };
    (0..codes.count).map(|_| draw()).collect()
}

/// The codes as a file to keep.
fn backup_codes(state: &SettingUp) -> Response {
    let lines: String = state.draft.backup_codes.iter().map(|code| format!("{}\n", code.expose())).collect();
    Response::with_body(200, "text/plain; charset=utf-8", lines)
        .header("Content-Disposition", "attachment; filename=\"backup-codes.txt\"")
        .header("Cache-Control", "no-store")
}
