//! Texts of errors, with or without a log around them: where one begins and ends, and which texts are none.

use jiff::Timestamp;
use serde_json::Value;

use super::json::{get, when};
use super::lines::Line;
use super::pieces::Piece;
use super::said::{CODES, Saying, aadsts, product_code, status};
use super::time::{When, leading};
use crate::capture::model::Note;
use crate::diagnose::unwrapped;

/// A line that is longer is a paragraph of somebody's, unless a code or a time is on it.
const LONGEST_SENTENCE: usize = 300;
/// A sentence begins within so many bytes of its line.
const LATEST: usize = 80;
/// A text has at most so many lines: what is longer is no message.
const MOST_LINES: usize = 100;
/// What stands between two times is one text if it has no more lines.
const MOST_MERGED: usize = 30;
/// What the messages say that come without a code, in the languages they come in.
const SENTENCES: [&str; 40] = [
    // Invantive, CData and what is behind them.
    "old refresh token used",
    "your session has expired",
    "uw sessie is verlopen",
    "ihre sitzung ist abgelaufen",
    "votre session a expiré",
    "could not be established",
    "kon niet worden opgebouwd",
    "konnte nicht aufgebaut werden",
    "could not be opened on provider",
    "the client is not authorized to request",
    "token is not allowed",
    "the remote server returned an error",
    "de externe server heeft een fout geretourneerd",
    "der remoteserver hat einen fehler zurückgegeben",
    "le serveur distant a retourné une erreur",
    // Exact Online.
    "rate limit exceeded",
    "too early to refresh",
    "tooearlytorefreshtokens",
    "server maintenance",
    "the refresh token expired",
    "refresh token has expired",
    "authentication required",
    "one or more scopes requested are",
    // Graph and the like.
    "too many requests",
    "toomanyrequests",
    "is throttled",
    "access token validation failure",
    "lifetime validation failed",
    "application scope violated",
    "invalid refresh token",
    // Mail.
    "no authenticate failed",
    "authenticate failed",
    "no login failed",
    "user is authenticated but not connected",
    "authentication unsuccessful",
    "sendasdenied",
    "session invalidated",
    "no server unavailable",
    "imap protocol error",
    "smtp protocol error",
];

/// Texts in their order, and what must be known of their times.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sayings: Vec<Saying>,
    pub(super) notes: Vec<Note>,
}

/// The lines that may be one text.
#[derive(Debug, Default)]
struct Block {
    line: usize,
    time: Option<Timestamp>,
    level: Level,
    lines: Vec<String>,
    /// Where a blank line was: the place of the line behind it, and its number.
    gaps: Vec<(usize, usize)>,
    /// How many braces are open.
    depth: usize,
}

/// How bad a log says that something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Level {
    #[default]
    Unsaid,
    Error,
    Harmless,
}

#[derive(Debug, Default)]
struct Reader {
    found: Found,
    block: Block,
    /// What is left of a block that blank lines parted, the last part first.
    closing: Vec<Block>,
    without_zone: bool,
    without_year: bool,
    /// The time of a log without years that was read last, and how many years have gone by.
    before: Option<Timestamp>,
    years: i16,
}

/// The errors that a log tells of.
pub(super) fn words(pieces: &[Piece]) -> Found {
    let mut reader = Reader::default();
    for piece in pieces {
        match piece {
            Piece::Line(line) => reader.line(line),
            Piece::Object(line, value) => reader.object(*line, value),
        }
    }
    reader.close();
    let mut note = |text: &str| reader.found.notes.push(Note { entry: None, text: text.to_owned() });
    if reader.without_zone {
        note("times have no zone: they are taken as UTC");
    }
    if reader.without_year {
        note("times have no year: 2000 is assumed for the first");
    }
    if !reader.found.sayings.is_empty() && reader.found.sayings.iter().all(|it| it.when().is_none()) {
        note("times are not known");
    }
    reader.found
}

impl Reader {
    fn line(&mut self, line: &Line) {
        let (time, text) = match leading(&line.text) {
            Some((when, rest)) => (Some(self.read(when)), if when.has_year { rest } else { unhosted(rest) }),
            None => (None, line.text.as_str()),
        };
        let is_open = self.block.depth > 0 && self.block.lines.len() < MOST_LINES;
        let is_blank = text.trim().is_empty();
        if time.is_some() {
            // What stood between two times belongs to the first, blank lines or not.
            if self.block.lines.len() <= MOST_MERGED {
                self.block.gaps.clear();
            }
            self.close();
        } else if (begins_with_code(text) && !is_open) || self.block.lines.len() >= MOST_LINES {
            self.close();
        } else if is_blank && self.block.time.is_some() {
            let place = self.block.lines.len();
            self.block.gaps.push((place, line.number + 1));
        } else if is_blank && !is_open {
            self.close();
        }
        if is_blank || is_trace(text) {
            return;
        }
        if self.block.lines.is_empty() {
            self.block.line = line.number;
        }
        if time.is_some() {
            self.block.time = time;
            self.block.level = level(text);
        }
        let count = |brace| text.matches(brace).count();
        self.block.depth = (self.block.depth + count('{')).saturating_sub(count('}'));
        self.block.lines.push(text.trim_end().to_owned());
    }

    /// An error answer alone, an entry of a sign-in log, or a line of a logger with a message in it.
    fn object(&mut self, line: usize, value: &Value) {
        self.close();
        let Some(object) = value.as_object() else { return };
        let time = ["time", "timestamp", "ts", "date", "datetime", "createddatetime", "eventtime"];
        let at = get(object, &time).and_then(when);
        let is_answer = |it: &Value| match it {
            Value::String(_) => !object.contains_key("level"),
            Value::Object(inner) => inner.contains_key("code") && inner.contains_key("message"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
        };
        if get(object, &["error", "odataerror"]).is_some_and(is_answer) || get(object, &["errorcodes"]).is_some() {
            let mut saying = Saying::of(line, None, &value.to_string());
            // The times of Entra's answers are its own.
            saying.time = at.filter(|_| saying.timestamp.is_none());
            self.found.sayings.push(saying);
            return;
        }
        if let Some(failed) = get(object, &["status"]).and_then(Value::as_object)
            && let Some(number) = get(failed, &["errorcode"]).and_then(Value::as_u64).filter(|code| *code >= 10_000)
        {
            let why = get(failed, &["failurereason"]).and_then(Value::as_str).map(str::to_owned);
            let text = |name| get(object, &[name]).and_then(Value::as_str).map(str::to_owned);
            let aadsts = u32::try_from(number).ok();
            let text_of = format!("AADSTS{number}: {}", why.as_deref().unwrap_or("no reason is given"));
            let (correlation_id, trace_id) = (text("correlationid"), text("originalrequestid"));
            let description = Some(text_of.clone());
            self.found.sayings.push(Saying {
                line,
                time: at,
                text: text_of,
                aadsts,
                description,
                correlation_id,
                trace_id,
                ..Saying::default()
            });
            return;
        }
        let said = get(object, &["level", "severity", "loglevel"]).and_then(Value::as_str).unwrap_or_default();
        let texts = ["message", "msg", "log", "@m", "error", "err", "exception", "stack", "stacktrace", "errormessage"];
        let texts = texts.iter().filter_map(|name| get(object, &[name.trim_start_matches('@')]));
        let texts: Vec<&str> = texts.filter_map(|it| it.as_str().or_else(|| it.get("message")?.as_str())).collect();
        self.block.line = line;
        self.block.time = at;
        self.block.level = level(said);
        let lines =
            texts.iter().flat_map(|text| text.lines()).filter(|text| !is_trace(text) && !text.trim().is_empty());
        self.block.lines = lines.map(str::to_owned).collect();
        self.close();
    }

    /// The time of a line, in its year.
    fn read(&mut self, when: When) -> Timestamp {
        self.without_zone |= !when.has_zone;
        if when.has_year {
            return when.at;
        }
        self.without_year = true;
        if self.before.is_some_and(|before| when.at.duration_since(before).as_hours() < -24 * 180) {
            self.years = self.years.saturating_add(1);
        }
        self.before = Some(when.at);
        let zoned = when.at.to_zoned(jiff::tz::TimeZone::UTC);
        let later = jiff::Span::new().try_years(self.years).and_then(|span| zoned.checked_add(span));
        later.map_or(when.at, |later| later.timestamp())
    }

    fn close(&mut self) {
        let mut block = std::mem::take(&mut self.block);
        for (place, line) in std::mem::take(&mut block.gaps).into_iter().rev() {
            let lines = block.lines.split_off(place.min(block.lines.len()));
            self.closing.push(Block { line, lines, ..Block::default() });
        }
        self.closing.push(block);
        while let Some(block) = self.closing.pop() {
            if block.lines.is_empty() {
                continue;
            }
            let saying = Saying::of(block.line, block.time, &block.lines.join("\n"));
            if is_error(&saying, &block) {
                self.found.sayings.push(saying);
            }
        }
    }
}

/// Whether a text says that something went wrong, and is not somebody's talk of it.
fn is_error(saying: &Saying, block: &Block) -> bool {
    let is_coded = saying.aadsts.is_some() || (saying.code.is_some() && block.level != Level::Harmless);
    if is_coded || (block.time.is_some() && block.level == Level::Error) {
        return true;
    }
    saying.text.lines().filter(|line| line.len() <= LONGEST_SENTENCE || block.time.is_some()).any(|line| {
        let lower = line.trim().trim_start_matches(['"', '“', '„', '\'', '‘', '>', '-', '•']).to_lowercase();
        let is_said = |text: &&str| lower.find(*text).is_some_and(|at| at <= LATEST && !is_quoted(&lower, at));
        let is_thrown = line.split_whitespace().any(|word| {
            let name = word.strip_suffix(':').filter(|name| !name.is_empty() && line.trim().len() > word.len());
            name.is_some_and(|name| name.ends_with("Exception") || name.ends_with("Error") && name.len() > 5)
        });
        let is_described = saying.error.is_some() && (saying.description.is_some() || line.contains("error"));
        SENTENCES.iter().any(is_said)
            || CODES.iter().any(is_said)
            || is_thrown
            || is_described
            || status(line).is_some()
    })
}

/// Whether a quotation is open at this place, with something before it: then it is talked about.
fn is_quoted(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let count = |quote| before.matches(quote).count();
    // What JSON and settings have as a value is said, not talked about.
    let outside = before.rsplit_once('"').map(|(outside, _)| outside.trim_end());
    let is_value = outside.is_some_and(|outside| outside.ends_with(['{', '=', ':', ',', '[']));
    let is_open = count('"') % 2 == 1 && !is_value;
    is_open || count('“') + count('„') > count('”')
}

/// `AADSTS…: `, `Error itgenoda219: `.
fn begins_with_code(text: &str) -> bool {
    let text = unwrapped(text.trim_start().get(..200).unwrap_or(text));
    let text = text.trim_start();
    let first = ["Error ", "ERROR ", "Fout ", "Fehler ", "Erreur "]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    let is_first = |code: &str| first.starts_with(code);
    (is_first("AADSTS") && aadsts(first).is_some())
        || (is_first("http") && first.contains("error="))
        || first.split_whitespace().next().is_some_and(|word| product_code(&format!("{word} x")).is_some())
}

/// A line of a stack trace.
fn is_trace(text: &str) -> bool {
    let trimmed = text.trim_start();
    let is_indented = trimmed.len() < text.len();
    let is_call = trimmed
        .strip_prefix("at ")
        .or_else(|| trimmed.strip_prefix("bei "))
        .is_some_and(|rest| rest.contains('(') || rest.split_whitespace().count() == 1);
    let is_more = trimmed
        .strip_prefix("... ")
        .is_some_and(|rest| rest.ends_with(" more") || rest.ends_with(" common frames omitted"));
    let is_python = is_indented && trimmed.starts_with("File \"") && trimmed.contains(", line ");
    (is_call && (is_indented || trimmed.contains("(GlobalState")))
        || is_more
        || is_python
        || trimmed.starts_with("--- End of")
        || trimmed.starts_with("Traceback (most recent call last)")
}

/// What a log says by its level, which is one of the first words.
fn level(text: &str) -> Level {
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).take(4);
    let of = |word: &str| match word.to_ascii_uppercase().as_str() {
        "ERROR" | "ERR" | "FATAL" | "SEVERE" | "CRITICAL" | "FOUT" | "FEHLER" | "ERREUR" => Level::Error,
        "INFO" | "INFORMATION" | "INFORMATIE" | "DEBUG" | "TRACE" | "VERBOSE" => Level::Harmless,
        _ => Level::Unsaid,
    };
    words.map(of).find(|level| *level != Level::Unsaid).unwrap_or_default()
}

/// What is behind `host program[1]: ` (RFC 3164 section 4.1.3).
fn unhosted(text: &str) -> &str {
    let named = text.split_once(": ").filter(|(names, _)| names.split(' ').count() == 2);
    named.map_or(text, |(_, rest)| rest)
}
