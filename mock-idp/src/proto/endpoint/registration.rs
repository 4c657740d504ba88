//! Dynamic client registration (RFC 7591), open to anyone where it is on.

use serde_json::{Map, Value};
use url::Url;

use crate::proto::cause::Cause;
use crate::proto::client::{Client, ClientId};
use crate::proto::grant::issue::Turn;
use crate::proto::jose::Algorithm;
use crate::proto::message::{Request, RequestBody, Response};
use crate::proto::mint::Purpose;
use crate::proto::policy::{ClientAuthentication, GrantType, ResponseType};
use crate::proto::secret::Secret;

/// Registers a client, and answers with what was registered (section 3.2.1).
pub(crate) fn register(turn: &mut Turn<'_>, request: &Request) -> Result<Response, Cause> {
    if request.method != "POST" {
        return Err(Cause::MethodNotAllowed { method: request.method.as_str().into(), allow: "POST".into() });
    }
    if request.body == RequestBody::TooLarge {
        return Err(Cause::BodyTooLarge { limit: turn.policy.body_limit as u64 });
    }
    let invalid = |why: &'static str| Cause::ClientMetadataInvalid { why };
    let mut metadata = match serde_json::from_slice(request.body.bytes()) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => return Err(invalid("the body is no JSON object")),
    };
    let method = metadata.get("token_endpoint_auth_method").map_or(Some("client_secret_basic"), Value::as_str);
    let method = method.ok_or_else(|| invalid("token_endpoint_auth_method is no text"))?.to_owned();
    let offered = |it: &ClientAuthentication| it.name() == method;
    if method != "none" && !turn.policy.token.client_authentication.iter().any(offered) {
        return Err(invalid("token_endpoint_auth_method is not offered"));
    }
    let jwks = keys(&metadata).map_err(invalid)?;
    if method == ClientAuthentication::PrivateKeyJwt.name() && jwks.is_empty() {
        return Err(invalid("private_key_jwt needs jwks"));
    }
    let grants = check_grants(turn, &metadata).map_err(invalid)?;
    let redirect_uris = redirect_uris(&metadata, "redirect_uris")?;
    if redirect_uris.is_empty() && grants.iter().any(|grant| grant == "authorization_code" || grant == "implicit") {
        return Err(invalid("redirect_uris is missing"));
    }
    let algorithm = id_token_algorithm(turn, &metadata).map_err(invalid)?;
    let has_secret = matches!(method.as_str(), "client_secret_basic" | "client_secret_post");
    let id = ClientId(turn.mint.identifier(Purpose::Registration));
    let secret = has_secret.then(|| turn.mint.identifier(Purpose::Registration));
    let name = metadata.get("client_name").and_then(Value::as_str).unwrap_or(&id.0).to_owned();
    let scope = metadata.get("scope").and_then(Value::as_str);
    let client = Client {
        id: id.clone(),
        secret: secret.clone().map(Secret::new),
        name,
        redirect_uris,
        scopes: scope.map(|scope| scope.split(' ').map(str::to_owned).collect()),
        jwks,
        post_logout_redirect_uris: redirect_uris_of_logout(&metadata)?,
        id_token_algorithm: algorithm,
        ..Client::default()
    };
    turn.registered = Some(client);
    metadata.insert("client_id".to_owned(), id.0.into());
    metadata.insert("client_id_issued_at".to_owned(), turn.now.as_seconds().into());
    if let Some(secret) = secret {
        metadata.insert("client_secret".to_owned(), secret.into());
        // Section 3.2.1: 0 is never.
        metadata.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    metadata.insert("token_endpoint_auth_method".to_owned(), method.into());
    metadata.insert("grant_types".to_owned(), grants.into());
    let body = Value::Object(metadata).to_string();
    Ok(Response::with_body(201, "application/json", body).header("Cache-Control", "no-store"))
}

fn keys(metadata: &Map<String, Value>) -> Result<Vec<Value>, &'static str> {
    if metadata.contains_key("jwks_uri") {
        return Err("jwks_uri would have to be fetched, and nothing is fetched here: send jwks");
    }
    match metadata.get("jwks") {
        None => Ok(Vec::new()),
        Some(set) => set.get("keys").and_then(Value::as_array).cloned().ok_or("jwks is no key set"),
    }
}

/// The grants that are registered; the authorization code where none are named (section 2).
fn check_grants(turn: &Turn<'_>, metadata: &Map<String, Value>) -> Result<Vec<String>, &'static str> {
    let grants = texts(metadata, "grant_types").ok_or("grant_types is no list of texts")?;
    let grants = if grants.is_empty() { vec![GrantType::AuthorizationCode.name().to_owned()] } else { grants };
    let known = |name: &String| name == "implicit" || turn.policy.token.grants.iter().any(|it| it.name() == name);
    if !grants.iter().all(known) {
        return Err("grant_types holds a grant that is not offered");
    }
    let types = texts(metadata, "response_types").ok_or("response_types is no list of texts")?;
    let offered = &turn.policy.authorization.response_types;
    if types.iter().all(|name| ResponseType::parse(name).is_some_and(|it| offered.contains(&it))) {
        Ok(grants)
    } else {
        Err("response_types holds a type that is not offered")
    }
}

fn id_token_algorithm(turn: &Turn<'_>, metadata: &Map<String, Value>) -> Result<Option<Algorithm>, &'static str> {
    let Some(named) = metadata.get("id_token_signed_response_alg") else { return Ok(None) };
    let known = turn.policy.keys.algorithms.iter().find(|known| named.as_str() == Some(known.name()));
    known.map(|known| Some(*known)).ok_or("id_token_signed_response_alg is not offered")
}

fn redirect_uris_of_logout(metadata: &Map<String, Value>) -> Result<Vec<String>, Cause> {
    redirect_uris(metadata, "post_logout_redirect_uris")
}

/// Absolute URIs without a fragment (RFC 6749 section 3.1.2).
fn redirect_uris(metadata: &Map<String, Value>, name: &str) -> Result<Vec<String>, Cause> {
    let uris =
        texts(metadata, name).ok_or(Cause::ClientMetadataInvalid { why: "a list of URIs is no list of texts" })?;
    // Section 5: a browser would run these.
    let runs = |uri: &Url| matches!(uri.scheme(), "javascript" | "data" | "vbscript" | "file" | "about" | "blob");
    match uris.iter().find(|uri| !Url::parse(uri).is_ok_and(|uri| uri.fragment().is_none() && !runs(&uri))) {
        Some(wrong) => Err(Cause::ClientRedirectUriInvalid { redirect_uri: wrong.clone() }),
        None => Ok(uris),
    }
}

/// A list of texts; an absent one is empty.
fn texts(metadata: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    match metadata.get(name) {
        None => Some(Vec::new()),
        Some(list) => list.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
    }
}
