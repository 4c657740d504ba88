//! A cell's log, ordered for judging: exchanges with everything that belongs to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::adapter::protocol::{FailureKind, Outcome};
use crate::idp::{CALLER, HARNESS};
use crate::run::event::{Delivery, Event, EventKind, ProcessChange};

/// One exchange with the provider.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// Its number.
    pub number: u32,
    /// The worker that sent it, or `resource-owner`.
    pub from: &'a str,
    /// The endpoint.
    pub endpoint: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Header fields.
    pub headers: &'a [(String, String)],
    /// Parameters, decoded.
    pub parameters: &'a [(String, String)],
    /// The log's number at which it was sent: where the race had gathered, for a request that was held.
    pub sent: u32,
    /// Milliseconds since the start.
    pub at_ms: i64,
    /// The realm's time, RFC 3339.
    pub at: &'a str,
    /// Why it was refused.
    pub refused: Option<&'a str>,
    /// The label of what was presented, when it was refused.
    pub presented: Option<&'a str>,
    /// Labels that were issued, with their parents.
    pub issued: Vec<(&'a str, Option<&'a str>)>,
    /// The status of the reply.
    pub status: u16,
    /// The header fields of the reply.
    pub reply_headers: &'a [(String, String)],
    /// The body of the reply.
    pub body: &'a str,
    /// Where in the log the reply left, and how.
    pub left: Option<(u32, Delivery)>,
    /// Whether a fault struck it.
    pub struck: bool,
    /// What the faults did that struck it.
    pub faults: Vec<&'a str>,
    /// The ID token that it issued.
    pub id_token: Option<IdToken<'a>>,
}

/// An ID token, decoded.
#[derive(Debug, Clone, Copy)]
pub struct IdToken<'a> {
    /// The header's members.
    pub header: &'a Map<String, Value>,
    /// The claims.
    pub claims: &'a Map<String, Value>,
}

impl Exchange<'_> {
    /// The parameter's value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a token request of this grant.
    #[must_use]
    pub fn is_grant(&self, grant: &str) -> bool {
        self.endpoint == "token" && self.parameter("grant_type") == Some(grant)
    }

    /// The number of the refresh token that it presents, if that is one of the realm's.
    #[must_use]
    pub fn refresh_token(&self) -> Option<u32> {
        if self.is_grant("refresh_token") { number_of(self.parameter("refresh_token")?, "rt") } else { None }
    }

    /// The number of the refresh token that it issued.
    #[must_use]
    pub fn issued_refresh_token(&self) -> Option<u32> {
        self.issued.iter().find_map(|(label, _)| number_of(&format!("<{label}>"), "rt"))
    }

    /// Where in the log its reply arrived whole, if it did.
    #[must_use]
    pub fn arrived(&self) -> Option<u32> {
        match self.left {
            Some((seq, Delivery::Sent)) => Some(seq),
            Some((_, Delivery::Cut | Delivery::Dropped)) | None => None,
        }
    }

    /// Whether its reply arrived and is a token response.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.endpoint == "token" && self.status == 200 && self.refused.is_none() && self.arrived().is_some() && {
            self.body.contains("\"access_token\"")
        }
    }
}

/// Whether a request is the harness's own: in the part of the caller, or of its resource owner, or in nobody's.
fn is_callers(from: &str, endpoint: &str, parameters: &[(String, String)]) -> bool {
    let asks = || parameters.iter().any(|(name, value)| name == "client_id" && value == CALLER);
    from == CALLER || from == HARNESS || endpoint == "authorization" && asks()
}

/// The number in a label such as `<rt:2>`.
pub(crate) fn number_of(label: &str, kind: &str) -> Option<u32> {
    label.strip_prefix('<')?.strip_prefix(kind)?.strip_prefix(':')?.strip_suffix('>')?.parse().ok()
}

/// A client's answer to an operation.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Its place in the log.
    pub seq: u32,
    /// The worker.
    pub worker: &'a str,
    /// The operation.
    pub op: &'a str,
    /// What it said.
    pub outcome: &'a Outcome,
}

impl Report<'_> {
    /// The kind of failure, if it is one.
    #[must_use]
    pub const fn failure(&self) -> Option<FailureKind> {
        match self.outcome {
            Outcome::Error(failure) => Some(failure.kind),
            Outcome::Hello(_)
            | Outcome::Authorize { .. }
            | Outcome::Device { .. }
            | Outcome::Call { .. }
            | Outcome::Mail { .. }
            | Outcome::Token { .. }
            | Outcome::SignedIn { .. }
            | Outcome::Clock { .. }
            | Outcome::Done => None,
        }
    }
}

/// The log, ordered for judging.
#[derive(Debug)]
pub struct History<'a> {
    /// The log itself.
    pub events: &'a [Event],
    /// The exchanges, in order.
    pub exchanges: Vec<Exchange<'a>>,
    /// The client's answers, in order.
    pub reports: Vec<Report<'a>>,
    /// Where workers were killed.
    pub kills: Vec<(u32, &'a str)>,
    /// The store of each worker that has one of its own.
    stores: BTreeMap<&'a str, &'a str>,
}

impl<'a> History<'a> {
    /// Orders a log.
    #[must_use]
    pub fn new(events: &'a [Event]) -> Self {
        let mut history =
            Self { events, exchanges: Vec::new(), reports: Vec::new(), kills: Vec::new(), stores: BTreeMap::new() };
        let mut gathered = 0;
        for event in events {
            if let EventKind::RaceGathered { .. } = &event.what {
                gathered = event.seq;
            }
            history.take(event, gathered);
        }
        history
    }

    fn take(&mut self, event: &'a Event, gathered: u32) {
        match &event.what {
            // What the harness does in the part of another client says nothing of the one under test.
            EventKind::Request { from, endpoint, parameters, .. } if is_callers(from, endpoint, parameters) => {}
            EventKind::Request { exchange, from, endpoint, target, headers, parameters, held, .. } => {
                self.exchanges.push(Exchange {
                    number: *exchange,
                    from,
                    endpoint,
                    target,
                    headers,
                    parameters,
                    sent: if *held { gathered } else { event.seq },
                    at_ms: event.since_start_ms,
                    at: &event.at,
                    refused: None,
                    presented: None,
                    issued: Vec::new(),
                    status: 0,
                    reply_headers: &[],
                    body: "",
                    left: None,
                    struck: false,
                    faults: Vec::new(),
                    id_token: None,
                });
            }
            EventKind::Issued { exchange, label, parent, .. } => {
                self.with(*exchange, |it| it.issued.push((label, parent.as_deref())));
            }
            EventKind::Refused { exchange, cause, presented, .. } => self.with(*exchange, |it| {
                it.refused = Some(cause);
                it.presented = presented.as_deref();
            }),
            EventKind::IdToken { exchange, header, claims, .. } => {
                self.with(*exchange, |it| it.id_token = Some(IdToken { header, claims }));
            }
            EventKind::FaultStruck { exchange, text } => self.with(*exchange, |it| {
                it.struck = true;
                it.faults.push(text);
            }),
            EventKind::Reply { exchange, status, headers, body } => self.with(*exchange, |it| {
                it.status = *status;
                it.reply_headers = headers;
                it.body = body;
            }),
            EventKind::ReplyLeft { exchange, delivery } => {
                self.with(*exchange, |it| it.left = Some((event.seq, *delivery)));
            }
            EventKind::ClientReported { worker, op, outcome } => {
                self.reports.push(Report { seq: event.seq, worker, op, outcome });
            }
            EventKind::Process { worker, change: ProcessChange::Killed, .. } => self.kills.push((event.seq, worker)),
            EventKind::Process { worker, store: Some(store), .. } => drop(self.stores.insert(worker, store)),
            EventKind::Process { change: ProcessChange::Started | ProcessChange::Ended, .. }
            | EventKind::CellStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::ClockMoved { .. }
            | EventKind::CallbackDelivered { .. }
            | EventKind::ClientWaits { .. }
            | EventKind::RaceGathered { .. }
            | EventKind::Ended { .. }
            | EventKind::MailSaid { .. }
            | EventKind::WorldChanged { .. }
            | EventKind::Expectation { .. }
            | EventKind::RuleDecided(_)
            | EventKind::CellEnded { .. } => {}
        }
    }

    fn with(&mut self, number: u32, change: impl FnOnce(&mut Exchange<'a>)) {
        if let Some(exchange) = self.exchanges.iter_mut().rev().find(|it| it.number == number) {
            change(exchange);
        }
    }

    /// What the worker answered to the operation in which it sent this: nothing when it was killed before.
    #[must_use]
    pub fn answer_to(&self, exchange: &Exchange<'_>) -> Option<&Report<'a>> {
        let answer = self.reports.iter().find(|it| it.seq > exchange.sent && it.worker == exchange.from)?;
        (!self.killed_between(exchange.from, exchange.sent, answer.seq)).then_some(answer)
    }

    /// Whether the operation in which the worker sent this went well.
    #[must_use]
    pub fn went_well(&self, exchange: &Exchange<'_>) -> bool {
        self.answer_to(exchange).is_some_and(|answer| answer.failure().is_none())
    }

    /// Whether a refresh token stays as good as it was when it has been exchanged for another.
    #[must_use]
    pub fn keeps_superseded_tokens(&self) -> bool {
        let is_told =
            |event: &Event| matches!(event.what, EventKind::CellStarted { keeps_superseded_tokens: true, .. });
        self.events.first().is_some_and(is_told)
    }

    /// The token requests that present a refresh token.
    pub fn refreshes(&self) -> impl Iterator<Item = &Exchange<'a>> {
        self.exchanges.iter().filter(|it| it.is_grant("refresh_token"))
    }

    /// Whether two workers share a store: what one of them gets, the other one can know.
    #[must_use]
    pub fn share_store(&self, one: &str, other: &str) -> bool {
        self.stores.get(one) == self.stores.get(other)
    }

    /// Whether the worker was killed between two places of the log.
    #[must_use]
    pub fn killed_between(&self, worker: &str, from: u32, to: u32) -> bool {
        self.kills.iter().any(|(seq, killed)| *killed == worker && (from..to).contains(seq))
    }
}
