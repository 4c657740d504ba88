use proptest::prelude::*;

use super::{LogError, LoggedCell, RunFacts, Writer, read};
use crate::report::samples;
use crate::run::event::{Event, EventKind};
use crate::run::outcome::Outcome;
use crate::snapshot::transcript::tests::any_log;

fn facts() -> RunFacts {
    RunFacts {
        harness: "idp-harness 0.1.0".to_owned(),
        client: "reference".to_owned(),
        library: "oauthlib 3.2.2".to_owned(),
        seed: 7,
    }
}

fn log() -> String {
    let mut writer = Writer::new(Vec::new(), &facts()).unwrap();
    writer.cell(samples::ID, "c", &samples::two_workers("c", samples::failed()), &samples::failed()).unwrap();
    writer.cell("plain", "c", &samples::plain("plain", "c", Outcome::Pass), &Outcome::Pass).unwrap();
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_log_says_what_was_run_first_and_counts_last() {
    let log = log();
    let run = r#"{"harness":"idp-harness 0.1.0","client":"reference","library":"oauthlib 3.2.2","seed":7}"#;
    assert_eq!(log.lines().next().unwrap(), format!(r#"{{"log_version":1,"run":{run}}}"#));
    let second = log.lines().nth(1).unwrap();
    assert!(
        second.starts_with(
            r#"{"record":"event","scenario":"exact-online/two-workers-refresh-at-once","client":"c","event":{"seq":1,"#
        ),
        "{second}"
    );
    let counts = r#"{"passed":1,"failed":1,"known":0,"stale":0,"inconclusive":0,"not_supported":0,"broken":0}"#;
    let last = format!(r#"{{"record":"end","cells":2,"events":{},"counts":{counts}}}"#, log.lines().count() - 2);
    assert_eq!(log.lines().last().unwrap(), last);
}

#[test]
fn what_is_written_is_read_back() {
    let read = read(log().as_bytes()).unwrap();
    assert_eq!(read.run, facts());
    let two = LoggedCell {
        scenario: samples::ID.to_owned(),
        client: "c".to_owned(),
        events: samples::two_workers("c", samples::failed()),
    };
    assert_eq!(read.cells[0], two);
    assert_eq!((read.cells.len(), read.counts.passed, read.counts.failed), (2, 1, 1));
}

#[test]
fn a_log_cut_off_anywhere_is_refused() {
    let log = log();
    let whole: Vec<&str> = log.split_inclusive('\n').collect();
    for lines in 0..whole.len() {
        let cut = whole[..lines].concat();
        assert!(matches!(read(cut.as_bytes()), Err(LogError::Cut { lines: found }) if found == lines), "{lines}");
    }
    let half = log.trim_end().len() - 5;
    assert!(matches!(read(&log.as_bytes()[..half]), Err(LogError::Line { .. })), "cut in the middle of a line");
}

#[test]
fn mistakes_are_said_with_their_line() {
    let log = log();
    let lines: Vec<&str> = log.lines().collect();
    let without = |index: usize| {
        let mut left = lines.clone();
        left.remove(index);
        left.join("\n")
    };
    let with = |index: usize, line: &str| {
        let mut more = lines.clone();
        more.insert(index, line);
        more.join("\n")
    };
    let last = lines.len() - 1;
    let cases = [
        ("no version", refused("{}"), "line 1: an event log begins with its `log_version`"),
        ("not JSON", refused("hello"), "line 1: column 1: expected value"),
        (
            "a later version",
            refused(r#"{"log_version":2,"more":1}"#),
            "line 1: the log has version 2; this harness reads version 1",
        ),
        (
            "a lost event",
            refused(&without(2)),
            "line 3: event 3 of exact-online/two-workers-refresh-at-once where 2 is due",
        ),
        (
            "a lost beginning",
            refused(&without(1)),
            "line 2: event 2 of exact-online/two-workers-refresh-at-once where 1 is due",
        ),
        ("a lost end", refused(&without(last - 1)), &*format!("line {last}: plain has not ended")),
        (
            "more after the end",
            refused(&with(last + 1, "{}")),
            &*format!("line {}: there is something after the end record", last + 2),
        ),
        (
            "an unknown record",
            refused(&with(2, r#"{"record":"x"}"#)),
            "line 3: column 13: unknown variant `x`, expected `event` or `end`",
        ),
    ];
    for (name, found, want) in cases {
        assert_eq!(found, want, "{name}");
    }
    let (end, wrong) = (lines[last], lines[last].replace("\"cells\":2", "\"cells\":3"));
    let found = refused(&log.replace(end, &wrong));
    assert!(found.contains("it counts 3 cells"), "{found}");
    let wrong = lines[last].replace("\"passed\":1", "\"passed\":2");
    let found = refused(&log.replace(end, &wrong));
    assert!(found.contains("2 cells but 3 outcomes"), "{found}");
}

#[test]
fn cells_of_two_clients_are_kept_apart() {
    let mut writer = Writer::new(Vec::new(), &facts()).unwrap();
    for client in ["a", "b"] {
        writer.cell("plain", client, &samples::plain("plain", client, Outcome::Pass), &Outcome::Pass).unwrap();
    }
    assert_eq!(read(writer.finish().unwrap().as_slice()).unwrap().cells.len(), 2);
}

proptest! {
    #[test]
    fn any_events_are_read_back(middle in any_log(), scenario in any::<String>()) {
        let mut events = samples::plain("x", "c", Outcome::Pass);
        let end = events.pop().unwrap();
        events.extend(middle.into_iter().filter(|event| {
            !matches!(event.what, EventKind::CellStarted { .. } | EventKind::CellEnded { .. })
        }));
        events.push(end);
        let numbered = |(index, event): (usize, Event)| Event { seq: u32::try_from(index).unwrap() + 1, ..event };
        let events: Vec<Event> = events.into_iter().enumerate().map(numbered).collect();

        let mut writer = Writer::new(Vec::new(), &facts()).unwrap();
        writer.cell(&scenario, "c", &events, &Outcome::Pass).unwrap();
        let read = read(writer.finish().unwrap().as_slice()).unwrap();
        prop_assert_eq!(&read.cells[0].events, &events);
        prop_assert_eq!(&read.cells[0].scenario, &scenario);
    }

    #[test]
    fn no_input_makes_the_reader_panic(text in any::<String>(), place in 0_usize..30) {
        let mut bytes = log().into_bytes();
        let place = place * bytes.len() / 30;
        bytes.splice(place..place, text.bytes());
        let _ = read(bytes.as_slice());
        let _ = read(text.as_bytes());
    }
}
