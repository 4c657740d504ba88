//! Bearer tokens (RFC 6750) at a protected resource.

use crate::proto::cause::Cause;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::policy::Resource;
use crate::proto::resource::route;
use crate::proto::store::{AccessRecord, AccessState};
use crate::proto::template::{Context, Medium};
use crate::proto::world::User;

/// Serves a request to a protected resource.
pub(crate) fn serve(turn: &mut Turn<'_>, users: &[User], request: &Request) -> Result<Response, Cause> {
    let unknown = || Cause::PathUnknown { path: request.path.clone() };
    let resource = route(turn.policy, request).ok_or_else(unknown)?;
    let token = check_token(turn, request)?;
    if resource.method != request.method {
        return Err(Cause::MethodNotAllowed {
            method: request.method.as_str().into(),
            allow: resource.method.as_str().into(),
        });
    }
    if let Some(beside) = token.beside {
        turn.access_token_used(beside);
    }
    render(turn, users, resource, request, &token).ok_or(Cause::AccessTokenUnknown)
}

/// The token of the request, if it is good now.
fn check_token(turn: &Turn<'_>, request: &Request) -> Result<AccessRecord, Cause> {
    let presented = request.headers.get("authorization").and_then(bearer).ok_or(Cause::AccessTokenMissing)?;
    let record = turn.store.access_tokens.find(presented).ok_or(Cause::AccessTokenUnknown)?;
    match record.state {
        AccessState::Ended { at } => Err(Cause::AccessTokenEnded { token: record.label, ended_at: at }),
        AccessState::Alive if turn.now >= record.ends => {
            Err(Cause::AccessTokenExpired { token: record.label, expired_at: record.ends })
        }
        AccessState::Alive => Ok(record.clone()),
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1); the scheme compares without case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn render(
    turn: &Turn<'_>,
    users: &[User],
    resource: &Resource,
    request: &Request,
    token: &AccessRecord,
) -> Option<Response> {
    let chain = turn.store.chain(token.chain)?;
    let user = users.iter().find(|user| user.name == chain.user)?;
    let context = Context::default()
        .at("now", turn.now)
        .with("origin", request.origin.as_str())
        .with("client_id", chain.client.0.as_str())
        .with("user_name", user.name.as_str())
        .with("user_full_name", user.full_name.as_str());
    let policy = &resource.response;
    let body = policy.body.render(Medium::of(&policy.content_type), &context);
    let mut response = Response::with_body(200, &policy.content_type, body);
    for (name, value) in &policy.headers {
        response.headers.push(name, value);
    }
    Some(response)
}
