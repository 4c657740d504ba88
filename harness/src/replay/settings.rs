//! The settings of a profile that a recording may have been made under: each switch the other way, each choice another, each count smaller.

use mock_idp::profile::{Profile, policy_schema};
use serde_json::Value;

use super::turn::TurnKind;

/// Counts up to this are tried.
const MOST: u64 = 6;

/// Texts and names, whose other values say nothing of behaviour, and what is of no request here.
const LEFT_OUT: [&str; 5] = ["errors", "error_forms", "faults", "mail", "tenants"];

/// What is about resources alone.
const OF_RESOURCES: [&str; 2] = ["api", "resources"];

/// Settings, each of which makes a profile another in how it answers such turns, as `--set` has them.
pub(super) fn settings(profile: &Profile, kind: &TurnKind) -> Vec<String> {
    let schema = policy_schema();
    let Ok(policy) = serde_json::to_value(&profile.policy) else { return Vec::new() };
    let mut found = Vec::new();
    walk(&schema, &schema, &policy, &mut Vec::new(), &mut found);
    let is_of_resource = matches!(kind, TurnKind::Request("resource" | "service"));
    found.retain(|setting| {
        let section = setting.split('.').next().unwrap_or_default();
        !LEFT_OUT.contains(&section) && (is_of_resource || !OF_RESOURCES.contains(&section))
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_makes_the_profile_another() {
        for name in ["exact-online", "entra"] {
            let profile = mock_idp::profile::load(name, &[]).unwrap();
            let all = settings(&profile, &TurnKind::Token("refresh_token".to_owned()));
            assert!(all.len() > 20, "{all:?}");
            for setting in all {
                // Some switches need others, and are refused alone.
                if let Ok(other) = mock_idp::profile::load(name, std::slice::from_ref(&setting)) {
                    assert_ne!(other.policy, profile.policy, "{setting}");
                }
            }
        }
    }

    #[test]
    fn what_is_about_resources_is_tried_for_resources_alone() {
        let profile = mock_idp::profile::load("exact-online", &[]).unwrap();
        let has = |kind: &TurnKind, wanted: &str| settings(&profile, kind).iter().any(|it| it == wanted);
        let (token, resource) = (TurnKind::Token("refresh_token".to_owned()), TurnKind::Request("resource"));
        assert!(has(&resource, "api.limits.minutely.count=2") && !has(&token, "api.limits.minutely.count=2"));
        assert!(has(&token, "refresh.checks_access=false") || has(&token, "refresh.checks_access=true"));
    }
}
