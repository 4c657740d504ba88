//! The same client code against several providers.

use std::fs;

use idp_harness::report::ndjson;
use idp_harness::run::event::EventKind;

use crate::support::{SIGN_IN, folder_with, program, root, text};

const TWICE: &str = "side-by-side/an-old-refresh-token-is-used-again";

#[test]
fn the_built_in_client_gets_on_with_every_provider() {
    let output = program(&root(), &["run", "--snapshots", "check", "side-by-side"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = text(&output);
    for profile in ["entra", "exact-online"] {
        assert!(said.contains(&format!("PASS    {TWICE}@{profile}\n")), "{said}");
    }
    assert!(said.contains("\nside by side ") && !said.contains("differs"), "{said}");
}

#[test]
fn a_client_that_keeps_its_first_refresh_token_passes_with_the_one_and_fails_with_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (log, page, junit) = (file("log"), file("page.md"), file("junit.xml"));
    let reports = [format!("ndjson={log}"), format!("summary={page}"), format!("junit={junit}")];
    let output = program(
        &root(),
        &[
            &["run", "--snapshots", "off", "--client", "keeps-first-refresh-token", TWICE][..],
            &["--report", &reports[0], "--report", &reports[1], "--report", &reports[2]],
        ]
        .concat(),
    );
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("PASS    {TWICE}@entra\n")), "{said}");
    assert!(said.contains(&format!("FAIL    {TWICE}@exact-online   expectation, refresh/newest-token\n")), "{said}");
    let row: Vec<&str> = said.lines().filter(|line| line.ends_with("differs")).collect();
    assert_eq!(row.len(), 1, "{said}");
    assert_eq!(row[0].split_whitespace().collect::<Vec<_>>(), [TWICE, "PASS", "FAIL", "differs"]);
    assert!(said.lines().last().unwrap().starts_with("cells: 1 passed, 1 failed"), "{said}");

    let log = ndjson::read(fs::read(&log).unwrap().as_slice()).unwrap();
    let begun: Vec<_> = log.cells.iter().map(|cell| (cell.scenario.as_str(), &cell.events[0].what)).collect();
    for ((id, what), expected) in begun.iter().zip(["entra", "exact-online"]) {
        assert_eq!(*id, format!("{TWICE}@{expected}"));
        let EventKind::CellStarted { base, profile, .. } = what else { panic!("{what:?}") };
        assert_eq!((base.as_deref(), profile.as_str()), (Some(TWICE), expected));
    }
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains(&format!("| {TWICE} | keeps-first-refresh-token | **pass** | **fail** |")), "{page}");
    let junit = fs::read_to_string(&junit).unwrap();
    assert_eq!(junit.matches(&format!("<property name=\"base\" value=\"{TWICE}\"/>")).count(), 2, "{junit}");
}

#[test]
fn a_scenario_is_chosen_by_its_file_or_for_one_profile() {
    let listed = |pattern: &str| {
        let output = program(&root(), &["list", pattern]);
        text(&output).lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let (entra, exact) = (format!("{TWICE}@entra"), format!("{TWICE}@exact-online"));
    assert_eq!(listed(TWICE), [entra.clone(), exact]);
    assert_eq!(listed(&entra).join(" "), entra);
    let shown = text(&program(&root(), &["show", &entra]));
    assert!(shown.contains("profile     entra\n") && shown.contains("call GET {me}"), "{shown}");
}

#[test]
fn a_failure_is_known_for_one_profile_and_not_for_another() {
    let scenario = SIGN_IN
        .replace("profile: exact-online@2021-11", "profiles: [exact-online, exact-online@2021]")
        .replace("status: 200", "status: 201");
    let folder = folder_with(&scenario);
    let known = folder.path().join("known.yaml");
    let entry = "known:\n  - { scenario: one@exact-online@2021, fails: [expectation], because: It wants 201. }\n";
    fs::write(&known, format!("client: reference\n{entry}")).unwrap();
    let output = program(folder.path(), &["run", "--snapshots", "accept", "--known", &known.to_string_lossy()]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("FAIL    one@exact-online   expectation\n"), "{said}");
    assert!(said.contains("KNOWN   one@exact-online@2021   expectation"), "{said}");
    for snapshot in ["one@exact-online.snap", "one@exact-online@2021.snap"] {
        let text = fs::read_to_string(folder.path().join("snapshots/reference").join(snapshot)).unwrap();
        assert!(text.contains("source: scenarios/one.yaml\n"), "{text}");
    }
    let output = program(folder.path(), &["run", "--snapshots", "check", "one@exact-online"]);
    assert!(text(&output).contains("snapshots: 1 same\n"), "no snapshot is an orphan: {}", text(&output));
}

#[test]
fn a_resource_that_a_profile_does_not_have_is_found_by_lint() {
    let cases = [
        ("GET {mee}", "the profile exact-online has no resource `mee`; did you mean `me`?"),
        ("POST {me}", "the resource `me` of the profile exact-online answers to GET"),
    ];
    for (request, message) in cases {
        let scenario = SIGN_IN
            .replace("profile: exact-online@2021-11", "profiles: [exact-online, entra]")
            .replace("GET /api/v1/current/Me", &format!("\"{request}\""));
        let output = program(folder_with(&scenario).path(), &["lint"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(message), "{}", text(&output));
    }
}
