//! `race`: several operations at once, made to meet at a named point and let go in the order in which they are listed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer};

use crate::scenario::duration::TimeSpan;
use crate::scenario::expect::{Expect, ExpectFields};
use crate::scenario::id::WorkerName;
use crate::scenario::located::{Located, checked};
use crate::scenario::operation::{EXPECTED, Operation, second_verb};
use crate::scenario::point::Meeting;
use crate::scenario::problem::Problem;
use crate::scenario::schema::operation_with;
use crate::scenario::shape::{FromMap, Shape, misshapen};
use crate::scenario::verb::ExpectWorld;

/// Starts all lanes, holds their first requests at a point until all have come, and lets them go one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Race {
    /// Where requests, or replies, are held.
    pub at: Meeting,
    /// By how much the clock moves while they are held.
    pub advance: Option<TimeSpan>,
    /// The lanes in the order in which they are let go; at least two.
    pub lanes: Vec<Lane>,
}

/// One lane of a race.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The lane's name.
    pub name: WorkerName,
    /// The worker that runs it: the one of the lane's name, unless the lane says otherwise.
    pub worker: WorkerName,
    /// What the worker does.
    pub operation: Operation,
    /// What must come of it.
    pub expect: Option<Expect>,
    /// The line of the lane's name, from 1.
    pub line: u32,
    /// The line of its `expect`.
    pub expect_line: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    at: Meeting,
    #[serde(default)]
    advance: Option<TimeSpan>,
    workers: Located<Lanes>,
}

#[derive(Debug)]
struct Lanes(Vec<Lane>);

/// What stands behind a lane's name.
#[derive(Debug)]
struct LaneBody {
    worker: Option<WorkerName>,
    operation: Operation,
    expect: Option<Expect>,
    expect_line: Option<u32>,
}

impl Race {
    /// The verb.
    pub const NAME: &str = "race";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "race: { at: token, workers: { a: { call: GET /api }, b: refresh } }";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let lanes: Vec<String> = self.lanes.iter().map(Lane::describe).collect();
        let late = self.advance.map(|by| format!(", held for {by}")).unwrap_or_default();
        format!("race at {}{late}: {}", self.at, lanes.join("; "))
    }
}

impl Lane {
    fn describe(&self) -> String {
        let worker = if self.worker == self.name { String::new() } else { format!(" (worker {})", self.worker) };
        let expect = self.expect.as_ref().map(|expect| format!(", expecting {expect}")).unwrap_or_default();
        format!("{}{worker}: {}{expect}", self.name, self.operation.describe())
    }
}

impl<'de> Deserialize<'de> for Race {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { at, advance, workers } = Fields::deserialize(deserializer)?;
        if workers.value.0.len() < 2 {
            let problem = Problem::new(format!("a race needs at least two lanes, not {}", workers.value.0.len()));
            return Err(problem.help("a single operation is a step of its own").at(&workers).raise());
        }
        Ok(Self { at, advance, lanes: workers.value.0 })
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a map from lanes to what they do";
        checked(deserializer, |shape: Shape<Self>| match shape {
            Shape::Map(lanes) => Ok(lanes),
            Shape::Word(word) => Err(misshapen(expected, &format!("`{word}`"))),
            Shape::Other(found) => Err(misshapen(expected, &found)),
        })
    }
}

impl<'de> FromMap<'de> for Lanes {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut lanes = Vec::new();
        while let Some(key) = map.next_key::<Located<String>>()? {
            let name = WorkerName::parse(&key.value).map_err(|problem| problem.at(&key).raise())?;
            let LaneBody { worker, operation, expect, expect_line } = map.next_value()?;
            let worker = worker.unwrap_or_else(|| name.clone());
            lanes.push(Lane { name, worker, operation, expect, line: key.position.line, expect_line });
        }
        Ok(Self(lanes))
    }
}

impl<'de> Deserialize<'de> for LaneBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<LaneEntries>| match shape {
            Shape::Word(name) => Operation::bare(&name).map(|operation| Self {
                worker: None,
                operation,
                expect: None,
                expect_line: None,
            }),
            Shape::Map(entries) => entries.body(),
            Shape::Other(found) => Err(misshapen(EXPECTED, &found)),
        })
    }
}

/// What a lane may say beside its operation.
const MODIFIERS: [&str; 2] = ["worker", ExpectWorld::NAME];

/// The entries of a lane's map.
#[derive(Default)]
struct LaneEntries {
    operation: Option<Operation>,
    worker: Option<WorkerName>,
    /// With the line of the key.
    expect: Option<(u32, Located<ExpectFields>)>,
}

impl<'de> FromMap<'de> for LaneEntries {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Self::default();
        while let Some(key) = map.next_key::<Located<String>>()? {
            match (key.value.as_str(), &entries.operation) {
                ("worker", _) => entries.worker = Some(map.next_value()?),
                (ExpectWorld::NAME, _) => entries.expect = Some((key.position.line, map.next_value()?)),
                (_, Some(first)) => {
                    return Err(second_verb(first.name(), &key, &Operation::NAMES, &MODIFIERS).raise());
                }
                (name, None) => {
                    entries.operation = Operation::entry(name, &mut map)?;
                    if entries.operation.is_none() {
                        let known = [Operation::NAMES.as_slice(), MODIFIERS.as_slice()].concat();
                        return Err(Problem::unknown("operation", name, &known).at(&key).raise());
                    }
                }
            }
        }
        Ok(entries)
    }
}

impl LaneEntries {
    fn body(self) -> Result<LaneBody, Problem> {
        let operation = self.operation.ok_or_else(|| Problem::nothing_of(&Operation::NAMES))?;
        let expect_line = self.expect.as_ref().map(|(line, _)| *line);
        let expect = match self.expect {
            Some((_, fields)) => {
                let place = fields.place();
                Some(fields.value.answer_of(operation.name()).map_err(|problem| problem.at(&place))?)
            }
            None => None,
        };
        Ok(LaneBody { worker: self.worker, operation, expect, expect_line })
    }
}

impl JsonSchema for Race {
    fn schema_name() -> Cow<'static, str> {
        "Race".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "required": ["at", "workers"],
            "properties": {
                "at": generator.subschema_for::<Meeting>(),
                "advance": generator.subschema_for::<TimeSpan>(),
                "workers": {
                    "description": "The lanes by name, in the order in which they are let go.",
                    "type": "object",
                    "minProperties": 2,
                    "additionalProperties": operation_with(generator, true)
                }
            }
        })
    }
}
