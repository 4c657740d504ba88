//! The endpoints that a provider may have beside the two of RFC 6749.

use crate::proto::shape::Shape;
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
}

impl Default for Device {
    fn default() -> Self {
        Self {
            path: "/device-authorization".to_owned(),
            verification_path: "/device".to_owned(),
            lifetime: Span::from_seconds(1800),
            interval: Span::from_seconds(5),
            code: Shape::base64url(43),
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
