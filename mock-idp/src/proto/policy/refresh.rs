//! Refresh tokens: the policy that real providers differ in most.
//!
//! What every provider is known to do can be said with these fields: one use or many, death at once or on first use of
//! the successor, minimum intervals, replay detection, grace windows, idle, absolute and inherited lifetimes.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What becomes of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Refresh {
    /// Whether refresh tokens are issued at all.
    pub issued: bool,
    /// Whether a user who is shut out from all resources is refused here already.
    pub checks_access: bool,
    /// What they look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub shape: Shape,
    /// Whether a refresh answers with a new one.
    pub rotation: Rotation,
    /// What happens to the one that was used.
    pub superseded: Superseded,
    /// The most refresh tokens of one chain that can be valid at once; the oldest unused successor gives way. No limit when
    /// absent.
    pub valid_at_once: Option<u32>,
    /// The least time between two token responses; none when absent.
    pub minimum_interval: Option<MinimumInterval>,
    /// What presenting a superseded token does, beside being refused (RFC 9700 section 4.14.2).
    pub replay: ChainEffect,
    /// A time during which a superseded token is still answered; none when absent.
    pub grace: Option<Grace>,
    /// How long a token is good for if it is not used, from its issue or last use; no limit when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub idle_lifetime: Option<Span>,
    /// How long it is good for however it is used; no limit when absent.
    pub absolute_lifetime: Option<Absolute>,
    /// What happens to the access tokens of a chain that ends.
    pub access_tokens_of_ended_chain: AccessTokens,
    /// What happens to the access tokens issued beside a refresh token that is superseded.
    pub access_tokens_of_superseded: AccessTokens,
    /// How long it is good for from the grant, where it was given to the application of a browser; as any other when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub browser_lifetime: Option<Span>,
    /// Which chains of a user an event ends; those that are not named live on.
    pub revoked_by: BTreeMap<AccountEvent, BTreeSet<ChainClass>>,
}

/// Something that happens to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum AccountEvent {
    /// Its password expired.
    PasswordExpired,
    /// Its user changed the password.
    PasswordChanged,
    /// Its user forgot the password and set another.
    PasswordRecovered,
    /// An administrator set another password.
    PasswordReset,
    /// An administrator did so at the newer of the provider's two sites.
    PasswordResetAtCentre,
    /// Its user revoked all sessions.
    RevokedByUser,
    /// An administrator did.
    RevokedByAdministrator,
    /// Its user signed out everywhere.
    SignedOut,
}

impl AccountEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PasswordExpired,
        Self::PasswordChanged,
        Self::PasswordRecovered,
        Self::PasswordReset,
        Self::PasswordResetAtCentre,
        Self::RevokedByUser,
        Self::RevokedByAdministrator,
        Self::SignedOut,
    ];

    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordExpired => "password_expired",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRecovered => "password_recovered",
            Self::PasswordReset => "password_reset",
            Self::PasswordResetAtCentre => "password_reset_at_centre",
            Self::RevokedByUser => "revoked_by_user",
            Self::RevokedByAdministrator => "revoked_by_administrator",
            Self::SignedOut => "signed_out",
        }
    }
}

/// What can be revoked of a user: browser sessions, and chains by their client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ChainClass {
    /// A browser session that began with a password.
    PasswordSession,
    /// One that began without.
    OtherSession,
    /// A chain of a public client that began with a password.
    PasswordToken,
    /// One that began without.
    OtherToken,
    /// A chain of a confidential client.
    ConfidentialToken,
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            issued: true,
            checks_access: false,
            shape: Shape::base64url(43),
            rotation: Rotation::Always,
            superseded: Superseded::DiesAtOnce,
            valid_at_once: None,
            minimum_interval: None,
            replay: ChainEffect::EndsChain,
            grace: None,
            idle_lifetime: None,
            absolute_lifetime: None,
            access_tokens_of_ended_chain: AccessTokens::Die,
            access_tokens_of_superseded: AccessTokens::LiveOn,
            browser_lifetime: None,
            revoked_by: BTreeMap::new(),
        }
    }
}

/// Whether a refresh answers with a new refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Rotation {
    /// Always a new one.
    Always,
    /// Never; the answer has no `refresh_token`, and the client keeps the one it has.
    NeverOmitted,
    /// Never; the answer repeats the one that was presented.
    NeverRepeated,
}

/// What happens to the refresh token that was exchanged for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Superseded {
    /// It stays as good as it was.
    StaysValid,
    /// It dies with the exchange.
    DiesAtOnce,
    /// It dies when its successor, or the access token that came with the successor, is first used with success.
    DiesOnFirstUseOfSuccessor,
}

/// An effect on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ChainEffect {
    /// None.
    Nothing,
    /// Every refresh token of the chain dies.
    EndsChain,
}

/// The least time between two token responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct MinimumInterval {
    /// The time; a request is too early while less than this has passed.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub span: Span,
    /// Between which responses.
    pub scope: Scope,
    /// What a too-early request does, beside being refused.
    pub too_early: ChainEffect,
    /// Whether a superseded token is told that it is too early or that it is superseded.
    pub superseded: SupersededCheck,
}

/// Between which responses an interval is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Scope {
    /// Those of one chain. The code exchange that began it counts.
    Chain,
    /// Those of one client for one user.
    ClientAndUser,
}

/// Which answer a superseded token gets that is also too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SupersededCheck {
    /// That it is superseded.
    First,
    /// That it is too early.
    Last,
}

/// A time after its exchange during which a superseded token is still answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Grace {
    /// How long, from the exchange.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub span: Span,
    /// How often; no limit when absent.
    pub count: Option<u32>,
    /// With what.
    pub answer: GraceAnswer,
}

/// What a superseded token gets within its grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum GraceAnswer {
    /// New tokens of the same chain.
    NewTokens,
    /// The tokens that the exchange gave, once more, while they are the last of the chain. Once they were exchanged too, the
    /// token is superseded like any other.
    SamePair,
}

/// A lifetime that use does not prolong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Absolute {
    /// From each token's own issue.
    FromIssue(#[cfg_attr(feature = "profiles", schemars(with = "String"))] Span),
    /// From the grant: a successor inherits the end of its chain.
    FromGrant(#[cfg_attr(feature = "profiles", schemars(with = "String"))] Span),
}

/// What happens to access tokens when their refresh token's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum AccessTokens {
    /// They live to their own end.
    LiveOn,
    /// They die too.
    Die,
}
