//! A key that signs.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::test::rand::FixedByteRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::proto::jose::certificate::{certificate, members, thumbprint};
use crate::proto::jose::der::{integer, sequence};
use crate::proto::jose::ecdsa;
use crate::proto::jose::rsa_keys::{RSA_KEYS, RsaParts};
use crate::proto::mint::Seed;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 bits.
    #[cfg_attr(feature = "profiles", serde(rename = "RS256"))]
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    #[cfg_attr(feature = "profiles", serde(rename = "ES256"))]
    Es256,
    /// Ed25519.
    #[cfg_attr(feature = "profiles", serde(rename = "EdDSA"))]
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The value of `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key with its name.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    material: Material,
    /// Its certificate in DER, where keys have one.
    certificate: Option<Vec<u8>>,
}

enum Material {
    Rsa(&'static RsaParts, &'static RsaKeyPair),
    P256 { private: [u8; 32], public: Vec<u8> },
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(..) => "Rsa",
            Self::P256 { .. } => "P256",
            Self::Ed25519(_) => "Ed25519",
        })
    }
}

impl SigningKey {
    /// The key of this number, from 1. RSA keys come round again after the last that there is; the others follow from the seed.
    pub(crate) fn new(seed: Seed, algorithm: Algorithm, number: u32) -> Option<Self> {
        let material = match algorithm {
            Algorithm::Rs256 => {
                let place = (number.saturating_sub(1) as usize) % RSA_KEYS.len();
                Material::Rsa(RSA_KEYS.get(place)?, rsa_pair(place)?)
            }
            Algorithm::Es256 => {
                let private = derive(seed, algorithm, number);
                Material::P256 { private, public: ecdsa::public_key(&private)? }
            }
            Algorithm::EdDsa => {
                Material::Ed25519(Ed25519KeyPair::from_seed_unchecked(&derive(seed, algorithm, number)).ok()?)
            }
        };
        let kid = format!("{}-{number}", algorithm.name().to_ascii_lowercase());
        Some(Self { kid, algorithm, material, certificate: None })
    }

    /// The same with a certificate, and named by its thumbprint. Only RSA keys get one.
    pub(crate) fn certified(mut self, number: u32) -> Self {
        if let Material::Rsa(parts, _) = &self.material {
            let modulus = URL_SAFE_NO_PAD.decode(parts.n).unwrap_or_default();
            let der = certificate(&modulus, number, |message| self.sign(message));
            self.kid = thumbprint(&der);
            self.certificate = Some(der);
        }
        self
    }

    /// Signs.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.material {
            Material::Rsa(_, pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // The library asks for randomness and passes it over: this padding has none.
                match pair.sign(&RSA_PKCS1_SHA256, &FixedByteRandom { byte: 0 }, message, &mut signature) {
                    Ok(()) => signature,
                    Err(_) => Vec::new(),
                }
            }
            Material::P256 { private, .. } => ecdsa::sign(private, message).unwrap_or_default(),
            Material::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// Its public half (RFC 7517 section 4).
    pub(crate) fn public_jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (kid, alg) = (&self.kid, self.algorithm.name());
        match &self.material {
            Material::Rsa(parts, _) => match self.certificate.as_deref().map(members) {
                Some((x5c, x5t)) => {
                    json!({"kty": "RSA", "use": "sig", "kid": kid, "x5t": x5t, "n": parts.n, "e": "AQAB", "x5c": [x5c]})
                }
                None => json!({"kty": "RSA", "use": "sig", "alg": alg, "kid": kid, "n": parts.n, "e": "AQAB"}),
            },
            Material::P256 { public, .. } => {
                let x = encode(public.get(1..33).unwrap_or_default());
                let y = encode(public.get(33..65).unwrap_or_default());
                json!({"kty": "EC", "use": "sig", "alg": alg, "kid": kid, "crv": "P-256", "x": x, "y": y})
            }
            Material::Ed25519(pair) => {
                let x = encode(pair.public_key().as_ref());
                json!({"kty": "OKP", "use": "sig", "alg": alg, "kid": kid, "crv": "Ed25519", "x": x})
            }
        }
    }
}

fn derive(seed: Seed, algorithm: Algorithm, number: u32) -> [u8; 32] {
    let text = [b"signing key".as_slice(), &seed.0, algorithm.name().as_bytes(), &number.to_be_bytes()].concat();
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest::digest(&digest::SHA256, &text).as_ref()) {
        *to = *from;
    }
    bytes
}

/// Reading a key costs more than a signature, and the keys are the same in every realm.
fn rsa_pair(place: usize) -> Option<&'static RsaKeyPair> {
    static PAIRS: [OnceLock<Option<RsaKeyPair>>; RSA_KEYS.len()] = [const { OnceLock::new() }; RSA_KEYS.len()];
    let parts = RSA_KEYS.get(place)?;
    PAIRS.get(place)?.get_or_init(|| RsaKeyPair::from_der(&pkcs1(parts)?).ok()).as_ref()
}

/// The key in DER (RFC 8017 appendix A.1.2).
fn pkcs1(parts: &RsaParts) -> Option<Vec<u8>> {
    let mut body = integer(&[0]);
    for part in [parts.n, "AQAB", parts.d, parts.p, parts.q, parts.dp, parts.dq, parts.qi] {
        body.extend(integer(&URL_SAFE_NO_PAD.decode(part).ok()?));
    }
    Some(sequence(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::jose::verify::verify_signature;

    /// RFC 7515 appendix A.2: that key, that message, that signature.
    #[test]
    fn the_first_rsa_key_is_the_one_of_the_rfc() {
        let key = SigningKey::new(Seed::from_number(1), Algorithm::Rs256, 1).unwrap();
        let message = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let want = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        assert_eq!(URL_SAFE_NO_PAD.encode(key.sign(message)), want);
    }

    #[test]
    fn every_key_signs_the_same_twice_and_its_public_half_verifies() {
        let seed = Seed::from_number(7);
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let keys: Vec<SigningKey> =
                (1..=4).map(|number| SigningKey::new(seed, algorithm, number).unwrap()).collect();
            for key in &keys {
                let signature = key.sign(b"message");
                assert_eq!(signature, key.sign(b"message"), "{}", key.kid);
                assert!(verify_signature(&key.public_jwk(), algorithm, b"message", &signature), "{}", key.kid);
                assert!(!verify_signature(&key.public_jwk(), algorithm, b"massage", &signature), "{}", key.kid);
            }
            let next = keys[1].sign(b"message");
            assert!(!verify_signature(&keys[0].public_jwk(), algorithm, b"message", &next), "{algorithm}");
        }
    }
}
