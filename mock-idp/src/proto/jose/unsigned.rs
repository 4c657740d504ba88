//! Tokens that are decided and not signed yet.
//!
//! A signature takes far longer than all else in a turn, and nobody has to wait for another's. So a turn leaves a mark in the place of
//! each token, and whoever runs the turn signs afterwards, without holding the provider.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::proto::jose::hash::half_hash;
use crate::proto::jose::jws::Header;
use crate::proto::jose::key::SigningKey;

/// How a token is signed.
#[derive(Debug, Clone)]
pub(crate) enum Signature {
    /// By this key.
    By(Arc<SigningKey>),
    /// By this key, and then damaged.
    Damaged(Arc<SigningKey>),
    /// Not at all: `alg` is `none` (RFC 7518 section 3.6).
    None,
}

/// A token but for its signature.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Header members beside `alg` and `kid`; `null` takes one out.
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signature: Signature,
    /// A header member `nonce` whose hash is signed in its place, so that only who knows of it can verify the token.
    pub(crate) hashed_nonce: Option<String>,
}

/// A draft, and the mark that stands for it.
#[derive(Debug)]
pub(crate) struct Unsigned {
    pub(crate) mark: String,
    pub(crate) draft: Draft,
    /// The number of the access token, where it is one.
    pub(crate) access_token: Option<u32>,
}

/// A token that was signed, and the mark that stood for it.
#[derive(Debug)]
pub(crate) struct SignedToken {
    pub(crate) mark: String,
    pub(crate) text: String,
    pub(crate) access_token: Option<u32>,
}

/// Signs drafts in their order. A claim whose value is the mark of an earlier one becomes its hash (`at_hash`).
pub(crate) fn sign_all(drafts: Vec<Unsigned>) -> Vec<SignedToken> {
    let mut signed: Vec<SignedToken> = Vec::with_capacity(drafts.len());
    for Unsigned { mark, mut draft, access_token } in drafts {
        for value in draft.claims.values_mut() {
            if let Some(earlier) = signed.iter().find(|earlier| value.as_str() == Some(&earlier.mark)) {
                *value = half_hash(&earlier.text).into();
            }
        }
        signed.push(SignedToken { mark, text: draft.sign(), access_token });
    }
    signed
}

/// Puts tokens in the place of their marks.
pub(crate) fn fill_in(text: &str, signed: &[SignedToken]) -> Option<String> {
    let mut filled: Option<String> = None;
    for token in signed {
        let now = filled.as_deref().unwrap_or(text);
        if now.contains(&token.mark) {
            filled = Some(now.replace(&token.mark, &token.text));
        }
    }
    filled
}

impl Draft {
    /// The token in its compact form (RFC 7515 section 7.1): a header of `alg`, `kid` and what else there is, the claims, and the
    /// signature.
    fn sign(&self) -> String {
        let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
        let claims = part(&self.claims);
        let nonce = self.hashed_nonce.as_deref();
        let sent = format!("{}.{claims}", part(&self.full_header(nonce)));
        let hashed = nonce.map(|nonce| {
            let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, nonce.as_bytes()));
            format!("{}.{claims}", part(&self.full_header(Some(&hash))))
        });
        let message = hashed.as_deref().unwrap_or(&sent).as_bytes();
        let signature = match &self.signature {
            Signature::By(key) => key.sign(message),
            Signature::Damaged(key) => {
                let mut bytes = key.sign(message);
                if let Some(byte) = bytes.first_mut() {
                    *byte ^= 0x01;
                }
                bytes
            }
            Signature::None => Vec::new(),
        };
        format!("{sent}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn full_header(&self, nonce: Option<&str>) -> Header {
        let mut header = Header::new();
        // A provider that adds a nonce is seen to begin with these two.
        if let Some(nonce) = nonce {
            header.insert("typ".to_owned(), "JWT".into());
            header.insert("nonce".to_owned(), nonce.into());
        }
        let alg = match &self.signature {
            Signature::By(key) | Signature::Damaged(key) => key.algorithm.name(),
            Signature::None => "none",
        };
        header.insert("alg".to_owned(), alg.into());
        if let Signature::By(key) | Signature::Damaged(key) = &self.signature {
            header.insert("kid".to_owned(), key.kid.as_str().into());
        }
        for (name, value) in &self.header {
            if value.is_null() {
                header.shift_remove(name);
            } else {
                header.insert(name.clone(), value.clone());
            }
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::jose::{Algorithm, decode, verify};
    use crate::proto::mint::Seed;

    fn draft(hashed_nonce: Option<&str>) -> Draft {
        let key = SigningKey::new(Seed::from_number(1), Algorithm::EdDsa, 1).unwrap();
        let mut claims = Map::new();
        claims.insert("at_hash".to_owned(), "mark-1".into());
        let hashed_nonce = hashed_nonce.map(str::to_owned);
        Draft { header: Header::new(), claims, signature: Signature::By(Arc::new(key)), hashed_nonce }
    }

    fn keys() -> Vec<Value> {
        vec![SigningKey::new(Seed::from_number(1), Algorithm::EdDsa, 1).unwrap().public_jwk()]
    }

    #[test]
    fn a_hash_of_an_earlier_token_is_of_the_signed_one() {
        let unsigned =
            |number: u32| Unsigned { mark: format!("mark-{number}"), draft: draft(None), access_token: None };
        let signed = sign_all(vec![unsigned(1), unsigned(2)]);
        let claims = decode(&signed[1].text).unwrap().claims;
        assert_eq!(claims["at_hash"], half_hash(&signed[0].text));
        let filled = fill_in("a=mark-1&b=mark-2", &signed).unwrap();
        assert_eq!(filled, format!("a={}&b={}", signed[0].text, signed[1].text));
        assert_eq!(fill_in("nothing", &signed), None);
    }

    #[test]
    fn a_token_with_a_hashed_nonce_cannot_be_verified_as_it_is() {
        assert!(verify(&draft(None).sign(), &keys()).is_some());
        let text = draft(Some("n-1")).sign();
        assert_eq!(decode(&text).unwrap().header["nonce"], "n-1");
        assert!(text.starts_with("eyJ0eXAiOiJKV1QiLCJub25jZSI6"), "{text}");
        assert!(verify(&text, &keys()).is_none());
    }
}
