//! Operations that are under way: what a race and a crash wait for.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;

use crate::adapter::SessionBroken;
use crate::adapter::protocol::{AdapterEvent, Command, Outcome as Answer};
use crate::idp::PointHold;
use crate::run::cell::{Cell, Stop};
use crate::run::verb::operation;
use crate::scenario::Operation;

/// An answer on its way.
type Pending = Pin<Box<dyn Future<Output = Result<Answer, SessionBroken>> + Send + Sync>>;

/// An operation under way.
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) worker: String,
    pub(crate) op: &'static str,
    pending: Option<Pending>,
    pub(crate) answer: Option<Answer>,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The operation is answered.
    Answered,
    /// A request of the worker waits at a hold.
    Held,
    /// The client says that it waits for another worker.
    Waits,
    /// Nothing happens any more.
    Quiet,
}

impl Lane {
    /// Begins an operation without waiting for its answer.
    pub(crate) async fn begin(cell: &mut Cell, name: &str, worker: &str, it: &Operation) -> Result<Self, Stop> {
        cell.up(worker).await?;
        let command = operation::command(cell, worker, it)?;
        Self::ask(cell, name, worker, it.name(), &command).await
    }

    /// The same for any command.
    pub(crate) async fn ask(
        cell: &mut Cell,
        name: &str,
        worker: &str,
        op: &'static str,
        command: &Command,
    ) -> Result<Self, Stop> {
        cell.up(worker).await?;
        forget(cell, worker);
        let session = cell.workers.get(worker).and_then(|worker| worker.session.as_ref());
        let session = session.ok_or_else(|| Stop::Down(worker.to_owned()))?;
        let pending: Pending = Box::pin(session.send(command).wait());
        Ok(Self { name: name.to_owned(), worker: worker.to_owned(), op, pending: Some(pending), answer: None })
    }

    /// Forgets what its worker said until now, so that what it says from here on is an answer to what happens next.
    pub(crate) fn forget_waits(&self, cell: &mut Cell) {
        forget(cell, &self.worker);
    }

    /// Waits until the operation is answered, a request of its worker arrives at one of the holds, the client says that it waits,
    /// or nothing has happened for a quiet time.
    pub(crate) async fn run(&mut self, cell: &mut Cell, holds: &[&PointHold], quiet: Duration) -> Result<Ended, Stop> {
        let mut arrivals: Vec<watch::Receiver<usize>> = holds.iter().map(|hold| hold.arrivals()).collect();
        loop {
            if holds.iter().any(|hold| hold.waiting().contains(&self.worker)) {
                return Ok(Ended::Held);
            }
            let Some(pending) = self.pending.as_mut() else { return Ok(Ended::Answered) };
            let worker = cell.workers.get_mut(&self.worker);
            let events = worker.and_then(|worker| worker.events.as_mut());
            tokio::select! {
                biased;
                answer = pending => {
                    self.pending = None;
                    self.answer = Some(answer.map_err(|broken| stop(&self.worker, broken))?);
                    return Ok(Ended::Answered);
                }
                () = any_changed(&mut arrivals) => {}
                event = next(events) => match event {
                    AdapterEvent::Waiting { .. } => return Ok(Ended::Waits),
                    AdapterEvent::Log { .. } => {}
                },
                () = tokio::time::sleep(quiet) => return Ok(Ended::Quiet),
            }
        }
    }
}

/// Drops what a worker said and nobody asked about: it belongs to what is over.
fn forget(cell: &mut Cell, worker: &str) {
    let events = cell.workers.get_mut(worker).and_then(|worker| worker.events.as_mut());
    if let Some(events) = events {
        while events.try_recv().is_ok() {}
    }
}

fn stop(worker: &str, broken: SessionBroken) -> Stop {
    Stop::Session { worker: worker.to_owned(), broken: broken.into() }
}

async fn next(events: Option<&mut tokio::sync::mpsc::UnboundedReceiver<AdapterEvent>>) -> AdapterEvent {
    if let Some(events) = events
        && let Some(event) = events.recv().await
    {
        return event;
    }
    std::future::pending().await
}

/// Ends when a request arrives anywhere. The first look counts what is there already as seen.
async fn any_changed(arrivals: &mut [watch::Receiver<usize>]) {
    let changes = arrivals.iter_mut().map(|receiver| Box::pin(receiver.changed()));
    let mut changes: Vec<_> = changes.collect();
    std::future::poll_fn(|context| {
        let ready = changes.iter_mut().any(|change| change.as_mut().poll(context).is_ready());
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// How long a race may go without an answer before it is given up: several quiet times.
pub(crate) const ROUNDS: u32 = 8;
