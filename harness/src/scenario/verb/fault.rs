//! `fault`: something goes wrong on purpose between the client and the provider.

use std::borrow::Cow;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::scenario::duration::TimeSpan;
use crate::scenario::id::WorkerName;
use crate::scenario::located::{Located, checked};
use crate::scenario::point::Point;
use crate::scenario::problem::Problem;
use crate::scenario::request::{Headers, headers, status};
use crate::scenario::shape::{FromMap, Shape, misshapen};
use crate::scenario::verb::tampering::IdTokenTampering;
use crate::scenario::yaml::exactly_one_of;

/// Arms a fault. It strikes the matching requests that are still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Only token requests with this grant.
    pub grant: Option<Grant>,
    /// Only requests that say that they come from this `client_id`.
    pub client_id: Option<String>,
    /// Only requests of this worker.
    pub worker: Option<WorkerName>,
    /// The first matching request that is struck, counted from 1 from now on.
    pub nth: NonZeroU32,
    /// How many matching requests are struck, in a row.
    pub times: NonZeroU32,
    /// What happens, and where.
    pub action: FaultAction,
}

/// A grant, as a token request's `grant_type` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// A refresh (RFC 6749 section 6).
    RefreshToken,
    /// The redemption of a code (RFC 6749 section 4.1.3).
    AuthorizationCode,
    /// A poll for a device (RFC 8628 section 3.4).
    DeviceCode,
}

/// Which side of the provider's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The provider has not handled the request, and never will: no token is used up, none is issued.
    BeforeCommit,
    /// The provider has handled the request and keeps what it did; only the client does not learn of it.
    AfterCommit,
}

/// What happens, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAction {
    /// What the profile calls by this name.
    Named(String),
    /// What the scenario says itself.
    Struck {
        /// Which requests are meant.
        at: Point,
        /// On which side of the provider's commit it strikes.
        when: When,
        /// What it does.
        effect: FaultEffect,
    },
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultEffect {
    /// The client gets this answer.
    Answer(FaultAnswer),
    /// The client gets no answer: the connection is closed.
    Drop,
    /// The provider's own answer ends after so many bytes of its body, and the connection is closed.
    CutAfter(u64),
    /// The provider's own answer comes late by this much.
    Delay(TimeSpan),
    /// The ID tokens of the provider's own answer are wrong.
    IdToken(IdTokenTampering),
    /// These members of the JSON that the provider answers with are replaced; `null` takes one out.
    Members(Map<String, Value>),
}

/// An answer that is not the provider's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultAnswer {
    /// The HTTP status, 200 to 599.
    #[serde(deserialize_with = "status")]
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Header fields.
    #[serde(default, deserialize_with = "headers")]
    pub headers: Headers,
    /// The body.
    #[serde(default)]
    pub body: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["named"] }, { "required": ["at", "answer"] }, { "required": ["at", "reply"] },
    { "required": ["at", "id_token"] }, { "required": ["at", "members"] }
]))]
struct Fields {
    /// One of the faults that the profile knows by name: it says where and what.
    named: Option<Located<String>>,
    /// Which requests are meant.
    at: Option<Located<Point>>,
    /// Only token requests with this grant.
    grant: Option<Located<Grant>>,
    /// Only requests that say that they come from this `client_id`, in their parameters or by HTTP Basic.
    client_id: Option<String>,
    /// Only requests of this worker.
    worker: Option<WorkerName>,
    /// The first matching request that is struck, counted from 1 from now on.
    #[serde(default = "one", deserialize_with = "counted")]
    nth: NonZeroU32,
    /// How many matching requests are struck, in a row.
    #[serde(default = "one", deserialize_with = "counted")]
    times: NonZeroU32,
    /// On which side of the provider's commit. Left out: `before_commit`; for `cut_after` and `delay`, which need an
    /// answer of the provider's, `after_commit`.
    when: Option<Located<When>>,
    /// The client gets this answer instead of the provider's.
    answer: Option<Located<FaultAnswer>>,
    /// What becomes of the provider's own answer.
    reply: Option<Located<Reply>>,
    /// The ID tokens of the provider's own answer are wrong like this. Only at the token endpoint.
    id_token: Option<Located<IdTokenTampering>>,
    /// Members of the JSON that the provider answers with are replaced by these; `null` takes one out.
    #[schemars(with = "Option<Map<String, Value>>")]
    members: Option<Located<Map<String, Value>>>,
}

/// `drop`, or one of the two fields.
#[derive(Debug)]
enum Reply {
    Drop,
    CutAfter(u64),
    Delay(TimeSpan),
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
struct ReplyFields {
    /// It ends after so many bytes of its body, and the connection is closed.
    cut_after: Option<Located<u64>>,
    /// It comes late by this much.
    delay: Option<Located<TimeSpan>>,
}

impl<'de> FromMap<'de> for ReplyFields {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(map))
    }
}

impl<'de> Deserialize<'de> for Reply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = ["cut_after", "delay"];
        let expected = "`drop`, `{ cut_after: 20 }` or `{ delay: 35s }`";
        checked(deserializer, |shape: Shape<ReplyFields>| match shape {
            Shape::Word(word) if word == "drop" => Ok(Self::Drop),
            Shape::Word(word) => Err(misshapen(expected, &format!("`{word}`"))),
            Shape::Other(found) => Err(misshapen(expected, &found)),
            Shape::Map(ReplyFields { cut_after: Some(bytes), delay: None }) => Ok(Self::CutAfter(bytes.value)),
            Shape::Map(ReplyFields { cut_after: None, delay: Some(delay) }) => Ok(Self::Delay(delay.value)),
            Shape::Map(ReplyFields { cut_after: None, delay: None }) => Err(exactly_one_of(&names, &[])),
            Shape::Map(ReplyFields { cut_after: Some(bytes), delay: Some(delay) }) => {
                let (bytes, delay) = (bytes.place(), delay.place());
                Err(exactly_one_of(&names, &names).at(if delay.position > bytes.position { &delay } else { &bytes }))
            }
        })
    }
}

impl JsonSchema for Reply {
    fn schema_name() -> Cow<'static, str> {
        "Reply".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = ReplyFields::json_schema(generator);
        let dropped = json_schema!({
            "description": "It never leaves: the connection is closed.",
            "const": "drop"
        });
        json_schema!({ "oneOf": [dropped, fields] })
    }
}

/// Reads a count from 1 on.
fn counted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroU32, D::Error> {
    checked(deserializer, |number: u32| {
        NonZeroU32::new(number).ok_or_else(|| Problem::new("counted from 1, not from 0"))
    })
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl Fault {
    /// The verb.
    pub const NAME: &str = "fault";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "fault: { at: token, reply: drop }";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let which = match self.nth.get() {
            1 => "next".to_owned(),
            nth => format!("number {nth} of the next"),
        };
        let many = match self.times.get() {
            1 => String::new(),
            times => format!(" and {} after it", times - 1),
        };
        let grant = match self.grant {
            Some(Grant::RefreshToken) => " (refresh_token)",
            Some(Grant::AuthorizationCode) => " (authorization_code)",
            Some(Grant::DeviceCode) => " (device_code)",
            None => "",
        };
        let whose = self.worker.as_ref().map(|worker| format!(" of worker {worker}")).unwrap_or_default();
        let client = self.client_id.as_ref().map(|id| format!(" from client {id}")).unwrap_or_default();
        let which = format!("the {which} request{whose}{client}");
        match &self.action {
            FaultAction::Named(name) => format!("fault: {which} that it fits{grant}{many}: {name}"),
            FaultAction::Struck { at, when, effect } => {
                let action = match effect {
                    FaultEffect::Answer(answer) => format!("answered with {}", answer.status),
                    FaultEffect::Drop => "left without a reply".to_owned(),
                    FaultEffect::CutAfter(bytes) => format!("answered with a body cut after {bytes} bytes"),
                    FaultEffect::Delay(delay) => format!("answered {delay} late"),
                    FaultEffect::IdToken(tampering) => {
                        return format!(
                            "fault: {which} to {at}{grant}{many} gets an ID token {}",
                            tampering.describe()
                        );
                    }
                    FaultEffect::Members(members) => {
                        let names: Vec<&str> = members.keys().map(String::as_str).collect();
                        let names = names.join(", ");
                        return format!("fault: {which} to {at}{many} is answered with another {names}");
                    }
                };
                let when = match when {
                    When::BeforeCommit => "before",
                    When::AfterCommit => "after",
                };
                format!("fault: {which} to {at}{grant}{many} is {action}, {when} the provider commits")
            }
        }
    }

    fn check(fields: Fields) -> Result<Self, Problem> {
        let Fields { named, at, grant, client_id, worker, nth, times, when, answer, reply, id_token, members } = fields;
        let counted = |action, grant: Option<Located<Grant>>| Self {
            grant: grant.map(|grant| grant.value),
            client_id,
            worker,
            nth,
            times,
            action,
        };
        if let Some(name) = named {
            let others = [
                ("at", at.as_ref().map(Located::place)),
                ("when", when.as_ref().map(Located::place)),
                ("answer", answer.as_ref().map(Located::place)),
                ("reply", reply.as_ref().map(Located::place)),
                ("id_token", id_token.as_ref().map(Located::place)),
                ("members", members.as_ref().map(Located::place)),
            ];
            if let Some((other, Some(place))) = others.into_iter().find(|(_, place)| place.is_some()) {
                let problem = Problem::new(format!("a fault that is `named` has no `{other}`"));
                return Err(problem.help("the profile says where it strikes and what it does").at(&place));
            }
            return Ok(counted(FaultAction::Named(name.value), grant));
        }
        let Some(at) = at else {
            return Err(Problem::new("a fault says where it strikes").help("write `at: token`, or a `named` one"));
        };
        let at = at.value;
        if let (Some(grant), true) = (&grant, at != Point::Token) {
            let problem = Problem::new("only token requests have a grant");
            return Err(problem.help("write `at: token`, or leave `grant` out").at(grant));
        }
        if let (Some(id_token), true) = (&id_token, at != Point::Token) {
            let problem = Problem::new("only the token endpoint issues ID tokens");
            return Err(problem.help("write `at: token`").at(id_token));
        }
        let effect = effect(answer, reply, id_token, members)?;
        let needs_answer = !matches!(effect, FaultEffect::Answer(_) | FaultEffect::Drop);
        let when = match when {
            Some(when) if needs_answer && when.value == When::BeforeCommit => {
                let problem = Problem::new("before the commit there is no answer to cut or delay");
                return Err(problem.help("leave `when` out, or write `after_commit`").at(&when));
            }
            Some(when) => when.value,
            None if needs_answer => When::AfterCommit,
            None => When::BeforeCommit,
        };
        Ok(counted(FaultAction::Struck { at, when, effect }, grant))
    }
}

fn effect(
    answer: Option<Located<FaultAnswer>>,
    reply: Option<Located<Reply>>,
    id_token: Option<Located<IdTokenTampering>>,
    members: Option<Located<Map<String, Value>>>,
) -> Result<FaultEffect, Problem> {
    const NAMES: [&str; 4] = ["answer", "reply", "id_token", "members"];
    let given = [
        answer.map(|found| found.map(FaultEffect::Answer)),
        reply.map(|found| {
            found.map(|reply| match reply {
                Reply::Drop => FaultEffect::Drop,
                Reply::CutAfter(bytes) => FaultEffect::CutAfter(bytes),
                Reply::Delay(delay) => FaultEffect::Delay(delay),
            })
        }),
        id_token.map(|found| found.map(FaultEffect::IdToken)),
        members.map(|found| found.map(FaultEffect::Members)),
    ];
    let names: Vec<&str> =
        NAMES.into_iter().zip(&given).filter(|(_, found)| found.is_some()).map(|(name, _)| name).collect();
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(effect), None) => Ok(effect.value),
        (Some(first), Some(second)) => {
            let later = if second.position > first.position { second } else { first };
            Err(exactly_one_of(&NAMES, &names).at(&later))
        }
        (None, _) => Err(exactly_one_of(&NAMES, &names)),
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::check)
    }
}

impl JsonSchema for Fault {
    fn schema_name() -> Cow<'static, str> {
        "Fault".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Fields::json_schema(generator)
    }
}
