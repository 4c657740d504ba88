//! Where a command ends: lines, and the literals between them (RFC 9051 section 4.3, RFC 7888).

use crate::proto::mail::session::Framing;

/// What invites to a synchronising literal.
const INVITATION: &[u8] = b"+ Ready for additional command text.\r\n";

/// The largest literal of a command that is no APPEND, in bytes.
const SMALL: usize = 16 * 1024;

/// The most literals of a command.
const MOST_LITERALS: usize = 16;

/// A literal that a line announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) length: usize,
    pub(super) waits: bool,
}

/// The literal that a line without its end announces, if it does.
pub(super) fn announced(line: &[u8]) -> Option<Announced> {
    let inside = line.strip_suffix(b"}")?;
    let at = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = inside.get(at + 1..)?;
    let (digits, waits) = digits.strip_suffix(b"+").map_or((digits, true), |digits| (digits, false));
    let is_number = !digits.is_empty() && digits.len() <= 10 && digits.iter().all(u8::is_ascii_digit);
    let length = std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()?;
    Some(Announced { length, waits })
}

/// Whether a command is one whose literal is a message.
pub(super) fn is_append(input: &[u8]) -> bool {
    let mut words = input.split(|byte| *byte == b' ');
    words.nth(1).is_some_and(|word| word.eq_ignore_ascii_case(b"APPEND"))
}

/// How far what came is a command. One that announces a literal that is too large ends there, before it is sent.
pub(super) fn frame(input: &[u8], longest: usize, message_limit: usize) -> Framing {
    let most = if is_append(input) { message_limit } else { SMALL };
    let mut from = 0;
    for _ in 0..=MOST_LITERALS {
        let rest = input.get(from..).unwrap_or_default();
        let Some(end) = rest.iter().take(longest + 2).position(|byte| *byte == b'\n') else {
            return if rest.len() >= longest + 2 { Framing::TooLarge } else { Framing::Incomplete };
        };
        let line = rest.get(..end).unwrap_or_default();
        if end > longest && rest.get(longest) != Some(&b'\r') {
            return Framing::TooLarge;
        }
        let next = from + end + 1;
        let Some(literal) = announced(line.strip_suffix(b"\r").unwrap_or(line)) else {
            return Framing::Complete(next);
        };
        if literal.length > most {
            return if literal.waits { Framing::Complete(next) } else { Framing::TooLarge };
        }
        let there = input.len() - next;
        if there < literal.length {
            return if literal.waits {
                Framing::Invites { at: next, line: INVITATION.to_vec() }
            } else {
                Framing::Incomplete
            };
        }
        // The client sends the literal only once it was invited; that it is there already makes no difference.
        from = next + literal.length;
    }
    Framing::TooLarge
}
