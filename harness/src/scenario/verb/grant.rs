//! `grant`: the client gets tokens by a grant in which no browser takes part (RFC 6749 sections 4.3 and 4.4; RFC 7523 section 2.1).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer};

use crate::scenario::located::{Located, checked};
use crate::scenario::problem::Problem;
use crate::scenario::shape::{FromMap, Shape, misshapen};

/// A grant in which no browser takes part. A step without `expect` must succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectGrant {
    /// The client acts for itself.
    ClientCredentials,
    /// The client is given the user's name and password.
    Password,
    /// The client is given the access token of another client, `caller`, and exchanges it.
    OnBehalfOf(OnBehalfOf),
}

/// What the caller got its access token for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBehalfOf {
    /// The scope that the caller asked for: one of this client, as a resource server.
    pub scope: String,
}

const CLIENT_CREDENTIALS: &str = "client_credentials";
const PASSWORD: &str = "password";
const ON_BEHALF_OF: &str = "on_behalf_of";

impl DirectGrant {
    /// The verb.
    pub const NAME: &str = "grant";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "grant: client_credentials";

    const WORDS: [&str; 3] = [CLIENT_CREDENTIALS, PASSWORD, ON_BEHALF_OF];

    /// The capability that the client needs, which is the grant's word.
    #[must_use]
    pub const fn capability(&self) -> &'static str {
        match self {
            Self::ClientCredentials => CLIENT_CREDENTIALS,
            Self::Password => PASSWORD,
            Self::OnBehalfOf(_) => ON_BEHALF_OF,
        }
    }

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::ClientCredentials => "get a token by the client credentials grant".to_owned(),
            Self::Password => "get a token by the password grant".to_owned(),
            Self::OnBehalfOf(it) => format!("get a token on behalf of a caller who has one for {}", it.scope),
        }
    }

    fn word(word: &str) -> Result<Self, Problem> {
        match word {
            CLIENT_CREDENTIALS => Ok(Self::ClientCredentials),
            PASSWORD => Ok(Self::Password),
            ON_BEHALF_OF => Err(Problem::new("`on_behalf_of` needs the scope of the caller's token")
                .help("write for example `grant: { on_behalf_of: { scope: \"api://client/access\" } }`")),
            _ => Err(Problem::unknown("grant", word, &Self::WORDS)),
        }
    }
}

/// The long form, which only one grant has.
struct Long(Result<OnBehalfOf, Problem>);

impl<'de> FromMap<'de> for Long {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Located<String>>()? {
            if key.value != ON_BEHALF_OF || found.is_some() {
                return Err(Problem::unknown("grant", &key.value, &[ON_BEHALF_OF]).at(&key).raise());
            }
            found = Some(map.next_value()?);
        }
        Ok(Self(found.ok_or_else(|| Problem::nothing_of(&[ON_BEHALF_OF]))))
    }
}

impl<'de> Deserialize<'de> for DirectGrant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<Long>| match shape {
            Shape::Word(word) => Self::word(&word),
            Shape::Map(Long(caller)) => caller.map(Self::OnBehalfOf),
            Shape::Other(found) => Err(misshapen("a grant such as `client_credentials`", &found)),
        })
    }
}

impl JsonSchema for DirectGrant {
    fn schema_name() -> Cow<'static, str> {
        "DirectGrant".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let caller = generator.subschema_for::<OnBehalfOf>();
        json_schema!({
            "description": "A grant in which no browser takes part.",
            "oneOf": [
                { "enum": [CLIENT_CREDENTIALS, PASSWORD] },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [ON_BEHALF_OF],
                    "properties": { ON_BEHALF_OF: caller }
                }
            ]
        })
    }
}
