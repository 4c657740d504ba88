//! Holding requests back at a named point, so that races are made and not hoped for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{oneshot, watch};

use crate::proto::EndpointKind;

/// Where in an exchange a request can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldPoint {
    /// It was read whole, and nothing has happened yet.
    Received,
    /// It was handled and everything is committed; the reply has not left.
    Committed,
}

/// What becomes of a held request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It goes on.
    GoOn,
    /// The connection is closed, as if the peer were gone.
    Abandon,
}

/// A hold: every request that fits waits here until it is released or the hold is lifted.
#[derive(Debug)]
pub struct Hold {
    point: HoldPoint,
    endpoint: EndpointKind,
    state: Mutex<Held>,
    arrivals: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Held {
    lifted: bool,
    waiting: VecDeque<(String, oneshot::Sender<Release>)>,
}

impl Hold {
    fn new(point: HoldPoint, endpoint: EndpointKind) -> Self {
        Self { point, endpoint, state: Mutex::new(Held::default()), arrivals: watch::Sender::new(0) }
    }

    /// Counts arrivals; changes with each.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<usize> {
        self.arrivals.subscribe()
    }

    /// The listeners through which the requests came that wait now, in order of arrival.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        self.lock().waiting.iter().map(|(via, _)| via.clone()).collect()
    }

    /// Releases the first request that came through `via`; says whether there was one.
    pub fn release(&self, via: &str, how: Release) -> bool {
        let mut held = self.lock();
        let Some(at) = held.waiting.iter().position(|(waiting, _)| waiting == via) else { return false };
        held.waiting.remove(at).is_some_and(|(_, sender)| sender.send(how).is_ok())
    }

    /// Lets everything go that waits, and holds nothing any more.
    pub fn lift(&self) {
        let mut held = self.lock();
        held.lifted = true;
        for (_, sender) in held.waiting.drain(..) {
            // A peer that is gone needs no release.
            let _ = sender.send(Release::GoOn);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The holds of a realm.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<Vec<Arc<Hold>>>);

impl Holds {
    pub(crate) fn add(&self, point: HoldPoint, endpoint: EndpointKind) -> Arc<Hold> {
        let hold = Arc::new(Hold::new(point, endpoint));
        let mut holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|hold| !hold.lock().lifted);
        holds.push(Arc::clone(&hold));
        hold
    }

    /// Waits as long as a hold says.
    pub(crate) async fn pass(&self, point: HoldPoint, endpoint: EndpointKind, via: &str) -> Release {
        let Some(receiver) = self.enter(point, endpoint, via) else { return Release::GoOn };
        // A hold that is gone holds nobody.
        receiver.await.unwrap_or(Release::GoOn)
    }

    fn enter(&self, point: HoldPoint, endpoint: EndpointKind, via: &str) -> Option<oneshot::Receiver<Release>> {
        let holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = holds.iter().find(|hold| hold.point == point && hold.endpoint == endpoint && !hold.lock().lifted)?;
        let (sender, receiver) = oneshot::channel();
        hold.lock().waiting.push_back((via.to_owned(), sender));
        hold.arrivals.send_modify(|count| *count += 1);
        Some(receiver)
    }
}
