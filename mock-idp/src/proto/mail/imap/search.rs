//! SEARCH (RFC 9051 section 6.4.4).

use imap_codec::imap_types::search::SearchKey;
use mail_parser::{Message as Parsed, MessageParser};

use crate::proto::mail::store::Message;
use crate::proto::time::Timestamp;

/// What is asked about a message: itself, its number in the mailbox, and whether a set of numbers holds it.
pub(super) struct Candidate<'a> {
    pub(super) message: &'a Message,
    pub(super) sequence: u32,
    pub(super) last_sequence: u32,
    pub(super) last_uid: u32,
}

impl Candidate<'_> {
    pub(super) fn fits(&self, key: &SearchKey<'_>) -> bool {
        let parsed = MessageParser::new().parse(&*self.message.raw).unwrap_or_default();
        self.matches(key, &parsed)
    }

    fn matches(&self, key: &SearchKey<'_>, parsed: &Parsed<'_>) -> bool {
        let flagged = |name: &str| self.message.flags.iter().any(|flag| flag.eq_ignore_ascii_case(name));
        let header = |name: &str, text: &[u8]| has(parsed.header_raw(name).unwrap_or_default().as_bytes(), text);
        let received = || day(self.message.received);
        let sent = || parsed.date().map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
        let size = self.message.raw.len();
        let size_of = |limit: &u32| usize::try_from(*limit).unwrap_or(usize::MAX);
        match key {
            SearchKey::And(keys) => keys.as_ref().iter().all(|key| self.matches(key, parsed)),
            SearchKey::Or(one, other) => self.matches(one, parsed) || self.matches(other, parsed),
            SearchKey::Not(key) => !self.matches(key, parsed),
            SearchKey::All => true,
            SearchKey::SequenceSet(set) => super::selected::holds(set, self.sequence, self.last_sequence),
            SearchKey::Uid(set) => super::selected::holds(set, self.message.uid, self.last_uid),
            SearchKey::Answered => flagged("\\Answered"),
            SearchKey::Deleted => flagged("\\Deleted"),
            SearchKey::Draft => flagged("\\Draft"),
            SearchKey::Flagged => flagged("\\Flagged"),
            SearchKey::Seen => flagged("\\Seen"),
            SearchKey::Unanswered => !flagged("\\Answered"),
            SearchKey::Undeleted => !flagged("\\Deleted"),
            SearchKey::Undraft => !flagged("\\Draft"),
            SearchKey::Unflagged => !flagged("\\Flagged"),
            SearchKey::Unseen => !flagged("\\Seen"),
            // Which messages are recent is not kept (RFC 9051 has no such flag any more): none is.
            SearchKey::Recent | SearchKey::New => false,
            SearchKey::Old => true,
            SearchKey::Keyword(name) => flagged(name.as_ref()),
            SearchKey::Unkeyword(name) => !flagged(name.as_ref()),
            SearchKey::Bcc(text) => header("Bcc", text.as_ref()),
            SearchKey::Cc(text) => header("Cc", text.as_ref()),
            SearchKey::From(text) => header("From", text.as_ref()),
            SearchKey::To(text) => header("To", text.as_ref()),
            SearchKey::Subject(text) => header("Subject", text.as_ref()),
            SearchKey::Header(name, text) => {
                let name = String::from_utf8_lossy(name.as_ref()).into_owned();
                let value = parsed.header_raw(name.as_str());
                value.is_some_and(|value| has(value.as_bytes(), text.as_ref()))
            }
            SearchKey::Body(text) => has(body(parsed), text.as_ref()),
            SearchKey::Text(text) => has(&self.message.raw, text.as_ref()),
            SearchKey::Larger(limit) => size > size_of(limit),
            SearchKey::Smaller(limit) => size < size_of(limit),
            SearchKey::Before(date) => received() < date.as_ref().to_string(),
            SearchKey::On(date) => received() == date.as_ref().to_string(),
            SearchKey::Since(date) => received() >= date.as_ref().to_string(),
            SearchKey::SentBefore(date) => sent().is_some_and(|sent| sent < date.as_ref().to_string()),
            SearchKey::SentOn(date) => sent().is_some_and(|sent| sent == date.as_ref().to_string()),
            SearchKey::SentSince(date) => sent().is_some_and(|sent| sent >= date.as_ref().to_string()),
        }
    }
}

/// A day as `2021-11-15`, which compares like the days.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d")
}

fn body<'a>(parsed: &'a Parsed<'_>) -> &'a [u8] {
    let from = parsed.parts.first().and_then(|part| usize::try_from(part.raw_body_offset()).ok()).unwrap_or_default();
    parsed.raw_message().get(from..).unwrap_or_default()
}

/// Whether a text holds another, without case.
fn has(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}
