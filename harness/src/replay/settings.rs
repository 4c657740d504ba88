//! The settings of a profile that a recording may have been made under: each switch the other way, each choice another, each count smaller, each time
//! one that is over at the moment at which something happened.

use std::collections::BTreeSet;

use mock_idp::profile::{Profile, policy_schema};
use mock_idp::proto::time::Span;
use serde_json::Value;

use super::turn::TurnKind;

/// Counts up to this are tried.
const MOST: u64 = 6;

/// Texts and names, whose other values say nothing of behaviour, and what is of no request here.
const LEFT_OUT: [&str; 5] = ["errors", "error_forms", "faults", "mail", "tenants"];

/// Times that need not be set, by name.
const TIMES: [&str; 5] = ["browser_lifetime", "idle_lifetime", "lasts", "lifetime", "trust"];

/// What is about resources alone.
const OF_RESOURCES: [&str; 2] = ["api", "resources"];

/// Settings, each of which makes a profile another in how it answers such turns, as `--set` has them. `passed` is how many seconds after earlier turns
/// this one is.
pub(super) fn settings(profile: &Profile, kind: &TurnKind, passed: &BTreeSet<i64>) -> Vec<String> {
    let schema = policy_schema();
    let Ok(policy) = serde_json::to_value(&profile.policy) else { return Vec::new() };
    let mut found = Vec::new();
    walk(&schema, &schema, &policy, &mut Vec::new(), passed, &mut found);
    let is_of_resource = matches!(kind, TurnKind::Request("resource" | "service"));
    found.retain(|setting| {
        let section = setting.split('.').next().unwrap_or_default();
        !LEFT_OUT.contains(&section) && (is_of_resource || !OF_RESOURCES.contains(&section))
    });
    found
}

fn walk(
    root: &Value,
    schema: &Value,
    value: &Value,
    path: &mut Vec<String>,
    passed: &BTreeSet<i64>,
    found: &mut Vec<String>,
) {
    let spans = |found: &mut Vec<String>| {
        found.extend(passed.iter().map(|seconds| format!("{}={seconds}s", path.join("."))));
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let schema = below(root, schema, name);
                path.push(name.clone());
                walk(root, schema.unwrap_or(&Value::Null), member, path, passed, found);
                path.pop();
            }
            // What is not set may not be written down at all.
            let is_missing = |name: &&str| !members.contains_key(*name) && below(root, schema, name).is_some();
            for name in TIMES.iter().copied().filter(is_missing) {
                path.push(name.to_owned());
                walk(root, &Value::Null, &Value::Null, path, passed, found);
                path.pop();
            }
        }
        Value::Bool(is) => found.push(format!("{}={}", path.join("."), !is)),
        Value::Number(number) if path.last().is_some_and(|name| name == "count") => {
            let now = number.as_u64().unwrap_or_default();
            found.extend((1..=MOST).filter(|count| *count < now).map(|count| format!("{}={count}", path.join("."))));
        }
        Value::String(now) if is_span(now) => spans(found),
        Value::String(now) => {
            let others = choices(root, schema).into_iter().filter(|choice| choice != now);
            found.extend(others.map(|choice| format!("{}={choice}", path.join("."))));
        }
        Value::Null if path.last().is_some_and(|name| TIMES.contains(&name.as_str())) => spans(found),
        Value::Null | Value::Number(_) | Value::Array(_) => {}
    }
}

/// Whether a text is a time, as a policy has it.
fn is_span(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<Span>().is_ok()
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
            let all = settings(&profile, &TurnKind::Token("refresh_token".to_owned()), &BTreeSet::from([7]));
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
        let has =
            |kind: &TurnKind, wanted: &str| settings(&profile, kind, &BTreeSet::new()).iter().any(|it| it == wanted);
        let (token, resource) = (TurnKind::Token("refresh_token".to_owned()), TurnKind::Request("resource"));
        assert!(has(&resource, "api.limits.minutely.count=2") && !has(&token, "api.limits.minutely.count=2"));
        assert!(has(&token, "refresh.checks_access=false") || has(&token, "refresh.checks_access=true"));
    }

    #[test]
    fn what_lasts_is_tried_with_the_times_that_passed_also_where_it_is_not_set() {
        let profile = mock_idp::profile::load("intrexx", &[]).unwrap();
        let all = settings(&profile, &TurnKind::Request("service"), &BTreeSet::from([540, 1800]));
        for wanted in ["services.tokentest.session.lifetime=1800s", "token.access_token_lifetime=540s"] {
            assert!(all.iter().any(|it| it == wanted), "{wanted} is not in {all:?}");
        }
        let all = settings(&profile, &TurnKind::Request("service"), &BTreeSet::new());
        assert!(!all.iter().any(|it| it.contains("lifetime=")), "{all:?}");
    }
}
