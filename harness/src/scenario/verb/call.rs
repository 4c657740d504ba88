//! `call: GET /path`: the client makes a request to a protected resource.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};

use crate::scenario::located::checked;
use crate::scenario::problem::Problem;
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
    /// Whether the resource is a collection that is read to its end, page after page.
    pub all_pages: bool,
    /// Whether the client goes on by the cookies that it is given.
    pub session: bool,
    /// Whether it goes by the user's key in place of a token.
    pub key: bool,
}

impl Call {
    /// The verb.
    pub const NAME: &str = "call";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "call: GET /api/v1/current/Me";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let all = if self.all_pages { ", all pages" } else { "" };
        let session = if self.session { ", in a session" } else { "" };
        let key = if self.key { ", by key" } else { "" };
        format!("call {}{all}{session}{key}", self.request)
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
    /// Whether the resource is a collection that is read to its end, page after page. Only for GET.
    #[serde(default)]
    all_pages: bool,
    /// Whether the client keeps the cookies that it is given and goes on by them, without its token, until it is answered with 401.
    #[serde(default)]
    session: bool,
    /// Whether the client goes by the key of the resource owner in place of a token.
    #[serde(default)]
    key: bool,
}

impl<'de> FromMap<'de> for LongForm {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<LongForm>| match shape {
            Shape::Word(line) => {
                let request = RequestLine::parse(&line)?;
                Ok(Self { request, headers: Headers::new(), body: None, all_pages: false, session: false, key: false })
            }
            Shape::Map(LongForm { request, all_pages: true, .. }) if request.method() != "GET" => {
                Err(Problem::new(format!("`all_pages` of a {}", request.method())).help("only a GET is read in pages"))
            }
            Shape::Map(LongForm { all_pages: true, session, key, .. }) if session || key => {
                Err(Problem::new("`all_pages` stands alone").help("a collection is read with an access token"))
            }
            Shape::Map(LongForm { request, headers, body, all_pages, session, key }) => {
                Ok(Self { request, headers, body, all_pages, session, key })
            }
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
