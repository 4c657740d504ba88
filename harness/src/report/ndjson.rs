//! The event log as NDJSON: one JSON object a line, for programs.
//!
//! The first line says what was run, then comes every event of every cell, and the last line says how many there were. A
//! log without its last line was cut off, and a log with one is whole.

#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::report::summary::Counts;
use crate::run::event::{Event, EventKind, LOG_VERSION};
use crate::run::outcome::Outcome;

/// What was run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFacts {
    /// The harness and its version.
    pub harness: String,
    /// The client's name.
    pub client: String,
    /// The library under test and its version.
    pub library: String,
    /// The seed, in decimal.
    pub seed: u64,
}

/// A whole log.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// What was run.
    pub run: RunFacts,
    /// The cells, in the order in which they begin.
    pub cells: Vec<LoggedCell>,
    /// How many cells ended how, as the end record says.
    pub counts: Counts,
}

/// One cell of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedCell {
    /// The scenario's id.
    pub scenario: String,
    /// The client's name.
    pub client: String,
    /// Its events, complete and in order.
    pub events: Vec<Event>,
}

/// Why a log was not read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line that does not belong there.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The last line is not the end record.
    #[error("the log ends after line {lines} without its end record: it was cut off")]
    Cut {
        /// How many lines there are.
        lines: usize,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    log_version: u32,
    run: RunFacts,
}

/// Any line after the first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    Event { scenario: String, client: String, event: Event },
    End { cells: usize, events: usize, counts: Counts },
}

/// Writes a log, cell by cell, as the cells end.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    cells: usize,
    events: usize,
    outcomes: Vec<Outcome>,
}

impl<W: Write> Writer<W> {
    /// Begins a log.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn new(mut out: W, run: &RunFacts) -> io::Result<Self> {
        line(&mut out, &First { log_version: LOG_VERSION, run: run.clone() })?;
        Ok(Self { out, cells: 0, events: 0, outcomes: Vec::new() })
    }

    /// Writes the events of one cell. `outcome` is what is counted at the end.
    ///
    /// # Errors
    /// When the log cannot be written to.
    pub fn cell(&mut self, scenario: &str, client: &str, events: &[Event], outcome: &Outcome) -> io::Result<()> {
        for event in events {
            let (scenario, client) = (scenario.to_owned(), client.to_owned());
            line(&mut self.out, &Record::Event { scenario, client, event: event.clone() })?;
        }
        self.cells += 1;
        self.events += events.len();
        self.outcomes.push(outcome.clone());
        Ok(())
    }

    /// Ends the log. Without this, no reader takes it for whole.
    ///
    /// # Errors
    /// When the log cannot be written to.
    pub fn finish(mut self) -> io::Result<W> {
        let counts = Counts::of(&self.outcomes);
        line(&mut self.out, &Record::End { cells: self.cells, events: self.events, counts })?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn line(out: &mut impl Write, record: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(record)?;
    text.push('\n');
    out.write_all(text.as_bytes())
}

/// Reads a log and checks that it is whole: the version, every event's place in its cell, and the counts of the end
/// record.
///
/// # Errors
/// [`LogError`], with the number of the line.
pub fn read(input: impl BufRead) -> Result<Log, LogError> {
    let mut reader = Reader::default();
    let mut lines = 0;
    for (index, text) in input.lines().enumerate() {
        lines = index + 1;
        reader.take(&text?).map_err(|why| LogError::Line { line: lines, why })?;
    }
    match reader {
        Reader { run: Some(run), cells, end: Some(counts) } => Ok(Log { run, cells, counts }),
        Reader { .. } => Err(LogError::Cut { lines }),
    }
}

#[derive(Debug, Default)]
struct Reader {
    run: Option<RunFacts>,
    cells: Vec<LoggedCell>,
    end: Option<Counts>,
}

impl Reader {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if self.end.is_some() {
            return Err("there is something after the end record".to_owned());
        }
        if self.run.is_none() {
            self.run = Some(first(text)?);
            return Ok(());
        }
        match parse(text)? {
            Record::Event { scenario, client, event } => self.event(scenario, client, event),
            Record::End { cells, events, counts } => self.end(cells, events, counts),
        }
    }

    fn event(&mut self, scenario: String, client: String, event: Event) -> Result<(), String> {
        let found = self.cells.iter_mut().rfind(|cell| cell.scenario == scenario && cell.client == client);
        let due = found.as_ref().map_or(1, |cell| cell.events.len() + 1);
        if usize::try_from(event.seq) != Ok(due) {
            return Err(format!("event {} of {scenario} where {due} is due", event.seq));
        }
        if (due == 1) != matches!(event.what, EventKind::CellStarted { .. }) {
            return Err(format!("{scenario} begins with `cell_started`, once"));
        }
        match found {
            Some(cell) if cell.is_ended() => Err(format!("{scenario} had ended already")),
            Some(cell) => {
                cell.events.push(event);
                Ok(())
            }
            None => {
                self.cells.push(LoggedCell { scenario, client, events: vec![event] });
                Ok(())
            }
        }
    }

    fn end(&mut self, cells: usize, events: usize, counts: Counts) -> Result<(), String> {
        if let Some(open) = self.cells.iter().find(|cell| !cell.is_ended()) {
            return Err(format!("{} has not ended", open.scenario));
        }
        let found: usize = self.cells.iter().map(|cell| cell.events.len()).sum();
        if (cells, events) != (self.cells.len(), found) {
            let here = self.cells.len();
            return Err(format!("it counts {cells} cells and {events} events, but {here} and {found} are here"));
        }
        if counts.total() != cells {
            return Err(format!("it counts {cells} cells but {} outcomes", counts.total()));
        }
        self.end = Some(counts);
        Ok(())
    }
}

impl LoggedCell {
    fn is_ended(&self) -> bool {
        self.events.last().is_some_and(|event| matches!(event.what, EventKind::CellEnded { .. }))
    }
}

fn first(text: &str) -> Result<RunFacts, String> {
    // The version alone first: a later version may well have other fields.
    let value: serde_json::Value = parse(text)?;
    match value.get("log_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(LOG_VERSION) => parse::<First>(text).map(|first| first.run),
        Some(version) => Err(format!("the log has version {version}; this harness reads version {LOG_VERSION}")),
        None => Err("an event log begins with its `log_version`".to_owned()),
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("column {}: {}", error.column(), words(&error)))
}

/// serde_json's message without the place, which is ours to say.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or_else(|| text.clone(), |(words, _)| words.to_owned())
}
