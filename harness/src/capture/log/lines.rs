//! The lines of a text, within limits.

use std::io::{BufRead, BufReader, Read};

use crate::capture::model::{CaptureError, Note, Place};

/// The longest line, in bytes. JSON lines with whole answers in them have some thousands.
pub(super) const LONGEST_LINE: usize = 4 << 20;
/// The most that a text may have in all, in bytes. Nobody pastes more, and who has more can cut out the hour in question.
pub(super) const LARGEST: usize = 32 << 20;
/// So many lines are read.
pub(super) const MOST_LINES: usize = 1_000_000;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number in the file, from 1. What a bare carriage return parts has one number.
    pub(super) number: usize,
    /// The text, without its end and without the codes for colours.
    pub(super) text: String,
}

/// Reads lines. Bytes that are not UTF-8 are replaced, and a note says where the first was.
///
/// # Errors
/// [`CaptureError::Wrong`] with the place: a NUL byte (this is no text), a line or a text that is too long.
pub(super) fn read(source: impl Read) -> Result<(Vec<Line>, Vec<Note>), CaptureError> {
    let mut source = BufReader::new(source);
    let mut lines = Vec::new();
    let (mut total, mut number) = (0_usize, 0_usize);
    let mut spoiled: Option<(usize, usize)> = None;
    loop {
        number += 1;
        let mut bytes = Vec::new();
        let read = source.by_ref().take(LONGEST_LINE as u64 + 2).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        total += read;
        let ended = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let ended = ended.strip_suffix(b"\r").unwrap_or(ended);
        if ended.len() > LONGEST_LINE {
            return Err(wrong(number, 1, format!("the line has more than {} MiB", LONGEST_LINE >> 20)));
        }
        if let Some(at) = ended.iter().position(|byte| *byte == 0) {
            return Err(wrong(number, at + 1, "this is no text: it has a NUL byte here".to_owned()));
        }
        if total > LARGEST {
            let what = format!("the text has more than {} MiB: cut out what matters", LARGEST >> 20);
            return Err(wrong(number, 1, what));
        }
        if lines.len() >= MOST_LINES {
            return Err(wrong(number, 1, format!("there are more than {MOST_LINES} lines: cut out what matters")));
        }
        if std::str::from_utf8(ended).is_err() {
            let (_, count) = spoiled.unwrap_or((number, 0));
            spoiled = Some((spoiled.map_or(number, |(first, _)| first), count + 1));
        }
        let text = String::from_utf8_lossy(ended);
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { &text };
        // A meter goes back to the start of its line again and again.
        lines.extend(text.split('\r').map(|part| Line { number, text: plain(part) }));
    }
    let note = spoiled.map(|(first, count)| {
        let text =
            format!("{count} lines have bytes that are not UTF-8 (the first is line {first}): they were replaced");
        Note { entry: None, text }
    });
    Ok((lines, note.into_iter().collect()))
}

/// The error of a place.
pub(super) fn wrong(line: usize, column: usize, what: String) -> CaptureError {
    CaptureError::Wrong { place: Place { line, column, entry: None, field: None }, what }
}

/// The text without the codes that make terminals show colours (ECMA-48 section 5.4, control sequences).
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let behind = part.trim_start_matches(|c: char| ('\u{20}'..='\u{3f}').contains(&c));
        let mut chars = behind.chars();
        if !chars.next().is_some_and(|c| ('@'..='~').contains(&c)) {
            chars = behind.chars();
        }
        out.push_str(chars.as_str());
    }
    out
}
