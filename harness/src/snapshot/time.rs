//! Virtual time as people read it.

/// Milliseconds since a scenario's start as `hh:mm:ss`, with `.mmm` only when it is no whole second, and days in front
/// from the first full one: `12d 00:00:00`. A time before the start has a leading `-`.
#[must_use]
pub fn clock_text(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let total = ms.unsigned_abs();
    let (seconds, rest) = (total / 1000, total % 1000);
    let (days, in_day) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
    let days = if days == 0 { String::new() } else { format!("{days}d ") };
    let rest = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{rest}")
}

/// A span of milliseconds as a scenario writes it: `9m 31s`, `12d`, `250ms`, `0s`.
pub(crate) fn span_text(ms: i64) -> String {
    let total = ms.unsigned_abs();
    let seconds = total / 1000;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (total % 1000, "ms"),
    ];
    let words: Vec<String> =
        parts.iter().filter(|(amount, _)| *amount > 0).map(|(amount, unit)| format!("{amount}{unit}")).collect();
    let text = if words.is_empty() { "0s".to_owned() } else { words.join(" ") };
    if ms < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{clock_text, span_text};

    #[test]
    fn time_is_printed_with_only_the_parts_it_needs() {
        let cases = [
            ("start", 0, "00:00:00"),
            ("one millisecond", 1, "00:00:00.001"),
            ("last whole millisecond of a second", 999, "00:00:00.999"),
            ("a second", 1000, "00:00:01"),
            ("the interval and one", 571_000, "00:09:31"),
            ("last second of the first day", 86_399_000, "23:59:59"),
            ("a day", 86_400_000, "1d 00:00:00"),
            ("twelve days", 12 * 86_400_000, "12d 00:00:00"),
            ("before the start", -5_500, "-00:00:05.500"),
            ("as early as can be said", i64::MIN, "-106751991167d 07:12:55.808"),
        ];
        for (name, ms, want) in cases {
            assert_eq!(clock_text(ms), want, "{name}");
        }
    }

    #[test]
    fn spans_are_printed_as_scenarios_write_them() {
        let cases = [(0, "0s"), (571_000, "9m 31s"), (12 * 86_400_000, "12d"), (250, "250ms"), (-60_000, "-1m")];
        for (ms, want) in cases {
            assert_eq!(span_text(ms), want);
        }
    }
}
