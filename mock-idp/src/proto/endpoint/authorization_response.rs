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
use crate::proto::target;
use crate::proto::tenant::home_of;
use crate::proto::token::{Label, TokenKind};

/// Sends the browser back to the client with what it asked for.
pub(crate) fn finish(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Response {
    let granted = granted(turn, request, proven);
    if request.for_all_users {
        turn.sessions.consent_for_all(&request.client);
        let tenant = granted.tenant.as_deref().unwrap_or_default();
        return send_back(turn.policy, request.back(turn), &[("tenant", tenant), ("admin_consent", "True")]);
    }
    if let Some(number) = request.device {
        if let Some(device) = turn.store.devices.get_mut(number) {
            device.state = DeviceState::Allowed { user: proven.name.clone(), granted: Box::new(granted) };
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
    let info = request.names_user.then(|| turn.client_info(&proven.name, granted.tenant.as_deref()));
    let parameters = [
        ("code", code.as_deref()),
        ("access_token", access_token.as_deref()),
        ("token_type", token_type),
        ("expires_in", seconds.as_deref()),
        ("scope", scope.as_deref()),
        ("id_token", id_token.as_deref()),
        ("client_info", info.as_deref()),
    ];
    let parameters: Vec<(&str, &str)> =
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    send_back(turn.policy, request.back(turn), &parameters)
}

/// What the resource owner grants.
fn granted(turn: &Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Granted {
    Granted {
        scope: request.scope.clone(),
        signed_in_at: Some(proven.signed_in_at),
        nonce: request.nonce.clone(),
        proven: proven.by,
        tenant: tenant_of(turn, request, &proven.name),
        server: request.server.clone(),
        to_browser: request.to_browser,
        continuous: request.continuous,
    }
}

/// The tenant that tokens are issued in: the one that the authorization request named, else the user's own.
pub(crate) fn tenant_of(turn: &Turn<'_>, request: &AuthorizationRequest, user: &str) -> Option<String> {
    let tenants = turn.policy.tenants.as_ref()?;
    let named = request.authority.as_ref().filter(|name| tenants.known.contains_key(*name));
    Some(named.cloned().unwrap_or_else(|| home_of(tenants, user).0.to_owned()))
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
        None => page_error(turn, cause, Some(request.back(turn))),
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
    let client = turn.world.clients.iter().find(|known| known.id == request.client).cloned().unwrap_or_default();
    let target = target::of_grant(turn, &client, Some(&proven.name), granted, None).unwrap_or_default();
    let chain = turn.store.begin_chain(request.client.clone(), user, granted.clone(), turn.now);
    turn.issue(chain, None, Successor::None, target)
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
        authority: request.authority.clone(),
        granted: granted.clone(),
        ends,
        state: CodeState::Fresh,
    };
    turn.store.add_code(&text, record);
    turn.note(label, &text, None, None, Some(ends));
    text
}
