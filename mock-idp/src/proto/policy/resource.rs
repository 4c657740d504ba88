//! Protected resources (RFC 6749 section 7).

use std::collections::BTreeMap;

use crate::proto::template::Template;

/// A protected resource that takes bearer tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Resource {
    /// The method.
    pub method: String,
    /// The path; `{name}` stands for one segment.
    pub path: String,
    /// The 200 response.
    pub response: ResourceBody,
}

/// What a resource answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct ResourceBody {
    /// The media type.
    pub content_type: String,
    /// More header fields.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub headers: BTreeMap<String, String>,
    /// The body. The template knows `user_name`, `user_full_name`, `client_id`, `now`, `origin`.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub body: Template,
}
