//! ID tokens that are wrong on purpose.

use serde_json::{Map, Value};

/// What a fault does to the ID tokens of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Tampering {
    /// Claims that are put in the place of the right ones; `null` takes one out.
    pub claims: Map<String, Value>,
    /// Header members that are put in the place of the right ones; `null` takes one out.
    pub header: Map<String, Value>,
    /// How the token is signed.
    pub signature: TamperedSignature,
}

/// How a tampered token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum TamperedSignature {
    /// As it should be: what was put in is signed.
    #[default]
    Right,
    /// One bit of the signature is flipped.
    Damaged,
    /// There is none, and `alg` is `none`.
    None,
    /// By a key that is not published.
    Unpublished,
}

impl Tampering {
    /// Puts claims in and takes claims out.
    pub(crate) fn apply(&self, claims: &mut Map<String, Value>) {
        for (name, value) in &self.claims {
            if value.is_null() {
                claims.shift_remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }

    /// What it does, for the journal.
    pub(crate) fn text(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for (place, map) in [("claim", &self.claims), ("header", &self.header)] {
            for (name, value) in map {
                words.push(if value.is_null() {
                    format!("without {place} {name}")
                } else {
                    format!("with another {place} {name}")
                });
            }
        }
        match self.signature {
            TamperedSignature::Right => {}
            TamperedSignature::Damaged => words.push("with a damaged signature".to_owned()),
            TamperedSignature::None => words.push("without a signature".to_owned()),
            TamperedSignature::Unpublished => words.push("signed by a key that is not published".to_owned()),
        }
        format!("issued an ID token {}", words.join(", "))
    }
}
