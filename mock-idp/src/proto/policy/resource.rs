//! Protected resources (RFC 6749 section 7).

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use crate::proto::template::Template;

/// A protected resource that takes bearer tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Resource {
    /// The method.
    pub method: String,
    /// Whether it answers anybody, without a token.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub open: bool,
    /// The path; `{name}` stands for one segment, and templates know it by that name. `{division}` is the part of the data that
    /// access and limits are counted by.
    pub path: String,
    /// Which resource server it is of, by URI: tokens for another are refused. None where tokens are for all.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub server: Option<String>,
    /// Whether it serves users alone, and no client on its own behalf.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub users_only: bool,
    /// Query parameters that must be URLs at one of these hosts.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub query_hosts: BTreeMap<String, BTreeSet<String>>,
    /// The scope without which a client gets 403 (RFC 6750 section 3.1); none asks for none.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub scope: Option<String>,
    /// Whether a request must say which fields it wants.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub select: Select,
    /// The response to a request that is let in.
    pub response: ResourceBody,
}

/// Whether a request must say which fields it wants. What it selects is never applied: rows come whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Select {
    /// It need not.
    #[default]
    Optional,
    /// It must, by `$select`, unless it asks for one row by `$top=1`.
    RequiredUnlessTopOne,
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
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
    /// The rows of a collection; none for a resource that is no collection.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub rows: Option<Rows>,
    /// The body. The template knows `user_name`, `user_full_name`, `client_id`, `now`, `origin` and the names in the path; for a
    /// collection also `rows`, the rows of this page with commas between them, and `next`, the URL of the next page or nothing.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub body: Template,
}

/// A collection, made from a template: the same rows in the same order at every request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Rows {
    /// How many there are.
    pub count: u32,
    /// One row. Beside what the body's template knows, it knows `n`, which counts from 1, and `id`, a GUID of its own.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub row: Template,
    /// How many stand on one page.
    pub page_size: NonZeroU32,
    /// The query parameter that asks for fewer rows.
    #[cfg_attr(feature = "profiles", serde(default = "top"))]
    pub top: String,
    /// The query parameter that asks for the rows after one.
    #[cfg_attr(feature = "profiles", serde(default = "skip_token"))]
    pub skip_token: String,
    /// Its value. The template knows `n` and `id` of the last row that was given, and must say `id`.
    #[cfg_attr(feature = "profiles", serde(default = "token"))]
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub token: Template,
}

#[cfg(feature = "profiles")]
fn top() -> String {
    "$top".to_owned()
}

#[cfg(feature = "profiles")]
fn skip_token() -> String {
    "$skiptoken".to_owned()
}

#[cfg(feature = "profiles")]
fn token() -> Template {
    Template::new("{{ id }}").unwrap_or_default()
}
