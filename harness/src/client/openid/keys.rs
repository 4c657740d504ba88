//! The provider's keys (RFC 7517), and what they verify.

use std::time::Duration;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::client::mistake::Mistake;
use crate::client::openid::jwt::{Jwt, members};
use crate::client::time::Timestamp;

/// How long the keys are left alone after they were fetched for a token and did not fit it: whoever sends invented tokens must not be
/// able to make this client send a request for each.
const PAUSE: Duration = Duration::from_secs(60);

/// The keys as they were last fetched.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Nothing until they were fetched.
    keys: Option<Vec<Value>>,
    /// When they were last fetched again in vain.
    in_vain_at: Option<Timestamp>,
}

impl Keys {
    /// Whether there are none yet.
    pub(crate) fn are_missing(&self) -> bool {
        self.keys.is_none()
    }

    /// Takes a fetched document; says whether it is a key set.
    pub(crate) fn take(&mut self, document: &[u8]) -> bool {
        let Some(Value::Array(keys)) = members(document).and_then(|mut set| set.remove("keys")) else { return false };
        self.keys = Some(keys);
        true
    }

    /// Notes that a fetch did not bring the key that was wanted.
    pub(crate) fn fetched_in_vain(&mut self, now: Timestamp) {
        self.in_vain_at = Some(now);
    }

    /// Whether the keys may be fetched again for a token that none of them fits. Only a name that is not known says that there are
    /// newer ones; a token without a name says as much by fitting none.
    pub(crate) fn may_refetch(&self, jwt: &Jwt, now: Timestamp, mistake: Option<Mistake>) -> bool {
        match mistake {
            Some(Mistake::NeverRefetchesKeys) => return false,
            Some(Mistake::RefetchesKeysEveryTime) => return true,
            Some(_) | None => {}
        }
        let rested = self.in_vain_at.is_none_or(|at| now >= at.plus(PAUSE));
        rested && jwt.header_text("kid").is_none_or(|kid| !self.named(kid))
    }

    fn named(&self, kid: &str) -> bool {
        self.keys.iter().flatten().any(|key| key.get("kid").and_then(Value::as_str) == Some(kid))
    }

    /// Whether one of the keys verifies the token by this algorithm: the key that the token names, or any where it names none.
    pub(crate) fn verify(&self, jwt: &Jwt, algorithm: &str) -> bool {
        let kid = jwt.header_text("kid");
        let fits = |key: &&Value| {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            (kid.is_none() || text("kid") == kid)
                && text("use").is_none_or(|purpose| purpose == "sig")
                && text("alg").is_none_or(|alg| alg == algorithm)
        };
        let mut keys = self.keys.iter().flatten().filter(fits);
        keys.any(|key| verifies(key, algorithm, jwt.signed.as_bytes(), &jwt.signature))
    }
}

/// RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1. What is none of these is not verified.
fn verifies(key: &Value, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok()).unwrap_or_default();
    match (algorithm, text("kty"), text("crv")) {
        ("RS256", Some("RSA"), _) => RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok(),
        ("ES256", Some("EC"), Some("P-256")) => {
            let point = [vec![4], bytes("x"), bytes("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
        }
        ("EdDSA" | "Ed25519", Some("OKP"), Some("Ed25519")) => {
            UnparsedPublicKey::new(&ED25519, bytes("x")).verify(message, signature).is_ok()
        }
        _ => false,
    }
}
