//! Rules on refreshing.

use crate::adapter::protocol::FailureKind;
use crate::rule::history::{Exchange, History};
use crate::rule::registry::Judgement;

/// The causes after which a refresh token is dead for good.
const DEFINITE: [&str; 4] =
    ["refresh_token_superseded", "refresh_token_expired", "refresh_token_unknown", "chain_ended"];

const TOO_EARLY: &str = "refreshed_too_early";

/// What the provider's too-early answer says, for a scenario that has a fault say it.
const TOO_EARLY_TEXT: &str = "Rate limit exceeded: access_token not expired";

pub(crate) fn newest_token(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for request in history.refreshes() {
        let Some(presented) = request.refresh_token() else { continue };
        // The newest token that had arrived when the request was sent, at a process that lived on to tell.
        let newest = history
            .exchanges
            .iter()
            .filter(|it| it.succeeded())
            .filter_map(|it| Some((it.arrived()?, it.issued_refresh_token()?, it)))
            .filter(|(arrived, _, it)| *arrived < request.sent && history.share_store(it.from, request.from))
            .filter(|(arrived, _, it)| !history.killed_between(it.from, *arrived, request.sent))
            .max_by_key(|(_, number, _)| *number);
        let Some((_, newest, by)) = newest else { continue };
        tested |= newest > 1;
        // Where nothing takes an older one's place, it is as good as it was.
        if newest > presented && !history.keeps_superseded_tokens() {
            let why = format!("<rt:{presented}> was presented after <rt:{newest}> had arrived");
            return Judgement::Broken { why, exchanges: vec![by.number, request.number] };
        }
    }
    Judgement::of(tested, None)
}

pub(crate) fn one_at_a_time(history: &History<'_>) -> Judgement {
    let refreshes: Vec<_> = history.refreshes().filter(|it| it.refresh_token().is_some()).collect();
    for (at, later) in refreshes.iter().enumerate() {
        let in_flight = refreshes.iter().take(at).find(|earlier| {
            earlier.refresh_token() == later.refresh_token()
                && earlier.left.is_none_or(|(left, _)| later.sent < left)
                && !history.killed_between(earlier.from, earlier.sent, later.sent)
        });
        // Where nothing takes its place, a token is good for both.
        if let Some(earlier) = in_flight.filter(|_| !history.keeps_superseded_tokens()) {
            let token = later.parameter("refresh_token").unwrap_or_default();
            let why = format!("{} and {} presented {token} at the same time", earlier.from, later.from);
            return Judgement::Broken { why, exchanges: vec![earlier.number, later.number] };
        }
    }
    Judgement::of(history.refreshes().any(Exchange::succeeded), None)
}

/// The last token response that was committed before the request was handled.
fn last_response<'a, 'b>(history: &'b History<'a>, request: &Exchange<'a>) -> Option<&'b Exchange<'a>> {
    history
        .exchanges
        .iter()
        .filter(|it| it.number < request.number && it.endpoint == "token" && !it.issued.is_empty())
        .filter(|it| history.share_store(it.from, request.from))
        .max_by_key(|it| it.number)
}

pub(crate) fn not_before_interval(history: &History<'_>) -> Judgement {
    for request in history.refreshes().filter(|it| it.refused == Some(TOO_EARLY)) {
        let Some(last) = last_response(history, request) else { continue };
        // A request that was sent before the last response arrived could not know of it.
        if last.arrived().is_some_and(|arrived| arrived < request.sent) && last.succeeded() {
            let seconds = (request.at_ms - last.at_ms) / 1000;
            let why = format!("a refresh came {seconds} seconds after the last token response");
            return Judgement::Broken { why, exchanges: vec![last.number, request.number] };
        }
    }
    Judgement::of(history.refreshes().next().is_some(), None)
}

pub(crate) fn lost_reply_waits(history: &History<'_>) -> Judgement {
    let lost = |it: &Exchange<'_>| !it.issued.is_empty() && !it.succeeded() && it.left.is_some();
    for request in history.refreshes().filter(|it| it.refused == Some(TOO_EARLY)) {
        let Some(last) = last_response(history, request) else { continue };
        if lost(last) && last.left.is_some_and(|(left, _)| left < request.sent) {
            let seconds = (request.at_ms - last.at_ms) / 1000;
            let why =
                format!("the reply to a refresh was lost, and the token was presented again {seconds} seconds later");
            return Judgement::Broken { why, exchanges: vec![last.number, request.number] };
        }
    }
    let tested =
        history.refreshes().any(|first| lost(first) && history.refreshes().any(|next| next.number > first.number));
    Judgement::of(tested, None)
}

pub(crate) fn kept_on_transient_error(history: &History<'_>) -> Judgement {
    // A reply that never came whole, maintenance, or any answer of a fault that does not say that the grant is dead: a server error, a
    // 200 that is no token response, a text, a bare `invalid_request`.
    const DEAD: [&str; 4] = ["\"invalid_grant\"", "\"unauthorized_client\"", "\"invalid_client\"", "\"access_denied\""];
    let transient = |it: &Exchange<'_>| {
        let says_dead = || it.arrived().is_some() && DEAD.iter().any(|code| it.body.contains(code));
        it.refused == Some("maintenance") || (it.struck && !it.succeeded() && !says_dead())
    };
    kept(history, transient, "the provider did not refuse it")
}

pub(crate) fn kept_when_too_early(history: &History<'_>) -> Judgement {
    // Where the provider ends the chain for it there is nothing left to keep.
    let ends_chain = |it: &Exchange<'_>| {
        history.events.iter().any(|event| {
            matches!(&event.what, crate::run::event::EventKind::Ended { exchange: Some(number), why, .. }
                if *number == it.number && why == TOO_EARLY)
        })
    };
    let too_early = |it: &Exchange<'_>| {
        it.arrived().is_some() && (it.refused == Some(TOO_EARLY) || it.body.contains(TOO_EARLY_TEXT)) && !ends_chain(it)
    };
    kept(history, too_early, "it was only too early")
}

/// After a failure that says nothing about the grant, the client must neither ask for a new authorization nor forget the token.
fn kept(history: &History<'_>, harmless: impl Fn(&Exchange<'_>) -> bool, but: &str) -> Judgement {
    let mut tested = false;
    for failed in history.refreshes().filter(|it| harmless(it)) {
        let of_store = || history.refreshes().filter(|it| history.share_store(it.from, failed.from));
        let next = of_store().find(|it| it.number > failed.number && it.refresh_token() >= failed.refresh_token());
        let until = next.map_or(u32::MAX, |it| it.sent);
        let gave_up = history.reports.iter().find(|report| {
            report.seq > failed.sent
                && report.seq < until
                && history.share_store(report.worker, failed.from)
                && report.failure() == Some(FailureKind::Reauthorize)
                && !refused_between(history, failed, report.seq)
        });
        if let Some(report) = gave_up {
            let why = format!("the client gave up its grant (`{}` answered reauthorize), though {but}", report.op);
            return Judgement::Broken { why, exchanges: vec![failed.number] };
        }
        tested |= next.is_some();
    }
    Judgement::of(tested, None)
}

fn refused_between(history: &History<'_>, failed: &Exchange<'_>, until: u32) -> bool {
    let definite = |it: &Exchange<'_>| it.refused.is_some_and(|cause| DEFINITE.contains(&cause));
    history.refreshes().any(|it| it.number > failed.number && it.sent < until && definite(it))
}

/// What an answer says that asks for the resource owner and not for another token: a bare `invalid_grant` says that the token is dead.
const ASKS: [&str; 7] = [
    "\"interaction_required\"",
    "\"login_required\"",
    "\"consent_required\"",
    "\"basic_action\"",
    "\"additional_action\"",
    "\"message_only\"",
    "\"user_password_expired\"",
];

fn asks_for_the_owner<'a, 'b>(history: &'b History<'a>) -> impl Iterator<Item = (&'b Exchange<'a>, u32)> {
    let asks = |it: &&Exchange<'_>| it.status >= 400 && ASKS.iter().any(|word| it.body.contains(word));
    history.refreshes().filter(asks).filter_map(|it| Some((it, it.arrived()?)))
}

/// Whoever is told that the resource owner is needed asks them, and does not ask the provider again by itself.
pub(crate) fn interaction_asked_for(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for (asked, arrived) in asks_for_the_owner(history) {
        tested = true;
        // Until the owner is asked, or the provider asks for them no more.
        let settled = |it: &&Exchange<'_>| it.sent > arrived && (it.endpoint == "authorization" || it.succeeded());
        let until = history.exchanges.iter().find(settled).map_or(u32::MAX, |it| it.sent);
        let again = history.refreshes().find(|it| {
            it.sent > arrived
                && it.sent < until
                && history.share_store(it.from, asked.from)
                // What it is told to do it does.
                && history.answer_to(it).is_none_or(|report| report.op != "refresh")
        });
        if let Some(again) = again {
            let why = "the provider asked for the resource owner, and was asked again without one".to_owned();
            return Judgement::Broken { why, exchanges: vec![asked.number, again.number] };
        }
    }
    Judgement::of(tested, None)
}

/// A token that was not good enough for one request is not dead: told to refresh, the client does.
pub(crate) fn kept_when_asked(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for (asked, arrived) in asks_for_the_owner(history) {
        let told = history.reports.iter().filter(|it| it.op == "refresh" && history.share_store(it.worker, asked.from));
        let own = history.answer_to(asked).map_or(u32::MAX, |report| report.seq);
        for report in told.filter(|it| it.seq > own) {
            let anew = history
                .exchanges
                .iter()
                .any(|it| it.endpoint == "authorization" && it.sent > arrived && it.sent < report.seq);
            if anew {
                break;
            }
            tested = true;
            let sent = history.refreshes().any(|it| it.sent > own && it.sent < report.seq);
            if !sent && report.failure() == Some(FailureKind::Reauthorize) {
                let why = "the client threw its refresh token away because the resource owner was asked for".to_owned();
                return Judgement::Broken { why, exchanges: vec![asked.number] };
            }
        }
    }
    Judgement::of(tested, None)
}

pub(crate) fn stops_when_refused(history: &History<'_>) -> Judgement {
    let mut tested = false;
    // A refusal that a fault hid is none that the client could know of.
    let definite = |it: &&Exchange<'_>| !it.struck && it.refused.is_some_and(|cause| DEFINITE.contains(&cause));
    for refused in history.refreshes().filter(definite) {
        let Some(arrived) = refused.arrived() else { continue };
        tested = true;
        let again = history.refreshes().find(|it| {
            it.sent > arrived
                && it.from == refused.from
                && it.parameter("refresh_token") == refused.parameter("refresh_token")
        });
        if let Some(again) = again {
            let token = refused.parameter("refresh_token").unwrap_or_default();
            let cause = refused.refused.unwrap_or_default();
            let why = format!("{token} was refused ({cause}) and presented again");
            return Judgement::Broken { why, exchanges: vec![refused.number, again.number] };
        }
    }
    Judgement::of(tested, None)
}
