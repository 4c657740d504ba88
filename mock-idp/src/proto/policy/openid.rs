//! OpenID Connect Core 1.0, the keys behind it, and the documents that say what a provider offers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::proto::jose::Algorithm;
use crate::proto::policy::ResourceServers;
use crate::proto::template::Template;
use crate::proto::time::Span;

/// OpenID Connect on top of OAuth (Core 1.0).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct OpenId {
    /// ID tokens (section 2).
    pub id_token: IdToken,
    /// The path of the UserInfo endpoint (section 5.3); none when absent.
    pub userinfo: Option<String>,
    /// The path of the end-session endpoint (RP-Initiated Logout 1.0); none when absent.
    pub end_session: Option<String>,
    /// The issuer: a template that knows `issuer`, the base URL, and `tenant`. The base URL when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub issuer: Option<Template>,
    /// What the subject of a user is.
    pub subject: Subject,
}

/// The subject identifier of a user (section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Subject {
    /// The same for all clients.
    #[default]
    Public,
    /// Another for each client.
    Pairwise,
}

impl Default for OpenId {
    fn default() -> Self {
        Self {
            id_token: IdToken::default(),
            userinfo: Some("/userinfo".to_owned()),
            end_session: Some("/end-session".to_owned()),
            issuer: None,
            subject: Subject::Public,
        }
    }
}

/// ID tokens (section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct IdToken {
    /// What signs them, where the client registered nothing else.
    pub algorithm: Algorithm,
    /// From `iat` to `exp`.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub lifetime: Span,
    /// Where the claims of the scopes `profile` and `email` stand.
    pub scope_claims: ScopeClaims,
    /// Whether a refresh gives a new one (section 12.2 leaves it open).
    pub on_refresh: bool,
    /// How much earlier than it is `iat` says.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub backdated: Span,
    /// Header members beside `alg` and `kid`.
    pub header: Map<String, Value>,
    /// Claims beside the protocol's own: a template of a JSON object, laid over them; `null` takes one out. None when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub claims: Option<Template>,
}

impl Default for IdToken {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Rs256,
            lifetime: Span::from_seconds(3600),
            scope_claims: ScopeClaims::Userinfo,
            on_refresh: true,
            backdated: Span::from_seconds(0),
            header: Map::new(),
            claims: None,
        }
    }
}

/// Where the claims that scopes ask for stand (section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ScopeClaims {
    /// At the UserInfo endpoint, and in the ID token only where no access token is issued with it.
    Userinfo,
    /// In both.
    IdToken,
}

/// The signing keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Keys {
    /// The path of the published set (RFC 7517 section 5); none when absent.
    pub path: Option<String>,
    /// The algorithms that there is a key for. A client may register any of them for its ID tokens.
    pub algorithms: BTreeSet<Algorithm>,
    /// How long a key stays published after another took its place.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub retired_kept: Span,
    /// How many keys are published before they sign.
    pub ahead: u32,
    /// Whether keys of RSA are published with a certificate of their own (`x5c`, `x5t`), and named by its thumbprint.
    pub certified: bool,
    /// Members of each published key, a template each.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub members: BTreeMap<String, Template>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            path: None,
            algorithms: BTreeSet::from([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]),
            retired_kept: Span::from_seconds(24 * 3600),
            ahead: 0,
            certified: false,
            members: BTreeMap::new(),
        }
    }
}

/// The documents that say what the provider offers. They follow from the rest of the policy and cannot say anything else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Metadata {
    /// The path of the OpenID Provider configuration (Discovery 1.0 section 4); none when absent.
    pub openid_configuration: Option<String>,
    /// The path of the authorization server metadata (RFC 8414 section 3); none when absent.
    pub authorization_server: Option<String>,
    /// The document itself, where a provider's is known word for word: a template of a JSON object. It follows from the policy when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub document: Option<Template>,
    /// More header fields of the documents and the keys.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
}

/// Scopes (RFC 6749 section 3.3).
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Scopes {
    /// What can be asked for. When absent, the parameter is not looked at, and what a client may do was settled when it was registered.
    pub offered: Option<BTreeSet<String>>,
    /// What a scope that is not offered does to the request.
    pub unknown: UnknownScope,
    /// The scope without which no refresh token is issued (Core section 11); none when absent.
    pub refresh_token_needs: Option<String>,
    /// The resource servers that scopes belong to; all scopes belong to the provider's own resources when absent. `offered` is then what is
    /// about the user and not about a resource.
    pub resource_servers: Option<ResourceServers>,
}

/// What a scope that is not offered does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum UnknownScope {
    /// The request is refused with `invalid_scope`.
    #[default]
    Refused,
    /// It is not granted, and the response says what is.
    Ignored,
}
