//! The authorization response: what the browser takes back to the client (RFC 6749 sections 4.1.2 and 4.2.2).

use crate::proto::endpoint::authorization::AuthorizationRequest;
use crate::proto::endpoint::interaction::ProvenUser;
use crate::proto::endpoint::refuse::redirect;
use crate::proto::grant::issue::{Successor, Turn};
use crate::proto::message::Response;
use crate::proto::mint::Purpose;
use crate::proto::policy::ResponseType;
use crate::proto::store::{CodeRecord, CodeState};
use crate::proto::token::{Label, TokenKind};

/// Sends the browser back to the client with what it asked for.
pub(crate) fn finish(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Response {
    match request.response_type {
        ResponseType::Code => give_code(turn, request, proven),
        ResponseType::Token => give_access_token(turn, request, proven),
    }
}

/// Issues an access token and puts it into the fragment (RFC 6749 section 4.2.2). It has a chain of its own, without a refresh
/// token (section 4.2.2: the server must not issue one).
fn give_access_token(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Response {
    let chain = turn.store.begin_chain(request.client.clone(), proven.name.clone(), turn.now);
    let tokens = turn.issue(chain, None, Successor::None);
    let seconds = tokens.expires_at.since(turn.now).as_seconds().to_string();
    redirect(
        request.back(),
        &[
            ("access_token", tokens.access_token.0.expose()),
            ("token_type", &turn.policy.token.response.token_type),
            ("expires_in", &seconds),
        ],
    )
}

/// Issues a code (section 4.1.2).
fn give_code(turn: &mut Turn<'_>, request: &AuthorizationRequest, proven: &ProvenUser) -> Response {
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
        ends,
        state: CodeState::Fresh,
    };
    turn.store.add_code(&text, record);
    turn.note(label, &text, None, None, Some(ends));
    redirect(request.back(), &[("code", &text)])
}
