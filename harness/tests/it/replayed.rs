//! `replay`, `explain` and `import`, as programs, over a recording of a client that makes a mistake.

use std::path::Path;

use crate::support::{program, root, text};

const SCENARIO: &str = "exact-online/works-once-then-old-refresh-token-used";
const FILE: &str = "exact-online-works-once-then-old-refresh-token-used.har";

/// A folder with the recording of a client that never stores the refresh token that a refresh returns.
fn recorded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = root().join("scenarios");
    let out = program(
        folder.path(),
        &[
            "run",
            "--client",
            "keeps-first-refresh-token",
            "--snapshots",
            "off",
            "--record",
            ".",
            "--scenarios",
            scenarios.to_str().unwrap(),
            SCENARIO,
        ],
    );
    assert_eq!(out.status.code(), Some(1), "{}", text(&out));
    assert!(folder.path().join(FILE).is_file(), "{}", text(&out));
    folder
}

/// A folder with the recordings of scenarios that the built-in client passes.
fn recorded_well(scenarios: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let all = root().join("scenarios");
    let arguments = ["run", "--snapshots", "off", "--record", ".", "--scenarios", all.to_str().unwrap()];
    ends(folder.path(), 0, &[&arguments, scenarios].concat());
    folder
}

fn ends(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let out = program(folder, arguments);
    assert_eq!(out.status.code(), Some(code), "{}", text(&out));
    text(&out)
}

#[test]
fn a_recording_agrees_with_its_own_profile_and_differs_from_another_era() {
    let folder = recorded();
    let said = ends(folder.path(), 0, &["replay", FILE, "--profile", "exact-online@2021-11"]);
    assert!(said.contains("401 unauthorized_client: Old refresh token used."), "{said}");
    assert!(said.contains("exact-online@2021-11: 5 of 5 answers agree"), "{said}");
    let said = ends(folder.path(), 1, &["replay", FILE, "--profile", "exact-online@2017"]);
    assert!(said.contains("DIFFERS") && said.contains("status: recorded 401, here 200"), "{said}");
    let said = ends(folder.path(), 2, &["replay", FILE, "--profile", "exact-onlin"]);
    assert!(said.contains("exact-online"), "{said}");
}

#[test]
fn the_provider_of_a_recording_is_found_and_the_others_are_refuted() {
    let folder = recorded();
    let said = ends(folder.path(), 0, &["explain", FILE, "--quirks"]);
    assert!(said.contains("exact-online@2021-11: all 5 answers are as recorded"), "{said}");
    assert!(said.contains("exact-online@2017: refuted by"), "{said}");
    assert!(said.contains("rfc: refuted by entry 1: GET /api/oauth2/auth is none of their endpoints"), "{said}");
    // Two requests tell all three apart; no further one is asked for.
    assert!(said.contains("To tell them apart, refresh with the newest refresh token, after 31 days:\n"), "{said}");
    let second = "To tell more of them apart, refresh with the newest refresh token, and with the one that this gives at once:\n  \
                  exact-online@2021-11                     400 access_denied: Rate limit exceeded: access_token not expired\n  \
                  exact-online@2021, exact-online@2018     200\n";
    assert!(said.contains(second) && said.matches("To tell ").count() == 2, "{said}");
    assert!(said.contains("old-refresh-token-used (entry "), "{said}");
    let said = ends(folder.path(), 1, &["explain", FILE, "--profile", "rfc"]);
    assert!(said.contains("Nothing explains the recording"), "{said}");
}

#[test]
fn an_imported_recording_is_a_scenario_that_the_correct_client_passes_and_that_has_the_mistake_in_it() {
    let folder = recorded();
    ends(folder.path(), 0, &["import", FILE, "--out", "scenarios/mine/day.yaml", "--profile", "exact-online@2021-11"]);
    let scenario = std::fs::read_to_string(folder.path().join("scenarios/mine/day.yaml")).unwrap();
    for wanted in
        ["Old refresh token used.", "- authorize\n", "- advance: 1d", "- refresh\n", "\"refresh_token\": \"{rt:1}\""]
    {
        assert!(scenario.contains(wanted), "{wanted}\n{scenario}");
    }
    ends(folder.path(), 0, &["lint", "mine/day"]);
    let said = ends(folder.path(), 0, &["run", "--snapshots", "off", "--verbose", "mine/day"]);
    assert!(said.contains("harness > POST /api/oauth2/token"), "{said}");
    let said = ends(folder.path(), 2, &["import", FILE, "--out", "scenarios/mine/day.yaml"]);
    assert!(said.contains("is there already; --force"), "{said}");
    let other = std::fs::read_to_string(folder.path().join("scenarios/mine/day.yaml")).unwrap();
    assert_eq!(other, scenario);
}

#[test]
fn a_request_of_the_harness_is_judged_by_its_answer_and_by_no_rule() {
    let folder = recorded();
    ends(folder.path(), 0, &["import", FILE, "--out", "scenarios/mine/day.yaml", "--profile", "exact-online@2021-11"]);
    let file = folder.path().join("scenarios/mine/day.yaml");
    let scenario = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, scenario.replace("{ status: 401 }", "{ status: 200 }")).unwrap();
    let said = ends(folder.path(), 1, &["run", "--snapshots", "off", "mine/day"]);
    assert!(said.contains("expected status 200, found status 401"), "{said}");
    std::fs::write(&file, scenario.replace("{ status: 401 }", "{ status: 401, body_contains: Old refresh }")).unwrap();
    ends(folder.path(), 0, &["run", "--snapshots", "off", "mine/day"]);
}

#[test]
fn a_file_that_is_no_recording_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cut.har"), "{\"log\": {\"version\": \"1.2\", \"entries\": [ {").unwrap();
    std::fs::write(folder.path().join("types.har"), "{\"log\": {\"entries\": [ {\"startedDateTime\": 5} ]}}").unwrap();
    std::fs::write(folder.path().join("deep.har"), "[".repeat(100_000)).unwrap();
    std::fs::write(folder.path().join("bytes.har"), b"{\"log\": {\"entries\": [ \"\xff\xfe").unwrap();
    std::fs::write(folder.path().join("empty.har"), "{\"log\": {\"version\": \"1.2\", \"entries\": []}}").unwrap();
    for command in
        [&["replay", "empty.har", "--profile", "rfc"][..], &["explain", "empty.har"], &["import", "empty.har"]]
    {
        assert_eq!(ends(folder.path(), 2, command), "empty.har: there is no request in it\n");
    }
    for file in ["cut.har", "types.har", "deep.har", "bytes.har"] {
        for command in [&["replay", file, "--profile", "rfc"][..], &["explain", file], &["import", file]] {
            let said = ends(folder.path(), 2, command);
            assert!(
                said.starts_with(&format!("{file}: ")) && (said.contains("line ") || said.contains("entry ")),
                "{said}"
            );
        }
    }
}

#[test]
fn what_real_tools_recorded_and_what_customers_paste_becomes_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = root().join("harness/tests/corpus");
    for (file, profile, wanted) in [
        ("captures/mitmproxy-exact-online.har", "exact-online", "\"refresh_token\": \"{rt:1}\""),
        ("captures/mitmproxy-entra.har", "entra", "- refresh\n"),
        ("captures/recorded-exact-online.har", "exact-online", "- authorize\n"),
        ("captures/shape-fiddler.har", "exact-online", "- refresh"),
        ("captures/devtools-entra.har", "entra", "- authorize"),
        ("logs/curl-with-meter.txt", "exact-online", "- call: GET /api/v1/current/Me\n    expect: { status: 200 }"),
        (
            "logs/curl-on-a-terminal.txt",
            "exact-online",
            "# guessed: what was asked for here is not in the recording\n  - refresh",
        ),
        ("logs/aadsts-blocks.txt", "entra", "# guessed: that it happened as in entra/request-loop"),
        ("logs/invantive.txt", "exact-online", "reproduces what was said"),
    ] {
        let said = ends(
            folder.path(),
            0,
            &["import", corpus.join(file).to_str().unwrap(), "--out", "scenarios/a/b.yaml", "--force"],
        );
        let scenario = std::fs::read_to_string(folder.path().join("scenarios/a/b.yaml")).unwrap();
        assert!(scenario.contains(wanted), "{file}: {wanted}\n{scenario}{said}");
        assert!(scenario.contains(&format!("profile: {profile}")), "{file}\n{scenario}");
        ends(folder.path(), 0, &["lint", "a/b"]);
    }
}

#[test]
fn error_texts_alone_are_no_conversation_and_texts_that_nothing_reproduces_are_no_scenario() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "AADSTS50196: The server terminated an operation.\n").unwrap();
    let said = ends(folder.path(), 2, &["explain", "a.txt"]);
    assert!(said.contains("a.txt: it has error texts and no requests: `diagnose` and `import`"), "{said}");
    std::fs::write(folder.path().join("b.txt"), "error: the printer on the third floor is out of paper\n").unwrap();
    let said = text(&program(folder.path(), &["import", "b.txt"]));
    assert!(said.contains("b.txt"), "{said}");
}

#[test]
fn which_codes_a_person_typed_is_told_by_how_they_recur() {
    let folder =
        recorded_well(&["code-on-time/lost-authenticator-with-a-backup-code", "code-on-time/code-arrives-by-e-mail"]);
    let said = ends(folder.path(), 0, &["import", "code-on-time-lost-authenticator-with-a-backup-code.har"]);
    for wanted in [
        "# guessed: the codes that the user types are backup codes\n",
        "title: \"Sign-in ends at a page: The verification code is incorrect.\"\n",
        "  user: { backup_codes: 2 }\n",
        "  - authorize: { codes: [wrong, backup] }\n  - authorize: { browser: fresh, codes: [again] }\n    expect: { page: \"The verification code is incorrect.\" }\n  - authorize: { browser: fresh, codes: [backup] }\nreaches",
        "3 steps for code-on-time, 1 guess, 0 expectations taken out again",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let said = ends(folder.path(), 0, &["import", "code-on-time-code-arrives-by-e-mail.har"]);
    for wanted in [
        "  user: { email_codes: true }\n",
        "  - authorize: { codes: [email] }\n  - authorize: { browser: fresh, codes: [again] }\n",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn a_call_that_is_made_again_after_a_refresh_is_one_step_and_who_knows_more_of_a_recording_explains_it_better() {
    let folder = recorded_well(&["intrexx/graph-is-down", "intrexx/session-has-ended"]);
    let said = ends(folder.path(), 0, &["explain", "--profile", "entra", "intrexx-graph-is-down.har"]);
    assert!(said.contains("entra: all 3 answers are as recorded; 4 requests at none of its endpoints\n"), "{said}");
    let said = ends(folder.path(), 0, &["explain", "intrexx-graph-is-down.har"]);
    // Entra has no such service, and agrees in the little that it has.
    assert!(said.contains("entra: only 3 answers could be compared, all as recorded"), "{said}");
    assert!(said.ends_with("The recording behaves as intrexx.\n"), "{said}");
    let said = ends(folder.path(), 0, &["import", "intrexx-graph-is-down.har"]);
    let steps: Vec<&str> = said.lines().filter(|line| line.starts_with("  - ")).collect();
    let call = "  - call: GET /tokentest.svc/?idp=azure";
    let faults = ["  - fault: { named: graph_429 }", "  - fault: { named: graph_429, nth: 2 }"];
    assert_eq!(steps, ["  - authorize", faults[0], faults[1], call, call, call], "{said}");
    assert!(said.contains("  # refused at first: the client refreshes and asks again by itself\n"), "{said}");
    assert!(said.contains(", 0 expectations taken out again"), "{said}");
    // How long a session lasts is known from when it was over; a cookie that is refused leads to the token, by the client itself.
    let said = ends(folder.path(), 0, &["explain", "intrexx-session-has-ended.har"]);
    let wanted = "with its settings otherwise:\nintrexx: all 9 answers are as recorded\n  if the profile is set to services.tokentest.session.lifetime=1800s\n";
    assert!(said.ends_with(wanted), "{said}");
    let said = ends(folder.path(), 0, &["import", "intrexx-session-has-ended.har"]);
    let steps: Vec<&str> = said.lines().filter(|line| line.starts_with("  - ")).collect();
    let call = "  - call: { request: \"GET /tokentest.svc/?idp=azure\", session: true }";
    assert_eq!(
        steps,
        ["  - authorize", call, "  - advance: 29m", call, "  - advance: 1m", call, "  - advance: 31m", call],
        "{said}"
    );
    assert!(said.contains("  # refused at first: the client asks again by itself, with its token\n"), "{said}");
}

#[test]
fn a_key_in_the_place_of_a_token_is_guessed_and_the_session_that_it_begins_goes_on() {
    let folder = recorded_well(&["intrexx/key-in-place-of-a-token"]);
    let said = ends(folder.path(), 0, &["import", "intrexx-key-in-place-of-a-token.har"]);
    let in_session = "  - call: { request: \"GET /tokentest.svc/?idp=apikey\", session: true, key: true }\n    expect: { status: 200 }\n";
    let steps = format!(
        "steps:\n{in_session}{in_session}  - call: {{ request: \"GET /tokentest.svc/?idp=azure\", key: true }}\n    expect: {{ status: 401 }}\n"
    );
    assert!(said.contains(&steps), "{said}");
    assert!(
        said.contains("# guessed: what the client presents as an access token is an API key of the user's\n"),
        "{said}"
    );
}

#[test]
fn a_redirection_uri_that_nobody_takes_is_what_the_client_is_configured_with() {
    let folder = recorded_well(&[
        "exact-online/registration/redirect-uri-is-not-https",
        "exact-online/registration/authorization-request-is-bad",
    ]);
    for (file, uri) in
        [("redirect-uri-is-not-https", "http://client.example/callback"), ("authorization-request-is-bad", "")]
    {
        let said = ends(folder.path(), 0, &["import", &format!("exact-online-registration-{file}.har")]);
        assert!(said.contains(&format!("    misconfigured: {{ redirect_uri: \"{uri}\" }}\n")), "{said}");
        assert!(said.contains("1 step for exact-online, 0 guesses, 0 expectations taken out again"), "{said}");
    }
}

#[test]
fn what_a_caller_does_is_part_of_the_grant_on_its_behalf() {
    let folder = recorded_well(&["entra/on-behalf-of-a-caller"]);
    let said = ends(folder.path(), 0, &["import", "entra-on-behalf-of-a-caller.har"]);
    for wanted in [
        "    serves: \"api://acme-api\"\n    authentication: client_secret_post\n    scope: \"https://graph.microsoft.com/User.Read\"\n",
        "steps:\n  - grant: { on_behalf_of: { scope: \"api://acme-api/access_as_user\" } }\n    expect: { error: ",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    std::fs::create_dir_all(folder.path().join("scenarios/a")).unwrap();
    ends(folder.path(), 0, &["import", "entra-on-behalf-of-a-caller.har", "--out", "scenarios/a/b.yaml"]);
    let said = ends(folder.path(), 0, &["run", "--snapshots", "off", "--verbose", "a/b"]);
    assert!(said.contains("AADSTS65001"), "{said}");
}

#[test]
fn what_nothing_explains_is_told_with_what_the_nearest_would_need() {
    let folder = recorded_well(&["entra/request-loop", "entra/claims-challenge"]);
    // Its tokens are good for 20 hours, and here for up to 28: within what the profile spreads them over.
    let said = ends(folder.path(), 0, &["explain", "entra-claims-challenge.har"]);
    assert!(said.ends_with("The recording behaves as entra.\n"), "{said}");
    let said = ends(folder.path(), 1, &["explain", "entra-request-loop.har"]);
    let wanted = "the nearest would:\nentra: all 6 answers are as recorded\n  if the profile is set to token.request_loop.count=3\n";
    assert!(said.ends_with(wanted), "{said}");
    let said = ends(folder.path(), 0, &["explain", "--settings", "--profile", "entra", "entra-request-loop.har"]);
    assert!(said.ends_with("The recording behaves as entra.\n"), "{said}");
}
