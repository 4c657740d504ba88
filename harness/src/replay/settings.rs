//! The settings of a profile that a recording may have been made under: each switch the other way, each choice another, each count smaller.

use mock_idp::profile::{Profile, policy_schema};
use serde_json::Value;

/// Counts up to this are tried.
const MOST: u64 = 6;

/// Settings, each of which makes a profile another, as `--set` has them.
pub(super) fn settings(profile: &Profile) -> Vec<String> {
    let schema = policy_schema();
    let Ok(policy) = serde_json::to_value(&profile.policy) else { return Vec::new() };
    let mut found = Vec::new();
    walk(&schema, &schema, &policy, &mut Vec::new(), &mut found);
    found
}

fn walk(root: &Value, schema: &Value, value: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let schema = below(root, schema, name);
                path.push(name.clone());
                walk(root, schema.unwrap_or(&Value::Null), member, path, found);
                path.pop();
            }
        }
        Value::Bool(is) => found.push(format!("{}={}", path.join("."), !is)),
        Value::Number(number) if path.last().is_some_and(|name| name == "count") => {
            let now = number.as_u64().unwrap_or_default();
            found.extend((1..=MOST).filter(|count| *count < now).map(|count| format!("{}={count}", path.join("."))));
        }
        Value::String(now) => {
            let others = choices(root, schema).into_iter().filter(|choice| choice != now);
            found.extend(others.map(|choice| format!("{}={choice}", path.join("."))));
        }
        Value::Null | Value::Number(_) | Value::Array(_) => {}
    }
}

/// The schemas that a schema stands for: what it refers to, or its alternatives.
fn meant<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map(|target| meant(root, target)).unwrap_or_default();
    }
    let alternatives = ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema.get(name)?.as_array()).flatten();
    let mut all: Vec<&Value> = alternatives.flat_map(|schema| meant(root, schema)).collect();
    all.push(schema);
    all
}

fn below<'s>(root: &'s Value, schema: &'s Value, name: &str) -> Option<&'s Value> {
    let all = meant(root, schema);
    let own = all.iter().find_map(|schema| schema.get("properties")?.get(name));
    own.or_else(|| all.iter().find_map(|schema| schema.get("additionalProperties")).filter(|it| it.is_object()))
}

fn choices(root: &Value, schema: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    meant(root, schema)
        .into_iter()
        .flat_map(|schema| {
            let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            listed.chain(schema.get("const")).filter_map(text).collect::<Vec<_>>()
        })
        .collect()
}
