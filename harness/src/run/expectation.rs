//! Comparing what a scenario expects with what came.

use std::collections::BTreeMap;

use crate::adapter::protocol::{FailureKind, Outcome};
use crate::run::event::{Event, EventKind};
use crate::scenario::{Answer, Count, Expect, ExpectWorld};

/// Whether an answer is as expected, and what it was.
pub(crate) fn answer(expect: &Expect, outcome: &Outcome) -> (bool, String) {
    let found = describe(outcome);
    let right = match (&expect.answer, outcome) {
        (None, _) => true,
        // A crash is no end that anybody plans with.
        (Some(Answer::Any), outcome) => !matches!(outcome, Outcome::Error(failure) if failure.kind == FailureKind::Bug),
        (Some(Answer::Ok), Outcome::Call { status, .. }) => (200..300).contains(status),
        (Some(Answer::Ok), Outcome::Error(_)) => false,
        (Some(Answer::Ok), _) => true,
        (Some(Answer::Status(wanted)), Outcome::Call { status, .. }) => wanted == status,
        (Some(Answer::Status(_)), _) => false,
        (Some(Answer::Rows(wanted)), Outcome::Call { rows: Some(rows), .. }) => wanted == rows,
        // A page is the browser's, not the client's: where one is expected, the client answers nothing.
        (Some(Answer::Rows(_) | Answer::Page(_)), _) => false,
        (Some(Answer::Messages(wanted)), Outcome::Mail { subjects }) => wanted == subjects,
        (Some(Answer::Messages(_)), _) => false,
        (Some(Answer::Error(kinds)), Outcome::Error(failure)) => kinds.contains(&failure.kind),
        (Some(Answer::Error(_)), _) => false,
    };
    let contains = match (&expect.body_contains, outcome) {
        (None, _) => true,
        (Some(text), Outcome::Call { body: Some(body), .. }) => body.contains(text),
        (Some(_), _) => false,
    };
    let says = match (&expect.says, outcome) {
        (None, _) => true,
        (Some(text), Outcome::Error(failure)) => failure.message.contains(text),
        (Some(_), _) => false,
    };
    (right && contains && says, found)
}

/// An answer in a few words.
pub(crate) fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Call { status, rows: Some(rows), .. } => format!("status {status}, {rows} rows"),
        Outcome::Call { status, .. } => format!("status {status}"),
        Outcome::Error(failure) => {
            let kind = serde_json::to_value(failure.kind).ok();
            let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default();
            match &failure.code {
                Some(code) => format!("error {kind} ({code}): {}", failure.message),
                None => format!("error {kind}: {}", failure.message),
            }
        }
        Outcome::Mail { subjects } if subjects.is_empty() => "no message".to_owned(),
        Outcome::Mail { subjects } => format!("messages {}", subjects.join(", ")),
        Outcome::SignedIn { subject } => format!("signed in {subject}"),
        Outcome::Device { user_code, .. } => format!("the user code {user_code}"),
        Outcome::Hello(_)
        | Outcome::Authorize { .. }
        | Outcome::Token { .. }
        | Outcome::Clock { .. }
        | Outcome::Done => "success".to_owned(),
    }
}

/// What is different from what is expected of the world: one pair of texts for each count.
pub(crate) fn world(
    expect: &ExpectWorld,
    events: &[Event],
    (chains, tokens): (usize, usize),
) -> Vec<(bool, String, String)> {
    let mut requests: BTreeMap<&str, u32> = BTreeMap::new();
    let mut refused: BTreeMap<&str, u32> = BTreeMap::new();
    let mut issued: BTreeMap<&str, u32> = BTreeMap::new();
    for event in events {
        if let EventKind::Request { endpoint, .. } = &event.what {
            *requests.entry(endpoint).or_default() += 1;
        } else if let EventKind::Refused { cause, .. } = &event.what {
            *refused.entry(cause).or_default() += 1;
        } else if let EventKind::Issued { token, .. } = &event.what {
            *issued.entry(token).or_default() += 1;
        }
    }
    let mut results = Vec::new();
    let mut counts = |what: &str, wanted: &BTreeMap<String, Count>, found: &BTreeMap<&str, u32>| {
        for (name, wanted) in wanted {
            let found = found.get(name.as_str()).copied().unwrap_or(0);
            results.push((wanted.allows(found), format!("{what} {name}: {wanted}"), found.to_string()));
        }
    };
    counts("requests", &expect.requests, &requests);
    counts("refused", &expect.refused, &refused);
    counts("issued", &expect.issued, &issued);
    let mut count = |what: &str, wanted: Option<u32>, found: usize| {
        if let Some(wanted) = wanted {
            results.push((wanted as usize == found, format!("{what}: {wanted}"), found.to_string()));
        }
    };
    count("valid refresh tokens", expect.valid_refresh_tokens, tokens);
    count("chains alive", expect.chains_alive, chains);
    results
}
