//! The report for a person at a terminal: one line for each cell, a block for each that needs a look, and the sums.

mod block;
mod sides;
#[cfg(test)]
mod tests;
mod wrap;

pub use sides::side_by_side;

use crate::report::summary::{CellResult, RunSummary};
use crate::run::outcome::{Level, Outcome};
use crate::snapshot::store::{State, Written};
use crate::snapshot::style::{Ink, Palette};
use crate::snapshot::{paint, visible};

/// Text is never wrapped to fewer columns than this.
const NARROWEST: usize = 100;

/// How to print.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Colours, or none.
    pub palette: Palette,
    /// Columns of the terminal. Prose is wrapped to it, but to no fewer than 100; what was on the wire is never wrapped.
    pub width: usize,
}

impl Look {
    fn columns(self) -> usize {
        self.width.max(NARROWEST)
    }
}

/// All of the report: a line for each cell, the blocks, the sums.
#[must_use]
pub fn render(run: &RunSummary, look: Look) -> String {
    let mut lines: Vec<String> = run.cells.iter().map(|cell| cell_line(cell, look)).collect();
    lines.push(String::new());
    let mut text = lines.join("\n");
    text.push_str(&details(run, look));
    text.push_str(&side_by_side(std::slice::from_ref(run), look));
    text.push_str(&sums(run, look));
    text
}

/// A cell in one line, without a line break: its outcome, its id, and the point of it.
#[must_use]
pub fn cell_line(cell: &CellResult, look: Look) -> String {
    let (word, ink) = word(&cell.outcome);
    let mut line = format!("{} {}", look.palette.ink(ink, &format!("{word:<7}")), visible(&cell.facts.id));
    let failing = || cell.failing.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let point = match &cell.outcome {
        Outcome::Pass => String::new(),
        Outcome::Fail { .. } => failing(),
        Outcome::KnownFailure { because, .. } => format!("{}: {because}", failing()),
        Outcome::UnexpectedPass { stale } => format!("did not fail: {}", stale.join(", ")),
        Outcome::Inconclusive { missing } => format!("missing: {}", missing.join(", ")),
        Outcome::NotSupported { missing } => format!("needs {}", missing.join(", ")),
        Outcome::Broken { why } => why.lines().next().unwrap_or_default().to_owned(),
    };
    if !point.is_empty() {
        line.push_str("   ");
        line.push_str(&look.palette.ink(Ink::Faint, &visible(&point)));
    }
    let warnings = cell.broken_rules(Level::Should).count();
    if warnings > 0 {
        line.push_str("   ");
        line.push_str(&look.palette.ink(Ink::Notice, &plural(warnings, "warning")));
    }
    if let Some(comparison) = cell.comparison.as_ref().filter(|comparison| comparison.is_open()) {
        let state = match comparison.state {
            State::New => "snapshot new",
            State::Changed { .. } => "snapshot changed",
            State::Same => "",
        };
        line.push_str("   ");
        line.push_str(&look.palette.ink(Ink::Notice, state));
    }
    line
}

/// A block for each cell that needs a look, then the warnings, then what is to be said about snapshots. Empty when
/// everything is as it should be.
#[must_use]
pub fn details(run: &RunSummary, look: Look) -> String {
    let mut lines = Vec::new();
    for cell in &run.cells {
        match &cell.outcome {
            Outcome::Fail { .. } => lines.extend(block::failure(run, cell, look)),
            Outcome::Inconclusive { .. } | Outcome::Broken { .. } | Outcome::UnexpectedPass { .. } => {
                lines.extend(block::other(cell, look));
            }
            Outcome::Pass | Outcome::KnownFailure { .. } | Outcome::NotSupported { .. } => {}
        }
    }
    lines.extend(warnings(run, look));
    lines.extend(snapshots(run, look));
    joined(lines)
}

/// The sums: snapshots, then cells. The last line begins with `cells:` and has at least the passed and the failed ones.
#[must_use]
pub fn sums(run: &RunSummary, look: Look) -> String {
    let mut lines = vec![String::new()];
    let snapshots = run.snapshots();
    let counted = [
        (snapshots.same, "same", Ink::Good),
        (snapshots.accepted, "accepted", Ink::Notice),
        (snapshots.changed, "changed", Ink::Bad),
        (snapshots.new, "new", Ink::Bad),
        (snapshots.orphaned, "orphaned", Ink::Bad),
    ];
    let told = tell(&counted, look.palette);
    if !told.is_empty() {
        let waiting = snapshots.changed + snapshots.new > 0;
        let review = if waiting { format!("; review with: {}", run.review) } else { String::new() };
        lines.push(format!("snapshots: {told}{review}"));
    }
    let counts = run.counts();
    let mut told = tell(&[(counts.passed, "passed", Ink::Good)], look.palette);
    if told.is_empty() {
        "0 passed".clone_into(&mut told);
    }
    told.push_str(", ");
    let ink = if counts.failed > 0 { Ink::Bad } else { Ink::Faint };
    told.push_str(&look.palette.ink(ink, &format!("{} failed", counts.failed)));
    let rest = [
        (counts.broken, "broken", Ink::Bad),
        (counts.inconclusive, "inconclusive", Ink::Bad),
        (counts.stale, "stale", Ink::Bad),
        (counts.known, "known to fail", Ink::Notice),
        (counts.not_supported, "not supported", Ink::Notice),
        (run.filtered_out, "filtered out", Ink::Faint),
    ];
    let rest = tell(&rest, look.palette);
    if !rest.is_empty() {
        told.push_str(", ");
        told.push_str(&rest);
    }
    lines.push(format!("cells: {told}"));
    joined(lines)
}

/// The outcome's word, at most seven characters.
fn word(outcome: &Outcome) -> (&'static str, Ink) {
    match outcome {
        Outcome::Pass => ("PASS", Ink::Good),
        Outcome::Fail { .. } => ("FAIL", Ink::Bad),
        Outcome::KnownFailure { .. } => ("KNOWN", Ink::Notice),
        Outcome::UnexpectedPass { .. } => ("STALE", Ink::Bad),
        Outcome::Inconclusive { .. } => ("INCONC", Ink::Bad),
        Outcome::NotSupported { .. } => ("N/SUPP", Ink::Notice),
        Outcome::Broken { .. } => ("BROKEN", Ink::Bad),
    }
}

/// Rules that warn, each once, with the cells in which they do.
fn warnings(run: &RunSummary, look: Look) -> Vec<String> {
    let mut by_rule: std::collections::BTreeMap<&str, Vec<(&str, &str)>> = std::collections::BTreeMap::new();
    for cell in &run.cells {
        for result in cell.broken_rules(Level::Should) {
            by_rule.entry(&result.rule).or_default().push((&cell.facts.id, &result.why));
        }
    }
    let mut lines = Vec::new();
    for (rule, found) in by_rule {
        let heading = format!("warning: {rule} (should), in {}", plural(found.len(), "cell"));
        lines.extend([String::new(), look.palette.ink(Ink::Notice, &heading)]);
        if let Some(facts) = run.rules.get(rule) {
            lines.extend(wrap::wrap(&facts.requirement, 2, look.columns()));
            lines.extend(wrap::wrap(&facts.source, 2, look.columns()));
        }
        for (id, why) in found {
            lines.extend(wrap::wrap(&format!("{id}: {why}"), 4, look.columns()));
        }
    }
    lines
}

/// The diffs that wait for a review, and the orphans.
fn snapshots(run: &RunSummary, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for comparison in run.cells.iter().filter_map(|cell| cell.comparison.as_ref()) {
        if let (State::Changed { diff }, Written::Nothing | Written::Pending) = (&comparison.state, comparison.written)
        {
            let heading = format!("snapshot changed: {}", comparison.path.display());
            lines.extend([String::new(), look.palette.ink(Ink::Strong, &heading)]);
            lines.extend(paint(diff, look.palette).into_iter().map(|line| format!("  {line}")));
        }
    }
    if !run.orphans.is_empty() {
        let heading =
            look.palette.ink(Ink::Bad, "orphaned snapshots: no scenario has their id; delete them or rename them");
        lines.extend([String::new(), heading]);
        lines.extend(run.orphans.iter().map(|path| format!("  {}", path.display())));
    }
    lines
}

/// The counts that are not zero, in words.
fn tell(counted: &[(usize, &str, Ink)], palette: Palette) -> String {
    let some = counted.iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, word, ink)| palette.ink(*ink, &format!("{count} {word}"))).collect::<Vec<_>>().join(", ")
}

/// A count and what is counted: "1 guess", "2 guesses".
#[must_use]
pub fn plural(count: usize, word: &str) -> String {
    let ending = match (count, word.ends_with('s')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {word}{ending}")
}

fn joined(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}
