//! Signed tokens: what of them names nobody, and what names somebody.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::names::kind_of;

/// Members of the header that may stay.
const HEADER: [&str; 7] = ["alg", "kid", "typ", "cty", "enc", "x5t", "ver"];
/// Claims that may stay: whom the token is for, from whom, and for how long.
const CLAIMS: [&str; 8] = ["aud", "iss", "tid", "exp", "iat", "nbf", "scp", "ver"];
/// Claims that say who somebody is, beside those that are known by their names.
const PERSONAL: [&str; 5] = ["name", "oid", "sub", "unique_name", "nickname"];

/// A signed token (RFC 7519), or an encrypted one, of which only the header can be read.
#[derive(Debug, Clone)]
pub(super) struct Jwt {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// What names the user.
    pub(super) personal: Vec<String>,
    /// Payload and signature as written, as far as they tell something.
    pub(super) parts: Vec<Vec<u8>>,
}

impl Jwt {
    /// Reads a token in its compact form; nothing if it is none.
    pub(super) fn read(token: &[u8]) -> Option<Self> {
        let parts: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        let (header, payload) = match parts.as_slice() {
            [header, payload, _signature] => (object(header)?, object(payload).unwrap_or_default()),
            [header, _, _, _, _] => (object(header)?, Map::new()),
            _ => return None,
        };
        if !header.contains_key("alg") {
            return None;
        }
        let name = |(name, value): (&String, &Value)| {
            let is_personal = PERSONAL.contains(&name.as_str()) || matches!(kind_of(name), Some("user" | "person"));
            if is_personal { value.as_str().map(str::to_owned) } else { None }
        };
        Some(Self {
            header: only(&header, &HEADER),
            claims: only(&payload, &CLAIMS),
            personal: payload.iter().filter_map(name).collect(),
            parts: parts.iter().skip(1).filter(|part| part.len() >= 16).map(|part| part.to_vec()).collect(),
        })
    }
}

/// The length of the token that a run of a token's characters is, perhaps with the full stop of a sentence behind it.
pub(super) fn length_of(run: &[u8]) -> Option<usize> {
    let shorter = run.strip_suffix(b".").unwrap_or(run);
    [run, shorter].into_iter().find(|token| Jwt::read(token).is_some()).map(<[u8]>::len)
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn only(object: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let kept = object.iter().filter(|(name, _)| names.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
