//! The authorization endpoint (RFC 6749 section 3.1) and the codes that it issues.

use std::collections::BTreeSet;

use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What the authorization endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Authorization {
    /// Its path.
    pub path: String,
    /// The response types that are offered (section 3.1.1).
    pub response_types: BTreeSet<ResponseType>,
    /// The implicit grant (section 4.2), where the response type `token` is offered.
    pub implicit: Implicit,
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
            response_types: BTreeSet::from([ResponseType::Code]),
            implicit: Implicit::default(),
            pkce: Pkce::Checked { methods: vec![PkceMethod::S256, PkceMethod::Plain], required: false },
            redirect_uri: RedirectUri::default(),
            code: CodePolicy::default(),
            new_grant: NewGrant::KeepsOtherChains,
        }
    }
}

/// What an authorization request asks for (RFC 6749 section 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ResponseType {
    /// `code`: an authorization code, in the query.
    Code,
    /// `token`: an access token, in the fragment; the implicit grant.
    Token,
}

impl ResponseType {
    /// The value of `response_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Token => "token",
        }
    }
}

/// The implicit grant (RFC 6749 section 4.2): an access token from the authorization endpoint, and never a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Implicit {
    /// Whether the resource owner signs in with every factor each time, whatever session the browser has.
    pub signs_in_each_time: bool,
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
    /// What a URI gets that has scheme and host of a registered one and differs after them, where that is not enough.
    pub path_differs: PathDiffers,
    /// Whether only `https` is taken.
    pub https_only: bool,
    /// Whether the request may leave it out when exactly one is registered (section 3.1.2.3).
    pub optional_when_single: bool,
}

impl Default for RedirectUri {
    fn default() -> Self {
        Self {
            matching: RedirectUriMatch::Exact,
            path_differs: PathDiffers::Shown,
            https_only: false,
            optional_when_single: true,
        }
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

/// Where a redirection URI is answered that is a registered one up to its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum PathDiffers {
    /// On a page, as any other URI that is not registered (RFC 6749 section 4.1.2.1).
    Shown,
    /// By redirect to the URI that was sent, against the RFC.
    SentBack,
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
