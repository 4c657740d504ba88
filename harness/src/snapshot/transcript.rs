//! A cell's events as a conversation that a person can read, the same bytes for the same events.
//!
//! Nothing that differs between two equal runs is printed: no version of a library, no real time, and no time read from a
//! clock that the harness does not move. [`lines`] keeps what each line belongs to, for reports that show a part.

mod say;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use crate::run::event::{Event, EventKind, Speaker};
use crate::run::outcome::{Outcome, RuleResult, RuleVerdict};
use crate::snapshot::facts::ScenarioFacts;
use crate::snapshot::time::{clock_text, span_text};
use crate::snapshot::wire::{self, RequestParts, Shown, visible};

/// The name under which the harness's browser sends requests.
const RESOURCE_OWNER: &str = "resource-owner";

/// What the labels stand for.
const LEGEND: &str = "code: authorization code; at: access token, good for minutes; rt: refresh token, which gets the next pair; \
                      chain: all that comes of one sign-in";

/// One line of a transcript, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step that it belongs to; 0 before the first and after the last.
    pub step: u32,
    /// The exchange that it shows, if it shows one.
    pub exchange: Option<u32>,
    /// Whether it says that an expectation was not met.
    pub unmet: bool,
    /// The text, indented, without a line break.
    pub text: String,
}

/// The whole transcript, ending in a line break. Without events it is the title alone.
#[must_use]
pub fn render(events: &[Event], facts: &ScenarioFacts) -> String {
    let mut text = String::new();
    for line in lines(events, facts) {
        text.push_str(line.text.trim_end());
        text.push('\n');
    }
    text
}

/// The transcript line by line.
#[must_use]
pub fn lines(events: &[Event], facts: &ScenarioFacts) -> Vec<Line> {
    let mut scribe = Scribe::default();
    scribe.note(&visible(&facts.title));
    for event in events {
        scribe.take(event);
    }
    scribe.leftover_refusals();
    scribe.lines
}

/// What has to be remembered from one event to the next.
#[derive(Debug, Default)]
struct Scribe {
    lines: Vec<Line>,
    step: u32,
    /// The time that was printed last.
    printed: Option<i64>,
    /// The time of the event at hand.
    now: i64,
    /// The start in milliseconds since 1970.
    start: Option<i64>,
    /// Whether the client's clock is the realm's, so that its readings are the same in every run.
    clock_moves: bool,
    /// Who sent an exchange's request.
    senders: BTreeMap<u32, String>,
    /// Why an exchange was refused, until its reply is printed.
    refusals: BTreeMap<u32, Vec<String>>,
    /// The body of the last reply that a sender got: what a client repeats of it is not printed again.
    last_body: BTreeMap<String, String>,
    rules: Vec<RuleResult>,
    failed: bool,
}

impl Scribe {
    fn take(&mut self, event: &Event) {
        self.now = event.since_start_ms;
        match &event.what {
            EventKind::CellStarted { client, profile, seed, clock, .. } => {
                self.start = say::epoch_ms(&event.at).map(|at| at.saturating_sub(event.since_start_ms));
                self.clock_moves = clock == "inject";
                self.note(&format!(
                    "{} with {}, seed {seed}, clock {}",
                    visible(profile),
                    visible(client),
                    visible(clock)
                ));
                let at = event.at.replace(".000Z", "Z");
                self.note(&format!("{} is {}", clock_text(event.since_start_ms), visible(&at)));
                self.note(LEGEND);
            }
            EventKind::StepStarted { step, line: _, verb: _, text } => self.step_started(*step, text),
            EventKind::ClockMoved { by_ms } => {
                let moved = format!("the clock moves by {}", span_text(*by_ms));
                // The time that it arrives at heads whatever comes next.
                self.push(None, 2, &moved);
            }
            EventKind::Process { worker, change, store } => {
                self.say(worker, &say::process(*change, store.as_deref()));
            }
            EventKind::CallbackDelivered { worker, tampered, .. } => {
                if let Some(what) = tampered {
                    self.say(worker, &format!("is handed the redirect, with its {} changed", visible(what)));
                }
            }
            EventKind::ClientReported { worker, op, outcome } => self.client_reported(worker, op, outcome),
            EventKind::ClientWaits { worker, on } => self.say(worker, &format!("waits for {}", visible(on))),
            EventKind::Request { .. } => self.request(&event.what),
            EventKind::RaceGathered { at, came, away } => self.race(at, came, away),
            EventKind::Issued { exchange, label, token, parent, chain, expires_at_ms } => {
                let text = say::issued(label, token, parent.as_deref(), *chain, *expires_at_ms);
                self.detail(Some(*exchange), &text);
            }
            EventKind::IdToken { exchange, label, header, claims } => {
                self.detail(Some(*exchange), &say::id_token(label, header, claims));
            }
            EventKind::Ended { exchange, label, why, by } => {
                self.detail(*exchange, &say::ended(label, why, by.as_deref()));
            }
            EventKind::Refused { exchange, cause, detail, presented: _ } => {
                let detail = say::with_clock(&visible(detail), self.start);
                let mut why = vec![format!("because: {detail} ({})", visible(cause))];
                why.extend(say::meaning(cause).map(|meaning| format!("in plain words: {meaning}")));
                self.refusals.insert(*exchange, why);
            }
            EventKind::FaultStruck { exchange, text } => {
                self.detail(Some(*exchange), &format!("fault: {}", visible(text)))
            }
            EventKind::Reply { exchange, status, headers, body } => self.reply(*exchange, *status, headers, body),
            EventKind::ReplyLeft { exchange, delivery } => {
                if let Some(text) = say::delivery(*delivery) {
                    self.detail(Some(*exchange), text);
                }
            }
            EventKind::MailSaid { exchange, session, from, protocol, by, lines } => {
                self.mail_said(*exchange, (*session, from, protocol), *by, lines);
            }
            EventKind::WorldChanged { text } => self.push_now(None, 2, &format!("world: {}", visible(text))),
            EventKind::Expectation { step, line: _, met, expected, found } => {
                self.expectation(*step, *met, expected, found)
            }
            EventKind::RuleDecided(result) => self.rules.push(result.clone()),
            EventKind::CellEnded { outcome } => self.ended(outcome),
        }
    }

    fn step_started(&mut self, step: u32, text: &str) {
        self.leftover_refusals();
        self.step = step;
        self.printed = Some(self.now);
        self.push(None, 0, "");
        let header = format!("{}  step {step} · {}", clock_text(self.now), visible(text));
        self.push(None, 0, &header);
    }

    fn request(&mut self, what: &EventKind) {
        let EventKind::Request { exchange, from, endpoint, method, target, headers, body, parameters, held } = what
        else {
            return;
        };
        let resource_owner = from == RESOURCE_OWNER;
        let Shown { head, details } =
            wire::request(&RequestParts { resource_owner, method, target, headers, body, parameters });
        let held = if *held { "   (held until now)" } else { "" };
        let unknown = if endpoint == "unknown" { "   (no such endpoint)" } else { "" };
        self.push_now(Some(*exchange), 2, &format!("#{exchange} {} > {head}{unknown}{held}", visible(from)));
        self.senders.insert(*exchange, from.clone());
        for text in details {
            self.detail(Some(*exchange), &text);
        }
    }

    fn reply(&mut self, exchange: u32, status: u16, headers: &[(String, String)], body: &str) {
        let from = self.senders.get(&exchange).cloned().unwrap_or_else(|| "?".to_owned());
        let Shown { head, details } = wire::reply(from == RESOURCE_OWNER, status, headers, body);
        self.push_now(Some(exchange), 2, &format!("#{exchange} {} < {head}", visible(&from)));
        for text in details {
            self.detail(Some(exchange), &text);
        }
        for why in self.refusals.remove(&exchange).unwrap_or_default() {
            self.detail(Some(exchange), &why);
        }
        self.last_body.insert(from, body.to_owned());
    }

    fn mail_said(
        &mut self,
        exchange: u32,
        (session, from, protocol): (u32, &str, &str),
        by: Speaker,
        lines: &[String],
    ) {
        let arrow = match by {
            Speaker::Client => '>',
            Speaker::Server => '<',
        };
        let head = format!("#{exchange} {} {arrow} {} {session}", visible(from), visible(protocol));
        let mut lines = lines.iter();
        let first = lines.next().map(|line| visible(line)).unwrap_or_default();
        self.push_now(Some(exchange), 2, &format!("{head}: {first}"));
        for line in lines {
            self.detail(Some(exchange), &visible(line));
        }
        for why in self.refusals.remove(&exchange).unwrap_or_default() {
            self.detail(Some(exchange), &why);
        }
    }

    fn client_reported(&mut self, worker: &str, op: &str, outcome: &crate::adapter::protocol::Outcome) {
        let reading = say::Reading { start: self.start, clock_moves: self.clock_moves };
        let known = self.last_body.get(worker).map(String::as_str);
        let mut said = say::outcome(outcome, &reading, known).into_iter();
        let first = said.next().unwrap_or_default();
        self.say(worker, &format!("{}: {first}", visible(op)));
        for text in said {
            self.detail(None, &text);
        }
    }

    fn race(&mut self, at: &str, came: &[String], away: &[String]) {
        let name = |lanes: &[String]| lanes.iter().map(|lane| visible(lane)).collect::<Vec<_>>().join(", ");
        let came = if came.is_empty() { "nobody".to_owned() } else { name(came) };
        self.push_now(None, 2, &format!("held at {}: {came}", visible(at)));
        if !away.is_empty() {
            self.detail(None, &format!("not there: {}", name(away)));
        }
    }

    fn expectation(&mut self, step: u32, met: bool, expected: &str, found: &str) {
        let text = if met {
            format!("  expected {}: met", visible(expected))
        } else {
            self.failed = true;
            format!("  EXPECTED {}, FOUND {}", visible(expected), visible(found))
        };
        self.lines.push(Line { step, exchange: None, unmet: !met, text });
    }

    fn ended(&mut self, outcome: &Outcome) {
        self.leftover_refusals();
        self.step = 0;
        self.push(None, 0, "");
        let rules = std::mem::take(&mut self.rules);
        if !rules.is_empty() {
            self.push(None, 0, "rules");
        }
        for rule in &rules {
            self.failed |= rule.verdict == RuleVerdict::Broken && rule.level == crate::run::outcome::Level::Must;
            self.push(None, 2, &say::rule(rule));
            if let Some(asked) = say::asked(rule) {
                self.push(None, 10, &asked);
            }
        }
        let (word, reasons) = say::verdict(outcome, self.failed);
        self.push(None, 0, &format!("verdict: {word}"));
        for reason in reasons {
            self.push(None, 2, &visible(reason));
        }
    }

    /// Refusals whose answer was never decided.
    fn leftover_refusals(&mut self) {
        for (exchange, why) in std::mem::take(&mut self.refusals) {
            for why in why {
                self.detail(Some(exchange), &format!("#{exchange} {why}"));
            }
        }
    }

    fn say(&mut self, worker: &str, text: &str) {
        self.push_now(None, 2, &format!("{}: {text}", visible(worker)));
    }

    fn note(&mut self, text: &str) {
        self.push(None, 0, text);
    }

    fn detail(&mut self, exchange: Option<u32>, text: &str) {
        self.push(exchange, 8, text);
    }

    /// A line under the time at which it happened, when that is not the time printed last.
    fn push_now(&mut self, exchange: Option<u32>, indent: usize, text: &str) {
        if self.printed.is_some_and(|printed| printed != self.now) {
            self.push(None, 0, &clock_text(self.now));
            self.printed = Some(self.now);
        }
        self.push(exchange, indent, text);
    }

    fn push(&mut self, exchange: Option<u32>, indent: usize, text: &str) {
        let text = format!("{:indent$}{text}", "");
        self.lines.push(Line { step: self.step, exchange, unmet: false, text });
    }
}
