//! RP-Initiated Logout 1.0.

use serde_json::Value;

use crate::proto::cause::Cause;
use crate::proto::endpoint::{clear_cookie, cookie, page_error};
use crate::proto::grant::issue::Turn;
use crate::proto::jose::{half_hash, verify};
use crate::proto::message::{Request, Response};
use crate::proto::page;
use crate::proto::params::Params;

/// What a request to sign out says, checked.
struct SignOut {
    /// Where the browser goes afterwards, with the state.
    then: Option<String>,
    /// Whether the client proved by an ID token that this user signed in here.
    proven: bool,
}

/// Signs the browser out. Without a proof that the request comes from a client of this user, the resource owner is asked first (section
/// 2).
pub(crate) fn end_session(
    turn: &mut Turn<'_>,
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let checked = check(turn, request, params).map_err(|cause| {
        let response = page_error(turn, &cause, None);
        (cause, response)
    })?;
    let name = turn.policy.sign_in.session_cookie.clone();
    let Some(session) = cookie(request, &name) else { return Ok(gone(turn, &checked)) };
    match params.first("confirm") {
        Some(proof) if request.method == "POST" && proof == half_hash(&session) => {}
        Some(_) => {
            let cause = Cause::LogoutNotConfirmed;
            let response = page_error(turn, &cause, None);
            return Err((cause, response));
        }
        None if checked.proven => {}
        None => return Ok(page::sign_out(turn.policy, request, &half_hash(&session), params)),
    }
    turn.sessions.end(&session);
    let response = gone(turn, &checked);
    Ok(response.header("Set-Cookie", clear_cookie(&name, request)))
}

fn gone(turn: &Turn<'_>, checked: &SignOut) -> Response {
    match &checked.then {
        Some(location) => Response::empty(302).header("Location", location).header("Cache-Control", "no-store"),
        None => page::message(turn.policy, 200, "You are signed out."),
    }
}

fn check(turn: &mut Turn<'_>, request: &Request, params: &Params) -> Result<SignOut, Cause> {
    if request.method != "GET" && request.method != "POST" {
        return Err(Cause::MethodNotAllowed { method: request.method.as_str().into(), allow: "GET, POST".into() });
    }
    let hint = params.first("id_token_hint").map(|hint| audience(turn, hint)).transpose()?;
    let named = params.first("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint != named
    {
        return Err(Cause::LogoutHintInvalid);
    }
    let client = hint.as_deref().or(named);
    let client = client.and_then(|id| turn.world.clients.iter().find(|known| known.id.0 == id));
    let then = match params.first("post_logout_redirect_uri") {
        None => None,
        Some(uri) if client.is_some_and(|it| it.post_logout_redirect_uris.iter().any(|known| known == uri)) => {
            let join = if uri.contains('?') { '&' } else { '?' };
            let state = params.first("state").map(|state| {
                let pair = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
                format!("{join}{pair}")
            });
            Some(format!("{uri}{}", state.unwrap_or_default()))
        }
        Some(uri) => return Err(Cause::LogoutRedirectUriNotRegistered { redirect_uri: uri.to_owned() }),
    };
    Ok(SignOut { then, proven: hint.is_some() })
}

/// The client that an ID token of ours was issued to. It may be expired (section 2).
fn audience(turn: &mut Turn<'_>, hint: &str) -> Result<String, Cause> {
    let policy = &turn.policy.keys;
    let set = turn.keys.jwks(policy.algorithms.iter().copied(), policy.retired_kept, turn.now);
    let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let verified = verify(hint, &keys).ok_or(Cause::LogoutHintInvalid)?;
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("iss") != Some(turn.issuer_of(text("tid").as_deref())) {
        return Err(Cause::LogoutHintInvalid);
    }
    text("aud").ok_or(Cause::LogoutHintInvalid)
}
