//! `http: { request: POST /token, form: {…} }`: the harness makes a request that no client would make for a step.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::scenario::located::checked;
use crate::scenario::problem::Problem;
use crate::scenario::request::{Headers, RequestLine, headers};

/// A request to the provider that the harness makes itself. Rules about the client do not look at it.
///
/// In values, a name in braces stands for what this run has in its place: `{rt:1}`, `{at:2}`, `{code:1}` for what was issued, as transcripts
/// number it, and `{client_id}`, `{client_secret}`, `{redirect_uri}` for the registration. `Basic {client}` is the client's HTTP Basic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Method and path, without a query.
    #[serde(deserialize_with = "request")]
    pub request: RequestLine,
    /// The parameters of the query.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// The parameters of a form in the body.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// The body, where it is no form.
    #[serde(default)]
    pub body: Option<String>,
    /// Header fields.
    #[serde(default, deserialize_with = "headers")]
    pub headers: Headers,
}

impl Http {
    /// The verb.
    pub const NAME: &str = "http";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str =
        "http: { request: POST /token, form: { grant_type: refresh_token, refresh_token: \"{rt:1}\" } }";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let grant = self.form.get("grant_type").map(|grant| format!(" ({grant})")).unwrap_or_default();
        format!("the harness sends {}{grant}", self.request)
    }
}

fn request<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RequestLine, D::Error> {
    checked(deserializer, |line: RequestLine| {
        if line.resource().is_some() {
            return Err(
                Problem::new("a request of the harness's own has a path").help("names of resources are for `call`")
            );
        }
        if line.path().contains('?') {
            return Err(Problem::new("the query has its own place").help("write `query: { name: value }`"));
        }
        Ok(line)
    })
}
