//! The table of scenarios that were run for several profiles.

use std::fmt::Write as _;

use super::word;
use crate::report::RunSummary;
use crate::report::side_by_side::{Row, SideBySide, differ};
use crate::report::terminal::Look;
use crate::run::outcome::Outcome;
use crate::snapshot::style::Ink;
use crate::snapshot::visible;

/// What stands above the scenarios.
const HEADING: &str = "side by side";
/// What stands before a client's name below its scenario.
const INDENT: &str = "    ";

/// A row for each scenario that was run for several profiles, with a column for each of these; with more than one client, a line for
/// each below it. Rows in which a client ended otherwise come first. Empty where there is no such scenario.
#[must_use]
pub fn side_by_side(runs: &[RunSummary], look: Look) -> String {
    let table = SideBySide::of(runs);
    if table.rows.is_empty() {
        return String::new();
    }
    let several = runs.len() > 1;
    let first = table.rows.iter().flat_map(|row| names(row, several));
    let wide = first.map(|name| name.chars().count()).chain([HEADING.len()]).max().unwrap_or(0);
    let columns: Vec<usize> = table.profiles.iter().map(|profile| profile.chars().count().max(7)).collect();
    let mut heading = format!("{HEADING:wide$}");
    for (profile, column) in table.profiles.iter().zip(&columns) {
        // Writing to a string cannot fail.
        let _ = write!(heading, "   {profile:column$}");
    }
    let mut lines = vec![String::new(), look.palette.ink(Ink::Strong, heading.trim_end())];
    for row in &table.rows {
        if several {
            lines.push(visible(row.base));
        }
        for ((_, outcomes), name) in row.clients.iter().zip(names(row, several).skip(usize::from(several))) {
            lines.push(line(&name, wide, outcomes, &columns, look));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What stands in the first column for a scenario: the scenario, and below it the clients where there are several.
fn names<'a>(row: &'a Row<'_>, several: bool) -> impl Iterator<Item = String> + use<'a> {
    let clients = row.clients.iter().filter(move |_| several);
    std::iter::once(visible(row.base)).chain(clients.map(|(client, _)| format!("{INDENT}{}", visible(client))))
}

fn line(name: &str, wide: usize, outcomes: &[Option<&Outcome>], columns: &[usize], look: Look) -> String {
    let mut line = format!("{name:wide$}");
    for (outcome, column) in outcomes.iter().zip(columns) {
        let (word, ink) = outcome.map_or(("-", Ink::Faint), word);
        line.push_str("   ");
        line.push_str(&look.palette.ink(ink, &format!("{word:column$}")));
    }
    if differ(outcomes) {
        line.push_str("   ");
        line.push_str(&look.palette.ink(Ink::Notice, "differs"));
    }
    line.trim_end().to_owned()
}
