//! What a report is made from: one client's cells, each with its events and what was decided about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::run::event::{Event, EventKind};
use crate::run::outcome::{Level, Outcome, RuleResult, RuleVerdict};
use crate::snapshot::ScenarioFacts;
use crate::snapshot::store::{Comparison, State, Written};

/// A rule, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFacts {
    /// The id.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// What it asks of a client, in a sentence.
    pub requirement: String,
    /// Where that is written.
    pub source: String,
}

/// One scenario run with one client.
#[derive(Debug, Clone)]
pub struct CellResult {
    /// The scenario.
    pub facts: ScenarioFacts,
    /// Its log, complete.
    pub events: Vec<Event>,
    /// How it ended, after the known-failures file was applied.
    pub outcome: Outcome,
    /// The ids of what failed: rules, and `expectation`.
    pub failing: BTreeSet<String>,
    /// How its conversation compares with the snapshot; absent where none was compared.
    pub comparison: Option<Comparison>,
    /// The one command that runs this cell again.
    pub reproduce: String,
    /// How long it took. Printed in JUnit only, and only when given: everything else is the same in every run.
    pub took: Option<Duration>,
}

/// Everything that was found about one client.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// The client's name.
    pub client: String,
    /// The library under test and its version.
    pub library: String,
    /// The cells, in the order of the plan.
    pub cells: Vec<CellResult>,
    /// Snapshots that belong to no scenario.
    pub orphans: Vec<PathBuf>,
    /// The rules, by id.
    pub rules: BTreeMap<String, RuleFacts>,
    /// How many scenarios a filter left out.
    pub filtered_out: usize,
    /// The command that reviews snapshots.
    pub review: String,
}

/// How many cells ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// [`Outcome::Pass`].
    pub passed: usize,
    /// [`Outcome::Fail`].
    pub failed: usize,
    /// [`Outcome::KnownFailure`].
    pub known: usize,
    /// [`Outcome::UnexpectedPass`].
    pub stale: usize,
    /// [`Outcome::Inconclusive`].
    pub inconclusive: usize,
    /// [`Outcome::NotSupported`].
    pub not_supported: usize,
    /// [`Outcome::Broken`].
    pub broken: usize,
}

/// How the snapshots stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// As stored.
    pub same: usize,
    /// Different, waiting for a review.
    pub changed: usize,
    /// Without a snapshot, waiting for a review.
    pub new: usize,
    /// Accepted by this run.
    pub accepted: usize,
    /// Belonging to no scenario.
    pub orphaned: usize,
}

impl Counts {
    /// Counts outcomes.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            let one = match outcome {
                Outcome::Pass => &mut counts.passed,
                Outcome::Fail { .. } => &mut counts.failed,
                Outcome::KnownFailure { .. } => &mut counts.known,
                Outcome::UnexpectedPass { .. } => &mut counts.stale,
                Outcome::Inconclusive { .. } => &mut counts.inconclusive,
                Outcome::NotSupported { .. } => &mut counts.not_supported,
                Outcome::Broken { .. } => &mut counts.broken,
            };
            *one += 1;
        }
        counts
    }

    /// All cells.
    #[must_use]
    pub fn total(&self) -> usize {
        let Self { passed, failed, known, stale, inconclusive, not_supported, broken } = self;
        passed + failed + known + stale + inconclusive + not_supported + broken
    }
}

impl SnapshotCounts {
    /// Whether everything is as stored or was accepted.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.changed == 0 && self.new == 0 && self.orphaned == 0
    }
}

impl RunSummary {
    /// How many cells ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.cells.iter().map(|cell| &cell.outcome))
    }

    /// How the snapshots stand.
    #[must_use]
    pub fn snapshots(&self) -> SnapshotCounts {
        let mut counts = SnapshotCounts { orphaned: self.orphans.len(), ..SnapshotCounts::default() };
        for comparison in self.cells.iter().filter_map(|cell| cell.comparison.as_ref()) {
            let one = match (&comparison.state, comparison.written) {
                (State::Same | State::New | State::Changed { .. }, Written::Accepted) => &mut counts.accepted,
                (State::Same, Written::Nothing | Written::Pending) => &mut counts.same,
                (State::New, Written::Nothing | Written::Pending) => &mut counts.new,
                (State::Changed { .. }, Written::Nothing | Written::Pending) => &mut counts.changed,
            };
            *one += 1;
        }
        counts
    }
}

impl CellResult {
    /// The rules of this level that were broken, in the order of the log.
    pub fn broken_rules(&self, level: Level) -> impl Iterator<Item = &RuleResult> {
        self.events.iter().filter_map(move |event| {
            if let EventKind::RuleDecided(result) = &event.what
                && result.verdict == RuleVerdict::Broken
                && result.level == level
            {
                Some(result)
            } else {
                None
            }
        })
    }

    /// What the outcome says about itself, one line each; empty for a pass.
    #[must_use]
    pub fn reasons(&self) -> Vec<&str> {
        match &self.outcome {
            Outcome::Pass => Vec::new(),
            Outcome::Fail { reasons } | Outcome::KnownFailure { reasons, .. } => lines(reasons),
            Outcome::UnexpectedPass { stale } => lines(stale),
            Outcome::Inconclusive { missing } | Outcome::NotSupported { missing } => lines(missing),
            Outcome::Broken { why } => vec![why],
        }
    }

    /// The steps in which these exchanges began, each once, in order: number, line in the scenario's file, and what it says.
    #[must_use]
    pub fn steps_of(&self, exchanges: &[u32]) -> Vec<(u32, u32, &str)> {
        let wanted: BTreeSet<u32> = exchanges.iter().copied().collect();
        let mut steps = Vec::new();
        let mut current = None;
        for event in &self.events {
            if let EventKind::StepStarted { step, line, text, .. } = &event.what {
                current = Some((*step, *line, text.as_str()));
            } else if let EventKind::Request { exchange, .. } = &event.what
                && wanted.contains(exchange)
            {
                // Taken, so that the step is there once.
                steps.extend(current.take());
            }
        }
        steps
    }

    /// The expectations that were not met: step, line, what was expected, what was found.
    pub fn unmet(&self) -> impl Iterator<Item = (u32, u32, &str, &str)> {
        self.events.iter().filter_map(|event| {
            if let EventKind::Expectation { step, line, met: false, expected, found } = &event.what {
                Some((*step, *line, expected.as_str(), found.as_str()))
            } else {
                None
            }
        })
    }
}

fn lines(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
