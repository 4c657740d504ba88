//! The journal of `mock-idp serve` (`GET /journal`): which requests came and how they were answered, without what was in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::{Draft, url};
use super::time::whole;
use crate::capture::model::{Body, CapturedRequest, CapturedResponse};

/// Whether an object is an entry of a journal.
pub(super) fn is_entry(value: &Value) -> bool {
    ["kind", "number", "at"].iter().all(|name| value.get(name).is_some())
}

/// The exchanges that entries tell of; each is a line and the entry on it.
pub(super) fn exchanges(entries: &[(usize, Value)]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for (line, entry) in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(number) = entry.get("exchange").and_then(Value::as_u64) else { continue };
        if text("kind") == "received" {
            if let Some(draft) = received(*line, entry) {
                places.insert(number, drafts.len());
                drafts.push(draft);
            }
            continue;
        }
        let Some(draft) = places.get(&number).and_then(|place| drafts.get_mut(*place)) else { continue };
        match text("kind") {
            "committed" => {
                let status = entry.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
                draft.response =
                    status.map(|status| CapturedResponse { status, headers: Vec::new(), body: Body::NotRecorded });
                draft.error = None;
            }
            "refused" => draft.notes.push(format!("refused: {} ({})", text("cause"), text("detail"))),
            "fault_struck" => draft.notes.push(format!("a fault: {}", text("text"))),
            "left" if text("extent") != "Whole" => {
                draft.response = None;
                draft.error = Some(format!("the answer did not arrive whole ({})", text("extent")));
            }
            _ => {}
        }
    }
    drafts
}

fn received(line: usize, entry: &Value) -> Option<Draft> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let mut notes = Vec::new();
    let url = url(text("path")?, None, None, &mut notes)?;
    let method = text("method")?.to_owned();
    let body = if method == "GET" { Body::Absent } else { Body::NotRecorded };
    let time = text("at").and_then(whole).map(|when| when.at);
    let request = CapturedRequest { method, url, headers: Vec::new(), body };
    let error = Some("the journal has no answer".to_owned());
    Some(Draft { line, time, took_ms: None, request, response: None, error, notes })
}
