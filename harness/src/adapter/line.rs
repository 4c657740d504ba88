//! Lines out of a byte stream, of bounded length.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A line without its line feed, or the beginning of one that is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// Whether the line is longer than the limit. What is left of it, if anything, comes as the next line.
    pub(super) too_long: bool,
}

/// The next line of `input`; `None` at the end. Holds at most `limit` bytes and one buffer of `input`. A last line needs no
/// line feed.
pub(super) async fn next_line(input: &mut (impl AsyncBufRead + Unpin), limit: usize) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() && bytes.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let ends = end.is_some() || available.is_empty();
        let length = end.unwrap_or(available.len());
        bytes.extend(available.iter().take(length));
        input.consume(length + usize::from(end.is_some()));
        let too_long = bytes.len() > limit;
        if ends || too_long {
            return Ok(Some(Line { bytes, too_long }));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn lines(text: &str, buffer: usize, limit: usize) -> Vec<(String, bool)> {
        let mut input = BufReader::with_capacity(buffer, text.as_bytes());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input, limit).await.unwrap() {
            lines.push((String::from_utf8(line.bytes).unwrap(), line.too_long));
        }
        lines
    }

    #[tokio::test]
    async fn lines_are_the_same_whatever_the_buffer() {
        for buffer in 1..12 {
            let expected = ["one", "", "three"].map(|line| (line.to_owned(), false));
            assert_eq!(lines("one\n\nthree", buffer, 5).await, expected, "{buffer}");
            assert_eq!(lines("one\n\nthree\n", buffer, 5).await, expected, "{buffer}");
        }
        assert!(lines("", 8, 5).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_of_the_limit_is_whole_and_a_longer_one_is_not() {
        for buffer in 1..12 {
            assert_eq!(lines("12345\n", buffer, 5).await, [("12345".to_owned(), false)], "{buffer}");
            assert!(lines("123456\n", buffer, 5).await[0].1, "{buffer}");
        }
    }

    #[tokio::test]
    async fn a_stream_without_line_feeds_is_not_gathered() {
        let lines = lines(&"x".repeat(10_000), 64, 100).await;
        assert!(lines.iter().all(|(line, _)| line.len() <= 164) && lines[0].1);
    }
}
