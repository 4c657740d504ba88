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
    /// Requests for the document that says what the provider offers (OpenID Connect Discovery 1.0 section 4).
    Metadata,
    /// Requests for the provider's keys (RFC 7517 section 5).
    Keys,
    /// Requests to the UserInfo endpoint (OpenID Connect Core section 5.3).
    Userinfo,
}

impl Point {
    /// The word that scenarios and event logs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Resource => "resource",
            Self::Authorization => "authorization",
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Userinfo => "userinfo",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "the token endpoint",
            Self::Resource => "the resource",
            Self::Authorization => "the authorization endpoint",
            Self::Metadata => "the discovery document",
            Self::Keys => "the keys",
            Self::Userinfo => "the UserInfo endpoint",
        })
    }
}

/// Where the lanes of a race meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meeting {
    /// Requests to the token endpoint: nothing is committed yet.
    Token,
    /// Replies of the token endpoint: everything is committed, and the client does not know it yet.
    TokenReply,
    /// Requests to a protected resource.
    Resource,
    /// Requests to the authorization endpoint.
    Authorization,
}

impl Meeting {
    /// The endpoint.
    #[must_use]
    pub fn point(self) -> Point {
        match self {
            Self::Token | Self::TokenReply => Point::Token,
            Self::Resource => Point::Resource,
            Self::Authorization => Point::Authorization,
        }
    }

    /// The word that scenarios and event logs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenReply => "token_reply",
            Self::Token | Self::Resource | Self::Authorization => self.point().as_str(),
        }
    }
}

impl fmt::Display for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenReply => f.write_str("the reply of the token endpoint"),
            Self::Token | Self::Resource | Self::Authorization => self.point().fmt(f),
        }
    }
}
