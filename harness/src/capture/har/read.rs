//! Reading: the document in a stream, an entry at a time.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::entry::exchange;
use crate::capture::model::{Capture, CaptureError, Note, Place};

/// The most that one entry may have, in bytes. What OAuth is about has a few thousand.
const LARGEST_ENTRY: usize = 16 * 1024 * 1024;

/// Reads a file.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Path) -> Result<Capture, CaptureError> {
    read(File::open(path)?)
}

/// Reads a HAR document. Entries come one at a time, so that a large file takes no more memory than what is kept of it: bodies of images, scripts
/// and the like are left out.
///
/// # Errors
/// [`CaptureError`] with the place: no JSON, cut off, not HAR, nested deeper than 128, text that is no UTF-8.
pub fn read(source: impl Read) -> Result<Capture, CaptureError> {
    let mut reading = Reading::default();
    let mut source = BufReader::with_capacity(64 * 1024, WithoutMark { source, is_begun: false });
    let mut deserializer = serde_json::Deserializer::from_reader(&mut source);
    let read = Document(&mut reading).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Some(error) = reading.failed.take() {
        return Err(error);
    }
    read.map_err(|error| {
        if error.is_io() {
            return CaptureError::Io(error.into());
        }
        let entry = reading.is_in_entries.then_some(reading.entry);
        let place = Place { line: error.line(), column: error.column(), entry, field: None };
        CaptureError::Wrong { place, what: words(&error) }
    })?;
    if !reading.has_entries {
        let place = Place { line: 1, column: 1, entry: None, field: None };
        return Err(CaptureError::Wrong { place, what: "this is no HAR: there is no `log` with `entries`".to_owned() });
    }
    let mut capture = reading.capture;
    capture.exchanges.sort_by_key(|it| (it.started, it.entry));
    note_what_was_removed(&mut capture);
    Ok(capture)
}

/// The error without the place, which is said apart.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if error.is_eof() { format!("the file is cut off here ({text})") } else { text.to_owned() }
}

/// Chrome takes credentials out when it exports, and says nothing of it.
fn note_what_was_removed(capture: &mut Capture) {
    let has = |name: &str| capture.exchanges.iter().any(|it| it.request.header(name).is_some());
    let sets =
        capture.exchanges.iter().filter_map(|it| it.response.as_ref()).any(|it| it.header("set-cookie").is_some());
    if capture.creator.starts_with("WebInspector") && !has("authorization") && !has("cookie") && !sets {
        let text =
            "no entry has Authorization, Cookie or Set-Cookie: the browser has removed them on export (\"sanitized\")";
        capture.notes.push(Note { entry: None, text: text.to_owned() });
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    capture: Capture,
    has_entries: bool,
    is_in_entries: bool,
    /// The entry that is being read, from 1.
    entry: usize,
    /// Why an entry cannot be used.
    failed: Option<CaptureError>,
}

/// The document: an object with `log`.
struct Document<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `log`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "log" {
                map.next_value_seed(Log(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// `log`.
struct Log<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Log<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `entries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "creator" => {
                    let creator: Value = map.next_value()?;
                    let part = |name: &str| creator.get(name).and_then(Value::as_str).unwrap_or_default();
                    format!("{} {}", part("name"), part("version")).trim().clone_into(&mut self.0.capture.creator);
                }
                "entries" => {
                    self.0.has_entries = true;
                    self.0.is_in_entries = true;
                    map.next_value_seed(Entries(&mut *self.0))?;
                    self.0.is_in_entries = false;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `log.entries`.
struct Entries<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            self.0.entry += 1;
            let Some(raw) = list.next_element::<Box<RawValue>>()? else { return Ok(()) };
            if let Err(error) = self.0.take(raw.get()) {
                self.0.failed = Some(error);
                return Err(A::Error::custom("an entry cannot be used"));
            }
        }
    }
}

impl Reading {
    fn take(&mut self, raw: &str) -> Result<(), CaptureError> {
        let entry = self.entry;
        if raw.len() > LARGEST_ENTRY {
            let text = format!("left out: it has {} bytes", raw.len());
            self.capture.notes.push(Note { entry: Some(entry), text });
            return Ok(());
        }
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        let value = Value::deserialize(&mut deserializer).map_err(|error| {
            let field = Some("as a whole".to_owned());
            let place = Place { line: error.line(), column: error.column(), entry: Some(entry), field };
            CaptureError::Wrong { place, what: words(&error) }
        })?;
        let (exchange, notes) = exchange(entry, &value).map_err(|(field, what)| {
            let place = Place { line: 0, column: 0, entry: Some(entry), field: Some(field.to_owned()) };
            CaptureError::Wrong { place, what }
        })?;
        self.capture.notes.extend(notes.into_iter().map(|text| Note { entry: Some(entry), text }));
        self.capture.exchanges.extend(exchange);
        Ok(())
    }
}

/// A source whose byte order mark is passed over, as the format asks of readers.
struct WithoutMark<R> {
    source: R,
    is_begun: bool,
}

impl<R: Read> Read for WithoutMark<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
        if self.is_begun {
            return self.source.read(buffer);
        }
        self.is_begun = true;
        let mut first = Vec::with_capacity(MARK.len());
        self.source.by_ref().take(MARK.len() as u64).read_to_end(&mut first)?;
        if first == MARK {
            return self.source.read(buffer);
        }
        // The buffer is never smaller: it is that of a `BufReader`.
        let Some(there) = buffer.get_mut(..first.len()) else { return Err(std::io::ErrorKind::InvalidInput.into()) };
        there.copy_from_slice(&first);
        Ok(first.len())
    }
}
