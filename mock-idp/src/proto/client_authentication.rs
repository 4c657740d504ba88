//! Client authentication (RFC 6749 section 2.3): the only maker of [`AuthenticatedClient`], which the grants ask for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::proto::cause::Cause;
use serde_json::Value;

use crate::proto::client::Client;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::{decode, verify};
use crate::proto::message::Headers;
use crate::proto::params::Params;
use crate::proto::policy::{ClientAuthentication, SeveralMethods, Token};
use crate::proto::time::Timestamp;

/// Proof that a client said who it is, and showed its secret if it has one.
#[derive(Debug)]
pub(crate) struct AuthenticatedClient<'a>(&'a Client);

impl AuthenticatedClient<'_> {
    pub(crate) const fn client(&self) -> &Client {
        self.0
    }
}

/// What a request presents.
struct Credentials {
    method: ClientAuthentication,
    id: String,
    secret: String,
}

/// Authenticates the client of a token request.
pub(crate) fn authenticate<'a>(
    policy: &Token,
    clients: &[&'a Client],
    headers: &Headers,
    params: &Params,
    now: Timestamp,
) -> Result<AuthenticatedClient<'a>, Cause> {
    let header = headers.get("authorization").and_then(basic);
    let body = params.first("client_secret").map(|secret| Credentials {
        method: ClientAuthentication::Post,
        id: params.first("client_id").unwrap_or_default().to_owned(),
        secret: secret.to_owned(),
    });
    let credentials = match (header, body) {
        (Some(_), Some(body)) => match policy.several_methods {
            SeveralMethods::Refused => return Err(Cause::ClientAuthenticationSeveral),
            SeveralMethods::BodyCounts => body,
        },
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return public(clients, params),
    };
    if !policy.client_authentication.contains(&credentials.method) {
        let method = match credentials.method {
            ClientAuthentication::Basic => "HTTP Basic",
            ClientAuthentication::Post => "request body",
            ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        };
        return Err(Cause::ClientAuthenticationMethod { method });
    }
    let client = find(clients, &credentials.id)?;
    if client.is_public() && policy.names_public_clients {
        return Err(Cause::SecretOfPublicClient { client_id: credentials.id });
    }
    match &client.secret {
        Some(secret) if *secret.expose() == credentials.secret => match client.secret_ends {
            Some(expired_at) if now >= expired_at => {
                Err(Cause::ClientSecretExpired { client_id: credentials.id, expired_at })
            }
            Some(_) | None => Ok(AuthenticatedClient(client)),
        },
        Some(_) | None => Err(Cause::ClientSecretWrong { client_id: credentials.id }),
    }
}

/// Who a request says that it comes from, proven or not: by HTTP Basic, or by `client_id` in its parameters.
pub(crate) fn claimed_id(headers: &Headers, params: &Params) -> Option<String> {
    let header = || headers.get("authorization").and_then(basic).map(|credentials| credentials.id);
    params.first("client_id").map(str::to_owned).or_else(header)
}

/// A request without a secret: a public client names itself (section 3.2.1), any other must authenticate.
fn public<'a>(clients: &[&'a Client], params: &Params) -> Result<AuthenticatedClient<'a>, Cause> {
    let client = find(clients, params.first("client_id").ok_or(Cause::ClientAuthenticationMissing)?)?;
    if client.is_public() { Ok(AuthenticatedClient(client)) } else { Err(Cause::ClientAuthenticationMissing) }
}

/// The only type of assertion (RFC 7523 section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Authenticates a client by what it signed about itself (RFC 7523 section 3, OpenID Connect Core section 9). `url` is the endpoint that
/// was called.
pub(crate) fn by_assertion<'a>(
    turn: &mut Turn<'_>,
    clients: &[&'a Client],
    headers: &Headers,
    params: &Params,
    url: &str,
) -> Result<AuthenticatedClient<'a>, Cause> {
    let wrong = |why| Cause::ClientAssertionInvalid { why };
    if headers.get("authorization").and_then(basic).is_some() || params.first("client_secret").is_some() {
        return Err(Cause::ClientAuthenticationSeveral);
    }
    if !turn.policy.token.client_authentication.contains(&ClientAuthentication::PrivateKeyJwt) {
        return Err(Cause::ClientAuthenticationMethod { method: "private_key_jwt" });
    }
    if params.first("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(wrong("client_assertion_type is another"));
    }
    let token = params.required("client_assertion")?;
    let claimed = decode(token).ok_or_else(|| wrong("it is no JWT"))?.claims;
    let id = claimed.get("sub").and_then(Value::as_str).ok_or_else(|| wrong("sub is missing"))?;
    let client = find(clients, id)?;
    if client.is_public() && turn.policy.token.names_public_clients {
        return Err(Cause::SecretOfPublicClient { client_id: id.to_owned() });
    }
    let claims = verify(token, &client.jwks).ok_or_else(|| wrong("the signature is not the client's"))?.claims;
    if claims.get("iss") != claims.get("sub") || params.first("client_id").is_some_and(|named| named != id) {
        return Err(wrong("iss, sub and client_id are not the same"));
    }
    let token_url = format!("{}{}", turn.bases.server, turn.policy.token.path);
    let takes = |aud: &Value| [turn.bases.issuer, url, &token_url].iter().any(|ours| aud == ours);
    if !claims.get("aud").is_some_and(|aud| takes(aud) || aud.as_array().is_some_and(|all| all.iter().any(takes))) {
        return Err(wrong("aud is not this provider"));
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = turn.now.as_seconds();
    if seconds("exp").is_none_or(|exp| exp <= now) {
        return Err(wrong("it expired, or never does"));
    }
    if seconds("nbf").is_some_and(|nbf| nbf > now) {
        return Err(wrong("it is not good yet"));
    }
    let used = claims.get("jti").and_then(Value::as_str).ok_or_else(|| wrong("jti is missing"))?;
    let used = format!("{id} {used}");
    if turn.store.assertions.get(&used).is_some() {
        return Err(wrong("it was used before"));
    }
    turn.store.assertions.insert(used, ());
    Ok(AuthenticatedClient(client))
}

fn find<'a>(clients: &[&'a Client], id: &str) -> Result<&'a Client, Cause> {
    clients
        .iter()
        .copied()
        .find(|client| client.id.0 == id)
        .ok_or_else(|| Cause::ClientUnknown { client_id: id.to_owned() })
}

/// The credentials of a Basic header: id and secret are form-encoded before they are joined (section 2.3.1). A header of
/// another scheme, or one that cannot be read, is as good as none.
fn basic(value: &str) -> Option<Credentials> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    Some(Credentials { method: ClientAuthentication::Basic, id: decode(id), secret: decode(secret) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::cause::CauseKind;
    use crate::proto::client::ClientId;
    use crate::proto::secret::Secret;

    fn client(id: &str, secret: Option<&str>) -> Client {
        Client {
            id: ClientId(id.into()),
            secret: secret.map(|secret| Secret::new(secret.into())),
            name: String::new(),
            redirect_uris: Vec::new(),
            ..Client::default()
        }
    }

    fn run(policy: &Token, header: Option<&str>, body: &str) -> Result<String, CauseKind> {
        let (confidential, public) = (client("c", Some("s:e +%")), client("p", None));
        let clients = [&confidential, &public];
        let mut headers = Headers::new();
        if let Some(header) = header {
            headers.push("Authorization", format!("Basic {}", STANDARD.encode(header)));
        }
        authenticate(policy, &clients, &headers, &Params::parse(body.as_bytes()).unwrap(), Timestamp::default())
            .map(|proof| proof.client().id.0.clone())
            .map_err(|cause| cause.kind())
    }

    #[test]
    fn a_client_is_known_by_its_secret_in_the_body_or_by_basic() {
        let both = Token::default();
        let body = "client_id=c&client_secret=s%3Ae+%2B%25";
        let cases = [
            ("body", None, body, Ok("c")),
            ("basic, form-encoded", Some("c:s%3Ae+%2B%25"), "", Ok("c")),
            ("basic, not encoded", Some("c:s:e %2B%"), "", Ok("c")),
            ("both", Some("c:s%3Ae+%2B%25"), body, Err(CauseKind::ClientAuthenticationSeveral)),
            ("wrong", None, "client_id=c&client_secret=x", Err(CauseKind::ClientSecretWrong)),
            ("no secret", None, "client_id=c", Err(CauseKind::ClientAuthenticationMissing)),
            ("nothing", None, "", Err(CauseKind::ClientAuthenticationMissing)),
            ("unknown", None, "client_id=x&client_secret=x", Err(CauseKind::ClientUnknown)),
            ("public", None, "client_id=p", Ok("p")),
            ("public with a secret", None, "client_id=p&client_secret=x", Err(CauseKind::ClientSecretWrong)),
        ];
        for (name, header, body, want) in cases {
            assert_eq!(run(&both, header, body), want.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn a_policy_may_refuse_basic_or_let_the_body_count() {
        let post = Token { client_authentication: vec![ClientAuthentication::Post], ..Token::default() };
        assert_eq!(run(&post, Some("c:s%3Ae+%2B%25"), ""), Err(CauseKind::ClientAuthenticationMethod));
        let body_counts = Token { several_methods: SeveralMethods::BodyCounts, ..Token::default() };
        let body = "client_id=c&client_secret=s%3Ae+%2B%25";
        assert_eq!(run(&body_counts, Some("x:y"), body), Ok("c".into()));
    }
}
