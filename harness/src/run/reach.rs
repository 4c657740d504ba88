//! Whether a cell got where its scenario wanted it: a run that never did proves nothing.

use std::collections::BTreeSet;

use crate::idp::Provider;
use crate::rule::History;
use crate::run::event::{Event, EventKind, ProcessChange};

/// What happens beside refusals, in a scenario's words.
const MARKS: [&str; 12] = [
    "chain_ended",
    "code_replayed",
    "fault",
    "killed",
    "newer_grant",
    "race",
    "redeemed",
    "refreshed",
    "refreshed_too_early",
    "refresh_token_replayed",
    "revoked",
    "superseded",
];

/// What can be issued, as `issued:KIND`.
const ISSUED: [&str; 5] = ["authorization_code", "access_token", "refresh_token", "session", "service_session"];

/// Every name that a scenario may say it reaches.
#[must_use]
pub fn reach_names() -> BTreeSet<String> {
    let issued = ISSUED.into_iter().map(|kind| format!("issued:{kind}"));
    MARKS.into_iter().chain(Provider::causes()).map(str::to_owned).chain(issued).collect()
}

/// What a cell reached.
pub(crate) fn reached(events: &[Event]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for event in events {
        if let EventKind::Refused { cause, .. } = &event.what {
            names.insert(cause.clone());
        } else if let EventKind::Ended { why, .. } = &event.what {
            names.insert(why.clone());
        } else if let EventKind::FaultStruck { .. } = &event.what {
            names.insert("fault".to_owned());
        } else if let EventKind::Issued { token, .. } = &event.what {
            names.insert(format!("issued:{token}"));
        } else if let EventKind::RaceGathered { .. } = &event.what {
            names.insert("race".to_owned());
        } else if let EventKind::Process { change: ProcessChange::Killed, .. } = &event.what {
            names.insert("killed".to_owned());
        }
    }
    if History::new(events).refreshes().any(|it| !it.issued.is_empty()) {
        names.insert("refreshed".to_owned());
    }
    names
}
