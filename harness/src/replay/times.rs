//! When things happened by the provider's clock.
//!
//! A recorder's clock may be wrong, and that of a provider under test may stand still or leap. `Date` (RFC 9110 section 6.6.1) says what
//! the provider's clock showed, in whole seconds.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::capture::CapturedExchange;

/// So far apart are two clocks that do not run alike, in milliseconds: more than a network makes, and `Date`'s rounding.
const APART_MS: i64 = 3000;

/// For each exchange, milliseconds since 1970 by the provider's clock: never backwards.
pub(super) fn times(exchanges: &[CapturedExchange]) -> Vec<i64> {
    let offsets: Vec<Option<i64>> = exchanges.iter().map(|it| Some(date(it)? - it.started.as_millisecond())).collect();
    let known = || offsets.iter().copied().flatten();
    let (least, most) = (known().min().unwrap_or_default(), known().max().unwrap_or_default());
    let leaps = most - least > APART_MS;
    // `Date` is rounded down: the clock is ahead by what the largest of many shows, and not by less.
    let mut offset = known().next().unwrap_or_default();
    let mut last = i64::MIN;
    let mut all = Vec::new();
    for (it, own) in exchanges.iter().zip(offsets.iter().copied()) {
        if leaps {
            offset = own.unwrap_or(offset);
        }
        let recorded = it.started.as_millisecond();
        let at = if leaps { recorded + offset } else { recorded + most };
        last = last.max(at);
        all.push(last);
    }
    all
}

/// What the provider's clock showed when it answered.
fn date(exchange: &CapturedExchange) -> Option<i64> {
    let text = exchange.response.as_ref()?.header("date")?;
    Some(parse(text)?.as_millisecond())
}

fn parse(text: &str) -> Option<Timestamp> {
    // IMF-fixdate (RFC 9110 section 5.6.7) is a date of RFC 2822 but for the name of its zone.
    let text = text.trim().strip_suffix("GMT")?;
    rfc2822::DateTimeParser::new().parse_timestamp(format!("{text}+0000")).ok()
}
