//! The content of a message that comes by DATA: where it ends, what it was before it was sent, in whose name it is.

use mail_parser::MessageParser;

use crate::proto::mail::session::Framing;

/// What ends a message: the end of its last line, and a line with a dot alone.
const END: &[u8] = b"\r\n.\r\n";

/// How many bytes of [`END`] are not the message's own.
const END_ALONE: usize = 3;

/// Looks for the end of a message of `limit` bytes at most, counted as they are on the wire. The first `seen` bytes were looked at before.
/// An end that lies beyond the limit is none, so that it does not matter in what parts the message came.
pub(super) fn framing(input: &[u8], seen: usize, limit: usize) -> Framing {
    if input.starts_with(b".\r\n") {
        return Framing::Complete(END_ALONE);
    }
    let within = input.get(..limit.saturating_add(END_ALONE)).unwrap_or(input);
    let from = seen.saturating_sub(END.len());
    let found = within.get(from..).and_then(|rest| rest.windows(END.len()).position(|part| part == END));
    match found {
        Some(at) => Framing::Complete(from + at + END.len()),
        None => {
            // Beyond the limit there can be the rest of an end, and nothing else.
            let beyond = input.get(limit..).unwrap_or_default();
            let may_end = b".\r\n".starts_with(beyond) || b"\r\n".starts_with(beyond);
            if may_end { Framing::Incomplete } else { Framing::TooLarge }
        }
    }
}

/// A message as it was before it was sent (RFC 5321 section 4.5.2). A line begins after CRLF alone: after a lone LF a dot is content.
pub(super) fn unstuffed(unit: &[u8]) -> Vec<u8> {
    let body = unit.strip_suffix(b".\r\n").unwrap_or(unit);
    let mut out = Vec::with_capacity(body.len());
    let mut last_two = [b'\r', b'\n'];
    for byte in body {
        let is_stuffing = *byte == b'.' && last_two == [b'\r', b'\n'];
        last_two = [last_two[1], *byte];
        if !is_stuffing {
            out.push(*byte);
        }
    }
    out
}

/// In whose name a message is sent: the envelope's sender, and those of the header field From.
pub(super) fn senders(envelope: &str, message: &[u8]) -> Vec<String> {
    let parsed = MessageParser::new().parse_headers(message);
    let header =
        parsed.as_ref().and_then(|message| message.from()).into_iter().flat_map(|from| from.clone().into_list());
    let mut senders: Vec<String> =
        header.filter_map(|address| address.address.map(std::borrow::Cow::into_owned)).collect();
    if !envelope.is_empty() && !senders.iter().any(|sender| sender.eq_ignore_ascii_case(envelope)) {
        senders.push(envelope.to_owned());
    }
    senders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the last of several looks finds, when the bytes come one at a time.
    fn framing_bit_by_bit(input: &[u8], limit: usize) -> Framing {
        let mut seen = 0;
        for length in 0..=input.len() {
            let found = framing(&input[..length], seen, limit);
            if found != Framing::Incomplete {
                return found;
            }
            seen = length;
        }
        Framing::Incomplete
    }

    #[test]
    fn a_message_of_the_limit_is_taken_and_one_byte_more_is_not_however_it_comes() {
        let message = b"0123456\r\n.\r\nQUIT\r\n";
        for (limit, wanted) in [(10, Framing::Complete(12)), (9, Framing::Complete(12)), (8, Framing::TooLarge)] {
            assert_eq!(framing(message, 0, limit), wanted, "{limit}");
            assert_eq!(framing_bit_by_bit(message, limit), wanted, "{limit}");
        }
        assert_eq!(framing(b"0123456\r\n.\r", 0, 9), Framing::Incomplete);
        assert_eq!(framing(b".\r\nQUIT\r\n", 0, 0), Framing::Complete(3));
    }

    #[test]
    fn a_message_without_an_end_is_not_read_beyond_the_limit() {
        assert_eq!(framing(&[b'x'; 10], 0, 10), Framing::Incomplete);
        assert_eq!(framing(&[b'x'; 11], 0, 10), Framing::TooLarge);
        assert_eq!(framing(b"xxxxxxxxxx.\r\nQUIT\r\n", 0, 10), Framing::TooLarge);
        assert_eq!(framing_bit_by_bit(b"xxxxxxxxxx.\r\nQUIT\r\n", 10), Framing::TooLarge);
        assert_eq!(framing(b"\n.\nQUIT\r\n", 0, 100), Framing::Incomplete);
    }

    #[test]
    fn the_dot_before_a_line_is_taken_away_and_no_other() {
        for (sent, wanted) in [
            (&b"..a\r\n..\r\n.\r\n"[..], &b".a\r\n.\r\n"[..]),
            (b"a\n.b\r\n.\r\n", b"a\n.b\r\n"),
            (b"a.\r\n...\r\n.\r\n", b"a.\r\n..\r\n"),
            (b".\r\n", b""),
        ] {
            assert_eq!(unstuffed(sent), wanted);
        }
    }

    #[test]
    fn a_message_is_in_the_name_of_its_header_and_of_its_envelope() {
        let message = b"From: Ann <ann@a.example>, bob@b.example\r\n\r\nFrom: eve@e.example\r\n";
        assert_eq!(senders("ANN@a.example", message), ["ann@a.example", "bob@b.example"]);
        assert_eq!(senders("carl@c.example", message), ["ann@a.example", "bob@b.example", "carl@c.example"]);
        assert_eq!(senders("carl@c.example", b"Subject: x\r\n\r\n"), ["carl@c.example"]);
    }
}
