//! From what a log shows of exchanges to a recording: times that are missing, and what must be known of the whole.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::lines::wrong;
use crate::capture::model::{
    Capture, CaptureError, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField, Note,
};

/// What is noted more often is said once, of the whole.
const OFTEN: usize = 2;
/// So many exchanges are read, as of HAR.
const MOST_EXCHANGES: usize = 100_000;
/// 2000-01-01T00:00:00Z, where no time is known at all.
const ASSUMED: i64 = 946_684_800_000;
/// What stands for a host that is not known (RFC 6761 section 6.4).
pub(super) const UNKNOWN_HOST: &str = "unknown.invalid";

/// An exchange, as a log shows it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The line on which it begins.
    pub(super) line: usize,
    /// When it began, where the log says so.
    pub(super) time: Option<Timestamp>,
    pub(super) took_ms: Option<u64>,
    pub(super) request: CapturedRequest,
    pub(super) response: Option<CapturedResponse>,
    pub(super) error: Option<String>,
    pub(super) notes: Vec<String>,
}

/// The header fields that a list of lines has.
pub(super) fn field(line: &str) -> Option<HeaderField> {
    // Those of HTTP/2 that begin with a colon are left out.
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| HeaderField { name: name.to_owned(), value: value.trim().to_owned() })
}

/// The value of the first header field of this name.
pub(super) fn value<'a>(fields: &'a [HeaderField], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
}

/// The time that an answer says it was made at.
pub(super) fn date(fields: &[HeaderField]) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value(fields, "date")?).ok().map(|date| date.timestamp())
}

/// The URL of a target, with what is known of the host. The scheme is `https`, where nothing says otherwise.
pub(super) fn url(target: &str, scheme: Option<&str>, host: Option<&str>, notes: &mut Vec<String>) -> Option<Url> {
    let mut url = if target.contains("://") && !target.starts_with('/') {
        Url::parse(target).ok()?
    } else {
        let host = host.unwrap_or_else(|| {
            notes.push(format!("the host is not in the log: {UNKNOWN_HOST} stands for it"));
            UNKNOWN_HOST
        });
        let slash = if target.starts_with('/') { "" } else { "/" };
        Url::parse(&format!("{}://{host}{slash}{target}", scheme.unwrap_or("https"))).ok()?
    };
    url.set_fragment(None);
    (url.has_host() && matches!(url.scheme(), "http" | "https")).then_some(url)
}

/// A recording of these exchanges.
///
/// # Errors
/// [`CaptureError::Wrong`], with the line, where there are more than 100 000.
pub(super) fn capture(creator: &str, drafts: Vec<Draft>, mut notes: Vec<Note>) -> Result<Capture, CaptureError> {
    if let Some(it) = drafts.get(MOST_EXCHANGES) {
        return Err(wrong(it.line, 1, format!("there are more than {MOST_EXCHANGES} requests")));
    }
    let unknown = drafts.iter().filter(|it| it.time.is_none()).count();
    if unknown > 0 {
        let of = drafts.len();
        let text = if unknown == of {
            "times are not known: the requests are put 1 ms apart, from 2000-01-01T00:00:00Z on".to_owned()
        } else {
            format!(
                "the times of {unknown} of {of} requests are not known: they are put 1 ms behind the request before"
            )
        };
        notes.push(Note { entry: None, text });
    }
    let mut times_noted: BTreeMap<&str, usize> = BTreeMap::new();
    for text in drafts.iter().flat_map(|it| &it.notes) {
        *times_noted.entry(text).or_default() += 1;
    }
    let is_often = |text: &str| times_noted.get(text).is_some_and(|count| *count > OFTEN);
    let often = times_noted.iter().filter(|(text, _)| is_often(text));
    notes.extend(often.map(|(text, count)| Note { entry: None, text: format!("of {count} requests: {text}") }));
    let mut exchanges = Vec::with_capacity(drafts.len());
    for ((entry, it), started) in (1..).zip(&drafts).zip(started(&drafts)) {
        let own = it.notes.iter().filter(|text| !is_often(text));
        notes.extend(own.map(|text| Note { entry: Some(entry), text: text.clone() }));
        exchanges.push(CapturedExchange {
            entry,
            started,
            took_ms: it.took_ms,
            request: it.request.clone(),
            response: it.response.clone(),
            error: it.error.clone(),
            jwts: Vec::new(),
            pkce: None,
        });
    }
    exchanges.sort_by_key(|it| (it.started, it.entry));
    Ok(Capture { creator: creator.to_owned(), exchanges, notes })
}

/// When each began: as it says, or 1 ms behind the one before it; those before the first that says so, 1 ms before one another.
fn started(drafts: &[Draft]) -> Vec<Timestamp> {
    let assumed = Timestamp::from_millisecond(ASSUMED).unwrap_or_default();
    let step = |from: Timestamp, by: i64| from.checked_add(SignedDuration::from_millis(by)).unwrap_or(from);
    let first = drafts.iter().zip(0_i64..).find_map(|(it, place)| Some(step(it.time?, -place)));
    let mut next = first.unwrap_or(assumed);
    let each = drafts.iter().map(|it| {
        let at = it.time.unwrap_or(next);
        next = step(at, 1);
        at
    });
    each.collect()
}
