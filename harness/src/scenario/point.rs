//! The points of a conversation at which a scenario can interfere.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// Which requests to the provider are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Requests to the token endpoint (RFC 6749 section 3.2).
    Token,
    /// Requests to a protected resource.
    Resource,
    /// Requests to the authorization endpoint (RFC 6749 section 3.1).
    Authorization,
}

impl Point {
    /// The word that scenarios and event logs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Resource => "resource",
            Self::Authorization => "authorization",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "the token endpoint",
            Self::Resource => "the resource",
            Self::Authorization => "the authorization endpoint",
        })
    }
}
