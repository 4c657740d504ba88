//! How far the clock moves: `9m 31s`. Owns the notation; knows no clock.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::id::InvalidName;
use super::located::text;
use super::problem::Problem;

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// A hundred years of 365 days. Dates must stay within four digits.
const LONGEST: u64 = 36_500 * 86_400_000;

/// A length of time in whole milliseconds, more than nothing and at most 36500 days.
///
/// Written as numbers with the units `d`, `h`, `m`, `s`, `ms`, each at most once, the larger first, with or without blanks
/// between them: `30d`, `9m 31s`, `1h30m`, `250ms`. A number may exceed the unit: `570s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(u64);

impl TimeSpan {
    /// A span of so many milliseconds; `None` for 0 and for more than 36500 days.
    #[must_use]
    pub fn from_milliseconds(milliseconds: u64) -> Option<Self> {
        (1..=LONGEST).contains(&milliseconds).then_some(Self(milliseconds))
    }

    /// Its length in milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        self.0
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let characters: Vec<char> = text.chars().collect();
        let mut total: u64 = 0;
        // Which units may still come.
        let mut left = UNITS.as_slice();
        let mut at = 0;
        loop {
            at += run(&characters, at, char::is_whitespace);
            if at == characters.len() {
                break;
            }
            let digits = run(&characters, at, |c| c.is_ascii_digit());
            if digits == 0 {
                return Err(example(Problem::new("expected a number").within(at, 1)));
            }
            let number: String = characters.iter().skip(at).take(digits).collect();
            let (number_at, unit_at) = (at, at + digits);
            let letters = run(&characters, unit_at, char::is_alphabetic);
            let unit: String = characters.iter().skip(unit_at).take(letters).collect();
            at = unit_at + letters;
            if letters == 0 {
                let problem = Problem::new(format!("`{number}` has no unit"));
                return Err(example(problem.within(number_at, digits)));
            }
            let Some(index) = left.iter().position(|(name, _)| *name == unit) else {
                return Err(bad_unit(&unit).within(unit_at, letters));
            };
            let size = left.get(index).map_or(0, |(_, size)| *size);
            left = left.get(index + 1..).unwrap_or_default();
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(size));
            total = part
                .and_then(|part| total.checked_add(part))
                .filter(|total| *total <= LONGEST)
                .ok_or_else(|| Problem::new("longer than 36500 days").within(number_at, digits + letters))?;
        }
        Self::from_milliseconds(total).ok_or_else(|| example(Problem::new("must be longer than nothing")))
    }
}

/// How many characters from `at` on are of a kind.
fn run(characters: &[char], at: usize, kind: impl Fn(char) -> bool) -> usize {
    characters.iter().skip(at).take_while(|c| kind(**c)).count()
}

fn bad_unit(unit: &str) -> Problem {
    if UNITS.iter().any(|(name, _)| *name == unit) {
        Problem::new(format!("the unit `{unit}` comes twice or after a smaller one"))
            .help("larger units come first, each at most once")
    } else {
        Problem::new(format!("unknown unit `{unit}`")).help("the units are `d`, `h`, `m`, `s` and `ms`")
    }
}

fn example(problem: Problem) -> Problem {
    problem.help("write for example `9m 31s`, `1h`, `30d` or `250ms`")
}

impl FromStr for TimeSpan {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|problem| InvalidName::new(problem.message))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut blank = "";
        for (name, size) in UNITS {
            if rest >= size {
                write!(f, "{blank}{}{name}", rest / size)?;
                rest %= size;
                blank = " ";
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Self::parse)
    }
}

impl JsonSchema for TimeSpan {
    fn schema_name() -> Cow<'static, str> {
        "TimeSpan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time: numbers with the units d, h, m, s, ms, the larger first.",
            "type": "string",
            "pattern": r"^\s*(?=\S)(\d+d\s*)?(\d+h\s*)?(\d+m\s*)?(\d+s\s*)?(\d+ms\s*)?$",
            "examples": ["9m 31s", "1h", "30d", "250ms"]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_are_sums_of_their_parts() {
        let cases = [
            ("570s", 570_000, "9m 30s"),
            ("9m 31s", 571_000, "9m 31s"),
            ("9m31s", 571_000, "9m 31s"),
            ("1h", 3_600_000, "1h"),
            ("30d", 2_592_000_000, "30d"),
            ("250ms", 250, "250ms"),
            ("1ms", 1, "1ms"),
            (" 1d  2h 3m 4s 5ms ", 93_784_005, "1d 2h 3m 4s 5ms"),
            ("0m 1s", 1_000, "1s"),
            ("36500d", LONGEST, "36500d"),
        ];
        for (text, milliseconds, shown) in cases {
            let span: TimeSpan = text.parse().unwrap();
            assert_eq!((span.milliseconds(), span.to_string().as_str()), (milliseconds, shown), "{text}");
        }
    }

    #[test]
    fn a_bad_span_is_pointed_at() {
        let cases = [
            ("", 0, 0, "must be longer than nothing"),
            ("0s", 0, 0, "must be longer than nothing"),
            ("570", 0, 3, "`570` has no unit"),
            ("9m 31", 3, 2, "`31` has no unit"),
            ("9m 31x", 5, 1, "unknown unit `x`"),
            ("9 m", 0, 1, "`9` has no unit"),
            ("9min", 1, 3, "unknown unit `min`"),
            ("1s 9m", 4, 1, "the unit `m` comes twice or after a smaller one"),
            ("1s 1s", 4, 1, "the unit `s` comes twice or after a smaller one"),
            ("-1s", 0, 1, "expected a number"),
            ("1.5s", 0, 1, "`1` has no unit"),
            ("9m, 1s", 2, 1, "expected a number"),
            ("36501d", 0, 6, "longer than 36500 days"),
            ("36500d 1ms", 7, 3, "longer than 36500 days"),
            ("99999999999999999999999d", 0, 24, "longer than 36500 days"),
        ];
        for (text, offset, length, message) in cases {
            let problem = TimeSpan::parse(text).unwrap_err();
            assert_eq!((problem.offset, problem.length, problem.message.as_str()), (offset, length, message), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_the_same_span(milliseconds in 1..=LONGEST) {
            let span = TimeSpan::from_milliseconds(milliseconds).unwrap();
            prop_assert_eq!(span.to_string().parse::<TimeSpan>().unwrap(), span);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,24}") {
            if let Err(problem) = TimeSpan::parse(&text) {
                prop_assert!(problem.offset <= text.chars().count());
            }
        }
    }
}
