//! The client's time: an instant, and the clock that only the harness moves.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub(crate) const EPOCH: Self = Self(0);

    /// From the protocol's seconds; fractions are kept to the millisecond, what does not fit is cut off.
    pub(crate) fn from_seconds(seconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float beyond the range saturates, which is what is wanted"
        )]
        Self((seconds * 1000.0).round() as i64)
    }

    /// The protocol's seconds.
    pub(crate) fn seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact for the next 280,000 years")]
        let milliseconds = self.0 as f64;
        milliseconds / 1000.0
    }

    pub(crate) fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` until this instant; zero when `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

/// The injected clock. It stands still until it is set again.
#[derive(Debug)]
pub(crate) struct Clock(watch::Sender<Timestamp>);

impl Default for Clock {
    fn default() -> Self {
        Self(watch::Sender::new(Timestamp::EPOCH))
    }
}

impl Clock {
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    /// Changes whenever the clock is set.
    pub(crate) fn changes(&self) -> watch::Receiver<Timestamp> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_survive_the_way_in_and_out_to_the_millisecond() {
        for seconds in [0.0, 1_636_941_600.0, 1_636_941_600.25, 1_636_941_600.999] {
            assert_eq!(Timestamp::from_seconds(seconds).seconds().to_bits(), f64::to_bits(seconds), "{seconds}");
        }
    }

    #[test]
    fn a_time_in_the_future_is_no_time_ago() {
        let early = Timestamp::from_seconds(10.0);
        let late = early.plus(Duration::from_secs(5));
        assert_eq!(late.since(early), Duration::from_secs(5));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn it_reads_as_rfc_3339() {
        assert_eq!(Timestamp::from_seconds(1_636_941_600.0).to_string(), "2021-11-15T02:00:00Z");
    }

    #[test]
    fn an_absurd_time_is_cut_off_and_still_printed() {
        assert_eq!(Timestamp::from_seconds(f64::MAX), Timestamp(i64::MAX));
        assert_eq!(Timestamp(i64::MAX).to_string(), format!("{} ms since 1970", i64::MAX));
    }
}
