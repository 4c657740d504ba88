//! The body and the credentials of a token request (RFC 6749 sections 4.1.3, 4.3.2, 4.4.2, 6 and 2.3.1; RFC 8628 sections 3.1 and 3.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};

use crate::adapter::protocol::{ClientAuthentication, ClientRegistration, DirectGrant};
use crate::client::mistake::Mistake;
use crate::client::secret::Secret;

/// A token request, ready to be sent.
#[derive(Debug)]
pub(crate) struct TokenRequest {
    /// `application/x-www-form-urlencoded`.
    pub(crate) body: Secret,
    /// The `Authorization` header, when the client authenticates by HTTP Basic.
    pub(crate) authorization: Option<Secret>,
}

/// What a refresh asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) scope: Option<&'a str>,
    pub(crate) claims: Option<&'a str>,
}

/// The words of a scope that one token can be for: those of the first resource, by what stands before the last slash, and those about
/// the user.
pub(crate) fn of_one_resource(scope: &str) -> String {
    let about_user = |word: &&str| matches!(*word, "openid" | "profile" | "email" | "offline_access");
    let resource = |word: &str| word.rsplit_once('/').map(|(resource, _)| resource.to_owned());
    let words: Vec<&str> = scope.split(' ').filter(|word| !word.is_empty()).collect();
    let first = words.iter().find(|word| !about_user(word)).and_then(|word| resource(word));
    let kept = words.into_iter().filter(|word| about_user(word) || resource(word) == first);
    kept.collect::<Vec<_>>().join(" ")
}

/// What the twin that names a resource calls it.
pub(crate) const RESOURCE: &str = "https://api.example/";

/// RFC 7523 section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// RFC 8628 section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl TokenRequest {
    /// Exchanges a code. `redirect_uri` is always sent, since the authorization request had it.
    pub(crate) fn for_code(
        code: &str,
        code_verifier: Option<&Secret>,
        claims: Option<&str>,
        client: &ClientRegistration,
        mistake: Option<Mistake>,
    ) -> Self {
        let redirect_uri = client.redirect_uri.as_str();
        let mut grant = vec![("grant_type", "authorization_code"), ("code", code)];
        if mistake != Some(Mistake::LeavesOutRedirectUri) {
            grant.push(("redirect_uri", redirect_uri));
        }
        // RFC 7636 section 4.5.
        grant.extend(code_verifier.map(|verifier| ("code_verifier", verifier.expose())));
        grant.extend(claims.map(|claims| ("claims", claims)));
        Self::new(&grant, client, mistake)
    }

    /// Refreshes. Without a scope, what was granted stays granted.
    pub(crate) fn for_refresh(
        refresh_token: &Secret,
        asked: Asked<'_>,
        client: &ClientRegistration,
        mistake: Option<Mistake>,
    ) -> Self {
        let mut grant = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        grant.extend(asked.scope.map(|scope| ("scope", scope)));
        grant.extend(asked.claims.map(|claims| ("claims", claims)));
        Self::new(&grant, client, mistake)
    }

    /// Asks for tokens by a grant in which no browser takes part.
    pub(crate) fn for_grant(grant: &DirectGrant, client: &ClientRegistration, mistake: Option<Mistake>) -> Self {
        let mut pairs = match grant {
            DirectGrant::ClientCredentials {} => vec![("grant_type", "client_credentials")],
            DirectGrant::Password { user_name, password } => {
                vec![("grant_type", "password"), ("username", user_name.as_str()), ("password", password.as_str())]
            }
            DirectGrant::OnBehalfOf { assertion } => vec![
                ("grant_type", JWT_BEARER),
                ("assertion", assertion.as_str()),
                ("requested_token_use", "on_behalf_of"),
            ],
        };
        pairs.extend(client.scope.as_deref().map(|scope| ("scope", scope)));
        Self::new(&pairs, client, mistake)
    }

    /// Asks for the codes of a device. The same credentials as in a token request (RFC 8628 section 3.1).
    pub(crate) fn for_device(client: &ClientRegistration, mistake: Option<Mistake>) -> Self {
        let scope: Vec<_> = client.scope.as_deref().map(|scope| ("scope", scope)).into_iter().collect();
        let mut request = Self::new(&scope, client, mistake);
        // The parameter is required, and only a client that authenticates some other way may leave it out.
        if client.authentication == ClientAuthentication::ClientSecretBasic {
            let body = request.body.expose();
            let joint = if body.is_empty() { "" } else { "&" };
            let id = byte_serialize(client.id.as_bytes()).collect::<String>();
            request.body = Secret::new(format!("{body}{joint}client_id={id}"));
        }
        request
    }

    /// Asks whether the resource owner has answered.
    pub(crate) fn for_device_code(code: &Secret, client: &ClientRegistration, mistake: Option<Mistake>) -> Self {
        Self::new(&[("grant_type", DEVICE_CODE), ("device_code", code.expose())], client, mistake)
    }

    fn new(grant: &[(&str, &str)], client: &ClientRegistration, mistake: Option<Mistake>) -> Self {
        let (in_body, by_basic) = match client.authentication {
            ClientAuthentication::ClientSecretPost => (true, false),
            ClientAuthentication::ClientSecretBasic => (false, true),
            ClientAuthentication::None => (false, false),
        };
        let both = mistake == Some(Mistake::TwoAuthenticationMethods) && (in_body || by_basic);
        let mut body = Serializer::new(String::new());
        body.extend_pairs(grant);
        if mistake == Some(Mistake::NamesResource) {
            body.append_pair("resource", RESOURCE);
        }
        if in_body || both || client.authentication == ClientAuthentication::None {
            body.append_pair("client_id", &client.id);
        }
        if let Some(secret) = client.secret.as_deref().filter(|_| in_body || both) {
            body.append_pair("client_secret", secret);
        }
        let authorization = (by_basic || both).then(|| basic(&client.id, client.secret.as_deref().unwrap_or_default()));
        Self { body: Secret::new(body.finish()), authorization }
    }
}

/// RFC 6749 section 2.3.1: identifier and secret are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> Secret {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(authentication: ClientAuthentication) -> ClientRegistration {
        ClientRegistration {
            id: "{id}:1".to_owned(),
            secret: (authentication != ClientAuthentication::None).then(|| "p w".to_owned()),
            authentication,
            redirect_uri: "https://app.example/cb".to_owned(),
            scope: None,
            capabilities: Vec::new(),
        }
    }

    fn refresh(authentication: ClientAuthentication, mistake: Option<Mistake>) -> (String, Option<String>) {
        let request =
            TokenRequest::for_refresh(&Secret::new("a!b"), Asked::default(), &client(authentication), mistake);
        let authorization = request.authorization.map(|header| {
            let encoded = header.expose().strip_prefix("Basic ").unwrap().to_owned();
            String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
        });
        (request.body.expose().to_owned(), authorization)
    }

    const GRANT: &str = "grant_type=refresh_token&refresh_token=a%21b";
    const IN_BODY: &str = "&client_id=%7Bid%7D%3A1&client_secret=p+w";
    const BASIC: &str = "%7Bid%7D%3A1:p+w";

    #[test]
    fn credentials_go_where_the_configuration_says_and_nowhere_else() {
        let post = ClientAuthentication::ClientSecretPost;
        assert_eq!(refresh(post, None), (format!("{GRANT}{IN_BODY}"), None));
        let basic = ClientAuthentication::ClientSecretBasic;
        assert_eq!(refresh(basic, None), (GRANT.to_owned(), Some(BASIC.to_owned())));
        let public = ClientAuthentication::None;
        assert_eq!(refresh(public, None), (format!("{GRANT}&client_id=%7Bid%7D%3A1"), None));
    }

    #[test]
    fn the_twin_sends_them_in_both_places_unless_it_has_none() {
        let twin = Some(Mistake::TwoAuthenticationMethods);
        for authentication in [ClientAuthentication::ClientSecretPost, ClientAuthentication::ClientSecretBasic] {
            assert_eq!(refresh(authentication, twin), (format!("{GRANT}{IN_BODY}"), Some(BASIC.to_owned())));
        }
        assert_eq!(refresh(ClientAuthentication::None, twin).1, None);
    }

    #[test]
    fn a_code_is_form_encoded_once_and_comes_with_the_redirect_uri() {
        let request =
            TokenRequest::for_code("s.A!b", None, None, &client(ClientAuthentication::ClientSecretBasic), None);
        let expected = "grant_type=authorization_code&code=s.A%21b&redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
        assert_eq!(request.body.expose(), expected);
    }

    #[test]
    fn debug_output_holds_no_credentials() {
        let request =
            TokenRequest::for_code("thecode", None, None, &client(ClientAuthentication::ClientSecretPost), None);
        let text = format!("{request:?}");
        assert!(!text.contains("thecode") && !text.contains("client_secret"), "{text}");
    }
}
