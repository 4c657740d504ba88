//! Writing the log: numbers and times, nothing else.

use crate::idp::{Provider, ProviderError, Redactor};
use crate::run::event::{Event, EventKind};

/// A cell's log while it is written.
#[derive(Debug, Default)]
pub(crate) struct Log {
    events: Vec<Event>,
    /// A worker whose next request had been held since a race gathered, and the endpoint it was held at.
    held: Option<(String, String)>,
}

impl Log {
    /// Writes something that happens now.
    pub(crate) fn write(&mut self, (at, since_start_ms): (String, i64), what: EventKind) {
        let seq = u32::try_from(self.events.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.events.push(Event { seq, at, since_start_ms, what });
    }

    /// Writes what the provider journalled since the last time.
    pub(crate) fn sync(&mut self, provider: &mut Provider, redactor: &mut Redactor) -> Result<(), ProviderError> {
        for (at, since, mut what) in provider.read_journal(redactor)? {
            if let EventKind::Request { from, endpoint, held, .. } = &mut what
                && self.held.as_ref().is_some_and(|(worker, point)| worker == from && point == endpoint)
            {
                *held = true;
                self.held = None;
            }
            self.write((at, since), what);
        }
        Ok(())
    }

    /// The next request of this worker to this endpoint was sent when the race gathered.
    pub(crate) fn next_is_held(&mut self, worker: &str, endpoint: &str) {
        self.held = Some((worker.to_owned(), endpoint.to_owned()));
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }
}
