//! The conversation of a check: sends, notes what was said, and collects what is wrong with it.

use serde_json::{Value, json};

use crate::adapter::broken::SessionBroken;
use crate::adapter::check::report::{CheckReport, CheckStep, StepVerdict};
use crate::adapter::operation::name_of;
use crate::adapter::protocol::{Command, FailureKind, Hello, Message, Outcome};
use crate::adapter::session::{PendingReply, Session};
use crate::adapter::way::Way;

/// A check under way.
#[derive(Debug)]
pub(super) struct Talk {
    session: Option<Session>,
    broken: Option<SessionBroken>,
    next_id: u64,
    lines: Vec<String>,
    /// What the adapter said about itself.
    pub(super) hello: Option<Hello>,
    /// How the client reaches a provider.
    pub(super) way: Way,
    steps: Vec<CheckStep>,
}

/// What is wrong in one step; empty when nothing is.
pub(super) type Problems = Vec<String>;

impl Talk {
    pub(super) fn new(session: Result<Session, SessionBroken>, way: Way) -> Self {
        let (session, broken) = match session {
            Ok(session) => (Some(session), None),
            Err(broken) => (None, Some(broken)),
        };
        Self { session, broken, next_id: 1, lines: Vec::new(), hello: None, way, steps: Vec::new() }
    }

    /// Takes one step, unless the session has broken or the adapter lacks `capability`.
    pub(super) async fn step(
        &mut self,
        title: &'static str,
        expected: &'static str,
        capability: Option<&str>,
        act: impl AsyncFnOnce(&mut Self) -> Problems,
    ) {
        let reached = !self.steps.is_empty();
        let verdict = match (&self.broken, capability.filter(|name| !self.declares(name))) {
            (Some(broken), _) if !reached => StepVerdict::Wrong(vec![broken.to_string()]),
            (Some(_), _) => StepVerdict::Skipped("not reached: the session has broken".to_owned()),
            (None, None) if self.way == Way::ByName && capability.is_some_and(|name| name != "clock") => {
                StepVerdict::Skipped("it reaches a provider by its name only; a scenario tries this".to_owned())
            }
            (None, Some(missing)) => StepVerdict::Skipped(format!("the adapter does not declare `{missing}`")),
            (None, None) => {
                let mut problems = act(self).await;
                problems.extend(self.broken.as_ref().map(SessionBroken::to_string));
                if problems.is_empty() { StepVerdict::Good } else { StepVerdict::Wrong(problems) }
            }
        };
        self.steps.push(CheckStep { title, expected, lines: std::mem::take(&mut self.lines), verdict });
    }

    /// Sends a request and takes its answer; `None` when the session broke.
    pub(super) async fn ask(&mut self, command: &Command) -> Option<Outcome> {
        let sent = self.send(command)?;
        self.answer(sent).await
    }

    /// Sends a request.
    pub(super) fn send(&mut self, command: &Command) -> Option<(u64, PendingReply)> {
        let value = serde_json::to_value(command).ok()?;
        self.send_value(name_of(command), value)
    }

    /// Sends any object as a request of operation `op`.
    pub(super) fn send_value(&mut self, op: &'static str, command: Value) -> Option<(u64, PendingReply)> {
        let id = self.next_id;
        self.next_id += 1;
        self.lines.push(format!("> {}", json!({ "id": id, "command": command })));
        Some((id, self.session.as_ref()?.send_value(op, command)))
    }

    /// Takes the answer to a request.
    pub(super) async fn answer(&mut self, (id, reply): (u64, PendingReply)) -> Option<Outcome> {
        match reply.wait().await {
            Ok(outcome) => {
                let message = Message::Reply { id, outcome: outcome.clone() };
                self.lines.push(format!("< {}", serde_json::to_string(&message).unwrap_or_default()));
                Some(outcome)
            }
            Err(broken) => {
                self.broken.get_or_insert(broken);
                None
            }
        }
    }

    /// Notes what happened at the provider.
    pub(super) fn note(&mut self, line: String) {
        self.lines.push(format!("* {line}"));
    }

    /// Ends the session by `quit`.
    pub(super) async fn quit(&mut self) -> Problems {
        let Some(session) = self.session.take() else { return Vec::new() };
        let id = self.next_id;
        self.lines.push(format!("> {}", json!({ "id": id, "command": Command::Quit })));
        match session.quit().await {
            Ok(()) => {
                self.lines.push(format!("< {}", json!(Message::Reply { id, outcome: Outcome::Done })));
                Vec::new()
            }
            Err(broken) => vec![broken.to_string()],
        }
    }

    pub(super) fn into_report(self) -> CheckReport {
        let adapter = self.hello.map(|hello| {
            let (adapter, library) = (hello.adapter, hello.library);
            format!("{} {} ({} {}, {})", adapter.name, adapter.version, library.name, library.version, library.language)
        });
        CheckReport { adapter, steps: self.steps }
    }

    pub(super) fn declares(&self, capability: &str) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.capabilities.iter().any(|name| name == capability))
    }
}

/// What is wrong with an answer that should have gone well; nothing for a session that broke, which is told elsewhere.
pub(super) fn should_go_well(outcome: Option<&Outcome>) -> Problems {
    match outcome {
        Some(Outcome::Error(failure)) => vec![format!("it answered with an error: {}", failure.message)],
        Some(
            Outcome::Hello(_)
            | Outcome::Authorize { .. }
            | Outcome::Device { .. }
            | Outcome::Call { .. }
            | Outcome::Mail { .. }
            | Outcome::Token { .. }
            | Outcome::SignedIn { .. }
            | Outcome::Clock { .. }
            | Outcome::Done,
        )
        | None => Vec::new(),
    }
}

/// What is wrong with an answer that should have been an error of this kind.
pub(super) fn should_fail_as(kind: FailureKind, outcome: Option<&Outcome>) -> Problems {
    match outcome {
        None => Vec::new(),
        Some(Outcome::Error(failure)) if failure.kind == kind => Vec::new(),
        Some(other) => vec![format!("it answered {}", serde_json::to_string(other).unwrap_or_default())],
    }
}
