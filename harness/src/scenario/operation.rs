//! One thing that the client is asked to do: the part of the language that `race` and `crash` share with single steps.

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer};

use super::located::{Located, checked};
use super::problem::Problem;
use super::shape::{FromMap, Shape, misshapen};
use super::verb::{Call, Refresh, Token, needs_arguments};

/// An operation of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Make a request to a protected resource.
    Call(Call),
    /// Use the refresh token now.
    Refresh(Refresh),
    /// Make sure that there is a usable access token.
    Token(Token),
}

impl Operation {
    /// The verbs that are operations.
    pub const NAMES: [&str; 3] = [Call::NAME, Refresh::NAME, Token::NAME];

    /// Its verb, which is also the capability that the client needs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Call(_) => Call::NAME,
            Self::Refresh(_) => Refresh::NAME,
            Self::Token(_) => Token::NAME,
        }
    }

    /// The operation in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Call(call) => call.describe(),
            Self::Refresh(refresh) => refresh.describe(),
            Self::Token(token) => token.describe(),
        }
    }

    /// An operation written as a word alone.
    pub(super) fn bare(name: &str) -> Result<Self, Problem> {
        match name {
            Refresh::NAME => Ok(Self::Refresh(Refresh)),
            Token::NAME => Ok(Self::Token(Token)),
            Call::NAME => Err(needs_arguments(name)),
            _ => Err(Problem::unknown("operation", name, &Self::NAMES)),
        }
    }

    /// Reads the value of a map's entry if its key `name` is an operation.
    pub(super) fn entry<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(match name {
            Call::NAME => Some(Self::Call(map.next_value()?)),
            Refresh::NAME => Some(Self::Refresh(map.next_value()?)),
            Token::NAME => Some(Self::Token(map.next_value()?)),
            _ => None,
        })
    }
}

/// An operation that has nothing beside it: `{ call: GET /x }`.
struct Alone(Result<Operation, Problem>);

impl<'de> FromMap<'de> for Alone {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut found: Option<Operation> = None;
        while let Some(key) = map.next_key::<Located<String>>()? {
            if let Some(first) = &found {
                return Err(second_verb(first.name(), &key, &Operation::NAMES, &[]).raise());
            }
            found = Operation::entry(&key.value, &mut map)?;
            if found.is_none() {
                return Err(Problem::unknown("operation", &key.value, &Operation::NAMES).at(&key).raise());
            }
        }
        Ok(Self(found.ok_or_else(|| Problem::nothing_of(&Operation::NAMES))))
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<Alone>| match shape {
            Shape::Word(name) => Self::bare(&name),
            Shape::Map(Alone(operation)) => operation,
            Shape::Other(found) => Err(misshapen(EXPECTED, &found)),
        })
    }
}

/// What an operation is, for messages.
pub(super) const EXPECTED: &str = "an operation such as `call: GET /path`";

/// What is wrong with a key after the verb has been read: a second verb, or a name that is none of the `others` that may
/// stand beside it.
pub(super) fn second_verb(first: &str, key: &Located<String>, verbs: &[&str], others: &[&str]) -> Problem {
    let name = key.value.as_str();
    if verbs.contains(&name) {
        return Problem::new(format!("one verb is enough: here are `{first}` and `{name}`"))
            .help("begin another item with the second one")
            .at(key);
    }
    if others.is_empty() {
        return Problem::new(format!("`{name}` cannot stand beside `{first}` here")).at(key);
    }
    let problem = Problem::unknown("field", name, others);
    Problem { message: format!("unknown field `{name}` beside `{first}`"), ..problem }.at(key)
}
