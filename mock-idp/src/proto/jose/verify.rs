//! Verifying tokens that others signed: client assertions (RFC 7523).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::proto::jose::jws::{Decoded, decode};
use crate::proto::jose::key::Algorithm;

/// A token whose signature was right.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) claims: Map<String, Value>,
}

/// Verifies a token against public keys (RFC 7517 section 4): those of its `kid` if it names one, else all of them.
pub(crate) fn verify(token: &str, keys: &[Value]) -> Option<Verified> {
    let Decoded { header, claims, signed, signature } = decode(token)?;
    let named = header.get("alg").and_then(Value::as_str)?;
    let algorithm = Algorithm::ALL.into_iter().find(|known| known.name() == named)?;
    let kid = header.get("kid");
    keys.iter()
        .filter(|key| kid.is_none() || key.get("kid").is_none() || key.get("kid") == kid)
        .any(|key| verify_signature(key, algorithm, signed.as_bytes(), &signature))
        .then_some(Verified { claims })
}

pub(super) fn verify_signature(jwk: &Value, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok()).unwrap_or_default();
    if text("alg").is_some_and(|alg| alg != algorithm.name()) {
        return false;
    }
    match (algorithm, text("kty"), text("crv")) {
        (Algorithm::Rs256, Some("RSA"), _) => RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok(),
        (Algorithm::Es256, Some("EC"), Some("P-256")) => {
            let point = [vec![4], bytes("x"), bytes("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
        }
        (Algorithm::EdDsa, Some("OKP"), Some("Ed25519")) => {
            UnparsedPublicKey::new(&ED25519, bytes("x")).verify(message, signature).is_ok()
        }
        (Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa, _, _) => false,
    }
}
