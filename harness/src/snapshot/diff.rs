//! The difference of two texts, line by line.

use similar::TextDiff;

use crate::snapshot::style::{Ink, Palette};
use crate::snapshot::wire::visible;

/// Lines of context around each change.
const CONTEXT: usize = 4;

/// A unified diff without file names, empty when the texts are the same.
#[must_use]
pub fn unified(old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(CONTEXT).missing_newline_hint(false).to_string()
}

/// The lines of a unified diff, in colour if `palette` has any. Control characters of a file that somebody edited are made
/// visible.
#[must_use]
pub fn paint(diff: &str, palette: Palette) -> Vec<String> {
    diff.lines()
        .map(visible)
        .map(|line| match line.chars().next() {
            Some('+') => palette.ink(Ink::Good, &line),
            Some('-') => palette.ink(Ink::Bad, &line),
            Some('@') => palette.ink(Ink::Faint, &line),
            Some(_) | None => line,
        })
        .collect()
}
