//! Writing: a file that is a whole document after every entry, whenever the program is killed.
//!
//! The file always ends with [`TAIL`], which closes the document. An entry is added in two writes: first all of it but its first four bytes,
//! with the new tail, behind the old tail; then those four bytes over the old tail. Who is killed before the second leaves the document as it
//! was, with a part of the last entry behind its end, which [`read`](super::read) passes over and notes; who is killed after it leaves the
//! new document. The second write is within one page of memory, of which the system writes all or nothing: a tail never crosses one.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::capture::model::{Body, CapturedExchange, HeaderField, JwtSummary};

/// What `log.creator.name` is in files of our own.
pub(super) const CREATOR: &str = "idp-harness record";
/// What ends the document.
const TAIL: &[u8; 4] = b"]}}\n";
const LEFT_OUT: &str = "The body was not kept.";
/// No tail crosses a multiple of this.
const PAGE: u64 = 4096;

/// A HAR file that grows.
#[derive(Debug)]
pub struct Writer(Appender<File>);

impl Writer {
    /// Begins a file.
    ///
    /// # Errors
    /// When it is there already, or cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        Appender::new(File::create_new(path)?).map(Self)
    }

    /// Adds an entry, which [`entry`] made.
    ///
    /// # Errors
    /// When it cannot be written. The document is then as it was, and more can be added.
    pub fn add(&mut self, entry: &str) -> io::Result<()> {
        self.0.add(entry)
    }

    /// How many entries there are.
    #[must_use]
    pub const fn entries(&self) -> usize {
        self.0.entries
    }
}

/// Where bytes are kept.
trait Storage {
    /// Writes all of `bytes` at `offset`, also behind the end.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Forgets what is behind `length`.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)?;
        self.flush()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

#[derive(Debug)]
struct Appender<S> {
    storage: S,
    entries: usize,
    /// Where the tail begins.
    tail: u64,
}

impl<S: Storage> Appender<S> {
    fn new(mut storage: S) -> io::Result<Self> {
        let creator = json!({"name": CREATOR, "version": env!("CARGO_PKG_VERSION")});
        let head = format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[");
        let (text, tail) = closed(head, 0);
        storage.write_at(0, &text)?;
        Ok(Self { storage, entries: 0, tail })
    }

    fn add(&mut self, entry: &str) -> io::Result<()> {
        let comma = if self.entries == 0 { "" } else { "," };
        let (text, tail) = closed(format!("{comma}{entry}"), self.tail);
        let Some((first, rest)) = text.split_at_checked(TAIL.len()) else { return Ok(()) };
        let end = self.tail + TAIL.len() as u64;
        let written = self.storage.write_at(end, rest).and_then(|()| self.storage.write_at(self.tail, first));
        if let Err(error) = written {
            self.storage.cut(end)?;
            self.storage.write_at(self.tail, TAIL)?;
            return Err(error);
        }
        self.tail = tail;
        self.entries += 1;
        Ok(())
    }
}

/// A text that will stand at `offset` with what closes the document behind it, and where that begins.
fn closed(text: String, offset: u64) -> (Vec<u8>, u64) {
    let mut text = text.into_bytes();
    text.push(b'\n');
    let left = PAGE - (offset + text.len() as u64) % PAGE;
    let spaces = if left < TAIL.len() as u64 { left } else { 0 };
    text.extend((0..spaces).map(|_| b' '));
    let tail = offset + text.len() as u64;
    text.extend_from_slice(TAIL);
    (text, tail)
}

/// An exchange as an entry of HAR 1.2.
#[must_use]
pub fn entry(exchange: &CapturedExchange) -> String {
    let request = &exchange.request;
    let took = exchange.took_ms.unwrap_or_default();
    let query: Vec<Value> =
        request.url.query_pairs().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut asked = json!({
        "method": request.method,
        "url": request.url.as_str(),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": fields(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": size(&request.body),
    });
    if let (Body::NotRecorded, Some(asked)) = (&request.body, asked.as_object_mut()) {
        let kind = request.header("content-type").unwrap_or_default();
        asked.insert("postData".to_owned(), json!({"mimeType": kind, "params": [], "text": "", "comment": LEFT_OUT}));
    }
    if let (Body::Bytes(bytes), Some(asked)) = (&request.body, asked.as_object_mut()) {
        let kind = request.header("content-type").unwrap_or_default();
        let mut data = json!({"mimeType": kind, "params": []});
        if let Some(data) = data.as_object_mut() {
            text(bytes, data);
        }
        asked.insert("postData".to_owned(), data);
    }
    let answered = exchange.response.as_ref().map_or_else(
        || {
            json!({
                "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [], "redirectURL": "", "headersSize": -1,
                "bodySize": -1, "content": {"size": 0, "mimeType": "x-unknown"}, "_error": exchange.error,
            })
        },
        |response| {
            let kind = response.header("content-type").unwrap_or("x-unknown");
            let mut content = json!({"size": size(&response.body), "mimeType": kind});
            if let (Body::NotRecorded, Some(content)) = (&response.body, content.as_object_mut()) {
                content.insert("comment".to_owned(), LEFT_OUT.into());
            }
            if let (Body::Bytes(bytes), Some(content)) = (&response.body, content.as_object_mut()) {
                text(bytes, content);
            }
            json!({
                "status": response.status,
                "statusText": "",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": fields(&response.headers),
                "content": content,
                "redirectURL": response.header("location").unwrap_or_default(),
                "headersSize": -1,
                "bodySize": -1,
            })
        },
    );
    let mut entry = json!({
        "startedDateTime": exchange.started.to_string(),
        "time": took,
        "request": asked,
        "response": answered,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    });
    if let Some(entry) = entry.as_object_mut() {
        if !exchange.jwts.is_empty() {
            let jwt = |it: &JwtSummary| json!({"label": it.label, "header": it.header, "claims": it.claims});
            entry.insert("_jwt".to_owned(), exchange.jwts.iter().map(jwt).collect());
        }
        if let Some(it) = &exchange.pkce {
            let matches = it.challenge.is_some();
            let pkce = json!({"verifier": it.verifier, "challenge": it.challenge, "matches": matches});
            entry.insert("_pkce".to_owned(), pkce);
        }
    }
    entry.to_string()
}

/// As HAR has it: -1 is not known.
fn size(body: &Body) -> i64 {
    match body {
        Body::Absent => 0,
        Body::NotRecorded => -1,
        Body::Bytes(bytes) => i64::try_from(bytes.len()).unwrap_or(i64::MAX),
    }
}

fn fields(headers: &[HeaderField]) -> Vec<Value> {
    headers.iter().map(|field| json!({"name": field.name, "value": field.value})).collect()
}

/// A body: as it is where it is text, else in Base64.
fn text(bytes: &[u8], into: &mut serde_json::Map<String, Value>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => drop(into.insert("text".to_owned(), text.into())),
        Err(_) => {
            into.insert("text".to_owned(), STANDARD.encode(bytes).into());
            into.insert("encoding".to_owned(), "base64".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::har::read;

    /// Takes so many bytes and then no more, as if the program had been killed.
    #[derive(Default)]
    struct Killed {
        bytes: Vec<u8>,
        left: usize,
    }

    impl Storage for Killed {
        fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
            let offset = usize::try_from(offset).unwrap();
            let is_within_a_page = bytes.len() == TAIL.len();
            let taken = if is_within_a_page && self.left < bytes.len() { 0 } else { bytes.len().min(self.left) };
            self.left -= taken;
            self.bytes.resize(self.bytes.len().max(offset + taken), 0);
            self.bytes[offset..offset + taken].copy_from_slice(&bytes[..taken]);
            if taken < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn cut(&mut self, _: u64) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    fn some(number: usize, filler: usize) -> String {
        let started = "2026-03-02T09:00:00Z";
        let request = json!({"method": "GET", "url": format!("https://a.example/{number}")});
        json!({"startedDateTime": started, "request": request, "comment": "é".repeat(filler)}).to_string()
    }

    #[test]
    fn a_program_that_is_killed_at_any_byte_leaves_all_entries_but_the_last() {
        let entries: Vec<String> = (0..4).map(|number| some(number, number * 40)).collect();
        let mut whole = Appender::new(Killed { left: usize::MAX, ..Killed::default() }).unwrap();
        let head = whole.storage.bytes.len();
        entries.iter().for_each(|entry| whole.add(entry).unwrap());
        for left in head..=whole.storage.bytes.len() {
            let mut appender = Appender::new(Killed { left, ..Killed::default() }).unwrap();
            let written = entries.iter().take_while(|entry| appender.add(entry).is_ok()).count();
            let bytes = appender.storage.bytes.as_slice();
            let capture = read(bytes).unwrap_or_else(|error| panic!("{left}: {error}"));
            assert_eq!(capture.exchanges.len(), written, "{left}");
            let is_whole = serde_json::from_slice::<Value>(bytes).is_ok();
            assert_eq!(capture.notes.is_empty(), is_whole, "{left}: {:?}", capture.notes);
        }
    }

    #[test]
    fn no_tail_crosses_a_page() {
        for filler in 0..2048 {
            for odd in ["", "x"] {
                let mut appender = Appender::new(Killed { left: usize::MAX, ..Killed::default() }).unwrap();
                appender.add(&some(0, filler).replace("GET", &format!("GET{odd}"))).unwrap();
                assert!(appender.tail % PAGE <= PAGE - 4, "{filler}");
            }
        }
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.har");
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(Writer::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
