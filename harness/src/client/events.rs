//! What a client says unasked, on its way to whoever drives it.

use std::fmt;
use std::sync::Arc;

use crate::adapter::protocol::AdapterEvent;

/// Where a client's events go. Cheap to clone; an event is delivered before `send` returns, so that it cannot be overtaken
/// by the reply that follows it.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(AdapterEvent) + Send + Sync>);

impl Events {
    /// Hands every event to `deliver`.
    pub fn new(deliver: impl Fn(AdapterEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(deliver))
    }

    /// Drops every event.
    #[must_use]
    pub fn ignored() -> Self {
        Self::new(drop)
    }

    /// Delivers `event`.
    pub fn send(&self, event: AdapterEvent) {
        (self.0)(event);
    }

    /// Says that the client waits for the lock.
    pub(crate) fn waiting_for_lock(&self) {
        self.send(AdapterEvent::Waiting { on: "lock".to_owned() });
    }

    /// Says that the client waits for the time to pass.
    pub(crate) fn waiting_for_clock(&self) {
        self.send(AdapterEvent::Waiting { on: "clock".to_owned() });
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}
