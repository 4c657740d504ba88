//! Bearer tokens (RFC 6750) at a protected resource: whose they are, and whether they are good.

use crate::proto::cause::Cause;
use crate::proto::client::ClientId;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Request;
use crate::proto::scope::Scope;
use crate::proto::store::{AccessRecord, AccessState, ChainState, Store};
use crate::proto::time::Timestamp;
use crate::proto::world::{User, World};

/// Who calls, by their token, which may be over, or by their API key.
#[derive(Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) client: ClientId,
    /// Whose resources; none where the client acts for itself.
    pub(crate) user: Option<&'a User>,
    /// What it was known by; none where it was an API key, or where nobody is asked.
    pub(crate) token: Option<AccessRecord>,
}

impl Caller<'_> {
    /// Whoever it is: a resource that is open asks nobody.
    pub(crate) fn anybody() -> Self {
        Self { client: ClientId::default(), user: None, token: None }
    }

    /// The scope of the token, if it has one.
    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.token.as_ref().and_then(|token| token.scope.as_ref())
    }

    /// The user's name, or nothing.
    pub(crate) fn user_name(&self) -> &str {
        self.user.map_or("", |user| &user.name)
    }
}

/// Finds out who calls. `posted` is a token that came in a form, where the endpoint takes one (RFC 6750 section 2.2).
pub(crate) fn identify<'a>(
    turn: &Turn<'_>,
    users: &'a [User],
    request: &Request,
    posted: Option<&str>,
) -> Result<Caller<'a>, Cause> {
    if let Some(name) = &turn.policy.api.key_header
        && let Some(key) = request.headers.get(name)
    {
        let owner = users.iter().find(|user| user.api_key.as_ref().is_some_and(|own| own.expose() == key));
        let owner = owner.ok_or(Cause::ApiKeyUnknown)?;
        return Ok(Caller { client: ClientId::default(), user: Some(owner), token: None });
    }
    let header = request.headers.get("authorization").and_then(bearer);
    let presented = header.or(posted).ok_or(Cause::AccessTokenMissing)?;
    let token = turn.store.access_tokens.find(presented).cloned();
    // Where tokens are JWTs, what has no dots is none.
    let is_jwt = presented.contains('.') || turn.policy.scopes.resource_servers.is_none();
    let unknown = if is_jwt { Cause::AccessTokenUnknown } else { Cause::AccessTokenMalformed };
    let token = token.ok_or(unknown)?;
    let chain = turn.store.chain(token.chain).ok_or(Cause::AccessTokenUnknown)?;
    let find = |name: &String| users.iter().find(|user| user.name == *name).ok_or(Cause::AccessTokenUnknown);
    let user = chain.user.as_ref().map(find).transpose()?;
    Ok(Caller { client: chain.client.clone(), user, token: Some(token) })
}

/// Checks that the token is good now.
pub(crate) fn check_token(turn: &Turn<'_>, token: &AccessRecord) -> Result<(), Cause> {
    check_token_at(turn.now, turn.store, turn.world, token)
}

/// Checks that the token is good at this moment.
pub(crate) fn check_token_at(now: Timestamp, store: &Store, world: &World, token: &AccessRecord) -> Result<(), Cause> {
    match token.state {
        AccessState::Ended { at } => Err(Cause::AccessTokenEnded { token: token.label, ended_at: at }),
        AccessState::Alive if now >= token.ends => {
            Err(Cause::AccessTokenExpired { token: token.label, expired_at: token.ends })
        }
        AccessState::Alive => check_not_revoked(now, store, world, token),
    }
}

/// A token that can be taken back at any time is worth nothing once its chain has ended or its user is disabled; any other lives to its end.
fn check_not_revoked(now: Timestamp, store: &Store, world: &World, token: &AccessRecord) -> Result<(), Cause> {
    let chain = store.chain(token.chain).filter(|_| token.continuous);
    let Some(chain) = chain else { return Ok(()) };
    if let ChainState::Ended { at, .. } = chain.state {
        return Err(Cause::AccessRevoked { token: token.label, revoked_at: at });
    }
    let user = chain.user.as_ref().and_then(|name| world.users.iter().find(|known| known.name == *name));
    match user {
        Some(user) if user.disabled => Err(Cause::AccessRevoked { token: token.label, revoked_at: now }),
        Some(_) | None => Ok(()),
    }
}

/// Checks that the token is for this resource server.
pub(super) fn check_server(token: &AccessRecord, server: Option<&String>) -> Result<(), Cause> {
    match (server, &token.server) {
        (Some(wanted), Some(own)) if wanted != own => Err(Cause::AccessTokenForAnother { token: token.label }),
        (Some(_) | None, _) => Ok(()),
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1); the scheme compares without case.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
