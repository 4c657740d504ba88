//! Reading: the document in a stream, an entry at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::entry::exchange;
use super::guard::{Guard, Watch, read_some};
use super::write::CREATOR;
use crate::capture::model::{Body, Capture, CaptureError, CapturedExchange, Note, Place};
use crate::capture::postman::{self, Variables};

/// The most that one entry may have, in bytes. What OAuth is about has a few thousand.
const LARGEST_ENTRY: usize = 16 * 1024 * 1024;
/// So many entries are read.
const MOST_ENTRIES: usize = 100_000;
/// Once so much is kept of bodies in all, those above [`LONGEST_LATE_BODY`] are left out.
const KEPT_IN_ALL: usize = 32 * 1024 * 1024;
/// See [`KEPT_IN_ALL`].
const LONGEST_LATE_BODY: usize = 16 * 1024;

/// Reads a file.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Path) -> Result<Capture, CaptureError> {
    read(File::open(path)?)
}

/// Reads a HAR document, or a Postman collection (v2.1) with saved responses. Entries come one at a time, so that a large file takes no more
/// memory than its largest entry and what is kept: bodies of images, scripts and the like are left out, and others once 32 MiB are kept in all.
///
/// # Errors
/// [`CaptureError`] with the place: no JSON, cut off, no HAR, nested deeper than 100, bytes that are not UTF-8, more than 100 000 entries.
pub fn read(mut source: impl Read) -> Result<Capture, CaptureError> {
    let mut start = vec![0; 8];
    let mut length = 0;
    loop {
        let read = read_some(&mut source, start.get_mut(length..).unwrap_or_default())?;
        length += read;
        if read == 0 {
            break;
        }
    }
    start.truncate(length);
    tell_other_formats(&start)?;
    if start.starts_with(b"\xef\xbb\xbf") {
        start.drain(..3);
    }
    let watch = Watch::default();
    let mut reading = Reading::default();
    let mut guard = Guard::new(source, start, watch.clone());
    let mut deserializer = serde_json::Deserializer::from_reader(&mut guard);
    let read = Document(&mut reading).deserialize(&mut deserializer);
    let entry = reading.is_in_entries.then_some(reading.entry);
    let wrong = |error: &serde_json::Error| {
        let place = Place { line: error.line(), column: error.column(), entry, field: None };
        CaptureError::Wrong { place, what: words(error) }
    };
    if let Err(error) = read {
        return Err(match (reading.failed.take(), watch.take_error()) {
            (Some(failed), _) => failed,
            (None, Some(CaptureError::Wrong { place, what })) => {
                CaptureError::Wrong { place: Place { entry, ..place }, what }
            }
            (None, Some(CaptureError::Io(error))) => CaptureError::Io(error),
            (None, None) if error.is_io() => CaptureError::Io(error.into()),
            (None, None) => wrong(&error),
        });
    }
    let end = watch.offset();
    if let Err(error) = deserializer.end() {
        // Our own recorder, when it is killed, leaves a part of the last entry behind the end of the document.
        if !reading.capture.creator.starts_with(CREATOR) {
            return Err(watch.take_error().unwrap_or_else(|| wrong(&error)));
        }
        let bytes = watch.offset() - end + guard.count_rest()?;
        let text = format!("{bytes} bytes behind the end were left out: the recorder was killed when it wrote them");
        reading.capture.notes.push(Note { entry: None, text });
    }
    if !reading.has_entries {
        let place = Place { line: 1, column: 1, entry: None, field: None };
        let what = "this is no HAR: there is no `log` with `entries`, nor the `item` of a Postman collection";
        return Err(CaptureError::Wrong { place, what: what.to_owned() });
    }
    if reading.without_example > 0 {
        let text = format!("{} requests without a saved response were left out", reading.without_example);
        reading.capture.notes.push(Note { entry: None, text });
    }
    let mut capture = reading.capture;
    capture.exchanges.sort_by_key(|it| (it.started, it.entry));
    note_what_was_removed(&mut capture);
    note_clocks(&mut capture);
    Ok(capture)
}

fn tell_other_formats(start: &[u8]) -> Result<(), CaptureError> {
    let what = match start {
        [0x1f, 0x8b, ..] => "this is compressed with gzip: unpack it first",
        [b'P', b'K', 3, 4, ..] => "this is a ZIP archive: unpack it first",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16: save it as UTF-8",
        [b'0'..=b'9', ..] => {
            "this is no JSON; of flows of mitmproxy `mitmdump -nr FILE --set hardump=OUT.har` makes a HAR file"
        }
        _ => return Ok(()),
    };
    let place = Place { line: 1, column: 1, entry: None, field: None };
    Err(CaptureError::Wrong { place, what: what.to_owned() })
}

/// The error without the place, which is said apart.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if error.is_eof() { format!("the file is cut off here ({text})") } else { text.to_owned() }
}

/// Chrome takes credentials out when it exports, and Insomnia header fields; neither says anything of it.
fn note_what_was_removed(capture: &mut Capture) {
    let has = |name: &str| capture.exchanges.iter().any(|it| it.request.header(name).is_some());
    let sets =
        capture.exchanges.iter().filter_map(|it| it.response.as_ref()).any(|it| it.header("set-cookie").is_some());
    if capture.creator.starts_with("WebInspector") && !has("authorization") && !has("cookie") && !sets {
        let text =
            "no entry has Authorization, Cookie or Set-Cookie: the browser has removed them on export (\"sanitized\")";
        capture.notes.push(Note { entry: None, text: text.to_owned() });
    }
    let is_bare = capture.exchanges.iter().all(|it| it.request.headers.is_empty());
    if capture.creator.starts_with("Insomnia") && is_bare && !capture.exchanges.is_empty() {
        let text = "no request has header fields: the exporter has left them out";
        capture.notes.push(Note { entry: None, text: text.to_owned() });
    }
}

/// Clocks that differ by less are taken to agree: `Date` has whole seconds, and answers are on their way for a while.
const SECONDS_APART: i64 = 5;

/// Says where the clock of a server is not that of the machine which recorded it.
fn note_clocks(capture: &mut Capture) {
    let mut ahead: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for it in &capture.exchanges {
        let date = it.response.as_ref().and_then(|response| response.header("date"));
        let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else { continue };
        let took = std::time::Duration::from_millis(it.took_ms.unwrap_or_default());
        let Ok(ended) = it.started.checked_add(took) else { continue };
        let origin = it.request.url.origin().ascii_serialization();
        ahead.entry(origin).or_default().push(date.timestamp().duration_since(ended).as_secs());
    }
    for (origin, mut seconds) in ahead {
        seconds.sort_unstable();
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        if median.abs() >= SECONDS_APART {
            let how = if median < 0 { "behind" } else { "ahead of" };
            let by = median.unsigned_abs();
            let text = format!("the clock of {origin} is {by} s {how} that of the machine which recorded it");
            capture.notes.push(Note { entry: None, text });
        }
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
    /// How many bytes of bodies are kept.
    kept: usize,
    /// The variables of a Postman collection.
    variables: Variables,
    /// How many of its requests have no saved response.
    without_example: usize,
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
            match name.as_str() {
                "log" => map.next_value_seed(Log(&mut *self.0))?,
                "info" => {
                    let info: Value = map.next_value()?;
                    let name = info.get("name").and_then(Value::as_str).unwrap_or_default();
                    self.0.capture.creator = format!("Postman {name}").trim().to_owned();
                }
                "variable" => self.0.variables = postman::variables(&map.next_value()?),
                "item" => {
                    self.0.has_entries = true;
                    self.0.is_in_entries = true;
                    map.next_value_seed(Entries { reading: &mut *self.0, are_items: true })?;
                    self.0.is_in_entries = false;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
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
                    map.next_value_seed(Entries { reading: &mut *self.0, are_items: false })?;
                    self.0.is_in_entries = false;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `log.entries`, or `item` of a collection.
struct Entries<'a> {
    reading: &'a mut Reading,
    are_items: bool,
}

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
        let reading = self.reading;
        loop {
            reading.entry += 1;
            let Some(raw) = list.next_element::<Box<RawValue>>()? else { return Ok(()) };
            let taken = if self.are_items { reading.take_item(raw.get()) } else { reading.take(raw.get()) };
            if let Err(error) = taken {
                reading.failed = Some(error);
                return Err(A::Error::custom("an entry cannot be used"));
            }
        }
    }
}

impl Reading {
    fn take(&mut self, raw: &str) -> Result<(), CaptureError> {
        let entry = self.entry;
        let Some(value) = self.parse(raw)? else { return Ok(()) };
        let (exchange, notes) = exchange(entry, &value).map_err(|(field, what)| {
            let place = Place { line: 0, column: 0, entry: Some(entry), field: Some(field.to_owned()) };
            CaptureError::Wrong { place, what }
        })?;
        self.capture.notes.extend(notes.into_iter().map(|text| Note { entry: Some(entry), text }));
        exchange.map_or(Ok(()), |exchange| self.keep(exchange))
    }

    fn take_item(&mut self, raw: &str) -> Result<(), CaptureError> {
        let Some(value) = self.parse(raw)? else { return Ok(()) };
        let found = postman::examples(&value, &self.variables);
        self.without_example += found.without_example;
        self.capture.notes.extend(found.notes.into_iter().map(|text| Note { entry: Some(self.entry), text }));
        for mut exchange in found.exchanges {
            exchange.entry = self.capture.exchanges.len() + 1;
            self.keep(exchange)?;
        }
        Ok(())
    }

    fn parse(&mut self, raw: &str) -> Result<Option<Value>, CaptureError> {
        let entry = self.entry;
        if raw.len() > LARGEST_ENTRY {
            let text = format!("left out: it has {} bytes", raw.len());
            self.capture.notes.push(Note { entry: Some(entry), text });
            return Ok(None);
        }
        serde_json::from_str(raw).map(Some).map_err(|error| {
            let field = Some("as a whole".to_owned());
            let place = Place { line: error.line(), column: error.column(), entry: Some(entry), field };
            CaptureError::Wrong { place, what: words(&error) }
        })
    }

    fn keep(&mut self, mut exchange: CapturedExchange) -> Result<(), CaptureError> {
        if self.capture.exchanges.len() == MOST_ENTRIES {
            let place = Place { line: 0, column: 0, entry: Some(self.entry), field: Some("as a whole".to_owned()) };
            return Err(CaptureError::Wrong { place, what: format!("there are more than {MOST_ENTRIES} entries") });
        }
        let bodies = [Some(&mut exchange.request.body), exchange.response.as_mut().map(|it| &mut it.body)];
        for body in bodies.into_iter().flatten() {
            let length = body.bytes().len();
            if length > LONGEST_LATE_BODY && self.kept + length > KEPT_IN_ALL {
                *body = Body::NotRecorded;
                let text = format!("a body of {length} bytes was left out: there are too many");
                self.capture.notes.push(Note { entry: Some(exchange.entry), text });
            } else {
                self.kept += length;
            }
        }
        self.capture.exchanges.push(exchange);
        Ok(())
    }
}
