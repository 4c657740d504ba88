//! What stands in a profile file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;

/// A profile file as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileFile {
    pub(crate) title: String,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) extends: Option<Spanned<String>>,
    pub(crate) quirks: Vec<Spanned<Quirk>>,
}

/// One named, cited deviation from what the profile builds on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quirk {
    /// Its name, in kebab case.
    pub id: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The policy fields that it sets, as they nest in the policy.
    pub set: serde_json::Map<String, serde_json::Value>,
    /// What the fields would be at a provider that does not do it, where the RFC's default is the same as `set`; for those who look at what
    /// the quirk does by leaving it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<serde_json::Map<String, serde_json::Value>>,
    /// Where it is known from.
    pub source: Vec<String>,
    /// How sure it is.
    pub sure: Sure,
}

/// How sure a behaviour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// The vendor says so.
    Documented,
    /// Somebody saw it and quoted it.
    Observed,
    /// It follows from what was seen.
    Inferred,
    /// It is not established: a knob with a stated default.
    NotEstablished,
}

impl Sure {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
            Self::NotEstablished => "not established",
        }
    }
}
