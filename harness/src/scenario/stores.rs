//! Which workers share which token store.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::id::{KEBAB_PATTERN, WorkerName, kebab};
use super::located::{Located, checked, text};
use super::problem::Problem;

/// The stores by name. None at all stands for one store that all workers share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stores(BTreeMap<StoreName, Vec<Located<WorkerName>>>);

/// A store's name; it is also the name of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct StoreName(String);

impl Stores {
    /// The store of a worker; nothing where all workers share one.
    #[must_use]
    pub fn of(&self, worker: &str) -> Option<&str> {
        let mut stores = self.0.iter();
        let found = stores.find(|(_, workers)| workers.iter().any(|listed| listed.value.as_str() == worker));
        found.map(|(name, _)| name.0.as_str())
    }

    /// Whether all workers share one store.
    pub(super) fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    /// The workers that are in a store, with their places.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Located<WorkerName>> {
        self.0.values().flatten()
    }

    fn check(stores: BTreeMap<StoreName, Located<Vec<Located<WorkerName>>>>) -> Result<Self, Problem> {
        let mut seen: Vec<&WorkerName> = Vec::new();
        for workers in stores.values() {
            if workers.value.is_empty() {
                return Err(Problem::new("a store that nobody uses").help("list its workers: `live: [a]`").at(workers));
            }
            for worker in &workers.value {
                if seen.contains(&&worker.value) {
                    let problem = Problem::new(format!("worker `{}` is in two stores", worker.value));
                    return Err(problem.help("a worker has one store").at(worker));
                }
                seen.push(&worker.value);
            }
        }
        Ok(Self(stores.into_iter().map(|(name, workers)| (name, workers.value)).collect()))
    }
}

impl<'de> Deserialize<'de> for StoreName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |name| kebab(name).map(|()| Self(name.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Stores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, Self::check)
    }
}

impl JsonSchema for Stores {
    fn schema_name() -> Cow<'static, str> {
        "Stores".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let worker = generator.subschema_for::<WorkerName>();
        json_schema!({
            "description": "The workers of each store by the store's name. Each worker of the scenario is in exactly one.",
            "type": "object",
            "propertyNames": { "pattern": KEBAB_PATTERN },
            "additionalProperties": { "type": "array", "items": worker, "minItems": 1, "uniqueItems": true }
        })
    }
}
