//! `mail`: the client does something at a mail server with its access token.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer};

use crate::adapter::protocol::MailProtocol;
use crate::scenario::located::{Located, checked};
use crate::scenario::problem::Problem;
use crate::scenario::shape::{FromMap, Shape, misshapen};

/// What the client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    /// It reads its INBOX.
    Read(MailProtocol),
    /// It sends a message.
    Send(Send),
    /// It logs in by IMAP and waits for messages.
    Watch,
    /// It tells what came since.
    Look,
}

/// A message to send. What is left out is the resource owner's own address, and a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Send {
    /// The address in `From`.
    pub from: Option<String>,
    /// The address in `To`.
    pub to: Option<String>,
    /// The subject.
    pub subject: Option<String>,
}

const READ: &str = "read";
const SEND: &str = "send";
const WATCH: &str = "watch";
const LOOK: &str = "look";

impl Mail {
    /// The verb.
    pub const NAME: &str = "mail";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "mail: read";

    const WORDS: [&str; 4] = [READ, SEND, WATCH, LOOK];

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Read(protocol) => format!("read the INBOX by {}", protocol.name().to_ascii_uppercase()),
            Self::Send(Send { from, to, subject }) => {
                let mut text = "send a message".to_owned();
                for (word, value) in [("from", from), ("to", to), ("about", subject)] {
                    if let Some(value) = value {
                        text = format!("{text} {word} {value}");
                    }
                }
                text
            }
            Self::Watch => "wait for messages".to_owned(),
            Self::Look => "look what came".to_owned(),
        }
    }

    /// The capability that the client needs.
    #[must_use]
    pub const fn capability(&self) -> &'static str {
        match self {
            Self::Read(protocol) => protocol.name(),
            Self::Send(_) => MailProtocol::Smtp.name(),
            Self::Watch | Self::Look => "idle",
        }
    }

    fn word(word: &str) -> Result<Self, Problem> {
        match word {
            READ => Ok(Self::Read(MailProtocol::Imap)),
            SEND => Ok(Self::Send(Send::default())),
            WATCH => Ok(Self::Watch),
            LOOK => Ok(Self::Look),
            _ => Err(Problem::unknown("thing to do with mail", word, &Self::WORDS)),
        }
    }
}

/// The long form.
struct Long(Result<Mail, Problem>);

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Readable {
    Imap,
    Pop,
}

impl<'de> FromMap<'de> for Long {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Located<String>>()? {
            let mail = match key.value.as_str() {
                READ if found.is_none() => Mail::Read(match map.next_value::<Readable>()? {
                    Readable::Imap => MailProtocol::Imap,
                    Readable::Pop => MailProtocol::Pop,
                }),
                SEND if found.is_none() => Mail::Send(map.next_value()?),
                other => return Err(Problem::unknown("thing to do with mail", other, &[READ, SEND]).at(&key).raise()),
            };
            found = Some(mail);
        }
        Ok(Self(found.ok_or_else(|| Problem::nothing_of(&[READ, SEND]))))
    }
}

impl<'de> Deserialize<'de> for Mail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |shape: Shape<Long>| match shape {
            Shape::Word(word) => Self::word(&word),
            Shape::Map(Long(mail)) => mail,
            Shape::Other(found) => Err(misshapen("something to do with mail, such as `read`", &found)),
        })
    }
}

impl JsonSchema for Mail {
    fn schema_name() -> Cow<'static, str> {
        "Mail".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let send = generator.subschema_for::<Send>();
        let readable = generator.subschema_for::<Readable>();
        json_schema!({
            "description": "What the client does at a mail server.",
            "oneOf": [
                { "enum": Self::WORDS },
                {
                    "type": "object", "additionalProperties": false, "required": [READ],
                    "properties": { READ: readable }
                },
                {
                    "type": "object", "additionalProperties": false, "required": [SEND],
                    "properties": { SEND: send }
                }
            ]
        })
    }
}
