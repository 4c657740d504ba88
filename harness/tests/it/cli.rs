//! The program: exit codes, one for each way to end.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{SIGN_IN, folder_with, program, root, text};

#[test]
fn all_as_expected_is_0() {
    let output = program(&root(), &["run", "--snapshots", "check"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("passed, 0 failed"), "{}", text(&output));
}

#[test]
fn a_client_that_fails_is_1_and_the_report_says_what_why_and_how_to_see_it_again() {
    let output = program(&root(), &["run", "--client", "no-lock", "--snapshots", "off", "**/two-workers-*"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let text = text(&output);
    let wanted = [
        "refresh/one-at-a-time",
        "a and b presented <rt:1> at the same time",
        "because: rt:1 was superseded by rt:2",
        "Take a lock before reading the stored token",
        "--client no-lock --seed 1 --verbose exact-online/two-workers-refresh-at-once",
        "scenarios/exact-online/two-workers-refresh-at-once.yaml:",
    ];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted} is missing in {text}");
    }
}

#[test]
fn a_run_that_never_got_where_it_should_is_inconclusive_and_no_pass() {
    let folder = folder_with(&SIGN_IN.replace("[redeemed]", "[refreshed]"));
    let output = program(folder.path(), &["run", "--snapshots", "off"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("never reached: refreshed"), "{}", text(&output));
    let folder = folder_with(&SIGN_IN.replace("token-request/code-redeemed-once", "refresh/newest-token"));
    let output = program(folder.path(), &["run", "--snapshots", "off"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("never put to the test: refresh/newest-token"), "{}", text(&output));
}

#[test]
fn wrong_input_is_2_with_the_place_of_the_mistake() {
    let cases = [
        (SIGN_IN.replace("- authorize", "- autorize"), vec!["one.yaml:6:5", "`autorize`", "authorize"]),
        (SIGN_IN.replace("title:", "titel:"), vec!["one.yaml:1:1", "titel", "title"]),
        (SIGN_IN.replace("exact-online@2021-11", "exact-onlin"), vec!["one.yaml", "did you mean `exact-online`"]),
        (
            SIGN_IN.replace("code-redeemed-once", "code-redeemed-onec"),
            vec!["one.yaml", "`token-request/code-redeemed-once`?"],
        ),
        (
            SIGN_IN.replace("  - authorize", "  - fault: { at: token, reply: { delay: 35s } }\n  - authorize"),
            vec!["one.yaml:6: nothing moves the clock by 35s", "`race: { at: token_reply, advance: 35s"],
        ),
        (SIGN_IN.replace("[redeemed]", "[redemed]"), vec!["one.yaml", "did you mean `redeemed`"]),
    ];
    for (scenario, wanted) in cases {
        let folder = folder_with(&scenario);
        for command in ["run", "lint"] {
            let output = program(folder.path(), &[command]);
            assert_eq!(output.status.code(), Some(2), "{command} {}", text(&output));
            for wanted in &wanted {
                assert!(text(&output).contains(wanted), "{wanted} is missing in {}", text(&output));
            }
        }
    }
}

#[test]
fn wrong_arguments_are_2_and_name_what_is_near() {
    let cases: [(&[&str], &str); 4] = [
        (&["run", "--client", "no-locks"], "did you mean `no-lock`?"),
        (&["run", "--client", "./nothing-here"], "no such program"),
        (&["run", "--report", "junk=x"], "junit, ndjson, github and summary"),
        (&["run", "--snapshots", "sometimes"], "pending"),
    ];
    for (arguments, wanted) in cases {
        let output = program(&root(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", text(&output));
        assert!(text(&output).contains(wanted), "{arguments:?} {}", text(&output));
    }
}

#[test]
fn a_broken_adapter_is_3_and_never_a_failed_client() {
    let folder = folder_with(SIGN_IN);
    let adapters = [
        ("garbage", "echo hello; cat >/dev/null", "hello"),
        ("dies", "echo why it died >&2; exit 7", "why it died"),
        ("not-implemented", "exit 89", "89"),
        ("silent", "exec >&-; cat >/dev/null", "stdout"),
    ];
    for (name, script, wanted) in adapters {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = program(folder.path(), &["run", "--snapshots", "off", "--client", &format!("./{name}")]);
        assert_eq!(output.status.code(), Some(3), "{name}: {}", text(&output));
        assert!(text(&output).contains(wanted), "{name}: {}", text(&output));
    }
}

#[test]
fn nothing_selected_is_4_and_names_what_is_near() {
    let output = program(&root(), &["run", "exact-online/two-workers"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).contains("exact-online/two-workers-refresh-at-once"), "{}", text(&output));
    let output = program(&root(), &["run", "--tag", "no-such-tag"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
}

#[test]
fn the_program_needs_no_folder_of_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path(), &["list"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("exact-online/two-workers-refresh-at-once"), "{}", text(&output));
    let shown = text(&program(folder.path(), &["show", "exact-online/two-workers-refresh-at-once"]));
    for wanted in ["itgenoda219", "remedy", "race at the token endpoint", "refresh/one-at-a-time"] {
        assert!(shown.contains(wanted), "{wanted} is missing in {shown}");
    }
    let rule = text(&program(folder.path(), &["show", "refresh/one-at-a-time"]));
    assert!(rule.contains("RFC 9700"), "{rule}");
}
