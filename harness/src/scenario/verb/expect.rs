//! `expect: {…}` as a step: what must have happened in the world since the scenario began.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::scenario::count::Count;
use crate::scenario::problem::Problem;

/// Counts since the start of the scenario. What is not named is not looked at; a count of 0 says that it never happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct ExpectWorld {
    /// Requests by endpoint: `authorization`, `token`, `sign_in`, `resource`, ….
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, Count>,
    /// Refusals by cause, such as `refresh_token_superseded`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, Count>,
    /// What was issued, by kind: `authorization_code`, `access_token`, `refresh_token`, `session`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub issued: BTreeMap<String, Count>,
    /// How many refresh tokens the provider would accept now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_refresh_tokens: Option<u32>,
    /// How many chains still have a refresh token that the provider would accept now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chains_alive: Option<u32>,
}

impl ExpectWorld {
    /// The verb.
    pub const NAME: &str = "expect";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "expect: { requests: { token: 2 } }";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let counts = |what: &str, counts: &BTreeMap<String, Count>| -> Vec<String> {
            counts.iter().map(|(name, count)| format!("{what} {name}: {count}")).collect()
        };
        let mut parts = counts("requests", &self.requests);
        parts.extend(counts("refused", &self.refused));
        parts.extend(counts("issued", &self.issued));
        parts.extend(self.valid_refresh_tokens.map(|count| format!("valid refresh tokens: {count}")));
        parts.extend(self.chains_alive.map(|count| format!("chains alive: {count}")));
        format!("expect {}", parts.join(", "))
    }

    /// Refuses an expectation of nothing.
    pub(in crate::scenario) fn checked(self) -> Result<Self, Problem> {
        let Self { requests, refused, issued, valid_refresh_tokens, chains_alive } = &self;
        let counts_nothing = requests.is_empty() && refused.is_empty() && issued.is_empty();
        if counts_nothing && valid_refresh_tokens.is_none() && chains_alive.is_none() {
            return Err(Problem::new("nothing is expected here").help("write for example `requests: { token: 2 }`"));
        }
        Ok(self)
    }
}
