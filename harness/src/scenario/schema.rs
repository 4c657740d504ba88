//! The JSON Schema of scenario files, for editors: completion, descriptions, red lines while typing.
//!
//! Argument types describe themselves; a step, whose keys are a verb and its modifiers, is put together here. The schema says
//! less than the loader checks: what depends on several fields at once is often left to the loader.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::document::Scenario;
use super::expect::Expect;
use super::id::WorkerName;
use super::operation::Operation;
use super::verb::{
    Advance, Authorize, Call, Change, Crash, Deliver, Device, DirectGrant, ExpectWorld, Fault, Http, Mail, Poll, Race,
    Refresh, Restart, Token, Verb, has_answer, has_worker,
};

/// The schema of a scenario file (JSON Schema 2020-12).
#[must_use]
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<Scenario>().to_value()
}

/// The schema of one step.
pub(super) fn step(generator: &mut SchemaGenerator) -> Schema {
    let mut forms = vec![json!({
        "description": "A verb without arguments.",
        "enum": Verb::BARE,
    })];
    for name in Verb::NAMES {
        let (description, arguments) = arguments(name, generator);
        let mut properties = Map::new();
        properties.insert(name.to_owned(), arguments);
        if has_worker(name) {
            properties.insert("worker".to_owned(), worker(generator));
        }
        if has_answer(name) {
            properties.insert("expect".to_owned(), generator.subschema_for::<Expect>().to_value());
        }
        properties.insert("note".to_owned(), json!({ "description": "A remark for readers.", "type": "string" }));
        forms.push(json!({
            "description": description,
            "type": "object",
            "additionalProperties": false,
            "required": [name],
            "properties": properties,
        }));
    }
    json_schema!({ "description": "One step: a verb, and what may stand beside it.", "oneOf": forms })
}

/// What a verb does and what it takes.
fn arguments(verb: &str, generator: &mut SchemaGenerator) -> (&'static str, Value) {
    match verb {
        Authorize::NAME => {
            let long = generator.subschema_for::<Authorize>();
            (
                "The client runs an authorization code grant, or an implicit one; the harness plays the resource owner. Must succeed unless \
                 `expect` says otherwise.",
                json!({ "anyOf": [long, { "type": "null" }] }),
            )
        }
        Deliver::NAME => ("A redirect that was kept reaches the client.", subschema::<Deliver>(generator)),
        DirectGrant::NAME => (
            "The client gets tokens by a grant in which no browser takes part. Must succeed unless `expect` says otherwise.",
            subschema::<DirectGrant>(generator),
        ),
        Device::NAME => {
            let long = generator.subschema_for::<Device>();
            (
                "The client begins the device authorization grant; the harness plays the resource owner. Must succeed unless `expect` says \
                 otherwise.",
                json!({ "anyOf": [long, { "type": "null" }] }),
            )
        }
        Poll::NAME => (
            "The client polls for its device until it is over. Must succeed unless `expect` says otherwise.",
            nothing(),
        ),
        Call::NAME => ("The client makes a request to a protected resource.", subschema::<Call>(generator)),
        Http::NAME => ("The harness makes a request itself, which no rule looks at.", subschema::<Http>(generator)),
        Mail::NAME => (
            "The client does something at a mail server. Must succeed unless `expect` says otherwise.",
            subschema::<Mail>(generator),
        ),
        Refresh::NAME => ("The client uses its refresh token now.", nothing()),
        Token::NAME => ("The client makes sure that it has a usable access token.", nothing()),
        Advance::NAME => ("The clock moves forward.", subschema::<Advance>(generator)),
        Race::NAME => (
            "Several operations are held at a point until all have come, then let go in the listed order.",
            subschema::<Race>(generator),
        ),
        Crash::NAME => ("The worker is killed at a named point of an operation.", subschema::<Crash>(generator)),
        Restart::NAME => ("The worker's process is started again over the same storage.", nothing()),
        Fault::NAME => ("Something goes wrong on purpose in requests to come.", subschema::<Fault>(generator)),
        Change::NAME => ("Something in the world becomes different.", subschema::<Change>(generator)),
        ExpectWorld::NAME => ("What must have happened since the scenario began.", subschema::<ExpectWorld>(generator)),
        // Every name comes from `Verb::NAMES`; a test asks for a description of each.
        _ => ("", Value::Bool(true)),
    }
}

/// An operation alone, or as a lane of a race with the modifiers that a lane may have.
pub(super) fn operation_with(generator: &mut SchemaGenerator, lane: bool) -> Schema {
    let mut forms = vec![json!({ "enum": [Refresh::NAME, Token::NAME] })];
    for name in Operation::NAMES {
        let (description, arguments) = arguments(name, generator);
        let mut properties = Map::new();
        properties.insert(name.to_owned(), arguments);
        if lane {
            properties.insert("worker".to_owned(), worker(generator));
            properties.insert("expect".to_owned(), generator.subschema_for::<Expect>().to_value());
        }
        forms.push(json!({
            "description": description,
            "type": "object",
            "additionalProperties": false,
            "required": [name],
            "properties": properties,
        }));
    }
    json_schema!({ "oneOf": forms })
}

fn subschema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn worker(generator: &mut SchemaGenerator) -> Value {
    let mut schema = generator.subschema_for::<WorkerName>();
    schema.insert("description".to_owned(), json!("Which worker of the client. In a race: the lane's name; else `a`."));
    schema.to_value()
}

fn nothing() -> Value {
    json!({ "type": "null" })
}
