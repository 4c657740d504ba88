//! Which format a file has.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use super::lines::{Line, wrong};
use super::pieces::{Piece, pieces};
use super::said::Saying;
use super::words::words;
use super::{access, command, curl, journal, json, lines};
use crate::capture::har;
use crate::capture::log::draft::{Draft, capture};
use crate::capture::log::transfer::transfers;
use crate::capture::model::{Capture, CaptureError, Note};

/// How much of a file is looked at before it is read.
const WINDOW: u64 = 64 * 1024;
/// So many lines that were not read are named, and so many texts that stand beside requests.
const NAMED: usize = 8;

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Pasted {
    /// Requests and answers.
    Traffic(Capture),
    /// Texts of errors alone.
    Words(Words),
}

/// Texts of errors, as somebody pasted them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The texts, in the order of the file. One that is there twice was said twice.
    pub sayings: Vec<Saying>,
    /// What is missing, or was guessed.
    pub notes: Vec<Note>,
}

/// Reads a file of any format that [`read_any`] reads.
///
/// # Errors
/// As [`read_any`].
pub fn read_any_file(path: &Path) -> Result<Pasted, CaptureError> {
    read_any(File::open(path)?)
}

/// Reads a HAR file, a Postman collection, or a pasted log: what `curl -v`, `curl -i` and `curl --trace` print, HTTP messages as they are on the
/// wire, logs of JSON objects, the journal of `mock-idp serve`, access logs, and texts of errors. A log has at most 32 MiB, a million lines, and 4 MiB in a
/// line; a HAR file has the limits of [`har::read`].
///
/// # Errors
/// [`CaptureError`] with the place: as [`har::read`] for its formats; for others, where there is a NUL byte, where a limit is exceeded, and
/// where neither requests nor errors are found.
pub fn read_any(mut source: impl Read) -> Result<Pasted, CaptureError> {
    let mut start = Vec::new();
    source.by_ref().take(WINDOW).read_to_end(&mut start)?;
    let is_har = is_har(&start);
    let source = Cursor::new(start).chain(source);
    if is_har {
        return har::read(source).map(Pasted::Traffic);
    }
    let (lines, mut notes) = lines::read(source)?;
    if let Some(capture) = http(&lines, &mut notes)? {
        return Ok(Pasted::Traffic(capture));
    }
    let pieces = pieces(&lines);
    if let Some(capture) = objects(&pieces, &mut notes)? {
        return Ok(Pasted::Traffic(capture));
    }
    if let Some(capture) = requests(&pieces, &mut notes)? {
        return Ok(Pasted::Traffic(capture));
    }
    let found = words(&pieces);
    if found.sayings.is_empty() {
        let what = "neither requests nor errors are in it; what is read are HAR files, Postman collections, what `curl -v` prints, \
                    logs of JSON objects, access logs, and texts of errors";
        return Err(wrong(1, 1, what.to_owned()));
    }
    notes.extend(found.notes);
    Ok(Pasted::Words(Words { sayings: found.sayings, notes }))
}

/// Whether the reader of HAR has something to say: it reads the file, or knows what else it is.
fn is_har(start: &[u8]) -> bool {
    let is_packed = start.starts_with(&[0x1f, 0x8b]) || start.starts_with(b"PK\x03\x04");
    let is_wide = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    let digits = start.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // `2053:9:websocket;`: flows of mitmproxy.
    let behind = start.get(digits..).and_then(|rest| rest.strip_prefix(b":")).filter(|_| digits > 0);
    let more = behind.map(|rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let is_flow = behind.zip(more).is_some_and(|(rest, more)| {
        more > 0 && rest.get(more) == Some(&b':') && rest.get(more + 1).is_some_and(u8::is_ascii_alphabetic)
    });
    is_packed || is_wide || is_flow || has_har_member(start)
}

/// Whether an object begins here with `log`, `info` or `item` as HAR files and collections have them. Docker's log lines have a `log`, too: a text.
fn has_har_member(start: &[u8]) -> bool {
    let (mut depth, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    let mut text: Vec<u8> = Vec::new();
    // The name of the member that is read, once its colon was.
    let mut name: Option<Vec<u8>> = None;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if start.first() != Some(&b'{') {
        return false;
    }
    for byte in start.iter().copied() {
        if is_in_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_in_text = false,
                _ => text.push(byte),
            }
            continue;
        }
        if let (1, Some(name), false) = (depth, &name, byte.is_ascii_whitespace())
            && matches!((name.as_slice(), byte), (b"log" | b"info", b'{') | (b"item", b'['))
        {
            return true;
        }
        match byte {
            b'"' => {
                is_in_text = true;
                text.clear();
            }
            b':' if depth == 1 => name = Some(std::mem::take(&mut text)),
            b',' if depth == 1 => name = None,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A second object behind the first is another line.
        if depth == 0 {
            return false;
        }
    }
    false
}

/// What `curl` prints, and HTTP messages.
fn http(lines: &[Line], notes: &mut Vec<Note>) -> Result<Option<Capture>, CaptureError> {
    if !lines.iter().any(|line| curl::is_traffic(&line.text) || command::called(&line.text).is_some()) {
        return Ok(None);
    }
    let read = transfers(curl::said(lines));
    if read.drafts.is_empty() {
        return Ok(None);
    }
    let mut notes = std::mem::take(notes);
    notes.extend(read.notes);
    let unread = read.unread.into_iter().map(|(number, text)| Piece::Line(Line { number, text }));
    tell_unread(&unread.collect::<Vec<_>>(), &mut notes);
    let mut agents = read.drafts.iter().filter_map(|it| it.request.header("user-agent"));
    let creator = agents.find(|agent| agent.starts_with("curl/")).unwrap_or("HTTP messages").to_owned();
    capture(&creator, read.drafts, notes).map(Some)
}

/// Logs of JSON objects.
fn objects(pieces: &[Piece], notes: &mut Vec<Note>) -> Result<Option<Capture>, CaptureError> {
    let found = pieces.iter().filter_map(|piece| match piece {
        Piece::Object(line, value) => Some((*line, value.clone())),
        Piece::Line(_) => None,
    });
    let found: Vec<_> = found.collect();
    let is_journal = found.iter().any(|(_, value)| journal::is_entry(value));
    let (creator, drafts, unread) = if is_journal {
        ("mock-idp journal", journal::exchanges(&found), Vec::new())
    } else {
        let (drafts, unread) = json::exchanges(found.iter());
        ("JSON log", drafts, unread)
    };
    if drafts.is_empty() {
        return Ok(None);
    }
    let mut places = 0..;
    let is_unread = |piece: &&Piece| match piece {
        Piece::Object(..) => places.next().is_some_and(|place: usize| unread.binary_search(&place).is_ok()),
        Piece::Line(_) => true,
    };
    finish(creator, drafts, &pieces.iter().filter(is_unread).cloned().collect::<Vec<_>>(), notes).map(Some)
}

/// Access logs.
fn requests(pieces: &[Piece], notes: &mut Vec<Note>) -> Result<Option<Capture>, CaptureError> {
    let (mut drafts, mut unread): (Vec<Draft>, Vec<Piece>) = (Vec::new(), Vec::new());
    for piece in pieces {
        let read = match piece {
            Piece::Line(line) => access::exchange(line.number, &line.text),
            Piece::Object(..) => None,
        };
        match read {
            Some(draft) => drafts.push(draft),
            None => unread.push(piece.clone()),
        }
    }
    if drafts.is_empty() { Ok(None) } else { finish("access log", drafts, &unread, notes).map(Some) }
}

fn finish(creator: &str, drafts: Vec<Draft>, unread: &[Piece], notes: &mut Vec<Note>) -> Result<Capture, CaptureError> {
    let mut notes = std::mem::take(notes);
    tell_unread(unread, &mut notes);
    capture(creator, drafts, notes)
}

/// Says which lines belong to no request, and what of them tells of an error.
fn tell_unread(unread: &[Piece], notes: &mut Vec<Note>) {
    let numbers = unread.iter().filter_map(|piece| match piece {
        Piece::Line(line) => (!line.text.trim().is_empty()).then_some(line.number),
        Piece::Object(line, _) => Some(*line),
    });
    let numbers: Vec<usize> = numbers.collect();
    if numbers.is_empty() {
        return;
    }
    let named: Vec<String> = numbers.iter().take(NAMED).map(usize::to_string).collect();
    let more = if numbers.len() > NAMED { " and more" } else { "" };
    let text = format!("{} lines belong to no request: {}{more}", numbers.len(), named.join(", "));
    notes.push(Note { entry: None, text });
    for saying in words(unread).sayings.into_iter().take(NAMED) {
        let said: String = saying.text.chars().take(200).collect();
        notes.push(Note { entry: None, text: format!("line {} says: {said}", saying.line) });
    }
}
