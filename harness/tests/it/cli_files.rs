//! The program and its files: snapshots, known failures, reports.

use std::fs;

use idp_harness::report::ndjson;

use crate::support::{SIGN_IN, folder_with, program, text};

#[test]
fn a_snapshot_that_is_new_changed_or_orphaned_is_5_and_a_review_settles_it() {
    let folder = folder_with(SIGN_IN);
    let at = folder.path();
    let run = |arguments: &[&str]| program(at, arguments);
    let output = run(&["run"]);
    assert_eq!(output.status.code(), Some(5), "new: {}", text(&output));
    let snapshot = at.join("snapshots/reference/one.snap");
    assert!(at.join("snapshots/reference/one.snap.new").is_file() && !snapshot.exists());
    assert_eq!(run(&["review", "--accept"]).status.code(), Some(0));
    assert!(snapshot.is_file());
    assert_eq!(run(&["run"]).status.code(), Some(0), "accepted");

    let accepted = fs::read_to_string(&snapshot).unwrap();
    fs::write(&snapshot, accepted.replace("GET /api/v1/current/Me", "GET /api/v1/current/You")).unwrap();
    let output = run(&["run", "--snapshots", "check"]);
    assert_eq!(output.status.code(), Some(5), "changed: {}", text(&output));
    assert!(!at.join("snapshots/reference/one.snap.new").exists(), "check writes nothing");
    assert_eq!(run(&["run"]).status.code(), Some(5), "changed, pending");
    assert_eq!(run(&["review", "--reject"]).status.code(), Some(0));
    fs::write(&snapshot, &accepted).unwrap();

    fs::write(at.join("snapshots/reference/gone.snap"), &accepted).unwrap();
    let output = run(&["run"]);
    assert_eq!(output.status.code(), Some(5), "orphaned: {}", text(&output));
    assert!(text(&output).contains("gone.snap"), "{}", text(&output));
}

#[test]
fn a_known_failure_is_green_and_one_that_is_stale_is_6() {
    let folder = folder_with(&SIGN_IN.replace("200", "404"));
    let at = folder.path();
    let known = |fails: &str| {
        format!("client: reference\nknown:\n  - scenario: one\n    fails: [{fails}]\n    because: Seen.\n")
    };
    let run = || program(at, &["run", "--snapshots", "off", "--known", "known.yaml"]);
    fs::write(at.join("known.yaml"), known("expectation")).unwrap();
    let output = run();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("KNOWN"), "{}", text(&output));
    fs::write(at.join("known.yaml"), known("expectation, refresh/newest-token")).unwrap();
    let output = run();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output));
    fs::write(at.join("known.yaml"), known("refresh/newest-tokens")).unwrap();
    assert_eq!(run().status.code(), Some(2), "a rule that does not exist");
    fs::write(at.join("known.yaml"), known("refresh/newest-token").replace("scenario: one", "scenario: two")).unwrap();
    assert_eq!(run().status.code(), Some(2), "a scenario that does not exist");
}

#[test]
fn reports_are_written_whole() {
    let folder = folder_with(SIGN_IN);
    let at = folder.path();
    let arguments =
        ["run", "--snapshots", "off", "--report", "junit=j.xml", "--report", "ndjson=n.ndjson", "--report", "github=-"];
    let output = program(at, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let junit = fs::read_to_string(at.join("j.xml")).unwrap();
    assert!(junit.contains("<testcase name=\"one\"") && junit.contains("tests=\"1\""), "{junit}");
    let log = ndjson::read(fs::File::open(at.join("n.ndjson")).map(std::io::BufReader::new).unwrap()).unwrap();
    assert_eq!((log.cells.len(), log.counts.passed), (1, 1));
    let files: Vec<_> = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!files.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{files:?}");
}

#[test]
fn a_log_that_is_cut_is_recognised() {
    let folder = folder_with(SIGN_IN);
    let at = folder.path();
    program(at, &["run", "--snapshots", "off", "--report", "ndjson=n.ndjson"]);
    let whole = fs::read_to_string(at.join("n.ndjson")).unwrap();
    let cut: Vec<&str> = whole.lines().collect();
    let cut = cut[..cut.len() - 1].join("\n");
    assert!(ndjson::read(cut.as_bytes()).is_err());
    assert!(ndjson::read(whole.as_bytes()).is_ok());
}

#[test]
fn the_environment_of_a_pipeline_writes_no_snapshot() {
    let folder = folder_with(SIGN_IN);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_idp-harness"))
        .args(["run"])
        .current_dir(folder.path())
        .env("CI", "true")
        .env_remove("INSTA_UPDATE")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(!folder.path().join("snapshots").exists());
}
