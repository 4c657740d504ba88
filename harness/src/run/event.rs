//! The event log: everything that happened in one cell (a scenario run with a client), in order.
//!
//! The seam between the runner and all that is written about a run: rules, reports and snapshots read events and nothing
//! else. Texts are already redacted: a secret has become a label (`<rt:2>`, `<code:1>`, `<state:1>`), the provider's
//! addresses have become `{idp}`. Owns the types; makes no events and judges none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::adapter::protocol::Outcome as ClientOutcome;
use crate::run::outcome::{Outcome, RuleResult};

/// The version of the log's format; the first line of an NDJSON log states it.
pub const LOG_VERSION: u32 = 1;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counts up from 1 within a cell.
    pub seq: u32,
    /// The realm's time, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Milliseconds since the scenario's start on the realm's clock.
    pub since_start_ms: i64,
    /// What happened.
    pub what: EventKind,
}

/// The number of an HTTP exchange with the provider within a cell, from 1, in the order in which the requests were taken.
pub type ExchangeNumber = u32;

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EventKind {
    /// The cell begins. Always the first event.
    CellStarted {
        /// The scenario's id.
        scenario: String,
        /// The scenario's id without the profile, where it is run for several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<String>,
        /// The client's name.
        client: String,
        /// The client library and its version, for people.
        library: String,
        /// The profile, with its era.
        profile: String,
        /// The seed, in decimal.
        seed: u64,
        /// How the client's clock is moved: `inject`, or `none` for a client that cannot be moved.
        clock: String,
        /// Whether a refresh token stays as good as it was when it has been exchanged for another.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keeps_superseded_tokens: bool,
    },
    /// A step begins.
    StepStarted {
        /// From 1.
        step: u32,
        /// The line in the scenario file, from 1.
        line: u32,
        /// The verb.
        verb: String,
        /// The step in one line, as a person would say it.
        text: String,
    },
    /// The realm's clock was moved.
    ClockMoved {
        /// By how many milliseconds.
        by_ms: i64,
    },
    /// Something happened to a worker's process.
    Process {
        /// The worker.
        worker: String,
        /// What.
        change: ProcessChange,
        /// The store that it uses; absent where all workers share one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
    },
    /// The harness's browser arrived at the redirection URI and the client was handed it.
    CallbackDelivered {
        /// The worker.
        worker: String,
        /// The redirection URI with its parameters.
        url: String,
        /// What the harness changed in it on purpose, in a word: `state`, `code`; nothing, usually.
        tampered: Option<String>,
    },
    /// The client answered an operation.
    ClientReported {
        /// The worker.
        worker: String,
        /// The operation, in the protocol's word (`call`, `refresh`, …).
        op: String,
        /// What it said.
        outcome: ClientOutcome,
    },
    /// The client said that it waits for another worker.
    ClientWaits {
        /// The worker.
        worker: String,
        /// For what.
        on: String,
    },
    /// A request reached the provider.
    Request {
        /// Its number.
        exchange: ExchangeNumber,
        /// Who sent it: a worker's name, or `resource-owner` for the harness's browser.
        from: String,
        /// `authorization`, `token`, `sign_in`, `resource`, … or `unknown`.
        endpoint: String,
        /// The HTTP method.
        method: String,
        /// Path and query.
        target: String,
        /// Header fields in order, names in lower case.
        headers: Vec<(String, String)>,
        /// The body as text.
        body: String,
        /// Query and form parameters in order, decoded; only for the authorization and token endpoints.
        parameters: Vec<(String, String)>,
        /// Whether it had been held since the last [`EventKind::RaceGathered`]: it was sent before what lies between.
        held: bool,
    },
    /// All workers of a race that would come to the named point have come, and are held there until they are let go one
    /// by one. Their requests follow, each marked as `held`, each when it is let go.
    RaceGathered {
        /// The point: `token`, `resource`, `authorization`.
        at: String,
        /// The lanes that came, in the order in which they will be let go.
        came: Vec<String>,
        /// The lanes that did not: they wait for another one, or need nothing from the provider.
        away: Vec<String>,
    },
    /// The provider issued a code, a token or a session.
    Issued {
        /// By which exchange.
        exchange: ExchangeNumber,
        /// Its label, such as `rt:2`.
        label: String,
        /// `authorization_code`, `access_token`, `refresh_token`, `session`.
        token: String,
        /// The refresh token or code that it was issued for.
        parent: Option<String>,
        /// The chain, from 1.
        chain: Option<u32>,
        /// When it ends, in milliseconds since the scenario's start; absent when it does not.
        expires_at_ms: Option<i64>,
    },
    /// The provider issued an ID token (OpenID Connect Core section 2). What it says is decoded; `at_hash` is `right` or `wrong`.
    IdToken {
        /// By which exchange.
        exchange: ExchangeNumber,
        /// Its label, such as `id_token:1`.
        label: String,
        /// The header's members.
        header: serde_json::Map<String, serde_json::Value>,
        /// The claims.
        claims: serde_json::Map<String, serde_json::Value>,
    },
    /// A token stopped being valid before its time, or a whole chain did.
    Ended {
        /// By which exchange; absent when a step of the scenario did it.
        exchange: Option<ExchangeNumber>,
        /// The token's label, or `chain:1`.
        label: String,
        /// Why, in one word: `redeemed`, `superseded`, `replayed`, `refreshed_too_early`, `revoked`, …
        why: String,
        /// The label of what took its place.
        by: Option<String>,
    },
    /// The provider refused a request.
    Refused {
        /// Which.
        exchange: ExchangeNumber,
        /// The cause's name, such as `refresh_token_superseded`.
        cause: String,
        /// The cause in one sentence, with its data: "rt:1 was superseded by rt:2 at 00:09:31".
        detail: String,
        /// The label of the token or code that was presented, if any.
        presented: Option<String>,
    },
    /// A fault that a scenario asked for took effect.
    FaultStruck {
        /// On which exchange.
        exchange: ExchangeNumber,
        /// What it did, in one line.
        text: String,
    },
    /// The provider's answer is decided and all state is committed. It has not left yet.
    Reply {
        /// To which request.
        exchange: ExchangeNumber,
        /// The HTTP status.
        status: u16,
        /// Header fields in order, names as sent.
        headers: Vec<(String, String)>,
        /// The body as text.
        body: String,
    },
    /// The answer left, or did not.
    ReplyLeft {
        /// To which request.
        exchange: ExchangeNumber,
        /// How.
        delivery: Delivery,
    },
    /// A line, or several, of a dialogue with a mail server.
    MailSaid {
        /// The command's number, counted with the requests; what a server says unasked has one of its own.
        exchange: ExchangeNumber,
        /// The session, from 1.
        session: u32,
        /// The worker.
        from: String,
        /// `imap`, `smtp` or `pop`.
        protocol: String,
        /// Who speaks.
        by: Speaker,
        /// The lines. A response of SASL is shown as what it encodes, and the content of messages not at all.
        lines: Vec<String>,
    },
    /// The world was changed by the scenario (password, consent, …).
    WorldChanged {
        /// What, in one line.
        text: String,
    },
    /// An expectation of a step was compared.
    Expectation {
        /// The step.
        step: u32,
        /// The line of the expectation.
        line: u32,
        /// Whether it held.
        met: bool,
        /// What was expected, in one line.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A rule was decided. One for each rule that had something to say.
    RuleDecided(RuleResult),
    /// The cell ends. Always the last event.
    CellEnded {
        /// How.
        outcome: Outcome,
    },
}

/// What can happen to a worker's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessChange {
    /// It is up and configured.
    Started,
    /// The harness killed it.
    Killed,
    /// It left by itself when asked.
    Ended,
}

/// Who speaks in a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// How an answer left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Whole.
    Sent,
    /// Cut in the middle of the body; the connection was closed.
    Cut,
    /// Not a byte of it: the connection was closed.
    Dropped,
}
