//! Writing: a file that is a whole document after every entry.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::capture::model::{Body, CapturedExchange, HeaderField, JwtSummary};

/// What ends the document. Each entry is written over it, with it behind.
const TAIL: &str = "\n]}}\n";

/// A HAR file that grows. Each entry goes out in one write, together with the end of the document, so that whoever kills the program leaves a
/// whole document behind.
#[derive(Debug)]
pub struct Writer {
    file: File,
    entries: usize,
    /// Where the tail begins.
    end: u64,
}

impl Writer {
    /// Begins a file; one that is there is written over.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let creator = json!({"name": "idp-harness record", "version": env!("CARGO_PKG_VERSION")});
        let head = format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[");
        file.write_all(format!("{head}{TAIL}").as_bytes())?;
        file.flush()?;
        Ok(Self { file, entries: 0, end: head.len() as u64 })
    }

    /// Adds an entry, which [`entry`] made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, entry: &str) -> io::Result<()> {
        let comma = if self.entries == 0 { "\n" } else { ",\n" };
        let text = format!("{comma}{entry}{TAIL}");
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(text.as_bytes())?;
        self.file.flush()?;
        self.end += (text.len() - TAIL.len()) as u64;
        self.entries += 1;
        Ok(())
    }

    /// How many entries there are.
    #[must_use]
    pub const fn entries(&self) -> usize {
        self.entries
    }
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
        "bodySize": request.body.bytes().len(),
    });
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
            let mut content = json!({"size": response.body.bytes().len(), "mimeType": kind});
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
