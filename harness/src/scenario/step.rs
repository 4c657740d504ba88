//! One step: a verb, and what may stand beside it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer};

use super::expect::{Expect, ExpectFields};
use super::id::WorkerName;
use super::located::Located;
use super::operation::second_verb;
use super::problem::Problem;
use super::shape::{FromMap, Shape, misshapen};
use super::verb::{ExpectWorld, Verb, has_answer, has_worker};

/// One step of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub verb: Verb,
    /// Which worker does it. `a` when the file names none; of no meaning where [`Verb::has_worker`] is false.
    pub worker: WorkerName,
    /// What the client's answer must be. A step that gets tokens must succeed without it.
    pub expect: Option<Expect>,
    /// The line of the step, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: u32,
    /// The line of the word `expect`, whether it stands beside the verb or is the verb.
    pub expect_line: Option<u32>,
    /// A remark for readers.
    pub note: Option<String>,
}

impl Step {
    /// The step in one line, as a person would say it.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = self.verb.describe();
        if self.verb.has_worker() && self.worker != WorkerName::default() {
            text = format!("{}: {text}", self.worker);
        }
        match &self.expect {
            Some(expect) => format!("{text}, expecting {expect}"),
            None => text,
        }
    }
}

impl Step {
    /// The workers that it is about, in order.
    #[must_use]
    pub fn workers(&self) -> Vec<&WorkerName> {
        if let Verb::Race(race) = &self.verb {
            return race.lanes.iter().map(|lane| &lane.worker).collect();
        }
        if self.verb.has_worker() { vec![&self.worker] } else { Vec::new() }
    }
}

/// What may stand beside a verb.
const MODIFIERS: [&str; 3] = ["worker", "expect", "note"];

/// A step without its place.
struct Body {
    verb: Verb,
    worker: Option<WorkerName>,
    expect: Option<Expect>,
    expect_line: Option<u32>,
    note: Option<String>,
}

impl Body {
    fn of(verb: Verb) -> Self {
        Self { verb, worker: None, expect: None, expect_line: None, note: None }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let step = Located::<Shape<Entries>>::deserialize(deserializer)?;
        let place = step.place();
        let body = match step.value {
            Shape::Word(name) => Verb::bare(&name).map(Body::of),
            Shape::Map(entries) => entries.body(),
            Shape::Other(found) => Err(misshapen("a step such as `call: GET /path`", &found)),
        };
        let body = body.map_err(|problem| problem.at(&place).raise())?;
        Ok(Self {
            verb: body.verb,
            worker: body.worker.unwrap_or_default(),
            expect: body.expect,
            line: place.position.line,
            column: place.position.column,
            expect_line: body.expect_line,
            note: body.note,
        })
    }
}

/// The entries of a step's map, each with the place of its key where a later check may need it.
#[derive(Default)]
struct Entries {
    verb: Option<Verb>,
    worker: Option<(Located<()>, WorkerName)>,
    expect: Option<(Located<()>, Located<ExpectFields>)>,
    note: Option<String>,
}

impl<'de> FromMap<'de> for Entries {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Self::default();
        while let Some(key) = map.next_key::<Located<String>>()? {
            match (key.value.as_str(), &entries.verb) {
                ("worker", _) => entries.worker = Some((key.place(), map.next_value()?)),
                ("note", _) => entries.note = Some(map.next_value()?),
                (ExpectWorld::NAME, _) => entries.expect = Some((key.place(), map.next_value()?)),
                (_, Some(first)) => return Err(second_verb(first.name(), &key, &Verb::NAMES, &MODIFIERS).raise()),
                (name, None) => {
                    entries.verb = Verb::entry(name, &mut map)?;
                    if entries.verb.is_none() {
                        let known = [Verb::NAMES.as_slice(), ["worker", "note"].as_slice()].concat();
                        return Err(Problem::unknown("verb", name, &known).at(&key).raise());
                    }
                }
            }
        }
        Ok(entries)
    }
}

impl Entries {
    fn body(self) -> Result<Body, Problem> {
        let expect_line = self.expect.as_ref().map(|(key, _)| key.position.line);
        let (verb, expect) = match (self.verb, self.expect) {
            (Some(verb), None) => (verb, None),
            (Some(verb), Some((key, fields))) => {
                if !has_answer(verb.name()) {
                    return Err(Problem::new(format!("`expect` cannot stand beside `{}`", verb.name()))
                        .help(if matches!(verb, Verb::Race(_)) {
                            "write it in the lane that it is about"
                        } else {
                            "only `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh` and `token` have an answer"
                        })
                        .at(&key));
                }
                let place = fields.place();
                let expect = fields.value.answer_of(verb.name()).map_err(|problem| problem.at(&place))?;
                (verb, Some(expect))
            }
            (None, Some((_, fields))) => {
                let place = fields.place();
                (Verb::Expect(fields.value.of_world().map_err(|problem| problem.at(&place))?), None)
            }
            (None, None) => return Err(Problem::nothing_of(&Verb::NAMES)),
        };
        if let Some((key, _)) = &self.worker
            && !has_worker(verb.name())
        {
            let problem = Problem::new(format!("`worker` cannot stand beside `{}`", verb.name()));
            return Err(problem.help("the step is not about one worker").at(key));
        }
        let worker = self.worker.map(|(_, worker)| worker);
        Ok(Body { verb, worker, expect, expect_line, note: self.note })
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        super::schema::step(generator)
    }
}
