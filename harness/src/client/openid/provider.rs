//! The provider as the client discovers it, and the checks that need to ask it.

use serde_json::{Map, Value};
use tokio::sync::{Mutex, OnceCell};

use crate::adapter::protocol::{Failure, OpenId};
use crate::client::failure::{network, untrusted};
use crate::client::http::Http;
use crate::client::mistake::Mistake;
use crate::client::openid::id_token::{Expected, Identity};
use crate::client::openid::jwt::{Jwt, members};
use crate::client::openid::keys::Keys;
use crate::client::secret::Secret;
use crate::client::time::Timestamp;

/// The client's side of OpenID Connect.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    pub(crate) settings: OpenId,
    mistake: Option<Mistake>,
    document: OnceCell<Document>,
    keys: Mutex<Keys>,
}

/// What the provider says of itself (Discovery 1.0 section 3).
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    /// RFC 8628 section 4.
    pub(crate) device_authorization_endpoint: Option<String>,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    /// RFC 9207 section 3.
    names_issuer: bool,
}

impl RelyingParty {
    pub(crate) fn new(settings: OpenId, mistake: Option<Mistake>) -> Self {
        Self { settings, mistake, document: OnceCell::new(), keys: Mutex::new(Keys::default()) }
    }

    /// The provider's configuration. What could not be had or trusted is asked for again the next time.
    pub(crate) async fn document(&self, http: &Http) -> Result<&Document, Failure> {
        self.document.get_or_try_init(|| self.discover(http)).await
    }

    async fn discover(&self, http: &Http) -> Result<Document, Failure> {
        let issuer = self.settings.issuer.as_str();
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let said = fetch(http, &url, None, "the discovery document").await?;
        let said = members(&said).ok_or_else(|| network("the discovery document is no JSON object"))?;
        // Section 4.3: exactly, and before anything else in it is believed.
        if text(&said, "issuer").as_deref() != Some(issuer) && self.mistake != Some(Mistake::IgnoresDiscoveryIssuer) {
            return Err(untrusted("discovery_issuer", "the discovery document is another issuer's"));
        }
        let needed = |name: &str| {
            text(&said, name).ok_or_else(|| network(format!("the discovery document does not name `{name}`")))
        };
        Ok(Document {
            authorization_endpoint: needed("authorization_endpoint")?,
            token_endpoint: needed("token_endpoint")?,
            device_authorization_endpoint: text(&said, "device_authorization_endpoint"),
            jwks_uri: needed("jwks_uri")?,
            userinfo_endpoint: text(&said, "userinfo_endpoint"),
            names_issuer: said.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }

    /// Compares `iss` of an authorization response, before anything in it is used (RFC 9207 section 2.4).
    pub(crate) async fn check_issuer(&self, http: &Http, named: Option<&str>) -> Result<(), Failure> {
        let document = self.document(http).await?;
        let wrong = match named {
            Some(named) => named != self.settings.issuer,
            None => document.names_issuer,
        };
        if wrong && self.mistake != Some(Mistake::IgnoresResponseIssuer) {
            return Err(untrusted("response_issuer", "the redirect does not come from the issuer; nothing was sent"));
        }
        Ok(())
    }

    /// Checks an ID token, signature and claims.
    pub(crate) async fn check_id_token(
        &self,
        http: &Http,
        id_token: &Secret,
        expected: Expected<'_>,
    ) -> Result<Identity, Failure> {
        let jwt = Jwt::parse(id_token.expose())
            .map_err(|why| untrusted("id_token_malformed", format!("the ID token {why}")))?;
        if self.mistake != Some(Mistake::IgnoresSignature) {
            // Item 7, RFC 8725 section 3.1: what was registered, whatever the token asks for.
            if jwt.header_text("alg") != Some(self.settings.id_token_algorithm.as_str()) {
                let why = "the ID token is not signed by the registered algorithm";
                return Err(untrusted("id_token_algorithm", why));
            }
            self.check_signature(http, &jwt, expected.now).await?;
        }
        expected.check(&jwt, self.mistake)
    }

    async fn check_signature(&self, http: &Http, jwt: &Jwt, now: Timestamp) -> Result<(), Failure> {
        let algorithm = self.settings.id_token_algorithm.as_str();
        // Held across the fetch: sign-ins that come at once share one.
        let mut keys = self.keys.lock().await;
        let were_missing = keys.are_missing();
        let fetches = were_missing || (!keys.verify(jwt, algorithm) && keys.may_refetch(jwt, now, self.mistake));
        if fetches {
            self.fetch_keys(http, &mut keys).await?;
        }
        if keys.verify(jwt, algorithm) {
            return Ok(());
        }
        if fetches {
            keys.fetched_in_vain(now);
        }
        Err(untrusted("id_token_signature", "no key of the issuer's verifies the ID token"))
    }

    async fn fetch_keys(&self, http: &Http, keys: &mut Keys) -> Result<(), Failure> {
        let url = self.document(http).await?.jwks_uri.as_str();
        let set = fetch(http, url, None, "the key set").await?;
        if keys.take(&set) { Ok(()) } else { Err(network("the key set is none")) }
    }

    /// Asks who signed in and compares the subject: without that, the answer may be about anybody (Core section 5.3.2). Nothing is
    /// asked where there is no such endpoint.
    pub(crate) async fn userinfo(&self, http: &Http, access_token: &Secret, subject: &str) -> Result<(), Failure> {
        let Some(url) = self.document(http).await?.userinfo_endpoint.as_deref() else { return Ok(()) };
        let said = fetch(http, url, Some(access_token), "the UserInfo endpoint").await?;
        let said = members(&said).ok_or_else(|| network("the UserInfo response is no JSON object"))?;
        if text(&said, "sub").as_deref() != Some(subject) && self.mistake != Some(Mistake::IgnoresUserinfoSubject) {
            return Err(untrusted("userinfo_subject", "the UserInfo response is about somebody else"));
        }
        Ok(())
    }
}

async fn fetch(http: &Http, url: &str, access_token: Option<&Secret>, what: &str) -> Result<Vec<u8>, Failure> {
    let reply = http.document(url, access_token).await.map_err(|error| network(format!("{what}: {error}")))?;
    if reply.status == 200 { Ok(reply.body) } else { Err(network(format!("{what}: status {}", reply.status))) }
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
