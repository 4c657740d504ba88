//! Times, as logs write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

/// The year that is assumed where a log has none: a leap year, so that every day exists.
pub(super) const ASSUMED_YEAR: i16 = 2000;

/// A time, and what of it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// The time; UTC is assumed where no zone is given, and [`ASSUMED_YEAR`] where no year is.
    pub(super) at: Timestamp,
    /// Whether a zone is given.
    pub(super) has_zone: bool,
    /// Whether a year is given.
    pub(super) has_year: bool,
}

/// The time that a line begins with, and what is behind it. Brackets around it, and the priority of syslog before it, are taken off.
pub(super) fn leading(line: &str) -> Option<(When, &str)> {
    let mut rest = line.trim_start();
    if let Some((priority, behind)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        // RFC 3164 section 4.1.1; RFC 5424 has a version behind it.
        if (1..=3).contains(&priority.len()) && priority.bytes().all(|byte| byte.is_ascii_digit()) {
            rest = behind.strip_prefix("1 ").unwrap_or(behind);
        }
    }
    let is_bracketed = rest.starts_with(['[', '(']);
    let rest = rest.strip_prefix(['[', '(']).unwrap_or(rest);
    let (when, rest) = iso(rest).or_else(|| day_first(rest)).or_else(|| common(rest)).or_else(|| syslog(rest))?;
    let rest = if is_bracketed { rest.trim_start().strip_prefix([']', ')'])? } else { rest };
    // `2021-11-03 09:12:44abc` is a name, not a time.
    (!rest.starts_with(char::is_alphanumeric)).then(|| (when, rest.trim_start_matches([' ', '\t', ':', '|', '-', ';'])))
}

/// A text that is a time and nothing else.
pub(super) fn whole(text: &str) -> Option<When> {
    let text = text.trim();
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(When { at: zoned.timestamp(), has_zone: true, has_year: true });
    }
    let (when, rest) = iso(text).or_else(|| day_first(text)).or_else(|| common(text))?;
    rest.trim().is_empty().then_some(when)
}

/// A number of seconds, or of milli-, micro- or nanoseconds, since 1970: told by its size.
pub(super) fn number(number: f64) -> Option<Timestamp> {
    let milliseconds = match number {
        it if !it.is_finite() || it < 1e8 => return None,
        it if it < 1e11 => it * 1e3,
        it if it < 1e14 => it,
        it if it < 1e17 => it / 1e3,
        it => it / 1e6,
    };
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is refused by the line that follows")]
    Timestamp::from_millisecond(milliseconds as i64).ok()
}

/// ISO 8601 with `T` or a blank, a point or a comma before the fraction, and a zone or none.
fn iso(text: &str) -> Option<(When, &str)> {
    let (year, rest) = digits(text, 4)?;
    let mark = rest.chars().next().filter(|mark| ['-', '/'].contains(mark))?;
    let (month, rest) = digits(rest.strip_prefix(mark)?, 2)?;
    let (day, rest) = digits(rest.strip_prefix(mark)?, 2)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    finish(year, month, day, rest)
}

/// `03-11-2021 09:12:44`, as it is written in the Netherlands and in Germany (`03.11.2021`).
fn day_first(text: &str) -> Option<(When, &str)> {
    let (day, rest) = digits(text, 2)?;
    let mark = rest.chars().next().filter(|mark| ['-', '.'].contains(mark))?;
    let (month, rest) = digits(rest.strip_prefix(mark)?, 2)?;
    let (year, rest) = digits(rest.strip_prefix(mark)?, 4)?;
    let rest = rest.trim_start_matches(',').strip_prefix(' ')?;
    finish(year, month, day, rest)
}

/// `03/Nov/2021:09:12:44 +0100`, as in access logs.
fn common(text: &str) -> Option<(When, &str)> {
    let (day, rest) = digits(text, 2)?;
    let rest = rest.strip_prefix('/')?;
    let (month, rest) = month(rest)?;
    let (year, rest) = digits(rest.strip_prefix('/')?, 4)?;
    finish(year, month, day, rest.strip_prefix([':', ' '])?)
}

/// `Nov  3 09:12:44` (RFC 3164 section 4.1.2), which has neither year nor zone.
fn syslog(text: &str) -> Option<(When, &str)> {
    let (month, rest) = month(text)?;
    let rest = rest.strip_prefix(' ')?.trim_start();
    let (day, rest) = digits(rest, 2).or_else(|| digits(rest, 1))?;
    let (when, rest) = finish(ASSUMED_YEAR, month, day, rest.strip_prefix(' ')?)?;
    Some((When { has_year: false, ..when }, rest))
}

fn finish(year: i16, month: i16, day: i16, rest: &str) -> Option<(When, &str)> {
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let (time, rest) = clock(rest)?;
    let (offset, rest) = zone(rest);
    let at = TimeZone::fixed(offset.unwrap_or(Offset::UTC)).to_timestamp(DateTime::from_parts(date, time)).ok()?;
    Some((When { at, has_zone: offset.is_some(), has_year: true }, rest))
}

/// `09:12:44.123`, to the millisecond.
pub(super) fn clock(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':').and_then(|rest| digits(rest, 2)) {
        Some(read) => read,
        None => (0, rest),
    };
    let fraction = rest.strip_prefix(['.', ',']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let (millisecond, rest) = fraction.map_or((0, rest), |rest| {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
        (padded.parse().unwrap_or_default(), rest)
    });
    let part = |number: i16| i8::try_from(number).ok();
    // A leap second is the second before it, as jiff reads one.
    let second = part(second)?.min(59);
    Some((Time::new(part(hour)?, part(minute)?, second, millisecond * 1_000_000).ok()?, rest))
}

fn zone(text: &str) -> (Option<Offset>, &str) {
    let trimmed = text.trim_start_matches(' ');
    for name in ["Z", "z", "UTC", "GMT"] {
        if let Some(rest) = trimmed.strip_prefix(name).filter(|rest| !rest.starts_with(char::is_alphanumeric)) {
            return (Some(Offset::UTC), rest);
        }
    }
    let read = || {
        let sign = if trimmed.starts_with('+') { 1 } else { -1 };
        let (hours, rest) = digits(trimmed.strip_prefix(['+', '-'])?, 2)?;
        let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
        // `09:12:44 -2021` could be anything, but `-2021` is no offset that exists.
        (hours <= 14 && minutes < 60).then(|| Offset::from_seconds(seconds).ok())?.map(|offset| (offset, rest))
    };
    read().map_or((None, text), |(offset, rest)| (Some(offset), rest))
}

/// So many digits, and what is behind them.
fn digits(text: &str, count: usize) -> Option<(i16, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok().map(|number| (number, rest)))?
}

fn month(text: &str) -> Option<(i16, &str)> {
    const NAMES: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let (name, rest) = text.split_at_checked(3)?;
    let at = NAMES.chunks(3).position(|known| known == name.as_bytes())?;
    Some((i16::try_from(at).ok()? + 1, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, &str)> {
        leading(line).map(|(when, rest)| (when.at.to_string(), rest))
    }

    #[test]
    fn the_times_that_logs_begin_with_are_read_and_what_is_behind_them_is_left() {
        for (line, at) in [
            ("2021-11-03T09:12:44.123Z x", "2021-11-03T09:12:44.123Z"),
            ("2021-11-03 09:12:44,123 x", "2021-11-03T09:12:44.123Z"),
            ("2021-11-03 09:12:44.1234567+01:00 x", "2021-11-03T08:12:44.123Z"),
            ("[2021-11-03 09:12] x", "2021-11-03T09:12:00Z"),
            ("2021/11/03 09:12:44 x", "2021-11-03T09:12:44Z"),
            ("03-11-2021 09:12:44 - x", "2021-11-03T09:12:44Z"),
            ("03.11.2021, 09:12:44: x", "2021-11-03T09:12:44Z"),
            ("[03/Nov/2021:09:12:44 +0100] x", "2021-11-03T08:12:44Z"),
            ("Nov  3 09:12:44 x", "2000-11-03T09:12:44Z"),
            ("<34>Feb 29 09:12:44 x", "2000-02-29T09:12:44Z"),
            ("<165>1 2021-11-03T09:12:44Z x", "2021-11-03T09:12:44Z"),
            ("2016-12-31 23:59:60Z x", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(read(line), Some((at.to_owned(), "x")), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_time_is_none() {
        for line in [
            "2021-13-03 09:12:44 x",
            "2021-11-31 09:12:44 x",
            "2021-11-03 25:12:44 x",
            "2021-11-03 x",
            "2021-11-03 09:12:44abc",
            "[2021-11-03 09:12:44 x",
            "Nov 3 x",
            "version 1.2.3",
            "é",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn numbers_are_read_by_their_size() {
        for given in [1_636_000_000.0, 1_636_000_000_000.0, 1_636_000_000_000_000.0, 1_636_000_000_000_000_000.0] {
            assert_eq!(number(given).map(Timestamp::as_second), Some(1_636_000_000), "{given}");
        }
        assert_eq!(number(200.0), None);
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(f64::MAX), None);
    }
}
