//! Compact serialization (RFC 7515 section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Header members beside `alg` and `kid`.
pub(crate) type Header = Map<String, Value>;

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
