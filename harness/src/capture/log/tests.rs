//! Files as people paste them, and what is read of each; then what must hold for any text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::lines::{LARGEST, LONGEST_LINE, MOST_LINES};
use super::{Pasted, Words, read_any, read_any_file};
use crate::capture::{Body, Capture, CaptureError};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/logs")
}

fn read(text: &str) -> Result<Pasted, CaptureError> {
    read_any(text.as_bytes())
}

fn traffic(text: &str) -> Capture {
    match read(text).unwrap() {
        Pasted::Traffic(capture) => capture,
        Pasted::Words(words) => panic!("words: {words:?}"),
    }
}

fn words(text: &str) -> Words {
    match read(text).unwrap() {
        Pasted::Words(words) => words,
        Pasted::Traffic(capture) => panic!("traffic: {capture:?}"),
    }
}

fn wrong(error: CaptureError) -> String {
    match error {
        CaptureError::Wrong { .. } => error.to_string(),
        CaptureError::Io(error) => panic!("{error}"),
    }
}

fn body(body: &Body) -> String {
    match body {
        Body::Absent => "none".to_owned(),
        Body::NotRecorded => "not in the log".to_owned(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What was read, in words that a person can compare with the file.
fn shown(pasted: &Pasted) -> String {
    let mut out = String::new();
    match pasted {
        Pasted::Traffic(capture) => {
            writeln!(out, "{}", capture.creator).unwrap();
            for it in &capture.exchanges {
                let took = it.took_ms.map(|took| format!(" ({took} ms)")).unwrap_or_default();
                writeln!(out, "{} {} {}{took}", it.started, it.request.method, it.request.url).unwrap();
                it.request
                    .headers
                    .iter()
                    .for_each(|field| writeln!(out, "    {}: {}", field.name, field.value).unwrap());
                writeln!(out, "    body: {}", body(&it.request.body)).unwrap();
                if let Some(response) = &it.response {
                    writeln!(out, "  {}", response.status).unwrap();
                    response
                        .headers
                        .iter()
                        .for_each(|field| writeln!(out, "    {}: {}", field.name, field.value).unwrap());
                    writeln!(out, "    body: {}", body(&response.body)).unwrap();
                }
                it.error.iter().for_each(|error| writeln!(out, "  no answer: {error}").unwrap());
            }
        }
        Pasted::Words(words) => {
            for it in &words.sayings {
                let time = it.time.map_or("no time".to_owned(), |time| time.to_string());
                writeln!(out, "line {}, {time}:", it.line).unwrap();
                it.text.lines().for_each(|line| writeln!(out, "    {line}").unwrap());
                let known = [
                    ("error", it.error.clone()),
                    ("description", it.description.clone()),
                    ("AADSTS", it.aadsts.map(|code| code.to_string())),
                    ("code", it.code.clone()),
                    ("status", it.status.map(|status| status.to_string())),
                    ("correlation", it.correlation_id.clone()),
                    ("trace", it.trace_id.clone()),
                    ("timestamp", it.timestamp.map(|at| at.to_string())),
                ];
                known.iter().filter_map(|(name, it)| Some((name, it.as_ref()?))).for_each(|(name, it)| {
                    writeln!(out, "  {name}: {it}").unwrap();
                });
            }
        }
    }
    let notes = match pasted {
        Pasted::Traffic(capture) => &capture.notes,
        Pasted::Words(words) => &words.notes,
    };
    for note in notes {
        let place = note.entry.map_or(String::new(), |entry| format!("entry {entry}: "));
        writeln!(out, "note: {place}{}", note.text).unwrap();
    }
    out
}

/// Each file has one beside it that says what is read of it. `ACCEPT=1` writes them; read them before you commit them.
#[test]
fn of_each_pasted_log_is_read_what_the_file_beside_it_says() {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension != "read"));
    names.sort();
    assert!(names.len() >= 19, "{names:?}");
    for path in names {
        let beside = PathBuf::from(format!("{}.read", path.display()));
        let found = match read_any_file(&path) {
            Ok(pasted) => shown(&pasted),
            Err(error) => format!("refused: {error}\n"),
        };
        if std::env::var_os("ACCEPT").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(found, wanted, "{}", path.display());
    }
}
