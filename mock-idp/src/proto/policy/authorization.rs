//! The authorization endpoint (RFC 6749 section 3.1) and the codes that it issues.

use std::collections::BTreeSet;

use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What the authorization endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
#[expect(clippy::struct_excessive_bools, reason = "choices of a provider, each on its own")]
pub struct Authorization {
    /// Its path.
    pub path: String,
    /// The response types that are offered (section 3.1.1).
    pub response_types: BTreeSet<ResponseType>,
    /// The ways in which parameters may go back to the client, beside the response type's own (OAuth 2.0 Multiple Response Types
    /// section 2.1, Form Post Response Mode). When absent, the parameter `response_mode` is not looked at.
    pub response_modes: Option<BTreeSet<ResponseMode>>,
    /// Whether the response names the issuer (`iss`, RFC 9207).
    pub names_issuer: bool,
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
    /// Whether an ID token or an access token in the response must have been allowed to the client when it was registered.
    pub tokens_by_registration: bool,
    /// Whether codes and refresh tokens of a browser's application are good in requests of a browser (with `Origin`) alone, and all others
    /// in requests without. No difference when absent.
    pub cross_origin: bool,
    /// Whether a challenge of another length than RFC 7636 section 4.2 has it is refused.
    pub checks_challenge_length: bool,
}

impl Default for Authorization {
    fn default() -> Self {
        Self {
            path: "/authorize".to_owned(),
            response_types: BTreeSet::from([ResponseType::Code]),
            response_modes: None,
            names_issuer: false,
            implicit: Implicit::default(),
            pkce: Pkce::Checked { methods: vec![PkceMethod::S256, PkceMethod::Plain], required: false },
            redirect_uri: RedirectUri::default(),
            code: CodePolicy::default(),
            new_grant: NewGrant::KeepsOtherChains,
            tokens_by_registration: false,
            cross_origin: false,
            checks_challenge_length: false,
        }
    }
}

/// What an authorization request asks for (RFC 6749 section 3.1.1, OAuth 2.0 Multiple Response Types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ResponseType {
    /// `code`: an authorization code, in the query.
    Code,
    /// `token`: an access token, in the fragment; the implicit grant.
    Token,
    /// `id_token`: an ID token, in the fragment.
    IdToken,
    /// `id_token token`: both, in the fragment.
    IdTokenToken,
    /// `code id_token`: a code and an ID token, in the fragment.
    CodeIdToken,
    /// `code token`: a code and an access token, in the fragment.
    CodeToken,
    /// `code id_token token`: all three, in the fragment.
    CodeIdTokenToken,
}

impl ResponseType {
    /// The value of `response_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Token => "token",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Code,
        Self::Token,
        Self::IdToken,
        Self::IdTokenToken,
        Self::CodeIdToken,
        Self::CodeToken,
        Self::CodeIdTokenToken,
    ];

    /// Reads the parameter: words in any order.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.sort_unstable();
        Self::ALL.into_iter().find(|known| known.words() == words)
    }

    fn words(self) -> Vec<&'static str> {
        self.name().split(' ').collect()
    }

    /// Whether it asks for a code.
    #[must_use]
    pub fn has_code(self) -> bool {
        self.words().contains(&"code")
    }

    /// Whether it asks for an access token from the authorization endpoint.
    #[must_use]
    pub fn has_token(self) -> bool {
        self.words().contains(&"token")
    }

    /// Whether it asks for an ID token from the authorization endpoint.
    #[must_use]
    pub fn has_id_token(self) -> bool {
        self.words().contains(&"id_token")
    }

    /// How its parameters go back when nothing else is asked for.
    #[must_use]
    pub fn default_mode(self) -> ResponseMode {
        if self == Self::Code { ResponseMode::Query } else { ResponseMode::Fragment }
    }
}

/// How the parameters of an authorization response go back to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ResponseMode {
    /// In the query of the redirection URI.
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts to it.
    FormPost,
}

impl ResponseMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The value of `response_mode`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
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
#[expect(clippy::struct_excessive_bools, reason = "choices of a provider, each on its own")]
pub struct RedirectUri {
    /// How a requested URI is compared with the registered ones.
    pub matching: RedirectUriMatch,
    /// What a URI gets that has scheme and host of a registered one and differs after them, where that is not enough.
    pub path_differs: PathDiffers,
    /// Whether only `https` is taken.
    pub https_only: bool,
    /// Whether `http://localhost` is taken all the same.
    pub plain_localhost: bool,
    /// Whether a URI without a path gets a slash on the way back.
    pub slash_for_no_path: bool,
    /// Whether the request may leave it out when exactly one is registered (section 3.1.2.3).
    pub optional_when_single: bool,
    /// Whether it may be left out when several are: the first is meant.
    pub optional_when_several: bool,
    /// Whether one that is not absolute is refused for that.
    pub absolute: bool,
}

impl Default for RedirectUri {
    fn default() -> Self {
        Self {
            matching: RedirectUriMatch::Exact,
            path_differs: PathDiffers::Shown,
            https_only: false,
            plain_localhost: false,
            slash_for_no_path: false,
            optional_when_single: true,
            optional_when_several: false,
            absolute: false,
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
    /// Simple string comparison, but for the port of `localhost`, which makes no difference.
    AnyLocalPort,
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
