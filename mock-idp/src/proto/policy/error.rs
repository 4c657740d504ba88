//! How a cause looks on the wire.

use std::collections::BTreeMap;

use crate::proto::template::Template;

/// An error response. Templates know the data of the cause; see [`crate::proto::cause::Cause`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct WireError {
    /// The status. A status of 302 or 303 sends the browser back to the client's redirection URI with the parameters of
    /// `redirect`.
    pub status: u16,
    /// The reason phrase, where it is not the usual one (HTTP/1.1 only).
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
    /// The media type of the body; none for an empty body.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub content_type: Option<String>,
    /// More header fields.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
    /// The body.
    #[cfg_attr(feature = "profiles", serde(default))]
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub body: Template,
    /// Parameters to add to the redirection URI (RFC 6749 section 4.1.2.1).
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub redirect: BTreeMap<String, Template>,
}
