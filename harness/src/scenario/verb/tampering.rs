//! What a fault puts in the place of what is right: in ID tokens, and in documents.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An ID token that is wrong on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("minProperties" = 1))]
pub struct IdTokenTampering {
    /// Claims that take the place of the right ones; `null` takes one out.
    pub claims: Map<String, Value>,
    /// Header members that take the place of the right ones; `null` takes one out.
    pub header: Map<String, Value>,
    /// How it is signed.
    pub signature: Signature,
}

/// How a tampered ID token is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// As it should be, over what was put in.
    #[default]
    Right,
    /// One bit of the signature is flipped.
    Damaged,
    /// There is none, and `alg` is `none`.
    None,
    /// By a key that is not published.
    Unpublished,
}

impl IdTokenTampering {
    /// What is wrong with the token, for a step's line.
    pub(super) fn describe(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for (place, members) in [("claim", &self.claims), ("header", &self.header)] {
            words.extend(members.iter().map(|(name, value)| match value {
                Value::Null => format!("without {place} {name}"),
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                    format!("with another {place} {name}")
                }
            }));
        }
        words.extend(match self.signature {
            Signature::Right => None,
            Signature::Damaged => Some("with a damaged signature".to_owned()),
            Signature::None => Some("without a signature".to_owned()),
            Signature::Unpublished => Some("signed by a key that is not published".to_owned()),
        });
        words.join(", ")
    }
}
