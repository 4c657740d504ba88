//! The built-in client behind the interface of an adapter process: each request is a task, and killing drops them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::adapter::broken::Breakage;
use crate::adapter::protocol::{AdapterEvent, Command, Failure, FailureKind, Outcome};
use crate::adapter::replies::Replies;
use crate::client::{Events, ReferenceClient};

/// A client in this process.
#[derive(Debug)]
pub(super) struct Builtin {
    client: Arc<ReferenceClient>,
    events: Events,
    replies: Arc<Replies>,
    running: Mutex<JoinSet<()>>,
}

impl Builtin {
    pub(super) fn new(
        client: ReferenceClient,
        replies: &Arc<Replies>,
        events: mpsc::UnboundedSender<AdapterEvent>,
    ) -> Self {
        let events = Events::new(move |event| drop(events.send(event)));
        Self { client: Arc::new(client), events, replies: Arc::clone(replies), running: Mutex::default() }
    }

    /// Starts a request.
    pub(super) fn submit(&self, id: u64, op: &'static str, command: Value) {
        let (client, events, replies) = (Arc::clone(&self.client), self.events.clone(), Arc::clone(&self.replies));
        let mut running = self.running();
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            let alarm = Alarm { replies: &replies, op };
            let outcome = match serde_json::from_value::<Command>(command) {
                Ok(command) => client.handle(command, &events).await,
                Err(error) => unsupported(&error),
            };
            if let Err(breakage) = replies.resolve(id, outcome) {
                replies.fail(breakage.with(Vec::new()));
            }
            drop(alarm);
        });
    }

    /// Drops every request where it stands.
    pub(super) fn stop(&self) {
        self.running().abort_all();
    }

    /// Waits until no request runs any more; their locks and connections are gone then.
    pub(super) async fn ended(&self) {
        let mut running = std::mem::take(&mut *self.running());
        while running.join_next().await.is_some() {}
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unsupported(error: &serde_json::Error) -> Outcome {
    Outcome::Error(Failure { kind: FailureKind::Unsupported, message: error.to_string(), code: None })
}

/// Breaks the session when the client panics, which would otherwise look like silence.
struct Alarm<'a> {
    replies: &'a Replies,
    op: &'static str,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.replies.fail(Breakage::Panicked { op: self.op }.with(Vec::new()));
        }
    }
}
