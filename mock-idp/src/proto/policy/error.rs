//! How a cause looks on the wire.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::proto::template::Template;

/// An error response. Templates know the data of the cause; see [`crate::proto::cause::Cause`].
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct WireError {
    /// The form that it is written in, by a name in `error_forms`; then `with` fills it in, and `status` and `headers` are laid over the
    /// form's. None where all is said here.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "Option::is_none"))]
    pub form: Option<String>,
    /// What the form's templates know beside the data of the cause. Texts are templates themselves.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "BTreeMap::is_empty"))]
    pub with: BTreeMap<String, Value>,
    /// Whether a form's page is shown although the client could be told by redirect.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub stays_on_page: bool,
    /// The status; the form's when absent, and 400 where there is no form. A status of 302 or 303 sends the browser back to the client's
    /// redirection URI with the parameters of `redirect`.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "Option::is_none"))]
    pub status: Option<u16>,
    /// The reason phrase, where it is not the usual one (HTTP/1.1 only).
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
    /// The media type of the body; none for an empty body.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "Option::is_none"))]
    pub content_type: Option<String>,
    /// More header fields.
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "BTreeMap::is_empty"))]
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
    /// The body.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub body: Template,
    /// Parameters to add to the redirection URI (RFC 6749 section 4.1.2.1).
    #[cfg_attr(feature = "profiles", serde(skip_serializing_if = "BTreeMap::is_empty"))]
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub redirect: BTreeMap<String, Template>,
}

/// A form that many errors share, so that what must agree in an error is said once.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct ErrorForm {
    /// What answers a client.
    pub body: ErrorBody,
    /// What a person sees; the body where there is none.
    pub page: Option<ErrorBody>,
    /// The parameters by which the client is told in a redirect, where the redirection URI is known to be its own. Such errors are shown on
    /// the page when there are none.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub redirect: BTreeMap<String, Template>,
}

/// One answer of a form.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct ErrorBody {
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// More header fields.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
    /// The body.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub text: Template,
}

impl Default for ErrorBody {
    fn default() -> Self {
        Self {
            status: 400,
            content_type: "application/json".to_owned(),
            headers: BTreeMap::new(),
            text: Template::default(),
        }
    }
}

/// Identifiers that every request gets, for the texts of errors and the header fields of answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Tracing {
    /// The header field, or the parameter, by which a client may bring a correlation identifier of its own, a UUID.
    pub correlation: String,
}
