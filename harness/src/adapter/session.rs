//! One conversation with one client: a process, or the built-in client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::adapter::broken::{Breakage, SessionBroken};
use crate::adapter::builtin::Builtin;
use crate::adapter::operation::name_of;
use crate::adapter::process::{Process, SpawnOptions};
use crate::adapter::protocol::{AdapterEvent, Command, Outcome};
use crate::adapter::replies::{Answer, Replies};
use crate::client::ReferenceClient;

/// A session. Dropping it kills what is behind it.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    events: Option<mpsc::UnboundedReceiver<AdapterEvent>>,
    deadline: Duration,
}

#[derive(Debug)]
struct Shared {
    replies: Arc<Replies>,
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Process(Process),
    Builtin(Builtin),
}

impl Session {
    /// Starts an adapter process.
    ///
    /// # Errors
    ///
    /// [`Breakage::NotStarted`]. A program that ends at once is noticed by the first request.
    pub fn spawn(options: &SpawnOptions) -> Result<Self, SessionBroken> {
        let replies = Arc::new(Replies::default());
        let (sender, events) = mpsc::unbounded_channel();
        let transport = Transport::Process(Process::spawn(options, &replies, sender)?);
        Ok(Self::new(replies, transport, events, options.deadline))
    }

    /// Drives `client` in this process. `deadline` is the real time that an operation may take.
    #[must_use]
    pub fn builtin(client: ReferenceClient, deadline: Duration) -> Self {
        let replies = Arc::new(Replies::default());
        let (sender, events) = mpsc::unbounded_channel();
        let transport = Transport::Builtin(Builtin::new(client, &replies, sender));
        Self::new(replies, transport, events, deadline)
    }

    fn new(
        replies: Arc<Replies>,
        transport: Transport,
        events: mpsc::UnboundedReceiver<AdapterEvent>,
        deadline: Duration,
    ) -> Self {
        Self { shared: Arc::new(Shared { replies, transport }), events: Some(events), deadline }
    }

    /// Sends a request. Others may be under way; each gets its own answer. The deadline counts from now.
    pub fn send(&self, command: &Command) -> PendingReply {
        match serde_json::to_value(command) {
            Ok(value) => self.send_value(name_of(command), value),
            // A number that JSON does not know, such as an infinite time.
            Err(error) => PendingReply::broken(Breakage::Schema { why: error.to_string(), line: String::new() }),
        }
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// As [`PendingReply::wait`].
    pub async fn request(&self, command: &Command) -> Result<Outcome, SessionBroken> {
        self.send(command).wait().await
    }

    /// Sends whatever `command` is, valid or not, as a request of operation `op`.
    pub(super) fn send_value(&self, op: &'static str, command: Value) -> PendingReply {
        let (id, answer) = match self.shared.replies.expect(op) {
            Ok(expected) => expected,
            Err(broken) => return PendingReply(Err(broken)),
        };
        match &self.shared.transport {
            Transport::Process(process) => process.submit(&json!({ "id": id, "command": command })),
            Transport::Builtin(builtin) => builtin.submit(id, op, command),
        }
        let (after, shared) = (self.deadline, Arc::clone(&self.shared));
        PendingReply(Ok(Awaited { op, answer, until: Instant::now() + after, after, shared }))
    }

    /// The next thing that the client said unasked; `None` once the session has ended or [`Session::take_events`] was called.
    /// An event that the client sent before a reply is there when the reply is.
    pub async fn next_event(&mut self) -> Option<AdapterEvent> {
        self.events.as_mut()?.recv().await
    }

    /// The channel of events, to be read elsewhere; the first call gets it.
    pub fn take_events(&mut self) -> Option<mpsc::UnboundedReceiver<AdapterEvent>> {
        self.events.take()
    }

    /// How the session broke, if it has.
    #[must_use]
    pub fn broken(&self) -> Option<SessionBroken> {
        self.shared.replies.broken()
    }

    /// Ends the client where it stands, as a power cut would: a process with everything that it started, the built-in client
    /// at whatever await point its tasks are. Returns when it is gone. Requests under way end with [`Breakage::Killed`].
    pub async fn kill(&self) {
        self.shared.fail(Breakage::Killed);
        self.shared.transport.stop();
        self.shared.transport.ended().await.ok();
    }

    /// Asks the client to leave, and waits until it has.
    ///
    /// # Errors
    ///
    /// When it answers anything but `done`, stays, or leaves with another status than 0.
    pub async fn quit(self) -> Result<(), SessionBroken> {
        let outcome = self.request(&Command::Quit).await?;
        if let Outcome::Error(failure) = outcome {
            return Err(self.shared.fail(Breakage::WouldNotQuit { why: failure.message }));
        }
        if let Transport::Process(process) = &self.shared.transport {
            process.close();
        }
        match timeout(self.deadline, self.shared.transport.ended()).await {
            Ok(ending) => ending,
            Err(_) => Err(self.shared.too_late("quit", self.deadline)),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.transport.stop();
    }
}

impl Transport {
    fn stop(&self) {
        match self {
            Self::Process(process) => process.stop(),
            Self::Builtin(builtin) => builtin.stop(),
        }
    }

    async fn ended(&self) -> Result<(), SessionBroken> {
        match self {
            Self::Process(process) => process.ended().await,
            Self::Builtin(builtin) => {
                builtin.ended().await;
                Ok(())
            }
        }
    }

    fn stderr(&self) -> Vec<String> {
        match self {
            Self::Process(process) => process.stderr(),
            Self::Builtin(_) => Vec::new(),
        }
    }
}

impl Shared {
    fn fail(&self, what: Breakage) -> SessionBroken {
        let broken = what.with(self.transport.stderr());
        self.replies.fail(broken.clone());
        broken
    }

    /// A client that misses a deadline is not trusted with anything more.
    fn too_late(&self, op: &'static str, after: Duration) -> SessionBroken {
        let broken = self.fail(Breakage::Deadline { op, after });
        self.transport.stop();
        broken
    }
}

/// An answer that is still to come. Dropping it forgets the answer; the request runs on.
#[derive(Debug)]
#[must_use = "the request is sent, but nobody waits for its answer"]
pub struct PendingReply(Result<Awaited, SessionBroken>);

#[derive(Debug)]
struct Awaited {
    op: &'static str,
    answer: oneshot::Receiver<Answer>,
    until: Instant,
    after: Duration,
    shared: Arc<Shared>,
}

impl PendingReply {
    fn broken(what: Breakage) -> Self {
        Self(Err(what.with(Vec::new())))
    }

    /// Waits for the answer.
    ///
    /// # Errors
    ///
    /// How the session broke: before, meanwhile, or by not answering this request in time, which kills the client.
    pub async fn wait(self) -> Result<Outcome, SessionBroken> {
        let Awaited { op, answer, until, after, shared } = self.0?;
        match timeout_at(until, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(shared.replies.broken().unwrap_or_else(|| Breakage::Killed.with(Vec::new()))),
            Err(_) => Err(shared.too_late(op, after)),
        }
    }
}

#[cfg(test)]
mod tests;
