//! `crash`: a worker is killed at a named point of an exchange.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::scenario::located::{Located, checked};
use crate::scenario::operation::Operation;
use crate::scenario::problem::Problem;
use crate::scenario::schema::operation_with;

/// Kills the worker while it carries out an operation. It stays down until a `restart`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// What the worker is doing.
    pub during: Operation,
    /// When it is killed.
    pub at: CrashPoint,
}

/// When a worker is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrashPoint {
    /// The provider has received the token request and not yet looked at it: nothing is committed.
    TokenRequest,
    /// The provider has committed the token response and not yet sent it: the client never learns of its new token.
    TokenReply,
    /// The provider has received the request to the resource.
    ResourceRequest,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    during: Operation,
    at: Located<CrashPoint>,
}

impl Crash {
    /// The verb.
    pub const NAME: &str = "crash";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "crash: { during: refresh, at: token_reply }";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let when = match self.at {
            CrashPoint::TokenRequest => "when its token request has arrived",
            CrashPoint::TokenReply => "when its token response is committed, before it is sent",
            CrashPoint::ResourceRequest => "when its resource request has arrived",
        };
        format!("{}, killed {when}", self.during.describe())
    }
}

impl<'de> Deserialize<'de> for Crash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |Fields { during, at }: Fields| match (at.value, &during) {
            (CrashPoint::ResourceRequest, Operation::Refresh(_) | Operation::Token(_)) => {
                let problem = Problem::new(format!("`{}` makes no resource request to be killed at", during.name()));
                Err(problem.help("write `during: { call: … }`").at(&at))
            }
            (CrashPoint::ResourceRequest, Operation::Call(_))
            | (CrashPoint::TokenRequest | CrashPoint::TokenReply, _) => Ok(Self { during, at: at.value }),
        })
    }
}

impl JsonSchema for Crash {
    fn schema_name() -> Cow<'static, str> {
        "Crash".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "required": ["during", "at"],
            "properties": {
                "during": operation_with(generator, false),
                "at": generator.subschema_for::<CrashPoint>()
            }
        })
    }
}
