//! Rate limits: what a 429 says about them, and the silence until they are reset.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::adapter::protocol::{Failure, FailureKind};
use crate::client::mistake::Mistake;
use crate::client::time::{Clock, Timestamp};

/// Until when a worker is silent. Not in the store: it is no loss when a worker starts anew, and asks once too often.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Option<Timestamp>>);

impl Throttle {
    /// Refuses while the limit that was used up has not been reset.
    pub(crate) fn check(&self, clock: &Clock) -> Result<(), Failure> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match until.filter(|until| clock.now() < *until) {
            Some(until) => Err(Failure {
                kind: FailureKind::Throttled,
                message: format!("the rate limit is used up until {until}"),
                code: None,
            }),
            None => Ok(()),
        }
    }

    /// Takes up what a 429 says.
    pub(crate) fn note(&self, limits: &Limits, clock: &Clock, mistake: Option<Mistake>) {
        let until = limits.reset(clock.now(), mistake);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Is silent for so long.
    pub(crate) fn wait(&self, wait: Duration, clock: &Clock) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock.now().plus(wait));
    }
}

/// What an answer says about rate limits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    retry_after: Option<Duration>,
    /// The header fields that name a reset, in lower case, with their numbers.
    resets: Vec<(String, i64)>,
}

/// Numbers from here on are milliseconds since 1970: as seconds they would lie beyond the year 5000.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Numbers below are spans: as seconds since 1970 they would lie in 2001 or before.
const SPANS_BELOW: i64 = 1_000_000_000;

impl Limits {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let number = |value: &reqwest::header::HeaderValue| value.to_str().ok()?.trim().parse::<i64>().ok();
        let resets = headers
            .iter()
            .filter(|(name, _)| name.as_str().contains("ratelimit") && name.as_str().ends_with("-reset"))
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), number(value)?)))
            .collect();
        // Seconds only: the date form would need a second clock.
        let retry_after = headers.get(RETRY_AFTER).and_then(number).and_then(|seconds| u64::try_from(seconds).ok());
        Self { retry_after: retry_after.map(Duration::from_secs), resets }
    }

    /// When the limits of this answer are all reset: a provider that names only the one that is used up means that one, and one that
    /// names several is best believed in the last. Nothing when it names none.
    fn reset(&self, now: Timestamp, mistake: Option<Mistake>) -> Option<Timestamp> {
        match mistake {
            Some(Mistake::DoesNotWaitForReset) => return None,
            Some(Mistake::MissingResetIsZero) => {
                let minutely = self.resets.iter().find(|(name, _)| name.contains("minutely"));
                return Some(moment(minutely.map_or(0, |(_, number)| *number), now));
            }
            Some(Mistake::ReadsResetAsSeconds) => {
                let last = self.resets.iter().map(|(_, number)| *number).max()?;
                #[expect(clippy::cast_precision_loss, reason = "a moment far beyond all clocks, whichever")]
                return Some(Timestamp::from_seconds(last as f64));
            }
            Some(_) | None => {}
        }
        let named = self.resets.iter().map(|(_, number)| moment(*number, now)).max();
        named.max(self.retry_after.map(|span| now.plus(span)))
    }
}

/// The moment that a reset means: milliseconds or seconds since 1970, or seconds from now.
fn moment(number: i64, now: Timestamp) -> Timestamp {
    let span = |milliseconds: i64| Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0));
    let epoch = Timestamp::from_seconds(0.0);
    if number >= MILLISECONDS_FROM {
        epoch.plus(span(number))
    } else if number >= SPANS_BELOW {
        epoch.plus(span(number.saturating_mul(1000)))
    } else {
        now.plus(span(number.saturating_mul(1000)))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    type Fields<'a> = &'a [(&'a str, &'a str)];

    fn reset(headers: Fields<'_>, mistake: Option<Mistake>) -> Option<f64> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        Limits::read(&headers).reset(Timestamp::from_seconds(1_638_447_300.0), mistake).map(Timestamp::seconds)
    }

    #[test]
    fn a_reset_is_read_in_whichever_unit_it_is_written() {
        let cases: [(Fields<'_>, Option<f64>); 8] = [
            (&[("X-RateLimit-Minutely-Reset", "1638447360000")], Some(1_638_447_360.0)),
            (&[("X-RateLimit-Reset", "1638489600000")], Some(1_638_489_600.0)),
            (&[("X-RateLimit-Reset", "1638489600")], Some(1_638_489_600.0)),
            (&[("X-RateLimit-Reset", "60")], Some(1_638_447_360.0)),
            (&[("Retry-After", "5")], Some(1_638_447_305.0)),
            (
                &[("X-RateLimit-Minutely-Reset", "1638447360000"), ("X-RateLimit-Reset", "1638489600000")],
                Some(1_638_489_600.0),
            ),
            (&[("X-RateLimit-Reset", "soon")], None),
            (&[], None),
        ];
        for (headers, want) in cases {
            assert_eq!(reset(headers, None), want, "{headers:?}");
        }
    }

    #[test]
    fn the_mistakes_read_it_wrong() {
        let daily: Fields<'_> = &[("X-RateLimit-Reset", "1638489600000")];
        assert_eq!(reset(daily, Some(Mistake::DoesNotWaitForReset)), None);
        assert_eq!(reset(daily, Some(Mistake::MissingResetIsZero)), Some(1_638_447_300.0), "now: no wait at all");
        assert_eq!(reset(daily, Some(Mistake::ReadsResetAsSeconds)), Some(1_638_489_600_000.0), "for ever");
    }
}
