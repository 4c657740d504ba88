//! Time as the core knows it: handed in, never read.
//!
//! Milliseconds, because real providers print them (rate-limit resets, error timestamps) and a running clock has them.

use std::fmt;
use std::str::FromStr;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A length of time in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

/// The last moment that the core can print: 9999-12-30T22:00:00Z and a little less, the end of the calendar library.
const LAST_MILLIS: i64 = 253_402_207_199_999;

impl Timestamp {
    /// The moment that is `millis` milliseconds after 1970; held within the years 1 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis > LAST_MILLIS {
            Self(LAST_MILLIS)
        } else if millis < -62_135_596_800_000 {
            Self(-62_135_596_800_000)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `span` later; stops at the end of year 9999.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(span.0).unwrap_or(i64::MAX)))
    }

    /// The moment so much earlier.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; nothing if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Printed by a `strftime` pattern in UTC. A pattern that the calendar library refuses gives the RFC 3339 form, so
    /// that a bad pattern is visible and harmless; profiles are checked for it when they are read.
    #[must_use]
    pub fn strftime(self, pattern: &str) -> String {
        let plain = || self.calendar().map_or_else(|| self.0.to_string(), |moment| moment.to_string());
        self.try_strftime(pattern).unwrap_or_else(plain)
    }

    /// The same; nothing for a pattern that the calendar library refuses.
    #[must_use]
    pub fn try_strftime(self, pattern: &str) -> Option<String> {
        let moment = self.calendar()?.to_zoned(jiff::tz::TimeZone::UTC);
        jiff::fmt::strtime::BrokenDownTime::from(&moment).to_string(pattern).ok()
    }

    /// RFC 3339 with milliseconds, UTC.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
    }

    /// The form of the `Date` header field (RFC 9110 section 5.6.7).
    #[must_use]
    pub fn http_date(self) -> String {
        self.strftime("%a, %d %b %Y %H:%M:%S GMT")
    }

    fn calendar(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_millisecond(self.0).ok()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a moment; write it as 2021-11-15T02:00:00Z")]
pub struct TimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError { text: text.to_owned() })?;
        Ok(Self::from_millis(moment.as_millisecond()))
    }
}

impl Span {
    /// `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// `seconds` seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// In whole seconds, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut first = true;
        for (unit, size) in UNITS {
            let count = rest / size;
            rest %= size;
            if count > 0 {
                write!(f, "{}{count}{unit}", if first { "" } else { " " })?;
                first = false;
            }
        }
        if first { f.write_str("0s") } else { Ok(()) }
    }
}

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a length of time; write it as `30d`, `9m 30s` or `250ms`")]
pub struct SpanError {
    text: String,
}

impl FromStr for Span {
    type Err = SpanError;

    /// Reads numbers with units `d h m s ms`, largest first, blanks between them optional.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || SpanError { text: text.to_owned() };
        let mut rest = text.trim();
        let mut total: u64 = 0;
        let mut units = UNITS.iter();
        if rest.is_empty() {
            return Err(refused());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let (_, size) = units.by_ref().find(|(name, _)| *name == unit).ok_or_else(refused)?;
            let number: u64 = number.parse().map_err(|_| refused())?;
            total = number.checked_mul(*size).and_then(|part| total.checked_add(part)).ok_or_else(refused)?;
            rest = tail.trim_start();
        }
        Ok(Self(total))
    }
}

#[cfg(feature = "profiles")]
mod serde_impls {
    use super::{Span, Timestamp};
    use serde::de::{Error, Unexpected, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::fmt;

    impl Serialize for Span {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for Span {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Text;
            impl Visitor<'_> for Text {
                type Value = Span;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a length of time such as `30d`, `9m 30s` or `250ms`")
                }
                fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                    text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
                }
            }
            deserializer.deserialize_str(Text)
        }
    }

    impl Serialize for Timestamp {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for Timestamp {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_printed_with_units_largest_first() {
        let cases = [
            ("9m 30s", Some(570_000), "9m 30s"),
            ("570s", Some(570_000), "9m 30s"),
            ("30d", Some(2_592_000_000), "30d"),
            ("1m30s5ms", Some(90_005), "1m 30s 5ms"),
            ("0s", Some(0), "0s"),
            ("30s 9m", None, ""),
            ("5", None, ""),
            ("m", None, ""),
            ("", None, ""),
            ("1s 1s", None, ""),
            ("99999999999999999d", None, ""),
        ];
        for (text, millis, printed) in cases {
            assert_eq!(text.parse::<Span>().ok().map(Span::as_millis), millis, "{text}");
            if let Ok(span) = text.parse::<Span>() {
                assert_eq!(span.to_string(), printed, "{text}");
            }
        }
    }

    #[test]
    fn moments_print_as_providers_print_them() {
        let moment: Timestamp = "2022-10-11T21:18:20Z".parse().unwrap();
        assert_eq!(moment.http_date(), "Tue, 11 Oct 2022 21:18:20 GMT");
        assert_eq!(moment.strftime("%-m/%-d/%Y %-I:%M:%S %p"), "10/11/2022 9:18:20 PM");
        assert_eq!(moment.rfc3339(), "2022-10-11T21:18:20.000Z");
        assert_eq!(moment.strftime("%!"), "2022-10-11T21:18:20Z", "a bad pattern is harmless");
        assert_eq!(moment.try_strftime("%!"), None);
    }

    #[test]
    fn time_stops_at_its_ends_instead_of_wrapping() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.plus(Span::from_millis(u64::MAX)), last);
        assert!(last.rfc3339().starts_with("9999-12-30"));
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Span::default());
    }
}
