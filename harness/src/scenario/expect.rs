//! What a step's answer must be.
//!
//! The word `expect` has two uses: beside a verb it is about the client's answer ([`Expect`]), and as a verb of its own it
//! is about the world (`verb/expect.rs`). A file may write `expect` before the verb, so both are read as one
//! [`ExpectFields`] and told apart when the verb is known.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};

use super::count::Count;
use super::located::{Located, checked};
use super::problem::Problem;
use super::request::status;
use super::verb::{Authorize, Call, ExpectWorld, Http, Mail};
use super::yaml::exactly_one_of;
use crate::adapter::protocol::FailureKind;

/// What the client's answer to one operation must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// How it must end; absent when only the body is looked at.
    pub answer: Option<Answer>,
    /// A text that the resource's body must contain. Only for `call`.
    pub body_contains: Option<String>,
    /// A text that the words of an error must contain: what a mail server said. Only for `mail`.
    pub says: Option<String>,
}

/// How an operation must end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Not in an error. A `call` must also have brought a 2xx status.
    Ok,
    /// With this status of the resource. Only for `call`.
    Status(u16),
    /// With so many rows of a collection. Only for a `call` of all pages.
    Rows(u64),
    /// With messages of these subjects, in this order. Only for `mail`.
    Messages(Vec<String>),
    /// Never: the resource owner's browser ends at a page of the provider's that has this text. Only for `authorize`.
    Page(String),
    /// In an error of one of these kinds.
    Error(Vec<FailureKind>),
    /// Either way, but not in a crash: rules judge it, and what they allow is no failure.
    Any,
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Some(Answer::Ok) => f.write_str("success")?,
            Some(Answer::Status(status)) => write!(f, "status {status}")?,
            Some(Answer::Rows(rows)) => write!(f, "{rows} rows")?,
            Some(Answer::Messages(subjects)) if subjects.is_empty() => f.write_str("no message")?,
            Some(Answer::Messages(subjects)) => write!(f, "messages {}", subjects.join(", "))?,
            Some(Answer::Page(text)) => write!(f, "a page with {text:?} in it")?,
            Some(Answer::Error(kinds)) => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind_name(*kind)).collect();
                write!(f, "error {}", names.join(" or "))?;
            }
            Some(Answer::Any) => f.write_str("any end but a crash")?,
            None => {}
        }
        if let Some(text) = &self.says {
            write!(f, " that says {text:?}")?;
        }
        match (&self.answer, &self.body_contains) {
            (Some(_), Some(text)) => write!(f, " with {text:?} in the body"),
            (None, Some(text)) => write!(f, "{text:?} in the body"),
            (_, None) => Ok(()),
        }
    }
}

/// Every kind of failure.
const KINDS: [FailureKind; 8] = [
    FailureKind::Reauthorize,
    FailureKind::Oauth,
    FailureKind::Network,
    FailureKind::Throttled,
    FailureKind::Untrusted,
    FailureKind::Refused,
    FailureKind::Unsupported,
    FailureKind::Bug,
];

/// The protocol's word for a kind of failure.
fn kind_name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Reauthorize => "reauthorize",
        FailureKind::Oauth => "oauth",
        FailureKind::Network => "network",
        FailureKind::Throttled => "throttled",
        FailureKind::Untrusted => "untrusted",
        FailureKind::Refused => "refused",
        FailureKind::Unsupported => "unsupported",
        FailureKind::Bug => "bug",
    }
}

/// Everything that may stand under the word `expect`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) struct ExpectFields {
    status: Option<Located<Status>>,
    ok: Option<Located<bool>>,
    error: Option<Located<Kinds>>,
    rows: Option<Located<u64>>,
    messages: Option<Located<Vec<String>>>,
    says: Option<Located<String>>,
    page: Option<Located<String>>,
    any: Option<Located<bool>>,
    body_contains: Option<Located<String>>,
    requests: Option<Located<BTreeMap<String, Count>>>,
    refused: Option<Located<BTreeMap<String, Count>>>,
    issued: Option<Located<BTreeMap<String, Count>>>,
    valid_refresh_tokens: Option<Located<u32>>,
    chains_alive: Option<Located<u32>>,
}

impl ExpectFields {
    /// Refuses what only some requests have.
    fn of_requests(&self, verb: &str) -> Result<(), Problem> {
        if verb == Http::NAME
            && let Some(error) = &self.error
        {
            let problem = Problem::new("a request of the harness's own has no error of a client's");
            return Err(problem.help("write `status: …` or `body_contains: …`").at(error));
        }
        if verb != Call::NAME && verb != Http::NAME {
            let of_calls = [
                ("status", at(self.status.as_ref())),
                ("rows", at(self.rows.as_ref())),
                ("body_contains", at(self.body_contains.as_ref())),
            ];
            if let Some((name, Some(place))) = of_calls.into_iter().find(|(_, place)| place.is_some()) {
                return Err(Problem::new(format!("`{verb}` has no `{name}`; only `call` does"))
                    .help("write `ok: true` or `error: …`")
                    .at(&place));
            }
        }
        Ok(())
    }

    /// What they mean beside `verb`.
    pub(super) fn answer_of(self, verb: &str) -> Result<Expect, Problem> {
        let world = [
            ("requests", at(self.requests.as_ref())),
            ("refused", at(self.refused.as_ref())),
            ("issued", at(self.issued.as_ref())),
            ("valid_refresh_tokens", at(self.valid_refresh_tokens.as_ref())),
            ("chains_alive", at(self.chains_alive.as_ref())),
        ];
        if let Some((name, Some(place))) = world.into_iter().find(|(_, place)| place.is_some()) {
            return Err(Problem::new(format!("`{name}` is about the world, not about the answer of `{verb}`"))
                .help("make it a step of its own: `- expect: {…}`")
                .at(&place));
        }
        self.of_requests(verb)?;
        if verb != Mail::NAME {
            let of_mail = [("messages", at(self.messages.as_ref())), ("says", at(self.says.as_ref()))];
            if let Some((name, Some(place))) = of_mail.into_iter().find(|(_, place)| place.is_some()) {
                return Err(Problem::new(format!("`{verb}` has no `{name}`; only `mail` does")).at(&place));
            }
        }
        if let (None, Some(says)) = (&self.error, &self.says) {
            return Err(Problem::new("only an error says something").help("write `error: refused` beside it").at(says));
        }
        if verb != Authorize::NAME
            && let Some(page) = &self.page
        {
            let problem = Problem::new(format!("`{verb}` has no `page`; only `authorize` does"));
            return Err(problem.help("a call has a body: `body_contains: …`").at(page));
        }
        let ways = [
            ("status", at(self.status.as_ref())),
            ("ok", at(self.ok.as_ref())),
            ("error", at(self.error.as_ref())),
            ("rows", at(self.rows.as_ref())),
            ("messages", at(self.messages.as_ref())),
            ("page", at(self.page.as_ref())),
            ("any", at(self.any.as_ref())),
        ];
        let given: Vec<(&str, Located<()>)> =
            ways.iter().filter_map(|(name, place)| place.clone().map(|place| (*name, place))).collect();
        if let [_, (_, second), ..] = given.as_slice() {
            let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
            return Err(
                exactly_one_of(&["status", "ok", "error", "rows", "messages", "page", "any"], &names).at(second)
            );
        }
        if let (Some(_), Some(text)) = (&self.error, &self.body_contains) {
            return Err(Problem::new("an error of the client has no body").help("leave one of the two out").at(text));
        }
        let answer = match (self.status, self.ok, self.error) {
            (Some(status), _, _) => Some(Answer::Status(status.value.0)),
            (_, Some(ok), _) if ok.value => Some(Answer::Ok),
            (_, Some(ok), _) => {
                let problem = Problem::new("only `ok: true` can be expected");
                return Err(problem.help("say which errors are right: `error: [oauth, network]`").at(&ok));
            }
            (_, _, Some(kinds)) => Some(Answer::Error(kinds.value.0)),
            (None, None, None) => match (self.rows, self.messages, self.page, self.any) {
                (Some(rows), ..) => Some(Answer::Rows(rows.value)),
                (None, Some(subjects), ..) => Some(Answer::Messages(subjects.value)),
                (None, None, Some(page), _) => Some(Answer::Page(page.value)),
                (None, None, None, any) => any.filter(|any| any.value).map(|_| Answer::Any),
            },
        };
        let body_contains = self.body_contains.map(|text| text.value);
        if answer.is_none() && body_contains.is_none() {
            return Err(Problem::new("nothing is expected here").help("write `status: 200`, `ok: true` or `error: …`"));
        }
        Ok(Expect { answer, body_contains, says: self.says.map(|text| text.value) })
    }

    /// What they mean as a verb.
    pub(super) fn of_world(self) -> Result<ExpectWorld, Problem> {
        let answers = [
            ("status", at(self.status.as_ref())),
            ("ok", at(self.ok.as_ref())),
            ("error", at(self.error.as_ref())),
            ("rows", at(self.rows.as_ref())),
            ("messages", at(self.messages.as_ref())),
            ("says", at(self.says.as_ref())),
            ("page", at(self.page.as_ref())),
            ("any", at(self.any.as_ref())),
            ("body_contains", at(self.body_contains.as_ref())),
        ];
        if let Some((name, Some(place))) = answers.into_iter().find(|(_, place)| place.is_some()) {
            return Err(Problem::new(format!("`{name}` is about a client's answer, and this step asks for none"))
                .help("write it beside `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `mail`, `refresh` or `token`")
                .at(&place));
        }
        ExpectWorld {
            requests: counts(self.requests),
            refused: counts(self.refused),
            issued: counts(self.issued),
            valid_refresh_tokens: self.valid_refresh_tokens.map(|number| number.value),
            chains_alive: self.chains_alive.map(|number| number.value),
        }
        .checked()
    }
}

fn counts(field: Option<Located<BTreeMap<String, Count>>>) -> BTreeMap<String, Count> {
    field.map(|field| field.value).unwrap_or_default()
}

fn at<T>(field: Option<&Located<T>>) -> Option<Located<()>> {
    field.map(Located::place)
}

#[derive(Debug)]
struct Status(u16);

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        status(deserializer).map(Self)
    }
}

/// One kind of failure or a list of them.
#[derive(Debug)]
struct Kinds(Vec<FailureKind>);

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |OneOrMore(kinds)| {
            let kinds = kinds?;
            if kinds.is_empty() { Err(Problem::new("name at least one kind of failure")) } else { Ok(Self(kinds)) }
        })
    }
}

struct OneOrMore(Result<Vec<FailureKind>, Problem>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindsVisitor).map(Self)
    }
}

struct KindsVisitor;

impl<'de> Visitor<'de> for KindsVisitor {
    type Value = Result<Vec<FailureKind>, Problem>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of failure or a list of them")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        let found = KINDS.into_iter().find(|kind| kind_name(*kind) == word);
        let names = KINDS.map(kind_name);
        Ok(found.map(|kind| vec![kind]).ok_or_else(|| Problem::unknown("kind of failure", word, &names)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut kinds = Vec::new();
        while let Some(kind) = list.next_element::<Located<FailureKind>>()? {
            if kinds.contains(&kind.value) {
                return Err(Problem::new("this kind is listed twice").at(&kind).raise());
            }
            kinds.push(kind.value);
        }
        Ok(Ok(kinds))
    }
}

impl JsonSchema for Expect {
    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = generator.subschema_for::<FailureKind>();
        json_schema!({
            "description": "What the client's answer must be: one of `status`, `ok`, `error`, `rows`, `messages`, `page`, `any`, and for a call a text in the body.",
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "properties": {
                "status": {
                    "description": "The status of the resource's last answer. Only for `call`.",
                    "type": "integer", "minimum": 200, "maximum": 599
                },
                "ok": { "description": "No error; for a `call` also a 2xx status.", "const": true },
                "error": {
                    "description": "An error of this kind, or of one of these.",
                    "oneOf": [kind.clone(), { "type": "array", "items": kind, "minItems": 1, "uniqueItems": true }]
                },
                "rows": {
                    "description": "How many rows a collection has. Only for a `call` of all pages.",
                    "type": "integer", "minimum": 0
                },
                "messages": {
                    "description": "The subjects of what was read, oldest first. Only for `mail`.",
                    "type": "array", "items": { "type": "string" }
                },
                "says": {
                    "description": "A text in the words of an error: what a mail server said. Only for `mail`, beside `error`.",
                    "type": "string", "minLength": 1
                },
                "page": {
                    "description": "The resource owner's browser ends at a page of the provider's with this text in it. Only for `authorize`.",
                    "type": "string", "minLength": 1
                },
                "any": { "description": "Either way: what came of it is for rules to judge.", "const": true },
                "body_contains": {
                    "description": "A text that the resource's body contains. Only for `call`.", "type": "string"
                }
            }
        })
    }
}
