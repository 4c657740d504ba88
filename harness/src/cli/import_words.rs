//! `import` of a pasted log that has error texts and no requests.

use std::fmt::Write as _;

use idp_harness::capture::Words;
use idp_harness::diagnose::diagnose;
use idp_harness::scenario::TimeSpan;

use super::exit::Exit;
use super::locate::{shipped, shipped_text};
use super::output::complain;

/// So many sayings are quoted.
const QUOTED: usize = 12;
/// So much of each, in characters.
const WIDTH: usize = 110;

/// The shipped scenario that reproduces what a log says, with that above it.
pub(crate) fn scenario_of(words: &Words, from: &str) -> Result<String, Exit> {
    let known = shipped()?;
    let report: Vec<&str> = words.sayings.iter().map(|it| it.text.as_str()).collect();
    let diagnosis = diagnose(&report.join("\n"), &known);
    let Some(found) = diagnosis.found.first() else {
        let near = diagnosis.near.first().map(|it| format!("; the nearest is {}", it.scenario.id)).unwrap_or_default();
        return Err(complain(
            Exit::NothingSelected,
            format!("{from} has no requests, and no scenario reproduces what it says{near}"),
        ));
    };
    let Some(text) = shipped_text(&found.scenario) else {
        return Err(complain(Exit::Broke, format!("{} cannot be read again", found.scenario.file)));
    };
    let mut head = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(head, "# Imported from {from}, which has error texts and no requests.");
    let _ = writeln!(
        head,
        "# guessed: that it happened as in {}, which reproduces what was said. All below is that scenario.",
        found.scenario.id
    );
    let others: Vec<&str> = diagnosis.found.iter().skip(1).take(3).map(|it| it.scenario.id.as_str()).collect();
    if !others.is_empty() {
        let _ = writeln!(head, "# or: {}", others.join(", "));
    }
    let _ = writeln!(head, "# What was said:");
    let mut before = None;
    for saying in words.sayings.iter().take(QUOTED) {
        let said: String = saying.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WIDTH).collect();
        let when = saying.when();
        let waited = before.zip(when).and_then(|(before, now): (jiff::Timestamp, jiff::Timestamp)| {
            let passed = now.as_millisecond().saturating_sub(before.as_millisecond());
            u64::try_from(passed - passed % 1000).ok().and_then(TimeSpan::from_milliseconds)
        });
        let waited = waited.map_or(String::new(), |span| format!(" ({span} later)"));
        let _ = writeln!(head, "#   line {}{waited}: {said}", saying.line);
        before = when.or(before);
    }
    if words.sayings.len() > QUOTED {
        let _ = writeln!(head, "#   and {} more", words.sayings.len() - QUOTED);
    }
    Ok(format!("{head}{text}"))
}
