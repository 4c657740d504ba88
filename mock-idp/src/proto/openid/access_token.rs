//! Access tokens that are JWTs (RFC 9068).

use serde_json::{Map, Value};

use crate::proto::grant::issue::Turn;
use crate::proto::jose::{Algorithm, Header, Signature, compact, subject_of};
use crate::proto::scope::Scope;
use crate::proto::time::Timestamp;
use crate::proto::token::ChainId;

/// A signed access token of a chain. `id` is its `jti`, which makes it one of a kind.
pub(crate) fn access_token(
    turn: &mut Turn<'_>,
    algorithm: Algorithm,
    chain: ChainId,
    scope: Option<&Scope>,
    id: &str,
    ends: Timestamp,
) -> Option<String> {
    let chain = turn.store.chain(chain)?;
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", turn.bases.issuer.into());
    put("exp", ends.as_seconds().into());
    // Section 3: without a resource indicator, a default audience; ours is the provider's own resources.
    put("aud", turn.bases.issuer.into());
    // Section 2.2: a client that acts for itself is its own subject.
    put("sub", chain.user.as_deref().map_or_else(|| chain.client.0.clone(), subject_of).into());
    put("client_id", chain.client.0.as_str().into());
    put("iat", turn.now.as_seconds().into());
    put("jti", id.into());
    if let Some(at) = chain.granted.signed_in_at {
        put("auth_time", at.as_seconds().into());
    }
    if let Some(scope) = scope.filter(|scope| scope.words().next().is_some()) {
        put("scope", scope.to_string().into());
    }
    let mut header = Header::new();
    header.insert("typ".to_owned(), "at+jwt".into());
    Some(compact(&header, &claims, &Signature::By(turn.keys.current(algorithm)?)))
}
