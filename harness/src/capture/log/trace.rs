//! `curl --trace-ascii` and `--trace`: what was sent and received, in dumps.

use super::lines::Line;

/// What a dump is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SentHead,
    SentData,
    ReceivedHead,
    ReceivedData,
    /// What TLS adds, and what else is not HTTP.
    Other,
}

/// The kind and the length of the dump that a line announces.
pub(super) fn announced(text: &str) -> Option<(Kind, usize)> {
    let (what, rest) = text.split_once(", ")?;
    let length = rest.split_once(" bytes (0x")?.0.parse().ok()?;
    let kind = match what {
        "=> Send header" => Kind::SentHead,
        "=> Send data" => Kind::SentData,
        "<= Recv header" => Kind::ReceivedHead,
        "<= Recv data" => Kind::ReceivedData,
        "=> Send SSL data" | "<= Recv SSL data" => Kind::Other,
        _ => return None,
    };
    Some((kind, length))
}

/// The bytes of the dump that begins here, and how many lines it has. Where the dump has text alone, a line break is a gap of two bytes.
pub(super) fn dump(lines: &[Line]) -> (Vec<u8>, usize) {
    let mut bytes: Vec<u8> = Vec::new();
    let mut count = 0;
    for line in lines {
        let Some((offset, text)) = row(&line.text) else { break };
        // Each dump begins at nought.
        if count > 0 && offset == 0 {
            break;
        }
        if offset == bytes.len() + 2 {
            bytes.extend_from_slice(b"\r\n");
        }
        match hex(text) {
            Some(row) => bytes.extend(row),
            None => bytes.extend_from_slice(text.as_bytes()),
        }
        count += 1;
    }
    (bytes, count)
}

fn row(text: &str) -> Option<(usize, &str)> {
    let (offset, text) = text.split_once(':')?;
    let is_offset = (4..=8).contains(&offset.len()) && offset.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = text.strip_prefix(' ').unwrap_or(text);
    is_offset.then(|| usize::from_str_radix(offset, 16).ok().map(|offset| (offset, text)))?
}

/// The bytes of a row of `--trace`: up to 16 pairs of digits in 48 columns, and the text behind them.
fn hex(text: &str) -> Option<Vec<u8>> {
    let (columns, shown) = text.split_at_checked(48)?;
    let pairs =
        columns.split_ascii_whitespace().map(|pair| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok())?);
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    (!bytes.is_empty() && shown.chars().count() == bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumped(text: &str) -> (String, usize) {
        let lines: Vec<Line> =
            text.lines().zip(1..).map(|(text, number)| Line { number, text: text.to_owned() }).collect();
        let (bytes, count) = dump(&lines);
        (String::from_utf8(bytes).unwrap(), count)
    }

    #[test]
    fn a_dump_of_text_has_its_line_breaks_again_and_ends_where_the_next_begins() {
        let text = "0000: HTTP/1.1 200 OK\n0011: a: b\n0017: \n0000: next";
        assert_eq!(dumped(text), ("HTTP/1.1 200 OK\r\na: b\r\n".to_owned(), 3));
        assert_eq!(dumped("0000: ab\n0002: cd\n<= Recv data, 2 bytes (0x2)"), ("abcd".to_owned(), 2));
    }

    #[test]
    fn a_dump_of_digits_is_read_by_its_digits() {
        let text = "0000: 7b 22 c3 a9 22 3a 20 31 7d 0a                   {\"..\": 1}.";
        assert_eq!(dumped(text), ("{\"é\": 1}\n".to_owned(), 1));
        let no_digits = "0000: 7b 22 is what it says, and this goes on for a while longer";
        assert!(dumped(no_digits).0.starts_with("7b 22 is"));
    }

    #[test]
    fn only_what_curl_announces_is_announced() {
        assert_eq!(announced("=> Send header, 166 bytes (0xa6)"), Some((Kind::SentHead, 166)));
        assert_eq!(announced("<= Recv SSL data, 5 bytes (0x5)"), Some((Kind::Other, 5)));
        assert_eq!(announced("=> Send postcard, 5 bytes (0x5)"), None);
        assert_eq!(announced("=> Send header, many bytes (0x5)"), None);
    }
}
