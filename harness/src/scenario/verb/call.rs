//! `call: GET /path`: the client makes a request to a protected resource.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};

use crate::scenario::located::checked;
use crate::scenario::request::{Headers, RequestLine, client_headers};
use crate::scenario::shape::{FromMap, Shape, misshapen};

/// A request to a protected resource, as the client normally makes it: it refreshes first if it sees fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Method and path.
    pub request: RequestLine,
    /// Header fields beside those that the client sets itself.
    pub headers: Headers,
    /// The body, if there is one.
    pub body: Option<String>,
}

impl Call {
    /// The verb.
    pub const NAME: &str = "call";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "call: GET /api/v1/current/Me";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("call {}", self.request)
    }
}

/// The long form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongForm {
    /// Method and path.
    request: RequestLine,
    /// Header fields. `Authorization` is the client's own business.
    #[serde(default, deserialize_with = "client_headers")]
    headers: Headers,
    /// The body.
    #[serde(default)]
    body: Option<String>,
}

impl<'de> FromMap<'de> for LongForm {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<LongForm>| match shape {
            Shape::Word(line) => Ok(Self { request: RequestLine::parse(&line)?, headers: Headers::new(), body: None }),
            Shape::Map(LongForm { request, headers, body }) => Ok(Self { request, headers, body }),
            Shape::Other(found) => {
                Err(misshapen("a request", &found).help(format!("write for example `{}`", Self::EXAMPLE)))
            }
        })
    }
}

impl JsonSchema for Call {
    fn schema_name() -> Cow<'static, str> {
        "Call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let short = generator.subschema_for::<RequestLine>();
        let long = LongForm::json_schema(generator);
        json_schema!({ "oneOf": [short, long] })
    }
}
