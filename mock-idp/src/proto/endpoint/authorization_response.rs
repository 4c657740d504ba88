//! The authorization response: what the browser takes back to the client (RFC 6749 sections 4.1.2 and 4.2.2, OpenID Connect Core
//! sections 3.2.2.5 and 3.3.2.5).

use crate::proto::cause::Cause;
use crate::proto::endpoint::authorization::AuthorizationRequest;
use crate::proto::endpoint::interaction::ProvenUser;
use crate::proto::endpoint::refuse::{page_error, send_back};
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::message::Response;
use crate::proto::mint::Purpose;
use crate::proto::openid::{Beside, id_token};
use crate::proto::page;
use crate::proto::store::{CodeRecord, CodeState, DeviceState, Granted};
use crate::proto::token::{Label, TokenKind};

/// Sends the browser back to the client with what it asked for.
pub(crate) fn finish(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Response {
    let granted =
        Granted { scope: request.scope.clone(), signed_in_at: Some(proven.signed_in_at), nonce: request.nonce.clone() };
    if let Some(number) = request.device {
        if let Some(device) = turn.store.devices.get_mut(number) {
            device.state = DeviceState::Allowed { user: proven.name.clone(), granted };
        }
        return page::message(turn.policy, 200, "Your device is connected. You can close this page.");
    }
    let asked = request.response_type;
    let code = asked.has_code().then(|| give_code(turn, request, proven, &granted));
    let tokens = asked.has_token().then(|| give_access_token(turn, request, proven, &granted));
    let access_token = tokens.as_ref().map(|tokens| tokens.access_token.0.expose().clone());
    let beside = Beside { access_token: access_token.as_deref(), code: code.as_deref() };
    let id_token =
        if asked.has_id_token() { id_token(turn, &request.client, &proven.name, &granted, beside) } else { None };
    let seconds = tokens.as_ref().map(|tokens| tokens.expires_at.since(turn.now).as_seconds().to_string());
    let scope = tokens.as_ref().and_then(|tokens| tokens.scope.as_ref()).map(ToString::to_string);
    let token_type = tokens.as_ref().map(|_| turn.policy.token.response.token_type.as_str());
    let parameters = [
        ("code", code.as_deref()),
        ("access_token", access_token.as_deref()),
        ("token_type", token_type),
        ("expires_in", seconds.as_deref()),
        ("scope", scope.as_deref()),
        ("id_token", id_token.as_deref()),
    ];
    let parameters: Vec<(&str, &str)> =
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    send_back(turn.policy, request.back(turn), &parameters)
}

/// The resource owner refused, or could not be asked: the client is told, by way of the browser or at its next poll.
pub(crate) fn refused(turn: &mut Turn<'_>, request: &AuthorizationRequest, cause: &Cause) -> Response {
    match request.device {
        Some(number) => {
            if let Some(device) = turn.store.devices.get_mut(number) {
                device.state = DeviceState::Refused;
            }
            page::message(turn.policy, 200, "Your device was not connected. You can close this page.")
        }
        None => page_error(turn.policy, cause, turn.now, Some(request.back(turn))),
    }
}

/// Issues an access token for the fragment (RFC 6749 section 4.2.2). It has a chain of its own, without a refresh token (section
/// 4.2.2: the server must not issue one).
fn give_access_token(
    turn: &mut Turn<'_>,
    request: &AuthorizationRequest,
    proven: &ProvenUser,
    granted: &Granted,
) -> Tokens {
    let user = Some(proven.name.clone());
    let chain = turn.store.begin_chain(request.client.clone(), user, granted.clone(), turn.now);
    turn.issue(chain, None, Successor::None, None)
}

/// Issues a code (section 4.1.2).
fn give_code(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser, granted: &Granted) -> String {
    let policy = &turn.policy.authorization.code;
    let text = policy.shape.mint(turn.mint, Purpose::Code);
    let ends = turn.now.plus(policy.lifetime);
    let label = Label { kind: TokenKind::AuthorizationCode, number: turn.store.codes.next() };
    let record = CodeRecord {
        label,
        client: request.client.clone(),
        user: proven.name.clone(),
        redirect_uri: request.redirect_uri_sent.then(|| request.redirect_uri.clone()),
        challenge: request.challenge.clone(),
        granted: granted.clone(),
        ends,
        state: CodeState::Fresh,
    };
    turn.store.add_code(&text, record);
    turn.note(label, &text, None, None, Some(ends));
    text
}
