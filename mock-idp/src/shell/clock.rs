//! The realm's clock: frozen, moved, or running.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::proto::time::{Span, Timestamp};

/// How a clock goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// It stands until it is moved.
    Frozen,
    /// It runs as fast as the machine's.
    Running,
}

/// The one clock of a realm.
#[derive(Debug)]
pub struct Clock {
    state: Mutex<State>,
    moved: watch::Sender<()>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Frozen { at: Timestamp },
    Running { base: Timestamp, since: Instant },
}

impl State {
    fn now(self) -> Timestamp {
        match self {
            Self::Frozen { at } => at,
            Self::Running { base, since } => {
                let millis = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                base.plus(Span::from_millis(millis))
            }
        }
    }

    const fn mode(self) -> ClockMode {
        match self {
            Self::Frozen { .. } => ClockMode::Frozen,
            Self::Running { .. } => ClockMode::Running,
        }
    }

    fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Frozen { .. } => Self::Frozen { at: now },
            Self::Running { .. } => Self::Running { base: now, since: instant() },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn instant() -> Instant {
    Instant::now()
}

impl Clock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp, mode: ClockMode) -> Self {
        let clock = Self { state: Mutex::new(State::Frozen { at: now }), moved: watch::Sender::new(()) };
        if mode == ClockMode::Running {
            clock.run();
        }
        clock
    }

    /// The machine's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn machine_time() -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.read().now()
    }

    /// How it goes.
    #[must_use]
    pub fn mode(&self) -> ClockMode {
        self.read().mode()
    }

    /// Stops it where it is.
    pub fn freeze(&self) {
        self.change(|state| State::Frozen { at: state.now() });
    }

    /// Lets it run from where it is.
    pub fn run(&self) {
        self.change(|state| State::Running { base: state.now(), since: instant() });
    }

    /// Moves it forward.
    pub fn advance(&self, span: Span) {
        self.change(|state| state.at(state.now().plus(span)));
    }

    /// Sets it. A clock that is set back makes tokens live longer and upsets nothing else.
    pub fn set(&self, now: Timestamp) {
        self.change(|state| state.at(now));
    }

    /// Waits until it shows `moment` or later.
    #[expect(clippy::disallowed_methods, reason = "a running clock is waited for in real time")]
    pub async fn wait_until(&self, moment: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            let state = self.read();
            let left = moment.since(state.now());
            if left.is_zero() {
                return;
            }
            let change = moved.changed();
            match state.mode() {
                ClockMode::Frozen => drop(change.await),
                ClockMode::Running => {
                    let sleep = tokio::time::sleep(std::time::Duration::from_millis(left.as_millis()));
                    tokio::select! { _ = change => {} () = sleep => {} }
                }
            }
        }
    }

    fn read(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(State) -> State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = change(*state);
        drop(state);
        self.moved.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_on_a_frozen_clock_ends_when_the_clock_is_moved_there() {
        let start = Timestamp::from_millis(1000);
        let clock = std::sync::Arc::new(Clock::new(start, ClockMode::Frozen));
        let waits = std::sync::Arc::clone(&clock);
        let waiter = tokio::spawn(async move {
            waits.wait_until(start.plus(Span::from_seconds(35))).await;
            waits.now()
        });
        tokio::task::yield_now().await;
        clock.advance(Span::from_seconds(34));
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        clock.advance(Span::from_seconds(1));
        assert_eq!(waiter.await.unwrap(), start.plus(Span::from_seconds(35)));
    }

    #[test]
    fn a_frozen_clock_stands_and_a_set_one_shows_what_it_was_set_to() {
        let clock = Clock::new(Timestamp::from_millis(5), ClockMode::Frozen);
        assert_eq!((clock.now(), clock.mode()), (Timestamp::from_millis(5), ClockMode::Frozen));
        clock.set(Timestamp::from_millis(3));
        assert_eq!(clock.now(), Timestamp::from_millis(3));
        clock.run();
        assert_eq!(clock.mode(), ClockMode::Running);
    }
}
