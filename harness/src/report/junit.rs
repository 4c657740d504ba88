//! JUnit XML, for pipelines: a suite for each client, a case for each scenario.
//!
//! Fails and stale known failures are failures, as are open snapshots and orphans. What says nothing about the client is
//! told apart by its type: an inconclusive cell is a failure of type `inconclusive`, a broken one an error. Known failures
//! and what a client does not support are skipped, with the reason.

#[cfg(test)]
mod tests;

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite, XmlString};

use crate::report::summary::{CellResult, RunSummary};
use crate::run::event::EventKind;
use crate::run::outcome::Outcome;
use crate::snapshot::store::State;
use crate::snapshot::transcript;

/// All runs as one document. Holds no time of the machine but the durations that are given.
///
/// # Errors
/// When the document cannot be put together.
pub fn render(runs: &[RunSummary]) -> Result<String, SerializeError> {
    let mut report = Report::new("idp-harness");
    report.time = total(runs.iter().flat_map(|run| &run.cells));
    for run in runs {
        report.add_test_suite(suite(run));
    }
    report.to_string()
}

fn suite(run: &RunSummary) -> TestSuite {
    let mut suite = TestSuite::new(xml(&run.client));
    suite.time = total(&run.cells);
    suite.add_property(Property::new("library", xml(&run.library)));
    for cell in &run.cells {
        suite.add_test_case(case(run, cell));
    }
    for orphan in &run.orphans {
        let mut status = failure("snapshot-orphaned", "no scenario has this id");
        status.set_description("Delete the snapshot, or give it the name of its scenario.");
        let mut case = TestCase::new(xml(&orphan.display().to_string()), status);
        case.set_classname(xml(&run.client));
        suite.add_test_case(case);
    }
    suite
}

fn case(run: &RunSummary, cell: &CellResult) -> TestCase {
    let mut case = TestCase::new(xml(&cell.facts.id), status(cell));
    case.set_classname(xml(&run.client));
    case.time = cell.took;
    case.extra.insert("file".into(), xml(&cell.facts.file));
    case.add_property(Property::new("title", xml(&cell.facts.title)));
    if let Some(EventKind::CellStarted { base, profile, seed, .. }) = cell.events.first().map(|event| &event.what) {
        case.add_property(Property::new("profile", xml(profile)));
        if let Some(base) = base {
            case.add_property(Property::new("base", xml(base)));
        }
        case.add_property(Property::new("seed", seed.to_string()));
    }
    case.set_system_out(xml(&transcript::render(&cell.events, &cell.facts)));
    case
}

fn status(cell: &CellResult) -> TestCaseStatus {
    let reasons = cell.reasons().join("\n");
    let first = cell.reasons().first().copied().unwrap_or_default().to_owned();
    match &cell.outcome {
        Outcome::Pass => snapshot(cell),
        Outcome::Fail { .. } => {
            let mut status = failure("fail", &first);
            status.set_description(xml(&advice(cell, &reasons)));
            status
        }
        Outcome::UnexpectedPass { .. } => {
            let mut status = failure("stale-known-failure", &format!("did not fail: {first}"));
            status.set_description(xml(&reasons));
            status
        }
        Outcome::Inconclusive { .. } => {
            let mut status = failure("inconclusive", &format!("missing: {first}"));
            status.set_description(xml(&advice(cell, &reasons)));
            status
        }
        Outcome::Broken { why } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("broken").set_message(xml(why.lines().next().unwrap_or_default()));
            status.set_description(xml(&advice(cell, why)));
            status
        }
        Outcome::KnownFailure { because, .. } => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("known-failure").set_message(xml(because)).set_description(xml(&reasons));
            status
        }
        Outcome::NotSupported { missing } => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("not-supported").set_message(xml(&format!("needs {}", missing.join(", "))));
            status
        }
    }
}

/// A pass, unless its snapshot waits for a review.
fn snapshot(cell: &CellResult) -> TestCaseStatus {
    let Some(open) = cell.comparison.as_ref().filter(|comparison| comparison.is_open()) else {
        return TestCaseStatus::success();
    };
    let path = open.path.display();
    match &open.state {
        State::Changed { diff } => {
            let mut status = failure("snapshot-changed", &format!("{path} is changed"));
            status.set_description(xml(diff));
            status
        }
        State::New | State::Same => failure("snapshot-new", &format!("{path} does not exist yet")),
    }
}

fn failure(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(xml(message));
    status
}

fn advice(cell: &CellResult, reasons: &str) -> String {
    let remedy = cell.facts.remedy.as_ref().map_or_else(String::new, |remedy| format!("\nwhat to change: {remedy}"));
    format!("{reasons}{remedy}\nreproduce: {}", cell.reproduce)
}

/// `text` without what XML 1.0 has no way to write. quick-junit takes out control characters, but leaves these two.
fn xml(text: &str) -> XmlString {
    XmlString::new(text.replace(['\u{fffe}', '\u{ffff}'], ""))
}

fn total<'a>(cells: impl IntoIterator<Item = &'a CellResult>) -> Option<Duration> {
    let mut times = cells.into_iter().filter_map(|cell| cell.took).peekable();
    times.peek()?;
    Some(times.sum())
}
