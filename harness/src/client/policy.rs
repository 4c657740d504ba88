//! When to use a token, when to refresh it, and when to leave the provider alone. Pure: stored tokens and the time in, a
//! decision out.

use std::time::Duration;

use crate::client::mistake::Mistake;
use crate::client::store::StoredTokens;
use crate::client::time::Timestamp;

/// A token with less than this left is refreshed, if that is allowed. With a lifetime of 600 seconds and an interval of 570
/// there are ten seconds between the first allowed refresh and this one.
const MARGIN: Duration = Duration::from_secs(20);

/// How long a provider that refused a refresh as too early, without having published an interval, is left alone.
const UNDOCUMENTED_PAUSE: Duration = Duration::from_secs(60);

/// The refresh policy of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    interval: Option<Duration>,
    mistake: Option<Mistake>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The stored access token is good to use.
    Use,
    /// Refresh now.
    Refresh,
    /// A refresh is due but must not be sent before `until`.
    TooEarly { until: Timestamp },
    /// Only the resource owner can help; `code` is the error by which the provider ended the refresh token.
    Reauthorize { code: Option<String>, why: &'static str },
}

impl Policy {
    pub(crate) fn new(interval: Option<u64>, mistake: Option<Mistake>) -> Self {
        Self { interval: interval.map(Duration::from_secs), mistake }
    }

    /// What to do before a call.
    pub(crate) fn for_use(&self, tokens: &StoredTokens, now: Timestamp) -> Decision {
        if let Some(dead) = dead(tokens) {
            return dead;
        }
        if self.mistake == Some(Mistake::RefreshesOnlyOn401) {
            return Decision::Use;
        }
        let Some(expires_at) = tokens.expires_at else { return Decision::Use };
        let left = expires_at.since(now);
        if left >= self.margin(tokens.obtained_at, expires_at) && !left.is_zero() {
            return Decision::Use;
        }
        match self.for_refresh(tokens, now) {
            Decision::Refresh => Decision::Refresh,
            Decision::Use | Decision::TooEarly { .. } | Decision::Reauthorize { .. } if now < expires_at => {
                Decision::Use
            }
            otherwise @ (Decision::Use | Decision::TooEarly { .. } | Decision::Reauthorize { .. }) => otherwise,
        }
    }

    /// What to do when the token must be refreshed whatever its age.
    pub(crate) fn for_refresh(&self, tokens: &StoredTokens, now: Timestamp) -> Decision {
        if let Some(dead) = dead(tokens) {
            return dead;
        }
        if tokens.refresh_token.is_none() {
            return Decision::Reauthorize { code: None, why: "the access token ended and there is no refresh token" };
        }
        match self.allowed_from(tokens, now) {
            Some(until) if now < until => Decision::TooEarly { until },
            Some(_) | None => Decision::Refresh,
        }
    }

    /// When to try again after the provider said at `now` that a refresh came too early.
    pub(crate) fn after_too_early(&self, now: Timestamp) -> Timestamp {
        now.plus(self.interval.unwrap_or(UNDOCUMENTED_PAUSE))
    }

    /// The first moment at which a refresh may be sent. A refresh in doubt counts as one that was answered: the provider may
    /// have issued tokens that never arrived.
    fn allowed_from(&self, tokens: &StoredTokens, now: Timestamp) -> Option<Timestamp> {
        // Whoever takes a lifetime for a date never knew of an interval either: it is what makes that mistake visible.
        let hasty = matches!(self.mistake, Some(Mistake::RefreshesEarly | Mistake::ExpiresInAsTimestamp));
        let last = if hasty { None } else { Some(tokens.obtained_at) };
        // The twin without a lock does not see that another worker is at it in this very moment.
        let unseen = |tried: &Timestamp| self.mistake == Some(Mistake::NoLock) && *tried == now;
        let tried = tokens.refresh_attempted_at.filter(|tried| !unseen(tried));
        let by_interval = self.interval.and_then(|interval| Some(last.max(tried)?.plus(interval)));
        by_interval.max(tokens.refresh_not_before)
    }

    /// At most half of the token's life: a margin longer than that would refresh on every call.
    fn margin(&self, obtained_at: Timestamp, expires_at: Timestamp) -> Duration {
        let margin = match self.mistake {
            Some(Mistake::RefreshesEarly) => Duration::from_secs(60),
            _ => MARGIN,
        };
        margin.min(expires_at.since(obtained_at) / 2)
    }
}

fn dead(tokens: &StoredTokens) -> Option<Decision> {
    let code = tokens.refresh_refused.clone()?;
    Some(Decision::Reauthorize { code: Some(code), why: "the provider has refused the refresh token for good" })
}

#[cfg(test)]
mod tests;
