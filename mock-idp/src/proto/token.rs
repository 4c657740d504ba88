//! Codes and tokens: one type for each kind of string, and the labels that the journal calls them by.

use std::fmt;

use crate::proto::secret::Secret;

/// A kind of thing that the provider issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 section 1.3.1).
    AuthorizationCode,
    /// An access token (section 1.4).
    AccessToken,
    /// A refresh token (section 1.5).
    RefreshToken,
    /// A browser session of a signed-in resource owner.
    Session,
    /// A session at a service beside the provider.
    ServiceSession,
}

impl TokenKind {
    /// The field's name for it, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::Session => "session",
            Self::ServiceSession => "service_session",
        }
    }

    const fn short(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "code",
            Self::AccessToken => "at",
            Self::RefreshToken => "rt",
            Self::Session => "session",
            Self::ServiceSession => "service_session",
        }
    }
}

/// What the journal calls a token: its kind and its number in the order of issue, as in `rt:2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The kind.
    pub kind: TokenKind,
    /// From 1 in each realm and kind.
    pub number: u32,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.short(), self.number)
    }
}

/// An authorization code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode(pub Secret<String>);

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken(pub Secret<String>);

/// A refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken(pub Secret<String>);

/// A chain: the refresh-token family that one grant began, from 1 in each realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(pub u32);

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chain:{}", self.0)
    }
}
