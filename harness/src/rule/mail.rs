//! Rules on clients of mail servers.

use crate::rule::history::History;
use crate::rule::registry::Judgement;
use crate::run::event::{Event, EventKind, Speaker};

/// What was said in a dialogue.
struct Said<'a> {
    seq: u32,
    at_ms: i64,
    exchange: u32,
    session: u32,
    from: &'a str,
    protocol: &'a str,
    by: Speaker,
    lines: &'a [String],
}

fn said<'a>(history: &History<'a>) -> Vec<Said<'a>> {
    let read = |event: &'a Event| {
        let EventKind::MailSaid { exchange, session, from, protocol, by, lines } = &event.what else { return None };
        let (seq, at_ms) = (event.seq, event.since_start_ms);
        Some(Said { seq, at_ms, exchange: *exchange, session: *session, from, protocol, by: *by, lines })
    };
    history.events.iter().filter_map(read).collect()
}

impl Said<'_> {
    fn first(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// The label of the access token that a client presents here.
    fn token(&self) -> Option<&str> {
        let (_, rest) = self.first().split_once("auth=Bearer ").filter(|_| self.by == Speaker::Client)?;
        rest.split_whitespace().next()
    }

    /// For how long the server wants to be left alone, in milliseconds.
    fn backoff(&self) -> Option<i64> {
        let asks = |line: &String| {
            let (_, rest) = line.split_once("Suggested Backoff Time: ")?;
            rest.split_whitespace().next()?.parse().ok()
        };
        if self.by == Speaker::Server { self.lines.iter().find_map(asks) } else { None }
    }
}

/// After STARTTLS a client says EHLO before all else (RFC 3207 section 4.2).
pub(crate) fn greeted_after_tls(history: &History<'_>) -> Judgement {
    let said = said(history);
    let mut tested = false;
    for begun in said.iter().filter(|it| it.by == Speaker::Client && it.first().eq_ignore_ascii_case("STARTTLS")) {
        let mut after = said.iter().filter(|it| it.session == begun.session && it.seq > begun.seq);
        let accepted = after.next().is_some_and(|it| it.by == Speaker::Server && it.first().starts_with("220"));
        let Some(next) = after.find(|it| it.by == Speaker::Client).filter(|_| accepted) else { continue };
        tested = true;
        if !next.first().to_ascii_uppercase().starts_with("EHLO") {
            let what = next.first().split(' ').next().unwrap_or_default();
            let why = format!("{} sent {what} as its first word after the TLS handshake", next.from);
            return Judgement::Broken { why, exchanges: vec![next.exchange] };
        }
    }
    Judgement::of(tested, None)
}

/// In one operation, what was refused is not tried again with the same token.
pub(crate) fn refusal_taken(history: &History<'_>) -> Judgement {
    let said = said(history);
    let refused = |exchange: u32| {
        let is_it = |event: &Event| matches!(event.what, EventKind::Refused { exchange: it, .. } if it == exchange);
        history.events.iter().any(is_it)
    };
    let mut tested = false;
    for login in &said {
        let Some(token) = login.token() else { continue };
        let was_refused =
            said.iter().any(|it| it.session == login.session && it.seq >= login.seq && refused(it.exchange));
        if !was_refused {
            continue;
        }
        tested = true;
        let until = history
            .reports
            .iter()
            .find(|it| it.worker == login.from && it.seq > login.seq)
            .map_or(u32::MAX, |it| it.seq);
        let again = said.iter().find(|it| {
            let same = it.from == login.from && it.protocol == login.protocol && it.token() == Some(token);
            same && it.session != login.session && it.seq > login.seq && it.seq < until
        });
        if let Some(again) = again {
            let why = format!("{} logged in with {token} again, at once after it had been refused", again.from);
            return Judgement::Broken { why, exchanges: vec![login.exchange, again.exchange] };
        }
    }
    Judgement::of(tested, None)
}

/// A server that says for how long it wants to be left alone is left alone for so long.
pub(crate) fn backoff_kept(history: &History<'_>) -> Judgement {
    let said = said(history);
    let mut tested = false;
    for asked in &said {
        let Some(wait) = asked.backoff() else { continue };
        let until = asked.at_ms.saturating_add(wait);
        let later = said.iter().filter(|it| {
            it.from == asked.from && it.protocol == asked.protocol && it.seq > asked.seq && it.by == Speaker::Client
        });
        // The session that was told is ended politely.
        for next in later.filter(|it| it.session != asked.session) {
            tested = true;
            if next.at_ms < until {
                let why = format!(
                    "{} came back {} ms before the time that the server had named",
                    next.from,
                    until - next.at_ms
                );
                return Judgement::Broken { why, exchanges: vec![asked.exchange, next.exchange] };
            }
        }
    }
    Judgement::of(tested, None)
}
