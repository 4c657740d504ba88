//! The JSON Schema, compared with the checked-in one and put to work.

use std::path::Path;

use serde_json::Value;

use super::sample::{EVERYTHING, HEAD, parse};
use crate::scenario::{Verb, json_schema};

#[test]
fn the_checked_in_schema_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/scenario.schema.json");
    let now = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &now).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == now, "{} is out of date: run the tests with UPDATE_SCHEMAS=1", path.display());
}

#[test]
fn every_verb_is_described() {
    let schema = json_schema();
    let forms = schema.pointer("/$defs/Step/oneOf").and_then(Value::as_array).unwrap();
    for name in Verb::NAMES {
        let form = forms.iter().find(|form| form["required"] == serde_json::json!([name])).unwrap();
        assert!(form["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert_ne!(form["properties"][name], Value::Bool(true), "{name}");
    }
}

#[test]
fn every_field_is_described() {
    let schema = json_schema();
    for (name, field) in schema["properties"].as_object().unwrap() {
        assert!(field["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn the_schema_accepts_what_the_loader_accepts() {
    let minimal = format!("{HEAD}steps: [authorize]\n");
    for text in [EVERYTHING, minimal.as_str()] {
        parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(judge(text), Ok(()), "{text}");
    }
}

#[test]
fn the_schema_refuses_what_an_editor_should_underline() {
    let steps = [
        "  - autorize\n",
        "  - call\n",
        "  - call: 5\n",
        "  - call: GET /x\n    refresh:\n",
        "  - call: GET /x\n    worke: b\n",
        "  - refresh: now\n",
        "  - advance: 1s\n    worker: b\n",
        "  - advance: 1s\n    expect: { ok: true }\n",
        "  - refresh:\n    expect: { eror: oauth }\n",
        "  - refresh:\n    expect: {}\n",
        "  - grant\n",
        "  - grant: code\n",
        "  - grant: on_behalf_of\n",
        "  - grant: { on_behalf_of: {} }\n",
        "  - device: { answer: maybe }\n",
        "  - device:\n  - poll: now\n",
        "  - race: { at: token, workers: { a: refresh } }\n",
        "  - race: { at: token, workers: { a: refresh, b: restart } }\n",
        "  - crash: { during: { advance: 1s }, at: token_reply }\n",
        "  - fault: { at: token }\n",
        "  - fault: { at: token, answer: { status: 503 }, reply: drop }\n",
        "  - fault: { at: token, reply: { cut_after: 1, delay: 1s } }\n",
        "  - change: {}\n",
        "  - change: { password: a, consent: withdrawn }\n",
        "  - expect: { status: 200 }\n",
        "  - expect: {}\n",
    ];
    for step in steps {
        let text = format!("{HEAD}steps:\n{step}");
        assert!(parse(&text).is_err(), "{text}");
        assert!(judge(&text).is_err(), "{text}");
    }
    for tail in
        ["steps: []\n", "", "steps: [authorize]\nwrold: {}\n", "steps: [authorize]\nworld: { user: { totp: x } }\n"]
    {
        let text = format!("{HEAD}{tail}");
        assert!(parse(&text).is_err(), "{text}");
        assert!(judge(&text).is_err(), "{text}");
    }
}

/// Holds a YAML text against the schema.
fn judge(text: &str) -> Result<(), String> {
    let value: Value = serde_yaml::from_str(text).unwrap();
    let schema = json_schema();
    check(&value, &schema, &schema, "")
}

/// A validator of the keywords that our schemas use; patterns and formats are left to the loader's own tests.
fn check(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if *schema == Value::Bool(false) { Err(format!("{at}: nothing may be here")) } else { Ok(()) };
    };
    let fail = |keyword: &str| Err(format!("{at}: {keyword} {}", keywords[keyword]));
    let list = |keyword: &str| keywords.get(keyword).and_then(Value::as_array);
    let number = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
    if let Some(path) = keywords.get("$ref").and_then(Value::as_str) {
        check(value, root.pointer(path.trim_start_matches('#')).unwrap(), root, at)?;
    }
    if keywords.get("const").is_some_and(|want| want != value) {
        return fail("const");
    }
    if list("enum").is_some_and(|allowed| !allowed.contains(value)) {
        return fail("enum");
    }
    let types = match keywords.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| has_type(value, name.as_str().unwrap())) {
        return fail("type");
    }
    let matching = |forms: &Vec<Value>| forms.iter().filter(|form| check(value, form, root, at).is_ok()).count();
    if list("oneOf").is_some_and(|forms| matching(forms) != 1) {
        return fail("oneOf");
    }
    if list("anyOf").is_some_and(|forms| matching(forms) == 0) {
        return fail("anyOf");
    }
    if let Some(whole) = value.as_u64()
        && (number("minimum").is_some_and(|least| whole < least) || number("maximum").is_some_and(|most| whole > most))
    {
        return Err(format!("{at}: out of range"));
    }
    match value {
        Value::Object(fields) => check_object(fields, keywords, root, at),
        Value::Array(items) => {
            if number("minItems").is_some_and(|least| (items.len() as u64) < least) {
                return fail("minItems");
            }
            let schema = keywords.get("items").unwrap_or(&Value::Bool(true));
            items.iter().enumerate().try_for_each(|(index, item)| check(item, schema, root, &format!("{at}/{index}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn check_object(
    fields: &serde_json::Map<String, Value>,
    keywords: &serde_json::Map<String, Value>,
    root: &Value,
    at: &str,
) -> Result<(), String> {
    let count = fields.len() as u64;
    let least = keywords.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
    let most = keywords.get("maxProperties").and_then(Value::as_u64).unwrap_or(u64::MAX);
    if !(least..=most).contains(&count) {
        return Err(format!("{at}: {count} properties"));
    }
    for name in keywords.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    let other = keywords.get("additionalProperties").unwrap_or(&Value::Bool(true));
    for (name, field) in fields {
        let schema = keywords.get("properties").and_then(|properties| properties.get(name)).unwrap_or(other);
        check(field, schema, root, &format!("{at}/{name}"))?;
    }
    Ok(())
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => panic!("the schema names a type {name} that no scenario has"),
    }
}
