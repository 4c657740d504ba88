//! What an ID token must say (OpenID Connect Core sections 3.1.3.7 and 12.2). Pure: a token and what is known in, a verdict out.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::adapter::protocol::Failure;
use crate::client::failure::untrusted;
use crate::client::mistake::Mistake;
use crate::client::openid::jwt::Jwt;
use crate::client::time::Timestamp;

/// How far two clocks may be apart.
const LEEWAY: Duration = Duration::from_secs(60);

/// Whom an ID token is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// What is known before the token comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) access_token: &'a str,
    /// Nothing at a refresh, where none need come back.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) max_age: Option<u64>,
    /// Whom the token that was refreshed was about.
    pub(crate) before: Option<&'a Identity>,
    pub(crate) now: Timestamp,
}

impl Expected<'_> {
    /// Checks every claim; the signature is the keys' affair.
    pub(crate) fn check(&self, jwt: &Jwt, mistake: Option<Mistake>) -> Result<Identity, Failure> {
        let ignores = |which: Mistake| mistake == Some(which);
        let lax = ignores(Mistake::NeedsNoClaims);
        if jwt.text("iss") != Some(self.issuer) && !ignores(Mistake::IgnoresIdTokenIssuer) {
            return Err(untrusted("id_token_issuer", "the ID token is not from the issuer"));
        }
        if !ignores(Mistake::IgnoresAudience) {
            self.check_audience(jwt)?;
        }
        let subject = match jwt.text("sub") {
            Some(subject) => subject,
            None if lax => "",
            None => return Err(untrusted("id_token_subject", "the ID token does not say about whom it is")),
        };
        self.check_times(jwt, mistake)?;
        let nonce = jwt.text("nonce");
        let right = self.nonce.is_none_or(|sent| nonce == Some(sent));
        if !right && !ignores(Mistake::IgnoresNonce) {
            return Err(untrusted("id_token_nonce", "the nonce of the ID token is not the one that was sent"));
        }
        let hash = jwt.claims.get("at_hash");
        if hash.is_some_and(|hash| hash.as_str() != Some(&half_hash(self.access_token)))
            && !ignores(Mistake::IgnoresAccessTokenHash)
        {
            return Err(untrusted("id_token_at_hash", "the ID token belongs to another access token"));
        }
        if self.before.is_some_and(|before| before.subject != subject) {
            return Err(untrusted("id_token_subject", "the refreshed ID token is about somebody else"));
        }
        Ok(Identity { issuer: self.issuer.to_owned(), subject: subject.to_owned() })
    }

    /// Items 3 to 5: this client is meant, and nobody beside it that it does not trust.
    fn check_audience(&self, jwt: &Jwt) -> Result<(), Failure> {
        let audience: Vec<&str> = match jwt.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
        };
        if !audience.contains(&self.client_id) {
            return Err(untrusted("id_token_audience", "the ID token was not issued to this client"));
        }
        let party = jwt.claims.get("azp");
        let is_ours = |party: &Value| party.as_str() == Some(self.client_id);
        if audience.len() > 1 && !party.is_some_and(is_ours) || party.is_some_and(|party| !is_ours(party)) {
            return Err(untrusted("id_token_audience", "the ID token was issued to another party as well"));
        }
        Ok(())
    }

    /// Items 9, 10 and 13.
    fn check_times(&self, jwt: &Jwt, mistake: Option<Mistake>) -> Result<(), Failure> {
        let moment = |name: &str| jwt.moment(name).map(Timestamp::from_seconds);
        let in_time = moment("exp").is_some_and(|end| end.plus(LEEWAY) > self.now);
        if !in_time && mistake != Some(Mistake::IgnoresIdTokenExpiry) {
            return Err(untrusted("id_token_expired", "the time of the ID token is over, or it has none"));
        }
        match moment("iat") {
            Some(issued) if issued > self.now.plus(LEEWAY) => {
                return Err(untrusted("id_token_issued_at", "the ID token was issued in the future"));
            }
            Some(_) => {}
            None if mistake == Some(Mistake::NeedsNoClaims) => {}
            None => return Err(untrusted("id_token_issued_at", "the ID token does not say when it was issued")),
        }
        let Some(max_age) = self.max_age else { return Ok(()) };
        let oldest = |signed_in: Timestamp| signed_in.plus(Duration::from_secs(max_age)).plus(LEEWAY);
        if moment("auth_time").is_some_and(|signed_in| oldest(signed_in) >= self.now) {
            return Ok(());
        }
        Err(untrusted("id_token_auth_time", "the resource owner signed in too long ago, or nobody says when"))
    }
}

/// The left half of SHA-256, for the algorithms that go with it (section 3.1.3.6).
fn half_hash(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}
