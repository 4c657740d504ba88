//! Compact serialization (RFC 7515 section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::proto::jose::key::SigningKey;

/// Header members beside `alg` and `kid`.
pub(crate) type Header = Map<String, Value>;

/// How a token is signed.
#[derive(Debug)]
pub(crate) enum Signature<'a> {
    /// By this key.
    By(&'a SigningKey),
    /// By this key, and then damaged.
    Damaged(&'a SigningKey),
    /// Not at all: `alg` is `none` (RFC 7518 section 3.6).
    None,
}

/// The token: a header of `alg`, `kid` and `more`, the claims, and the signature.
pub(crate) fn compact(more: &Header, claims: &Map<String, Value>, signature: &Signature<'_>) -> String {
    let mut header = Header::new();
    let alg = match signature {
        Signature::By(key) | Signature::Damaged(key) => key.algorithm.name(),
        Signature::None => "none",
    };
    header.insert("alg".to_owned(), alg.into());
    if let Signature::By(key) | Signature::Damaged(key) = signature {
        header.insert("kid".to_owned(), key.kid.as_str().into());
    }
    for (name, value) in more {
        if value.is_null() {
            header.shift_remove(name);
        } else {
            header.insert(name.clone(), value.clone());
        }
    }
    let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let bytes = match signature {
        Signature::By(key) => key.sign(signed.as_bytes()),
        Signature::Damaged(key) => {
            let mut bytes = key.sign(signed.as_bytes());
            if let Some(byte) = bytes.first_mut() {
                *byte ^= 0x01;
            }
            bytes
        }
        Signature::None => Vec::new(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The parts of a compact token.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
    /// What the signature is over.
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// Takes a compact token apart. None if it is not one.
pub(crate) fn decode(text: &str) -> Option<Decoded<'_>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let object = |part: &str| match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()? {
        Value::Object(map) => Some(map),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    Some(Decoded { header: object(header)?, claims: object(claims)?, signed, signature })
}
