//! interim
use crate::adapter::protocol::{AdapterEvent, Command, Outcome};
use crate::client::{Events, ReferenceClient};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
/// x
#[derive(Debug, thiserror::Error)]
pub enum SessionBroken {
    /// x
    #[error("version {spoken}")]
    Version {
        /** x */
        spoken: String,
    },
    /// x
    #[error("{op}: {answer}")]
    WrongAnswer {
        /** x */
        op: &'static str,
        /** x */
        answer: String,
    },
    /// x
    #[error("gone")]
    Gone,
}
/// x
#[derive(Debug)]
pub struct Session {
    client: Arc<ReferenceClient>,
    events: Events,
    tasks: std::sync::Mutex<Vec<tokio::task::AbortHandle>>,
}
/// x
#[derive(Debug)]
pub struct PendingReply(JoinHandle<Outcome>);
impl Future for PendingReply {
    type Output = Result<Outcome, SessionBroken>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|r| r.map_err(|_| SessionBroken::Gone))
    }
}
impl Session {
    /// x
    pub fn built_in(client: ReferenceClient) -> (Self, mpsc::UnboundedReceiver<AdapterEvent>) {
        let (tx, rx) = mpsc::unbounded_channel();
        (
            Self {
                client: Arc::new(client),
                events: Events::new(move |e| {
                    let _ = tx.send(e);
                }),
                tasks: Default::default(),
            },
            rx,
        )
    }
    /// x
    pub fn spawn(
        _: &[String],
        _: &Path,
        _: Duration,
    ) -> Result<(Self, mpsc::UnboundedReceiver<AdapterEvent>), SessionBroken> {
        Err(SessionBroken::Gone)
    }
    /// x
    pub async fn send(&self, command: Command) -> Result<PendingReply, SessionBroken> {
        let (client, events) = (Arc::clone(&self.client), self.events.clone());
        let task = tokio::spawn(async move { client.handle(command, &events).await });
        self.tasks.lock().unwrap().push(task.abort_handle());
        Ok(PendingReply(task))
    }
    /// x
    pub async fn request(&self, command: Command) -> Result<Outcome, SessionBroken> {
        self.send(command).await?.await
    }
    /// x
    pub async fn kill(&mut self) {
        for t in self.tasks.lock().unwrap().drain(..) {
            t.abort();
        }
    }
    /// x
    pub async fn quit(&mut self) {}
}
