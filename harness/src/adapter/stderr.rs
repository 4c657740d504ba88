//! The last lines that an adapter wrote to stderr.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::io::AsyncRead;

use crate::adapter::line::next_line;

const LINES: usize = 200;
const BYTES: usize = 64 * 1024;
const LINE: usize = 4 * 1024;

/// The tail of a stream: 200 lines or 64 KiB, whichever is less.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<VecDeque<String>>);

impl Tail {
    /// Reads `stream` to its end, so that its writer never waits.
    pub(super) async fn follow(&self, stream: impl AsyncRead + Unpin) {
        let mut stream = tokio::io::BufReader::new(stream);
        while let Ok(Some(line)) = next_line(&mut stream, LINE).await {
            self.push(String::from_utf8_lossy(&line.bytes).trim_end().chars().take(LINE).collect());
        }
    }

    /// The lines, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line);
        while lines.len() > LINES || lines.iter().map(String::len).sum::<usize>() > BYTES {
            lines.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_200_lines_are_kept() {
        let tail = Tail::default();
        let text: String = (1..=201).map(|n| format!("{n}\r\n")).collect();
        tail.follow(text.as_bytes()).await;
        let lines = tail.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[199].as_str()), (200, "2", "201"));
    }

    #[tokio::test]
    async fn no_more_than_64_kib_are_kept() {
        let tail = Tail::default();
        let text: String = (0..20).map(|_| format!("{}\n", "x".repeat(LINE))).collect();
        tail.follow(text.as_bytes()).await;
        assert_eq!(tail.lines().len(), BYTES / LINE);
    }
}
