//! Signed tokens in their compact form (RFC 7515 section 7.1), read strictly.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// A token that could be read. Nothing in it has been verified.
#[derive(Debug)]
pub(crate) struct Jwt {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// What the signature is over.
    pub(crate) signed: String,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    /// Reads a token. The error completes the sentence "the ID token …".
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return Err("has not three parts") };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "is not Base64url");
        let object = |part: &str| members(&decoded(part)?).ok_or("holds what is no JSON object, or a member twice");
        let header_members = object(header)?;
        // RFC 7515 section 4.1.11: what must be understood and is not makes the token invalid.
        if header_members.contains_key("crit") {
            return Err("asks for extensions that this client does not know");
        }
        Ok(Self {
            header: header_members,
            claims: object(claims)?,
            signed: format!("{header}.{claims}"),
            signature: decoded(signature)?,
        })
    }

    /// A header member that is a text.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A claim that is a text with something in it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A claim that is a moment, in seconds since 1970.
    pub(crate) fn moment(&self, name: &str) -> Option<f64> {
        self.claims.get(name).and_then(Value::as_f64)
    }
}

/// The members of a JSON object. Nothing when it is none, or when a member of it stands there twice: two readers might take two
/// different ones (RFC 7519 section 4).
pub(crate) fn members(text: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<Members>(text).ok().map(|Members(members)| members)
}

struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without a member twice")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member stands there twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}
