//! Token introspection (RFC 7662).

use serde_json::{Map, Value, json};

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::token::authenticated_form;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::subject_of;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;
use crate::proto::resource::check_token;
use crate::proto::scope::Scope;
use crate::proto::store::{Chain, ChainState, RefreshState};
use crate::proto::time::Timestamp;

/// Says whether a token is good now, and whose it is (section 2.2). Only a client that proved who it is may ask (section 2.1).
pub(crate) fn introspect(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    let (client, params) = authenticated_form(turn, clients, request, params)?;
    if client.client().is_public() {
        return Err(Cause::ClientAuthenticationMissing);
    }
    let answer = describe(turn, params.required("token")?).unwrap_or_else(|| json!({ "active": false }));
    Ok(Response::with_body(200, "application/json", answer.to_string()).header("Cache-Control", "no-store"))
}

fn describe(turn: &Turn<'_>, token: &str) -> Option<Value> {
    if let Some(record) = turn.store.access_tokens.find(token) {
        check_token(turn, record).ok()?;
        let chain = turn.store.chain(record.chain)?;
        return Some(active(turn, chain, record.scope.as_ref(), Some(record.ends), true));
    }
    let record = turn.store.refresh_tokens.find(token)?;
    let chain = turn.store.chain(record.chain)?;
    let ends = turn.end_of(record, chain.began);
    let lives = chain.state == ChainState::Alive && ends.is_none_or(|ends| turn.now < ends);
    match record.state {
        RefreshState::Valid if lives => Some(active(turn, chain, chain.granted.scope.as_ref(), ends, false)),
        RefreshState::Valid | RefreshState::Superseded { .. } => None,
    }
}

fn active(turn: &Turn<'_>, chain: &Chain, scope: Option<&Scope>, ends: Option<Timestamp>, access: bool) -> Value {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
    put("active", true.into());
    if let Some(scope) = scope {
        put("scope", scope.to_string().into());
    }
    put("client_id", chain.client.0.as_str().into());
    if let Some(user) = &chain.user {
        put("username", user.as_str().into());
    }
    put("sub", chain.user.as_deref().map_or_else(|| chain.client.0.clone(), subject_of).into());
    // The type of an access token (RFC 6749 section 7.1); a refresh token has none.
    if access {
        put("token_type", turn.policy.token.response.token_type.as_str().into());
    }
    if let Some(ends) = ends {
        put("exp", ends.as_seconds().into());
    }
    put("iss", turn.bases.issuer.into());
    Value::Object(all)
}
