//! What differs between two profiles.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::profile::load::{Profile, to_value};

/// One policy field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field, as a path in the policy.
    pub field: String,
    /// Its value in the first profile, as JSON; none when it is not there.
    pub before: Option<String>,
    /// Its value in the second.
    pub after: Option<String>,
    /// The quirk of the second profile that sets it, or of the first when the second has none.
    pub quirk: Option<String>,
}

/// What differs between two profiles, in order of field.
#[must_use]
pub fn diff(before: &Profile, after: &Profile) -> Vec<Difference> {
    let (one, other) = (flatten(before), flatten(after));
    let mut fields: Vec<&String> = one.keys().chain(other.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
        .into_iter()
        .filter(|field| one.get(*field) != other.get(*field))
        .map(|field| Difference {
            field: field.clone(),
            before: one.get(field).cloned(),
            after: other.get(field).cloned(),
            quirk: setter(after, field).or_else(|| setter(before, field)),
        })
        .collect()
}

fn flatten(profile: &Profile) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    walk(&to_value(&profile.policy), "", &mut fields);
    fields
}

fn walk(value: &Value, path: &str, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, &path, fields);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            fields.insert(path.to_owned(), value.to_string());
        }
    }
}

/// The last quirk that sets a field or something around or below it.
fn setter(profile: &Profile, field: &str) -> Option<String> {
    let sets = |quirk: &&crate::profile::Quirk| touches(&Value::Object(quirk.set.clone()), field);
    profile.quirks.iter().rev().find(sets).map(|quirk| quirk.id.clone())
}

fn touches(set: &Value, field: &str) -> bool {
    let mut here = set;
    for key in field.split('.') {
        match here.get(key) {
            Some(inner) => here = inner,
            None => return !here.is_object(),
        }
    }
    true
}
