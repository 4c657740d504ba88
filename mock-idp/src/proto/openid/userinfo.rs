//! The UserInfo endpoint (OpenID Connect Core section 5.3).

use serde_json::{Map, Value};

use crate::proto::cause::Cause;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::{pairwise_subject_of, subject_of};
use crate::proto::message::{Request, Response};
use crate::proto::openid::claims;
use crate::proto::params::Params;
use crate::proto::policy::Subject;
use crate::proto::resource::{check_token, identify};
use crate::proto::scope::Scope;

/// Answers with what the access token's scope asks for. The token comes in the header, or in the form of a POST (RFC 6750 sections 2.1
/// and 2.2).
pub(crate) fn userinfo(turn: &mut Turn<'_>, request: &Request, params: &Params) -> Result<Response, Cause> {
    let posted = match request.method.as_str() {
        "GET" => None,
        "POST" => params.first("access_token"),
        other => return Err(Cause::MethodNotAllowed { method: other.into(), allow: "GET, POST".into() }),
    };
    let caller = identify(turn, &turn.world.users, request, posted)?;
    let token = caller.token.as_ref().ok_or(Cause::AccessTokenMissing)?;
    check_token(turn, token)?;
    let scope = token.scope.clone().unwrap_or_else(|| Scope::parse("openid"));
    let user = caller.user.filter(|_| scope.contains("openid"));
    let user = user.ok_or_else(|| Cause::ScopeMissing { scope: "openid".to_owned() })?;
    let mut answer = Map::new();
    let subject = match turn.policy.openid.as_ref().map(|openid| openid.subject) {
        Some(Subject::Pairwise) => pairwise_subject_of(&user.name, &caller.client.0),
        Some(Subject::Public) | None => subject_of(&user.name),
    };
    answer.insert("sub".to_owned(), subject.into());
    answer.extend(claims::of_scope(user, &scope));
    Ok(Response::with_body(200, "application/json", Value::Object(answer).to_string())
        .header("Cache-Control", "no-store"))
}
