//! Access tokens that are JWTs: those of RFC 9068, and those of a policy's own formats.

use serde_json::{Map, Value};

use crate::proto::grant::issue::Turn;
use crate::proto::jose::{Algorithm, Draft, Header, Signature, half_hash, pairwise_subject_of, subject_of};
use crate::proto::mint::Purpose;
use crate::proto::policy::TokenFormat;
use crate::proto::scope::Scope;
use crate::proto::store::Chain;
use crate::proto::target::Target;
use crate::proto::template::{Context, Medium};
use crate::proto::time::Timestamp;
use crate::proto::token::ChainId;
use crate::proto::world::User;

/// An access token of a chain, to be signed (RFC 9068 section 2). `id` is its `jti`, which makes it one of a kind.
pub(crate) fn access_token(
    turn: &mut Turn<'_>,
    algorithm: Algorithm,
    chain: ChainId,
    scope: Option<&Scope>,
    id: &str,
    ends: Timestamp,
) -> Option<Draft> {
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
    let signature = Signature::By(turn.keys.current(algorithm)?);
    Some(Draft { header, claims, signature, hashed_nonce: None })
}

/// An access token in a format of the policy's own, to be signed.
pub(crate) fn formatted_access_token(
    turn: &mut Turn<'_>,
    format: &TokenFormat,
    chain: ChainId,
    target: &Target,
    ends: Timestamp,
) -> Option<Draft> {
    let id = turn.mint.identifier(Purpose::TokenIdentifier);
    let nonce = format.hashed_nonce.then(|| turn.mint.identifier(Purpose::TokenIdentifier));
    let chain = turn.store.chain(chain)?;
    let servers = turn.policy.scopes.resource_servers.as_ref()?;
    let uri = target.server.as_deref()?;
    let server = servers.known.get(uri)?;
    let user = chain.user.as_deref().and_then(|name| turn.world.users.iter().find(|known| known.name == name));
    let client = turn.world.clients.iter().find(|known| known.id == chain.client);
    let method = match client {
        Some(client) if !client.jwks.is_empty() => "certificate",
        Some(client) if client.secret.is_some() => "secret",
        Some(_) | None => "none",
    };
    let roles: Vec<String> = if user.is_none() {
        let may = |role: &&String| {
            client.and_then(|it| it.scopes.as_ref()).is_none_or(|own| own.contains(&format!("{uri}/{role}")))
        };
        server.roles.iter().filter(may).cloned().collect()
    } else {
        Vec::new()
    };
    let scope = target.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    let key = turn.keys.current(format.algorithm)?;
    let context = about(turn, user, &chain.client.0, chain)
        .with("kid", key.kid.clone())
        .with("audience", uri.to_owned())
        .with("audience_id", server.id.clone())
        .with("client_method", method)
        .with("scope", scope)
        .with("roles", serde_json::to_string(&roles).unwrap_or_default())
        .with("expires_at", ends.as_seconds())
        .with("id", id)
        .with("continuous", chain.granted.continuous && server.continuous);
    let claims = object(&format.claims.render(Medium::Plain, &context))?;
    let header = format.header.iter().map(|(name, value)| (name.clone(), fill(value, &context))).collect();
    Some(Draft { header, claims, signature: Signature::By(key), hashed_nonce: nonce })
}

/// What the templates of tokens know of the user, the client and the sign-in.
pub(crate) fn about(turn: &Turn<'_>, user: Option<&User>, client: &str, chain: &Chain) -> Context {
    about_granted(turn, user, client, &chain.granted)
}

/// The same before there is a chain.
pub(crate) fn about_granted(
    turn: &Turn<'_>,
    user: Option<&User>,
    client: &str,
    granted: &crate::proto::store::Granted,
) -> Context {
    let name = user.map_or("", |user| user.name.as_str());
    let full = user.map_or("", |user| user.full_name.as_str());
    let (given, family) = full.rsplit_once(' ').unwrap_or((full, ""));
    let object = user.map_or_else(|| subject_of(client), |user| subject_of(&user.name));
    let subject = user.map_or_else(|| object.clone(), |user| pairwise_subject_of(&user.name, client));
    let mut context = turn
        .context()
        .with("client_id", client.to_owned())
        .with("user_name", name.to_owned())
        .with("user_full_name", full.to_owned())
        .with("given_name", given.to_owned())
        .with("family_name", family.to_owned())
        .with("email", user.and_then(User::address).unwrap_or_default().to_owned())
        .with("object_id", object)
        .with("subject", subject)
        .with("tenant", granted.tenant.clone().unwrap_or_default())
        .with("second_factor", granted.proven.second_factor)
        .with("by_password", granted.proven.password)
        .with("issued_at", turn.now.as_seconds())
        .with("by_resource", turn.by_resource)
        .with("for_client", user.is_none())
        // What only the provider can read: something that follows from who and when.
        .with("opaque", half_hash(&format!("{client} {name} {}", turn.now.as_millis())));
    if let Some(at) = granted.signed_in_at {
        context = context.with("signed_in_at", at.as_seconds());
    }
    context
}

/// A template's text as a JSON object.
pub(crate) fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text).ok()? {
        Value::Object(map) => Some(map),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// A value of a header: texts are templates.
pub(crate) fn fill(value: &Value, context: &Context) -> Value {
    match value.as_str().map(crate::proto::template::Template::new) {
        Some(Ok(template)) => template.render(Medium::Plain, context).into(),
        Some(Err(_)) | None => value.clone(),
    }
}
