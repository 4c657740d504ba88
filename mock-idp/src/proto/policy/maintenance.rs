//! Daily maintenance.

use crate::proto::time::{Span, Timestamp};

/// A part of every day, in UTC, in which each request is refused. An end that is not after the beginning lies on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Maintenance {
    /// When it begins, from midnight on.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub from: Span,
    /// The first moment after it, from midnight on.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub until: Span,
}

const DAY: u64 = 24 * 60 * 60 * 1000;

impl Maintenance {
    /// When the maintenance ends that is under way now; none if none is.
    #[must_use]
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.as_millis().rem_euclid(DAY.cast_signed()).unsigned_abs();
        let (from, until) = (self.from.as_millis() % DAY, self.until.as_millis() % DAY);
        let length = if from < until { until - from } else { until + DAY - from };
        let since = (today + DAY - from) % DAY;
        (since < length).then(|| now.plus(Span::from_millis(length - since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_from_its_first_moment_to_its_last_and_over_midnight() {
        let window =
            |from: &str, until: &str| Maintenance { from: from.parse().unwrap(), until: until.parse().unwrap() };
        let night = window("3h", "3h 30m");
        let cases = [
            (night, "2026-01-12T02:59:59.999Z", None),
            (night, "2026-01-12T03:00:00Z", Some("2026-01-12T03:30:00Z")),
            (night, "2026-01-12T03:29:59.999Z", Some("2026-01-12T03:30:00Z")),
            (night, "2026-01-12T03:30:00Z", None),
            (window("23h", "1h"), "2026-01-12T22:59:59Z", None),
            (window("23h", "1h"), "2026-01-12T23:00:00Z", Some("2026-01-13T01:00:00Z")),
            (window("23h", "1h"), "2026-01-13T00:59:59Z", Some("2026-01-13T01:00:00Z")),
            (window("23h", "1h"), "2026-01-13T01:00:00Z", None),
        ];
        for (window, now, ends) in cases {
            let ends = ends.map(|text| text.parse::<Timestamp>().unwrap());
            assert_eq!(window.ends(now.parse().unwrap()), ends, "{now} in {window:?}");
        }
    }
}
