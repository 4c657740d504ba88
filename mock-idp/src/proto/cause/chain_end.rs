//! Why chains end.

use std::fmt;

/// Why a chain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainEnd {
    /// A refresh came too early, and the policy ends the chain for it.
    RefreshedTooEarly,
    /// A superseded refresh token was presented again.
    RefreshTokenReplayed,
    /// Its authorization code was presented again.
    CodeReplayed,
    /// The same user gave the same client a newer grant.
    NewerGrant,
    /// The resource owner took back their consent.
    ConsentWithdrawn,
    /// The resource owner changed their password.
    PasswordChanged,
    /// The provider revoked it.
    Revoked,
}

impl ChainEnd {
    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RefreshedTooEarly => "refreshed_too_early",
            Self::RefreshTokenReplayed => "refresh_token_replayed",
            Self::CodeReplayed => "code_replayed",
            Self::NewerGrant => "newer_grant",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::PasswordChanged => "password_changed",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for ChainEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RefreshedTooEarly => "a refresh came too early",
            Self::RefreshTokenReplayed => "a superseded refresh token was presented again",
            Self::CodeReplayed => "its authorization code was presented again",
            Self::NewerGrant => "the user gave the client a newer grant",
            Self::ConsentWithdrawn => "the user took back their consent",
            Self::PasswordChanged => "the user changed their password",
            Self::Revoked => "the provider revoked it",
        })
    }
}
