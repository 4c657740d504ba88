//! What reports and snapshots say about a scenario that is not in its events.

use serde::{Deserialize, Serialize};

/// A scenario, for people. Everything comes from its file; nothing depends on a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFacts {
    /// The id: the path below `scenarios/`, without the ending, with `/`.
    pub id: String,
    /// The title, one line.
    pub title: String,
    /// What it is about, in a sentence or two; may be empty.
    #[serde(default)]
    pub about: String,
    /// What to change in a client that fails.
    #[serde(default)]
    pub remedy: Option<String>,
    /// What a customer who is hit by it pastes into a report.
    #[serde(default)]
    pub reproduces: Vec<String>,
    /// The scenario's file, relative to the folder the harness works in, with `/`.
    pub file: String,
}

impl ScenarioFacts {
    /// The id of the file: without `@` and the profile, where the scenario is run for several.
    #[must_use]
    pub fn file_id(&self) -> &str {
        self.id.split_once('@').map_or(self.id.as_str(), |(file, _)| file)
    }
}
