//! The authorization endpoint (RFC 6749 section 3.1) and the codes that it issues.

use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What the authorization endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Authorization {
    /// Its path.
    pub path: String,
    /// Whether and how PKCE (RFC 7636) is looked at.
    pub pkce: Pkce,
    /// What is asked of redirection URIs.
    pub redirect_uri: RedirectUri,
    /// Authorization codes.
    pub code: CodePolicy,
    /// What a new grant does to the chains that the same user gave the same client before.
    pub new_grant: NewGrant,
}

impl Default for Authorization {
    fn default() -> Self {
        Self {
            path: "/authorize".to_owned(),
            pkce: Pkce::Checked { methods: vec![PkceMethod::S256, PkceMethod::Plain], required: false },
            redirect_uri: RedirectUri::default(),
            code: CodePolicy::default(),
            new_grant: NewGrant::KeepsOtherChains,
        }
    }
}

/// PKCE (RFC 7636).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Pkce {
    /// Its parameters are unknown to the provider, and so ignored (RFC 6749 section 3.1).
    Ignored,
    /// A challenge is checked when it was sent.
    Checked {
        /// The methods taken; `plain` is the default of a request that names none (RFC 7636 section 4.3).
        methods: Vec<PkceMethod>,
        /// Whether a request without a challenge is refused.
        required: bool,
    },
}

/// How the challenge follows from the verifier (RFC 7636 section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
pub enum PkceMethod {
    /// The SHA-256 of the verifier.
    S256,
    /// The verifier itself.
    #[cfg_attr(feature = "profiles", serde(rename = "plain"))]
    Plain,
}

impl PkceMethod {
    /// The value of `code_challenge_method`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// What is asked of redirection URIs (RFC 6749 section 3.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct RedirectUri {
    /// How a requested URI is compared with the registered ones.
    pub matching: RedirectUriMatch,
    /// Whether only `https` is taken.
    pub https_only: bool,
    /// Whether the request may leave it out when exactly one is registered (section 3.1.2.3).
    pub optional_when_single: bool,
}

impl Default for RedirectUri {
    fn default() -> Self {
        Self { matching: RedirectUriMatch::Exact, https_only: false, optional_when_single: true }
    }
}

/// How redirection URIs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum RedirectUriMatch {
    /// Simple string comparison (RFC 9700 section 2.1).
    Exact,
    /// Scheme and host only.
    SchemeAndHost,
}

/// Authorization codes (RFC 6749 section 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct CodePolicy {
    /// What they look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub shape: Shape,
    /// How long they are good for; refused from the moment it ends. The RFC recommends at most ten minutes.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub lifetime: Span,
    /// What happens to the tokens of a code that is presented again (section 4.1.2: SHOULD be revoked).
    pub replay: super::ChainEffect,
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self { shape: Shape::base64url(43), lifetime: Span::from_seconds(600), replay: super::ChainEffect::EndsChain }
    }
}

/// What a new grant does to older chains of the same user and client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum NewGrant {
    /// Nothing.
    KeepsOtherChains,
    /// They end.
    EndsOtherChains,
}
