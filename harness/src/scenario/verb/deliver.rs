//! `deliver: first`: a redirect that an `authorize` kept reaches the client now.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::scenario::id::{KEBAB_PATTERN, kebab};
use crate::scenario::located::text;

/// Hands the client a redirect that was kept. May be done several times with the same one, as when a page is reloaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Deliver {
    /// Which: as its `authorize` named it.
    pub redirect: RedirectName,
}

impl Deliver {
    /// The verb.
    pub const NAME: &str = "deliver";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "deliver: first";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("the redirect \"{}\" reaches the client", self.redirect.as_str())
    }
}

/// The name by which a scenario calls a redirect that is not delivered at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct RedirectName(#[schemars(regex(pattern = KEBAB_PATTERN))] String);

impl RedirectName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RedirectName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |name| kebab(name).map(|()| Self(name.to_owned())))
    }
}
