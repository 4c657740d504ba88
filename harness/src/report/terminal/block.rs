//! The block about one cell: what broke, where, the conversation around it, and what to do.

use std::collections::BTreeSet;

use super::wrap::wrap;
use super::{Look, word};
use crate::report::excerpt::{Shown, excerpt};
use crate::report::lineage::lineage;
use crate::report::summary::{CellResult, RunSummary};
use crate::run::outcome::{Level, Outcome, RuleResult};
use crate::snapshot::style::Ink;
use crate::snapshot::{transcript, visible};

/// The block about a failure.
pub(super) fn failure(run: &RunSummary, cell: &CellResult, look: Look) -> Vec<String> {
    let mut lines = heading(cell, look);
    let mut culprits = BTreeSet::new();
    let mut told: Vec<&str> = Vec::new();
    for result in cell.broken_rules(Level::Must) {
        culprits.extend(&result.exchanges);
        told.push(&result.rule);
        lines.extend(broken_rule(run, cell, result, look));
    }
    for (step, line, expected, found) in cell.unmet() {
        told.push(crate::baseline::EXPECTATION);
        lines.extend([String::new(), label("not met", &format!("expected {expected}, found {found}"), look)]);
        lines.push(format!("  {:<10}step {step} ({}:{line})", "at", cell.facts.file));
    }
    // Whatever failed without a verdict on a rule or an expectation of its own.
    for reason in cell.reasons() {
        if !told.iter().any(|id| reason.split_once(": ").is_some_and(|(of, _)| of == *id)) {
            lines.extend([String::new(), label("failed", reason, look)]);
        }
    }
    lines.extend(conversation(cell, &culprits, look));
    let tokens = lineage(&cell.events);
    if !tokens.is_empty() {
        lines.extend(titled("tokens", tokens.iter().map(|line| format!("  {}", visible(line))), look));
    }
    if !cell.facts.reproduces.is_empty() {
        let pasted = cell.facts.reproduces.iter().map(|text| format!("  {}", visible(text)));
        lines.extend(titled("what a customer pastes", pasted, look));
    }
    if let Some(remedy) = &cell.facts.remedy {
        lines.extend(titled("what to change", wrap(remedy, 2, look.columns()), look));
    }
    lines.extend(reproduce(cell, look));
    lines
}

/// The block about a cell that neither passed nor failed.
pub(super) fn other(cell: &CellResult, look: Look) -> Vec<String> {
    let mut lines = heading(cell, look);
    let (what, show) = match &cell.outcome {
        Outcome::Inconclusive { .. } => {
            ("nothing wrong was seen, but the run did not get to what the scenario is about; missing:", true)
        }
        Outcome::Broken { .. } => ("the harness or the adapter broke; nothing is known about the client", true),
        Outcome::UnexpectedPass { .. } => {
            ("listed as known failures, and did not fail: delete them from the file", false)
        }
        Outcome::Pass | Outcome::Fail { .. } | Outcome::KnownFailure { .. } | Outcome::NotSupported { .. } => {
            ("", false)
        }
    };
    lines.push(String::new());
    lines.extend(wrap(what, 0, look.columns()));
    for reason in cell.reasons() {
        lines.extend(wrap(reason, 2, look.columns()));
    }
    if show {
        lines.extend(conversation(cell, &BTreeSet::new(), look));
        lines.extend(reproduce(cell, look));
    }
    lines
}

fn heading(cell: &CellResult, look: Look) -> Vec<String> {
    let (word, ink) = word(&cell.outcome);
    let line = format!("──── {word} {} ", cell.facts.id);
    let rest = look.columns().saturating_sub(line.chars().count());
    let mut lines = vec![String::new(), look.palette.ink(ink, &format!("{line}{}", "─".repeat(rest)))];
    lines.extend(
        wrap(&cell.facts.title, 0, look.columns()).into_iter().map(|line| look.palette.ink(Ink::Strong, &line)),
    );
    lines.extend(wrap(&cell.facts.about, 0, look.columns()));
    lines
}

fn broken_rule(run: &RunSummary, cell: &CellResult, result: &RuleResult, look: Look) -> Vec<String> {
    // A failure that the known-failures file lists is not among the reasons any more.
    let listed = !cell.reasons().iter().any(|reason| reason.split_once(": ").is_some_and(|(id, _)| id == result.rule));
    let known = if listed { ", known" } else { "" };
    let mut lines = vec![String::new(), label("broken", &format!("{} (must{known})", result.rule), look)];
    if let Some(facts) = run.rules.get(&result.rule) {
        lines.extend(field("requires", &facts.requirement, look));
        lines.extend(field("source", &facts.source, look));
    }
    lines.extend(field("why", &result.why, look));
    let steps = cell.steps_of(&result.exchanges);
    for (step, line, text) in steps.iter().take(3) {
        let place = format!("step {step} ({}:{line}) {text}", cell.facts.file);
        lines.extend(field("at", &place, look));
    }
    if let Some(more) = steps.len().checked_sub(3).filter(|more| *more > 0) {
        lines.extend(field("", &format!("and in {more} more steps"), look));
    }
    lines
}

fn conversation(cell: &CellResult, culprits: &BTreeSet<u32>, look: Look) -> Vec<String> {
    let lines = transcript::lines(&cell.events, &cell.facts);
    let mut shown = excerpt(&lines, culprits);
    // The empty line before a step's heading says no more after a gap.
    shown.dedup_by(|next, before| *next == Shown::Line("") && matches!(before, Shown::Gap(_)));
    let shown = shown.into_iter().map(|shown| match shown {
        Shown::Line(text) => format!("   {text}"),
        Shown::Culprit(text) => format!("{} {text}", look.palette.ink(Ink::Bad, ">>")),
        Shown::Gap(count) => look.palette.ink(Ink::Faint, &format!("   [… {}]", super::plural(count, "line"))),
    });
    titled("conversation", shown, look)
}

fn reproduce(cell: &CellResult, look: Look) -> Vec<String> {
    titled("reproduce", [format!("  {}", cell.reproduce)], look)
}

fn titled(title: &str, lines: impl IntoIterator<Item = String>, look: Look) -> Vec<String> {
    let heading = [String::new(), look.palette.ink(Ink::Strong, title)];
    heading.into_iter().chain(lines).collect()
}

fn label(word: &str, text: &str, look: Look) -> String {
    format!("{} {}", look.palette.ink(Ink::Bad, &format!("{word:<11}")), visible(text))
}

/// A name and its text, wrapped and aligned.
fn field(name: &str, text: &str, look: Look) -> Vec<String> {
    let mut lines = wrap(text, 12, look.columns());
    if let Some(first) = lines.first_mut() {
        *first = format!("  {name:<10}{}", first.trim_start());
    }
    lines
}
