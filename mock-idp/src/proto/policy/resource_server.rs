//! Resource servers (RFC 6749 section 1.1) that scopes and access tokens belong to: each access token is for one of them (RFC 8707).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::proto::jose::Algorithm;
use crate::proto::shape::Shape;
use crate::proto::template::Template;

/// A resource server.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct ResourceServer {
    /// Its identifier as an application, a name of its own beside the URI.
    pub id: String,
    /// Other URIs that mean it.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub aliases: BTreeSet<String>,
    /// The scopes that users can grant, without the URI before them. `.default` stands for all that the client was registered with.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub scopes: BTreeSet<String>,
    /// The scopes among them that only an administrator can grant.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub admin_scopes: BTreeSet<String>,
    /// The roles that clients have there on their own behalf.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub roles: BTreeSet<String>,
    /// What its access tokens look like, by a name in `token.formats`. Opaque, of the shape `token.access_token`, when absent.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub format: Option<String>,
    /// The shape of its access tokens for personal accounts, where those are opaque.
    #[cfg_attr(feature = "profiles", serde(default), schemars(with = "Option<String>"))]
    pub personal: Option<Shape>,
    /// Whether it learns at once that an access was revoked, and lives with access tokens that last longer for it: from clients that say
    /// that they understand its challenge.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub continuous: bool,
}

/// What access tokens that are JWTs look like.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct TokenFormat {
    /// What signs them.
    pub algorithm: Algorithm,
    /// Header members beside `alg` and `kid`; a template each, `null` takes one out.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub header: Map<String, Value>,
    /// Whether a header member `nonce` is added whose hash, and not itself, is signed: only the resource server can verify the token.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub hashed_nonce: bool,
    /// The claims: a template of a JSON object.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub claims: Template,
}

/// Which words of a scope belong to a resource server.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct ResourceServers {
    /// The resource servers by URI. Scopes are written with it before them, as in `https://api.example/Read`.
    pub known: BTreeMap<String, ResourceServer>,
    /// The URI of the one that a scope without a URI belongs to.
    pub default: String,
    /// What a token request gets that names scopes of several.
    pub several: SeveralServers,
    /// What happens to the parameter `resource` (RFC 8707) of a request with scopes.
    pub parameter: ResourceParameter,
    /// How granted scopes are written in token responses.
    pub spelling: ScopeSpelling,
    /// Whether a personal account must be asked for by a scope in refresh requests.
    pub shared_refresh_needs_scope: bool,
}

/// What a token request gets that names scopes of several resource servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SeveralServers {
    /// It is refused.
    #[default]
    Refused,
    /// A token for the first.
    First,
}

/// What happens to the parameter `resource` of a request with scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ResourceParameter {
    /// It is passed over.
    #[default]
    Ignored,
    /// The request is refused.
    Refused,
    /// The request is refused if the scopes are of another resource server.
    Compared,
}

/// How granted scopes are written in token responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ScopeSpelling {
    /// As the client wrote them.
    #[default]
    AsAsked,
    /// With the URI of the resource server before them.
    Full,
    /// Without it.
    Bare,
}
