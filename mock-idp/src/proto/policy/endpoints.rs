//! The endpoints that a provider may have beside the two of RFC 6749.

use crate::proto::policy::TokenResponse;
use crate::proto::shape::Shape;
use crate::proto::template::Template;
use crate::proto::time::Span;

/// Token revocation (RFC 7009).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Revocation {
    /// Its path.
    pub path: String,
}

impl Default for Revocation {
    fn default() -> Self {
        Self { path: "/revoke".to_owned() }
    }
}

/// Token introspection (RFC 7662).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Introspection {
    /// Its path.
    pub path: String,
}

impl Default for Introspection {
    fn default() -> Self {
        Self { path: "/introspect".to_owned() }
    }
}

/// Pushed authorization requests (RFC 9126).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct PushedAuthorization {
    /// Its path.
    pub path: String,
    /// How long a `request_uri` is good for; once.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub lifetime: Span,
    /// Whether the authorization endpoint takes nothing else.
    pub required: bool,
}

impl Default for PushedAuthorization {
    fn default() -> Self {
        Self { path: "/par".to_owned(), lifetime: Span::from_seconds(60), required: false }
    }
}

/// The device authorization grant (RFC 8628).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Device {
    /// The path of the device authorization endpoint.
    pub path: String,
    /// The path of the page where the resource owner enters the code.
    pub verification_path: String,
    /// How long the codes are good for.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub lifetime: Span,
    /// How long a client waits between two polls at first; `slow_down` adds five seconds (section 3.5).
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub interval: Span,
    /// What device codes look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub code: Shape,
    /// How the user code looks, in letters; a dash is put in where `user_code_dash` says.
    pub user_code_length: u32,
    /// After how many letters.
    pub user_code_dash: Option<u32>,
    /// The address of the page that clients are told, where it is not the provider's own.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub verification_uri: Option<Template>,
    /// Whether the response has `verification_uri_complete` (section 3.3.1).
    pub complete: bool,
    /// A sentence for the user in the response, a template that knows `user_code` and `verification_uri`; none when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub message: Option<Template>,
    /// Whether a client that polls too fast is told to slow down (section 3.5).
    pub slows_down: bool,
}

impl Default for Device {
    fn default() -> Self {
        Self {
            path: "/device-authorization".to_owned(),
            verification_path: "/device".to_owned(),
            lifetime: Span::from_seconds(1800),
            interval: Span::from_seconds(5),
            code: Shape::base64url(43),
            user_code_length: 8,
            user_code_dash: Some(4),
            verification_uri: None,
            complete: true,
            message: None,
            slows_down: true,
        }
    }
}

/// Dynamic client registration (RFC 7591), without an initial access token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Registration {
    /// Its path.
    pub path: String,
}

impl Default for Registration {
    fn default() -> Self {
        Self { path: "/register".to_owned() }
    }
}

/// An older set of endpoints, on which a client names the resource server by `resource` and asks for no scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct ByResource {
    /// The path of the authorization endpoint.
    pub authorization: String,
    /// The path of the token endpoint.
    pub token: String,
    /// The path of the device authorization endpoint; none when absent.
    pub device: Option<String>,
    /// The path of the OpenID Provider configuration; none when absent.
    pub openid_configuration: Option<String>,
    /// The document itself.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub document: Template,
    /// The path of the published keys; none when absent.
    pub keys: Option<String>,
    /// The path of the end-session endpoint; none when absent.
    pub end_session: Option<String>,
    /// The successful token response.
    pub response: TokenResponse,
}

/// An administrator's consent for all users of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct AdminConsent {
    /// Its paths.
    pub paths: Vec<String>,
}
