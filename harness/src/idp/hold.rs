//! Requests that are held back at a point, so that a race is made and not hoped for.

use std::sync::Arc;

use mock_idp::shell::{Hold, Release};

use crate::scenario::Point;

/// Which side of an exchange is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The request, before anything happens.
    Request(Point),
    /// The reply, after everything is committed.
    Reply(Point),
}

/// Requests that are held at a point. Lifted when dropped.
#[derive(Debug)]
pub struct PointHold(Arc<Hold>);

impl PointHold {
    pub(super) const fn new(hold: Arc<Hold>) -> Self {
        Self(hold)
    }

    /// Changes whenever a request arrives.
    #[must_use]
    pub fn arrivals(&self) -> tokio::sync::watch::Receiver<usize> {
        self.0.arrivals()
    }

    /// The workers whose requests wait.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        self.0.waiting()
    }

    /// Lets the first request of a worker go on.
    pub fn release(&self, worker: &str) -> bool {
        self.0.release(worker, Release::GoOn)
    }

    /// Closes the connection of the first request of a worker.
    pub fn abandon(&self, worker: &str) -> bool {
        self.0.release(worker, Release::Abandon)
    }

    /// Lets everything go.
    pub fn lift(&self) {
        self.0.lift();
    }
}

impl Drop for PointHold {
    fn drop(&mut self) {
        self.lift();
    }
}
