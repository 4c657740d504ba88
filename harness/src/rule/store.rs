//! Rules on the client's token store.

use crate::rule::history::{History, number_of};
use crate::rule::registry::Judgement;
use crate::run::event::EventKind;

/// A worker that is killed after it used a new access token has saved what came with it: after its restart no older refresh
/// token is presented.
pub(crate) fn saved_before_use(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for (killed, worker) in &history.kills {
        // The newest refresh token that had arrived at the worker before it was killed in the middle of a resource request.
        let newest = history
            .exchanges
            .iter()
            .filter(|it| it.from == *worker && it.arrived().is_some_and(|arrived| arrived < *killed))
            .filter_map(|it| Some((it.issued_refresh_token()?, it.number)))
            .max();
        let Some((newest, issued_by)) = newest.filter(|_| was_at_resource(history, *killed)) else { continue };
        let next = history.refreshes().find(|it| it.sent > *killed && history.share_store(it.from, worker));
        let Some(next) = next else { continue };
        tested = true;
        let presented = next.parameter("refresh_token").unwrap_or_default();
        if number_of(presented, "rt").is_none_or(|number| number < newest) {
            let why = format!(
                "<rt:{newest}> had arrived and its access token was in use, but after a crash {presented} was presented"
            );
            return Judgement::Broken { why, exchanges: vec![issued_by, next.number] };
        }
    }
    Judgement::of(tested, None)
}

/// Whether the worker was killed when its request had reached a resource: the step says so.
fn was_at_resource(history: &History<'_>, killed: u32) -> bool {
    let steps = history.events.iter().filter(|event| event.seq < killed);
    let step = steps.rev().find_map(|event| match &event.what {
        EventKind::StepStarted { verb, text, .. } => Some((verb.as_str(), text.as_str())),
        EventKind::CellStarted { .. }
        | EventKind::ClockMoved { .. }
        | EventKind::Process { .. }
        | EventKind::CallbackDelivered { .. }
        | EventKind::ClientReported { .. }
        | EventKind::ClientWaits { .. }
        | EventKind::Request { .. }
        | EventKind::RaceGathered { .. }
        | EventKind::Issued { .. }
        | EventKind::IdToken { .. }
        | EventKind::Ended { .. }
        | EventKind::Refused { .. }
        | EventKind::FaultStruck { .. }
        | EventKind::Reply { .. }
        | EventKind::ReplyLeft { .. }
        | EventKind::MailSaid { .. }
        | EventKind::WorldChanged { .. }
        | EventKind::Expectation { .. }
        | EventKind::RuleDecided(_)
        | EventKind::CellEnded { .. } => None,
    });
    step.is_some_and(|(verb, text)| verb == "crash" && text.contains("resource"))
}
