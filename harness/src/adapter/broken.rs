//! How a session can break. None of it says anything about the client under test.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::adapter::protocol::EXIT_NOT_IMPLEMENTED;

/// The longest part of an adapter's line that is shown.
const SHOWN: usize = 2000;

/// A session that has ended without being asked to, and can answer nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionBroken {
    /// What happened.
    pub what: Breakage,
    /// The last lines that the adapter wrote to stderr, oldest first; none for the built-in client.
    pub stderr: Vec<String>,
}

/// What can break a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breakage {
    /// The program could not be started.
    #[error("{program} could not be started: {why}")]
    NotStarted {
        /// The program.
        program: String,
        /// The system's words.
        why: String,
    },
    /// It left with the status that says so ([`EXIT_NOT_IMPLEMENTED`]).
    #[error("the adapter says that it does not implement this (exit status {EXIT_NOT_IMPLEMENTED})")]
    NotImplemented,
    /// It left with another status, or was ended by a signal.
    #[error("the adapter ended: {status}")]
    Exited {
        /// The status in words.
        status: String,
    },
    /// It closed its stdout and stayed.
    #[error("the adapter closed its stdout without ending")]
    ClosedStdout,
    /// It wrote something to stdout that is no JSON object.
    #[error("a stray line on stdout, where only messages may be: {line}")]
    StrayLine {
        /// The line, cut off when it is long.
        line: String,
    },
    /// It wrote a JSON object that is no message.
    #[error("not a message of the protocol: {why}: {line}")]
    Schema {
        /// What is wrong.
        why: String,
        /// The line, cut off when it is long.
        line: String,
    },
    /// It wrote a line longer than 1 MiB.
    #[error("a line longer than 1 MiB")]
    LineTooLong,
    /// It answered a request that nobody made, or that has its answer.
    #[error("a reply to request {id}, which does not wait for one")]
    UnknownId {
        /// The number in the reply.
        id: u64,
    },
    /// It answered with a result that belongs to another operation.
    #[error("`{op}` was answered with the result `{result}`; expected `{expected}` or `error`")]
    WrongResult {
        /// The operation.
        op: &'static str,
        /// The result that came.
        result: &'static str,
        /// The result that belongs to it.
        expected: &'static str,
    },
    /// Its events, without anyone asking, came to more than 16 MiB.
    #[error("more than 16 MiB of events")]
    TooManyEvents,
    /// An operation was not answered in time.
    #[error("`{op}` was not answered within {}", Seconds(*.after))]
    Deadline {
        /// The operation.
        op: &'static str,
        /// How long the harness waited, in real time.
        after: Duration,
    },
    /// It answered `quit` with an error.
    #[error("the adapter would not leave: {why}")]
    WouldNotQuit {
        /// Its words.
        why: String,
    },
    /// The harness killed it.
    #[error("the adapter was killed by the harness")]
    Killed,
    /// The built-in client panicked: a bug of the harness.
    #[error("the built-in client panicked in `{op}`")]
    Panicked {
        /// The operation.
        op: &'static str,
    },
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

impl Breakage {
    /// What an exit amounts to when no exit was asked for.
    pub(super) fn of_exit(status: &std::io::Result<ExitStatus>) -> Self {
        match status {
            Ok(status) if status.code() == Some(EXIT_NOT_IMPLEMENTED) => Self::NotImplemented,
            Ok(status) => Self::Exited { status: status.to_string() },
            Err(error) => Self::Exited { status: error.to_string() },
        }
    }

    /// With the last words of the adapter.
    pub(super) fn with(self, stderr: Vec<String>) -> SessionBroken {
        SessionBroken { what: self, stderr }
    }
}

/// As much of an adapter's line as is shown.
pub(super) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl fmt::Display for SessionBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)?;
        self.stderr.iter().try_for_each(|line| write!(f, "\n  stderr: {line}"))
    }
}

impl std::error::Error for SessionBroken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_what_happened_and_the_last_words() {
        let broken = Breakage::StrayLine { line: "hello".to_owned() }.with(vec!["one".to_owned(), "two".to_owned()]);
        let expected = "a stray line on stdout, where only messages may be: hello\n  stderr: one\n  stderr: two";
        assert_eq!(broken.to_string(), expected);
        let late = Breakage::Deadline { op: "call", after: Duration::from_millis(1500) };
        assert_eq!(late.to_string(), "`call` was not answered within 1.5 s");
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        assert_eq!(shown(b"short\r\n"), "short");
        assert_eq!(shown("ä".repeat(SHOWN).as_bytes()).chars().count(), SHOWN);
        assert!(shown("ä".repeat(SHOWN + 1).as_bytes()).ends_with("ä…"));
    }
}
