use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::{Baseline, BaselineError, Plan, write};
use crate::run::outcome::Outcome;

const FILE: &str = "\
client: authlib
known:
  - scenario: exact-online/two-workers-refresh-at-once
    fails: [refresh/one-at-a-time, expectation]
    because: It takes no lock.
    link: https://example.org/1
  - scenario: entra/*
    fails: [token/scope]
    because: It sends no scope.
";

fn file() -> Baseline {
    Baseline::parse("ci/known-failing/authlib.yaml", FILE).unwrap()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn fail(ids: &[&str]) -> Outcome {
    Outcome::Fail { reasons: ids.iter().map(|id| format!("{id}: why")).collect() }
}

fn apply(scenario: &str, outcome: Outcome, failing: &[&str]) -> Outcome {
    file().apply(scenario, outcome, &set(failing))
}

const RACE: &str = "exact-online/two-workers-refresh-at-once";
const BOTH: [&str; 2] = ["expectation", "refresh/one-at-a-time"];

#[test]
fn exactly_what_is_listed_is_a_known_failure() {
    let Outcome::Fail { reasons } = fail(&BOTH) else { unreachable!() };
    let because = "It takes no lock. (https://example.org/1)".to_owned();
    assert_eq!(apply(RACE, fail(&BOTH), &BOTH), Outcome::KnownFailure { reasons, because });
}

#[test]
fn what_did_not_fail_is_stale_with_its_place() {
    let place = "ci/known-failing/authlib.yaml:4";
    let stale =
        |ids: &[&str]| Outcome::UnexpectedPass { stale: ids.iter().map(|id| format!("{id} ({place})")).collect() };
    assert_eq!(apply(RACE, fail(&BOTH[..1]), &BOTH[..1]), stale(&["refresh/one-at-a-time"]));
    assert_eq!(apply(RACE, Outcome::Pass, &[]), stale(&["refresh/one-at-a-time", "expectation"]));
}

#[test]
fn more_than_is_listed_fails_in_the_rest() {
    let more = ["expectation", "refresh/one-at-a-time", "state/compared"];
    assert_eq!(apply(RACE, fail(&more), &more), fail(&more[2..]));
    let other = ["expectation", "state/compared"];
    let Outcome::Fail { reasons } = apply(RACE, fail(&other), &other) else { panic!("it fails") };
    let stale = "known failures: refresh/one-at-a-time (ci/known-failing/authlib.yaml:4) did not fail";
    assert_eq!(reasons, ["state/compared: why", stale]);
}

#[test]
fn what_is_not_listed_and_what_is_not_known_stay_as_they_are() {
    assert_eq!(apply("other/one", fail(&BOTH), &BOTH), fail(&BOTH));
    assert_eq!(apply("other/one", Outcome::Pass, &[]), Outcome::Pass);
    for outcome in [Outcome::Inconclusive { missing: vec!["x".to_owned()] }, Outcome::Broken { why: "x".to_owned() }] {
        assert_eq!(apply(RACE, outcome.clone(), &[]), outcome);
    }
}

#[test]
fn a_scenario_that_is_not_supported_makes_its_own_entry_stale_and_a_pattern_not() {
    let unsupported = Outcome::NotSupported { missing: vec!["clock".to_owned()] };
    assert!(matches!(apply(RACE, unsupported.clone(), &[]), Outcome::UnexpectedPass { .. }));
    assert_eq!(apply("entra/x", unsupported.clone(), &[]), unsupported);
    assert!(matches!(apply("entra/x", Outcome::Pass, &[]), Outcome::UnexpectedPass { .. }));
}

fn check(file: &str, client: &str) -> Vec<String> {
    let (scenarios, rules) = (set(&[RACE, "entra/a", "entra/b"]), set(&["refresh/one-at-a-time", "token/scope"]));
    let plan = Plan { client, scenarios: &scenarios, rules: &rules };
    Baseline::parse("f.yaml", file).unwrap().check(&plan).iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_that_fits_the_plan_has_no_mistakes() {
    assert_eq!(check(FILE, "authlib"), Vec::<String>::new());
}

#[test]
fn an_entry_without_a_scenario_or_rule_is_a_mistake_with_its_place_and_the_nearest_name() {
    let wrong = FILE.replace("at-once", "at-one").replace("[token/scope]", "[token/scopes]");
    let mistakes = check(&wrong, "authlib");
    insta::assert_snapshot!(mistakes.join("\n"), @"
    error: line 3 column 15: unmatched: no scenario has the id `exact-online/two-workers-refresh-at-one`; did you mean `exact-online/two-workers-refresh-at-once`?
     --> f.yaml:3:15
      |
    1 | client: authlib
    2 | known:
    3 |   - scenario: exact-online/two-workers-refresh-at-one
      |               ^ unmatched: no scenario has the id `exact-online/two-workers-refresh-at-one`; did you mean `exact-online/two-workers-refresh-at-once`?
    4 |     fails: [refresh/one-at-a-time, expectation]
    5 |     because: It takes no lock.
      |
    error: line 8 column 13: there is no rule `token/scopes`; did you mean `token/scope`?
     --> f.yaml:8:13
      |
    6 |     link: https://example.org/1
    7 |   - scenario: entra/*
    8 |     fails: [token/scopes]
      |             ^ there is no rule `token/scopes`; did you mean `token/scope`?
    9 |     because: It sends no scope.
      |
    ");
}

#[test]
fn a_scenario_has_one_entry_and_a_file_one_client() {
    let twice = FILE.to_owned() + "  - scenario: entra/a\n    fails: [expectation]\n    because: Also.\n";
    let mistakes = check(&twice, "authlib");
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].contains("`entra/a` is matched by an earlier entry too"), "{}", mistakes[0]);
    assert_eq!(check(FILE, "other"), ["f.yaml: this file is about `authlib`, and the client is `other`"]);
}

#[test]
fn mistakes_are_said_with_file_line_and_snippet() {
    let swap = |from: &str, to: &str| FILE.replacen(from, to, 1);
    let cases = [
        ("an unknown field", swap("link:", "links:"), 6, "unknown field"),
        ("no reason", swap("It takes no lock.", "''"), 5, "needs a reason"),
        ("a reason put off", swap("It takes no lock.", "todo, ask"), 5, "needs a reason"),
        ("TODO", swap("It takes no lock.", "TODO"), 5, "needs a reason"),
        ("nothing fails", swap("[token/scope]", "[]"), 8, "`fails` is empty"),
        ("twice the same rule", swap("[token/scope]", "[a, a]"), 8, "`a` is listed twice"),
        ("twice the same scenario", swap("entra/*", RACE), 7, "is listed twice; first in line 3"),
        ("a bad pattern", swap("entra/*", "entra/**x"), 7, "`**` is a segment of its own"),
        ("a link that is none", swap("https://example.org/1", "issue 1"), 6, "`link` is a web address"),
        ("no client", swap("client: authlib", "client: ''"), 1, "`client` is empty"),
        ("a missing field", swap("    fails: [token/scope]\n", ""), 8, "missing field"),
        ("twice the same key", swap("link:", "because:"), 6, "duplicate"),
    ];
    for (name, text, line, want) in cases {
        let BaselineError::Mistake { line: found, text } = Baseline::parse("f.yaml", &text).unwrap_err() else {
            panic!("{name}")
        };
        assert_eq!(found, line, "{name}: {text}");
        assert!(text.contains(want) && text.contains(&format!("f.yaml:{line}:")), "{name}: {text}");
    }
}

#[test]
fn a_written_file_is_refused_until_somebody_gives_the_reasons() {
    let failing = set(&BOTH);
    let text = write("authlib", [(RACE, &failing), ("a/b", &failing)]);
    let error = Baseline::parse("f.yaml", &text).unwrap_err().to_string();
    assert!(error.contains("needs a reason"), "{error}");
    let file = Baseline::parse("f.yaml", &text.replace("TODO", "It takes no lock.")).unwrap();
    assert!(matches!(file.apply("a/b", fail(&BOTH), &failing), Outcome::KnownFailure { .. }));
    assert!(Baseline::parse("f.yaml", &write("authlib", [])).is_ok());
}

#[test]
fn a_client_without_a_file_has_no_known_failures() {
    let file = Baseline::read(Path::new("no/such/file.yaml"), "authlib").unwrap();
    assert_eq!(file.apply(RACE, Outcome::Pass, &set(&[])), Outcome::Pass);
    assert!(check(&write("authlib", []), "authlib").is_empty());
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Baseline::read(folder.path(), "c"), Err(BaselineError::Io { .. })));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), place in 0_usize..FILE.len()) {
        let _ = Baseline::parse("f.yaml", &text);
        let (head, tail) = FILE.split_at(place);
        let _ = Baseline::parse("f.yaml", &format!("{head}{text}{tail}"));
    }
}
