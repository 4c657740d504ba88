//! The wording of single events.

use crate::adapter::protocol::{FailureKind, Outcome as ClientOutcome};
use crate::run::event::{Delivery, ProcessChange};
use crate::run::outcome::{Level, Outcome, RuleResult, RuleVerdict};
use crate::snapshot::time::clock_text;
use crate::snapshot::wire::{body_lines, visible};

/// What is needed to print a time that a client reads.
#[derive(Debug)]
pub(super) struct Reading {
    /// The scenario's start in milliseconds since 1970.
    pub(super) start: Option<i64>,
    /// Whether the client reads the realm's clock. Otherwise its readings change from run to run.
    pub(super) clock_moves: bool,
}

impl Reading {
    fn text(&self, seconds: f64) -> Option<String> {
        let start = self.start.filter(|_| self.clock_moves)?;
        // Seconds as a float are exact to far below a millisecond for any date that a scenario can have.
        let text = format!("{:.0}", seconds * 1000.0);
        let ms: i64 = text.parse().ok()?;
        Some(clock_text(ms.saturating_sub(start)))
    }
}

/// RFC 3339 to milliseconds since 1970.
pub(super) fn epoch_ms(at: &str) -> Option<i64> {
    at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// What a client said: the first line, and more when there is a text.
pub(super) fn outcome(outcome: &ClientOutcome, reading: &Reading, known_body: Option<&str>) -> Vec<String> {
    match outcome {
        ClientOutcome::Hello(_) => vec!["hello".to_owned()],
        ClientOutcome::Authorize { url } => {
            // The parameters are shown where the resource owner follows it.
            let place = url.split_once('?').map_or(url.as_str(), |(place, _)| place);
            vec![format!("go to {}", visible(place))]
        }
        ClientOutcome::Call { rows: Some(rows), .. } => vec![format!("read {rows} rows")],
        ClientOutcome::Call { status, body, rows: None } => {
            let mut lines = vec![status.to_string()];
            if let Some(body) = body.as_deref().filter(|body| known_body != Some(*body)) {
                lines.extend(body_lines(body));
            }
            lines
        }
        ClientOutcome::Token { expires_at: None } => vec!["has one and does not know when it ends".to_owned()],
        ClientOutcome::Token { expires_at: Some(at) } => {
            let end = reading.text(*at).unwrap_or_else(|| "a time on its own clock".to_owned());
            vec![format!("has one that it believes to end at {end}")]
        }
        ClientOutcome::Clock { now } => {
            vec![format!("reads {}", reading.text(*now).unwrap_or_else(|| "its own clock".to_owned()))]
        }
        ClientOutcome::Done => vec!["done".to_owned()],
        ClientOutcome::Error(failure) => {
            let code = failure.code.as_deref().map_or_else(String::new, |code| format!(" ({})", visible(code)));
            let mut lines = vec![format!("error {}{code}", failure_kind(failure.kind))];
            lines.extend(body_lines(&failure.message));
            lines
        }
    }
}

fn failure_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Reauthorize => "reauthorize",
        FailureKind::Oauth => "oauth",
        FailureKind::Network => "network",
        FailureKind::Throttled => "throttled",
        FailureKind::Unsupported => "unsupported",
        FailureKind::Bug => "bug",
    }
}

pub(super) fn process(change: ProcessChange, store: Option<&str>) -> String {
    let store = store.map_or_else(String::new, |store| format!(", with the store \"{}\"", visible(store)));
    match change {
        ProcessChange::Started => format!("process started{store}"),
        ProcessChange::Killed => "process KILLED".to_owned(),
        ProcessChange::Ended => "process ended".to_owned(),
    }
}

/// Only what went wrong: that an answer left is the rule, and when it left is not the same in every run.
pub(super) fn delivery(delivery: Delivery) -> Option<&'static str> {
    match delivery {
        Delivery::Sent => None,
        Delivery::Cut => Some("CUT: half of this body was sent, then the connection was closed"),
        Delivery::Dropped => Some("DROPPED: nothing of this answer was sent, the connection was closed"),
    }
}

pub(super) fn issued(label: &str, token: &str, parent: Option<&str>, chain: Option<u32>, end: Option<i64>) -> String {
    let mut text = format!("+ {} {}", visible(&token.replace('_', " ")), visible(label));
    if let Some(parent) = parent {
        text.push_str(" for ");
        text.push_str(&visible(parent));
    }
    if let Some(chain) = chain {
        text.push_str(", chain ");
        text.push_str(&chain.to_string());
    }
    if let Some(end) = end {
        text.push_str(", until ");
        text.push_str(&clock_text(end));
    }
    text
}

pub(super) fn ended(label: &str, why: &str, by: Option<&str>) -> String {
    let by = by.map_or_else(String::new, |by| format!(" by {}", visible(by)));
    format!("- {} {}{by}", visible(label), visible(&why.replace('_', " ")))
}

pub(super) fn rule(result: &RuleResult) -> String {
    let verdict = match (result.verdict, result.level) {
        (RuleVerdict::Kept, Level::Must | Level::Should) => "kept   ",
        (RuleVerdict::Broken, Level::Must) => "BROKEN ",
        (RuleVerdict::Broken, Level::Should) => "warning",
    };
    let shown_by = exchanges(&result.exchanges);
    let why = if result.why.is_empty() { String::new() } else { format!(": {}", visible(&result.why)) };
    format!("{verdict} {}{shown_by}{why}", visible(&result.rule))
}

/// ` (#3, #5)`, or nothing.
fn exchanges(numbers: &[u32]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let list: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
    format!(" ({})", list.join(", "))
}

/// The verdict as the client earned it, and what is not said above it already. What the known-failures file makes of a
/// failure is left out: a snapshot must not change when only that file does.
pub(super) fn verdict(outcome: &Outcome, failed: bool) -> (&'static str, &[String]) {
    match outcome {
        Outcome::Pass => ("pass", &[]),
        Outcome::Fail { .. } | Outcome::KnownFailure { .. } => ("fail", &[]),
        Outcome::UnexpectedPass { .. } => (if failed { "fail" } else { "pass" }, &[]),
        Outcome::Inconclusive { missing } => ("inconclusive", missing),
        Outcome::NotSupported { missing } => ("not supported", missing),
        Outcome::Broken { why } => ("broken", std::slice::from_ref(why)),
    }
}
