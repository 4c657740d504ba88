//! Event logs made by hand, for the tests of everything that reads events.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::adapter::protocol::{Failure, FailureKind, Outcome as ClientOutcome};
use crate::report::summary::{CellResult, RuleFacts, RunSummary};
use crate::run::event::{Delivery, Event, EventKind, ProcessChange};
use crate::run::outcome::{Level, Outcome, RuleResult, RuleVerdict};
use crate::snapshot::ScenarioFacts;
use crate::snapshot::store::{Comparison, State, Written};

/// The id of the scenario that the samples are about.
pub(crate) const ID: &str = "exact-online/two-workers-refresh-at-once";

/// Writes a log as a runner would.
#[derive(Debug, Default)]
pub(crate) struct Log {
    events: Vec<Event>,
    now: i64,
}

impl Log {
    /// A log that has begun.
    pub(crate) fn of(scenario: &str, client: &str) -> Self {
        let mut log = Self::default();
        log.push(EventKind::CellStarted {
            scenario: scenario.to_owned(),
            base: scenario.split_once('@').map(|(base, _)| base.to_owned()),
            client: client.to_owned(),
            library: "oauthlib 3.2.2".to_owned(),
            profile: "exact-online@2021-11".to_owned(),
            seed: 7,
            clock: "inject".to_owned(),
            keeps_superseded_tokens: false,
        });
        log
    }

    pub(crate) fn push(&mut self, what: EventKind) -> &mut Self {
        let seq = u32::try_from(self.events.len()).unwrap() + 1;
        let start = "2021-11-15T02:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let at = jiff::Timestamp::from_millisecond(start + self.now).unwrap();
        self.events.push(Event { seq, at: format!("{at:.3}"), since_start_ms: self.now, what });
        self
    }

    pub(crate) fn step(&mut self, step: u32, line: u32, verb: &str, text: &str) -> &mut Self {
        self.push(EventKind::StepStarted { step, line, verb: verb.to_owned(), text: text.to_owned() })
    }

    pub(crate) fn advance(&mut self, by_ms: i64) -> &mut Self {
        self.now += by_ms;
        self.push(EventKind::ClockMoved { by_ms })
    }

    pub(crate) fn process(&mut self, worker: &str, change: ProcessChange) -> &mut Self {
        self.push(EventKind::Process { worker: worker.to_owned(), change, store: None })
    }

    pub(crate) fn token_request(
        &mut self,
        exchange: u32,
        from: &str,
        parameters: &[(&str, &str)],
        held: bool,
    ) -> &mut Self {
        let parameters = pairs(parameters);
        let body = parameters.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
        self.push(EventKind::Request {
            exchange,
            from: from.to_owned(),
            endpoint: "token".to_owned(),
            method: "POST".to_owned(),
            target: "/api/oauth2/token".to_owned(),
            headers: pairs(&[("content-type", "application/x-www-form-urlencoded"), ("user-agent", "x/1.2")]),
            body,
            parameters,
            held,
        })
    }

    pub(crate) fn get(
        &mut self,
        exchange: u32,
        from: &str,
        endpoint: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> &mut Self {
        self.push(EventKind::Request {
            exchange,
            from: from.to_owned(),
            endpoint: endpoint.to_owned(),
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers: pairs(headers),
            body: String::new(),
            parameters: Vec::new(),
            held: false,
        })
    }

    pub(crate) fn issued(
        &mut self,
        exchange: u32,
        token: &str,
        label: &str,
        parent: Option<&str>,
        life: Option<i64>,
    ) -> &mut Self {
        let expires_at_ms = life.map(|life| self.now + life);
        self.push(EventKind::Issued {
            exchange,
            label: label.to_owned(),
            token: token.to_owned(),
            parent: parent.map(str::to_owned),
            chain: Some(1),
            expires_at_ms,
        })
    }

    pub(crate) fn ended(&mut self, exchange: Option<u32>, label: &str, why: &str, by: Option<&str>) -> &mut Self {
        self.push(EventKind::Ended {
            exchange,
            label: label.to_owned(),
            why: why.to_owned(),
            by: by.map(str::to_owned),
        })
    }

    pub(crate) fn reply(&mut self, exchange: u32, status: u16, headers: &[(&str, &str)], body: &str) -> &mut Self {
        let (headers, body) = (pairs(headers), body.to_owned());
        self.push(EventKind::Reply { exchange, status, headers, body });
        self.push(EventKind::ReplyLeft { exchange, delivery: Delivery::Sent })
    }

    pub(crate) fn said(&mut self, worker: &str, op: &str, outcome: ClientOutcome) -> &mut Self {
        self.push(EventKind::ClientReported { worker: worker.to_owned(), op: op.to_owned(), outcome })
    }

    pub(crate) fn rule(&mut self, rule: &str, level: Level, why: &str, exchanges: &[u32]) -> &mut Self {
        let verdict = if why.is_empty() { RuleVerdict::Kept } else { RuleVerdict::Broken };
        let (rule, why, exchanges) = (rule.to_owned(), why.to_owned(), exchanges.to_vec());
        self.push(EventKind::RuleDecided(RuleResult { rule, level, verdict, why, exchanges }))
    }

    pub(crate) fn end(&mut self, outcome: Outcome) -> Vec<Event> {
        self.push(EventKind::CellEnded { outcome });
        std::mem::take(&mut self.events)
    }
}

/// Owned pairs.
pub(crate) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// The facts of [`ID`].
pub(crate) fn facts() -> ScenarioFacts {
    ScenarioFacts {
        id: ID.to_owned(),
        title: "Two workers refresh at once".to_owned(),
        about: "Both read the same stored refresh token; only one exchange can win.".to_owned(),
        remedy: Some("Take a lock before reading the stored token, and read it again inside the lock.".to_owned()),
        reproduces: vec!["Old refresh token used.".to_owned()],
        file: format!("scenarios/{ID}.yaml"),
    }
}

/// The facts of a scenario that is only there to be counted.
pub(crate) fn plain_facts(id: &str) -> ScenarioFacts {
    ScenarioFacts {
        id: id.to_owned(),
        title: "A plain one".to_owned(),
        file: format!("scenarios/{id}.yaml"),
        ..ScenarioFacts::default()
    }
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const OLD: &str = r#"{"error":"unauthorized_client","error_description":"Old refresh token used."}"#;

/// How the sample of [`two_workers`] ends.
pub(crate) fn failed() -> Outcome {
    Outcome::Fail {
        reasons: vec![
            "refresh/one-at-a-time: rt:1 was presented twice".to_owned(),
            "expectation: step 3: status 200, found error reauthorize".to_owned(),
        ],
    }
}

/// Two workers without a lock race for the refresh; the second loses and gives up.
pub(crate) fn two_workers(client: &str, outcome: Outcome) -> Vec<Event> {
    let mut log = Log::of(ID, client);
    log.process("a", ProcessChange::Started);
    log.step(1, 12, "authorize", "authorize");
    log.said("a", "authorize", ClientOutcome::Authorize { url: "{idp}/api/oauth2/auth?state=<state:1>".to_owned() });
    log.get(1, "resource-owner", "authorization", "/api/oauth2/auth?state=<state:1>", &[("cookie", "sid=1")]);
    log.issued(1, "authorization_code", "code:1", None, Some(180_000));
    log.reply(1, 302, &[("Location", "https://c.example/cb?code=<code:1>&state=<state:1>"), ("Server", "x")], "");
    log.token_request(2, "a", &[("grant_type", "authorization_code"), ("code", "<code:1>")], false);
    log.ended(Some(2), "code:1", "redeemed", None);
    log.issued(2, "access_token", "at:1", Some("code:1"), Some(600_000));
    log.issued(2, "refresh_token", "rt:1", Some("code:1"), None);
    log.reply(2, 200, &[JSON, ("Date", "x")], r#"{"access_token":"<at:1>","refresh_token":"<rt:1>"}"#);
    log.said("a", "callback", ClientOutcome::Done);
    log.step(2, 13, "advance", "advance 9m 31s").advance(571_000);
    log.step(3, 14, "race", "race at token: a, b");
    log.push(EventKind::RaceGathered {
        at: "token".to_owned(),
        came: vec!["a".to_owned(), "b".to_owned()],
        away: vec![],
    });
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "<rt:1>"), ("client_secret", "<secret>")];
    log.token_request(3, "a", &refresh, true);
    log.issued(3, "access_token", "at:2", Some("rt:1"), Some(600_000));
    log.issued(3, "refresh_token", "rt:2", Some("rt:1"), None);
    log.ended(Some(3), "rt:1", "superseded", Some("rt:2"));
    log.reply(3, 200, &[JSON], r#"{"access_token":"<at:2>","refresh_token":"<rt:2>"}"#);
    log.token_request(4, "b", &refresh, true);
    log.push(EventKind::Refused {
        exchange: 4,
        cause: "refresh_token_superseded".to_owned(),
        detail: "rt:1 was superseded by rt:2 at 00:09:31".to_owned(),
        presented: Some("rt:1".to_owned()),
    });
    log.reply(4, 401, &[JSON], OLD);
    log.get(5, "a", "resource", "/api/v1/current/Me", &[("authorization", "Bearer <at:2>"), ("accept", "*/*")]);
    log.reply(5, 200, &[JSON], r#"{"d":{"results":[]}}"#);
    log.said(
        "a",
        "call",
        ClientOutcome::Call { status: 200, body: Some(r#"{"d":{"results":[]}}"#.to_owned()), rows: None },
    );
    let failure = Failure {
        kind: FailureKind::Reauthorize,
        message: "Old refresh token used.".to_owned(),
        code: Some("unauthorized_client".to_owned()),
    };
    log.said("b", "call", ClientOutcome::Error(failure));
    let (expected, found) = ("b: status 200".to_owned(), "error reauthorize".to_owned());
    log.push(EventKind::Expectation { step: 3, line: 17, met: false, expected, found });
    log.rule("authorization/state-is-compared", Level::Must, "", &[]);
    log.rule("refresh/one-at-a-time", Level::Must, "rt:1 was presented twice", &[3, 4]);
    log.rule("token/credentials-in-header", Level::Should, "client_secret came in the body", &[2]);
    log.end(outcome)
}

/// A cell in which nothing remarkable happened.
pub(crate) fn plain(id: &str, client: &str, outcome: Outcome) -> Vec<Event> {
    let mut log = Log::of(id, client);
    log.step(1, 4, "advance", "advance 1s").advance(1000);
    log.rule("refresh/one-at-a-time", Level::Must, "", &[]);
    log.end(outcome)
}

fn cell(facts: ScenarioFacts, events: Vec<Event>, outcome: Outcome) -> CellResult {
    let reproduce = format!("idp-harness run --client reference --seed 7 {}", facts.id);
    let path = PathBuf::from(format!("snapshots/reference/{}.snap", facts.id));
    let comparison = Some(Comparison { path, state: State::Same, written: Written::Nothing });
    CellResult { facts, events, outcome, failing: BTreeSet::new(), comparison, reproduce, took: None }
}

/// A run with one cell for each outcome, and each state of a snapshot.
pub(crate) fn run() -> RunSummary {
    let one = |id: &str, outcome: Outcome| cell(plain_facts(id), plain(id, "reference", outcome.clone()), outcome);
    let text = |text: &str| vec![text.to_owned()];
    let mut failed_cell = cell(facts(), two_workers("reference", failed()), failed());
    failed_cell.failing = ["expectation".to_owned(), "refresh/one-at-a-time".to_owned()].into();
    let mut known =
        one("a/known", Outcome::KnownFailure { reasons: text("a/b: why"), because: "It has no lock.".to_owned() });
    known.failing = ["a/b".to_owned()].into();
    let mut changed = one("a/changed", Outcome::Pass);
    let mut new = one("a/new", Outcome::Pass);
    if let Some(comparison) = &mut changed.comparison {
        comparison.state = State::Changed { diff: "@@ -1 +1 @@\n-old\n+new\n".to_owned() };
    }
    if let Some(comparison) = &mut new.comparison {
        (comparison.state, comparison.written) = (State::New, Written::Pending);
    }
    let cells = vec![
        one("a/passed", Outcome::Pass),
        failed_cell,
        known,
        one("a/stale", Outcome::UnexpectedPass { stale: text("a/b (ci/known-failing/reference.yaml:4)") }),
        one("a/inconclusive", Outcome::Inconclusive { missing: text("refresh_token_superseded") }),
        one("a/unsupported", Outcome::NotSupported { missing: text("shared_store") }),
        one("a/broken", Outcome::Broken { why: "the adapter left with status 1\nTraceback".to_owned() }),
        changed,
        new,
    ];
    let rule = |id: &str, level, requirement: &str| {
        let facts = RuleFacts {
            id: id.to_owned(),
            level,
            requirement: requirement.to_owned(),
            source: "RFC 9700 section 4.14.2".to_owned(),
        };
        (id.to_owned(), facts)
    };
    RunSummary {
        client: "reference".to_owned(),
        library: "oauthlib 3.2.2".to_owned(),
        cells,
        orphans: vec![PathBuf::from("snapshots/reference/a/gone.snap")],
        rules: [
            rule("refresh/one-at-a-time", Level::Must, "A refresh token is presented by one exchange at a time, and never again once it was redeemed, because a provider cannot tell the second one from a thief."),
            rule("token/credentials-in-header", Level::Should, "Client credentials go into the header."),
        ]
        .into(),
        filtered_out: 3,
        review: "idp-harness review".to_owned(),
    }
}

/// Two clients, each with two scenarios for two profiles. The second one fails in one cell.
pub(crate) fn sides() -> Vec<RunSummary> {
    let cell = |client: &str, base: &str, profile: &str, fails: bool| {
        let id = format!("{base}@{profile}");
        let mut log = Log::of(&id, client);
        if let Some(EventKind::CellStarted { profile: it, .. }) = log.events.first_mut().map(|event| &mut event.what) {
            profile.clone_into(it);
        }
        let outcome = if fails { failed() } else { Outcome::Pass };
        let events = log.end(outcome.clone());
        CellResult {
            facts: plain_facts(&id),
            events,
            outcome,
            failing: BTreeSet::new(),
            comparison: None,
            reproduce: String::new(),
            took: None,
        }
    };
    let of = |client: &str, fails: bool| RunSummary {
        client: client.to_owned(),
        library: format!("{client} 1"),
        cells: vec![
            cell(client, "side/a", "exact-online", false),
            cell(client, "side/a", "entra", false),
            cell(client, "side/b", "exact-online", fails),
            cell(client, "side/b", "entra", false),
        ],
        ..RunSummary::default()
    };
    vec![of("reference", false), of("twin", true)]
}
