//! What ties an authorization to its answer: the nonce (OpenID Connect Core section 3.1.2.1) and the code verifier (RFC 7636).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::adapter::protocol::Failure;
use crate::client::authorization::random;
use crate::client::mistake::Mistake;
use crate::client::secret::Secret;

/// What is remembered of an authorization request until its answer comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) nonce: String,
    pub(crate) code_verifier: Secret,
}

impl Binding {
    /// A new one for each request.
    pub(crate) fn fresh(mistake: Option<Mistake>) -> Result<Self, Failure> {
        let nonce =
            if mistake == Some(Mistake::ConstantNonce) { "always-the-same-nonce".to_owned() } else { random()? };
        Ok(Self { nonce, code_verifier: Secret::new(random()?) })
    }

    /// The parameters of the authorization request that tie it down.
    pub(crate) fn parameters(&self, mistake: Option<Mistake>) -> Vec<(&'static str, String)> {
        let verifier = self.code_verifier.expose();
        let (challenge, method) = match mistake {
            Some(Mistake::PlainPkce) => (verifier.to_owned(), "plain"),
            Some(_) | None => (URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())), "S256"),
        };
        vec![("nonce", self.nonce.clone()), ("code_challenge", challenge), ("code_challenge_method", method.to_owned())]
    }
}
