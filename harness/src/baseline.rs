//! Known failures: a file for each client that says which scenarios fail, in which rules, and why that is so.
//!
//! Known failures run like everything else. One that passes is stale, one that matches no scenario is a mistake, and a
//! failure beyond what is listed is a failure: the file can only ever say exactly what happens. Owns the file, and the
//! change it makes to an outcome; never runs anything.

mod load;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::run::outcome::Outcome;
use load::Place;
use pattern::Pattern;

/// What stands under `fails` for a step's expectation, beside rule ids.
pub const EXPECTATION: &str = "expectation";

/// A known-failures file.
#[derive(Debug, Clone)]
pub struct Baseline {
    client: String,
    source: load::Source,
    entries: Vec<Entry>,
}

/// One known failure.
#[derive(Debug, Clone)]
struct Entry {
    scenario: Pattern,
    place: Place,
    fails: Vec<(String, Place)>,
    because: String,
    link: Option<String>,
}

/// What a known-failures file has to fit.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The client's name.
    pub client: &'a str,
    /// The ids of *all* scenarios, also of those that a filter leaves out of this run.
    pub scenarios: &'a BTreeSet<String>,
    /// The ids of all rules.
    pub rules: &'a BTreeSet<String>,
}

/// What is wrong with a known-failures file.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A mistake in it, with file, line, column and the lines around it.
    #[error("{text}")]
    Mistake {
        /// The line, from 1; 0 when it is not known.
        line: u64,
        /// All of the message.
        text: String,
    },
}

impl Baseline {
    /// Reads and checks the file at `path`; a file that does not exist lists nothing.
    ///
    /// # Errors
    /// [`BaselineError`] when it cannot be read or has a mistake.
    pub fn read(path: &Path, client: &str) -> Result<Self, BaselineError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self {
                client: client.to_owned(),
                source: load::Source { name: path.display().to_string(), text: String::new() },
                entries: Vec::new(),
            }),
            Err(source) => Err(BaselineError::Io { path: path.to_owned(), source }),
        }
    }

    /// Reads a file's `text`; `name` is what messages call it.
    ///
    /// # Errors
    /// [`BaselineError::Mistake`], with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, BaselineError> {
        load::load(name, text)
    }

    /// Everything in the file that does not fit the plan: another client, an entry that matches no scenario, a scenario
    /// matched twice, a rule that does not exist. Empty when it fits.
    #[must_use]
    pub fn check(&self, plan: &Plan<'_>) -> Vec<BaselineError> {
        let mut mistakes = Vec::new();
        if self.client != plan.client {
            let why = format!("this file is about `{}`, and the client is `{}`", self.client, plan.client);
            mistakes.push(self.source.whole(&why));
        }
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        for entry in &self.entries {
            let matched: Vec<&str> =
                plan.scenarios.iter().map(String::as_str).filter(|id| entry.scenario.matches(id)).collect();
            if matched.is_empty() {
                let near = nearest(entry.scenario.text(), plan.scenarios);
                let why = format!("unmatched: no scenario has the id `{}`{near}", entry.scenario.text());
                mistakes.push(self.source.at(entry.place, &why));
            }
            for id in matched {
                if !taken.insert(id) {
                    let why = format!("`{id}` is matched by an earlier entry too; a scenario has one entry");
                    mistakes.push(self.source.at(entry.place, &why));
                }
            }
            for (rule, place) in &entry.fails {
                if rule != EXPECTATION && !plan.rules.contains(rule) {
                    let why = format!("there is no rule `{rule}`{}", nearest(rule, plan.rules));
                    mistakes.push(self.source.at(*place, &why));
                }
            }
        }
        mistakes
    }

    /// What the file makes of an outcome. `failing` are the ids of what failed: rules, and [`EXPECTATION`].
    ///
    /// - exactly what is listed failed: a known failure;
    /// - less failed: an unexpected pass, with what did not fail;
    /// - more failed: a failure, in what is not listed alone;
    /// - the client does not support the scenario: an unexpected pass for an entry that names it; one with `*` may well
    ///   cover scenarios that do not apply;
    /// - inconclusive or broken: unchanged, since nothing is known about the failure.
    #[must_use]
    pub fn apply(&self, scenario: &str, outcome: Outcome, failing: &BTreeSet<String>) -> Outcome {
        let Some(entry) = self.entries.iter().find(|entry| entry.scenario.matches(scenario)) else {
            return outcome;
        };
        match outcome {
            Outcome::Pass => Outcome::UnexpectedPass { stale: self.stale(entry, failing) },
            Outcome::Fail { reasons } => self.failed(entry, reasons, failing),
            Outcome::NotSupported { .. } if entry.scenario.is_exact() => {
                Outcome::UnexpectedPass { stale: self.stale(entry, &BTreeSet::new()) }
            }
            Outcome::NotSupported { .. }
            | Outcome::KnownFailure { .. }
            | Outcome::UnexpectedPass { .. }
            | Outcome::Inconclusive { .. }
            | Outcome::Broken { .. } => outcome,
        }
    }

    fn failed(&self, entry: &Entry, reasons: Vec<String>, failing: &BTreeSet<String>) -> Outcome {
        let listed = |id: &str| entry.fails.iter().any(|(known, _)| known == id);
        let stale = self.stale(entry, failing);
        if failing.iter().any(|id| !listed(id)) {
            // Reasons begin with their id and a colon.
            let beyond = |reason: &String| !reason.split_once(": ").is_some_and(|(id, _)| listed(id));
            let mut left: Vec<String> = reasons.into_iter().filter(beyond).collect();
            left.extend(stale.into_iter().map(|stale| format!("known failures: {stale} did not fail")));
            return Outcome::Fail { reasons: left };
        }
        if stale.is_empty() {
            let because = match &entry.link {
                Some(link) => format!("{} ({link})", entry.because),
                None => entry.because.clone(),
            };
            Outcome::KnownFailure { reasons, because }
        } else {
            Outcome::UnexpectedPass { stale }
        }
    }

    /// What is listed and did not fail, with the place to delete.
    fn stale(&self, entry: &Entry, failing: &BTreeSet<String>) -> Vec<String> {
        let gone = entry.fails.iter().filter(|(id, _)| !failing.contains(id));
        gone.map(|(id, place)| format!("{id} ({}:{})", self.source.name, place.line())).collect()
    }
}

/// Today's failures as a known-failures file. The reasons are left to a person: a file with a `TODO` in it is refused.
#[must_use]
pub fn write<'a>(client: &str, failures: impl IntoIterator<Item = (&'a str, &'a BTreeSet<String>)>) -> String {
    let mut out = format!("client: {client}\nknown:");
    let mut any = false;
    for (scenario, fails) in failures {
        any = true;
        let fails: Vec<&str> = fails.iter().map(String::as_str).collect();
        let entry = format!("\n  - scenario: {scenario}\n    fails: [{}]\n    because: TODO", fails.join(", "));
        out.push_str(&entry);
    }
    out.push_str(if any { "\n" } else { " []\n" });
    out
}

/// `, did you mean …?` when something is near.
fn nearest(wanted: &str, names: &BTreeSet<String>) -> String {
    let scored = names.iter().map(|name| (strsim::jaro_winkler(wanted, name), name));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(score, _)| *score > 0.8).map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}
