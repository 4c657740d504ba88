//! Error reports, and the scenarios that they are told from: what the quoted reports say in every wrapping, what the scenarios themselves say,
//! and what everybody's logs say.

use std::sync::Arc;

use idp_harness::diagnose::{Diagnosis, diagnose};
use idp_harness::scenario::Scenario;

use crate::support::{program, root, scenarios, text};

/// What customers wrote down, and the scenario that is meant.
const REPORTS: &[(&str, &str)] = &[
    ("Old refresh token used.", "exact-online/works-once-then-old-refresh-token-used"),
    (
        "itgenoda219: Een verbinding met de database ‘groep\\naam’ kon niet worden opgebouwd als gebruiker ‘’.\n\
         The data container with alias ‘eol’ could not be opened on provider ‘ExactOnlineAll’.\nUw sessie is verlopen.\n\
         Old refresh token used.\nThe remote server returned an error: (401) Unauthorized.",
        "exact-online/works-once-then-old-refresh-token-used",
    ),
    (
        "Error itgenoda185: A connection to the database ‘…’ could not be established as user ‘…’.\n\
         The data container with alias ‘eol’ could not be opened on provider ‘ExactOnlineAll’.\nYour session has expired.\n\
         Old refresh token used.\nThe remote server returned an error: (401) Unauthorized.\nThe client is not authorized to request an \
         authorization code using this method and/or authorization grant type.",
        "exact-online/works-once-then-old-refresh-token-used",
    ),
    ("IMAP Protocol error: 1 NO LOGIN failed.", "exchange-online/password-in-place-of-a-token"),
    (
        "IMAP Protocol error: 2 BAD user is authenticated but not connected.",
        "exchange-online/authenticated-but-not-connected",
    ),
    ("IMAP protocol error. 1 NO AUTHENTICATE failed", "exchange-online/scope-of-graph"),
    ("imaplib.IMAP4.error: AUTHENTICATE failed.", "exchange-online/scope-of-graph"),
    ("SMTP protocol error. 535 5.7.3 Authentication unsuccessful", "exchange-online/signed-in-as-somebody-else"),
    (
        "smtplib.SMTPAuthenticationError: (535, b'5.7.3 Authentication unsuccessful [AM0PR02CA0134.prod.outlook.com \
         2025-02-02T10:00:00.000Z 08DD3F8A]')",
        "exchange-online/signed-in-as-somebody-else",
    ),
    (
        "sending email: SMTP protocol error. 554 5.2.252 SendAsDenied; user@fillerdomain.co.uk au not allowed to send as \
         otherUser@fillerdomain.co.uk",
        "exchange-online/sender-is-somebody-else",
    ),
    (
        "We are finding that we need to refresh the token all the time. After refreshing the token it lives for about 12 hours or less (we \
         don’t know for sure)",
        "exchange-online/offline-access-is-missing",
    ),
    (
        "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or \
         reset their password. The grant was issued on '2021-11-15T02:00:00.0000000Z'.",
        "entra/password-is-changed",
    ),
    (
        "AADSTS50196: The server terminated an operation because it encountered a client request loop. Please contact your app vendor.",
        "entra/request-loop",
    ),
    ("BAD Request is throttled. Suggested Backoff Time: 12000 milliseconds", "exchange-online/throttled-with-a-time"),
    ("java.lang.RuntimeException: Unknown provider", "intrexx/provider-is-unknown"),
    ("Rate limit exceeded: access_token not expired", "exact-online/refresh-not-before-570-seconds"),
    (
        "2021-07-28 23:44:04.556 Error itgencun016: Fout itgenexl053: Een verbinding met de database '--------' kon niet worden opgebouwd als \
         gebruiker ''.\nThe application 'InvantiveDataHubWindows' can only be used with your own client ID in combination with a production \
         license key on top-level domain 'nl'.",
        "exact-online/registration/client-id-of-its-own-is-missing",
    ),
    (
        "2021-07-28 23:44:06.613 Error itgencun016: Fout itgendhb005: Could not connect to database '--------'. Application will be closed.",
        "exact-online/registration/client-id-of-its-own-is-missing",
    ),
];

fn best(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.found.first().map(|it| it.scenario.id.to_string())
}

/// A report as it reaches a support engineer.
fn wrappings(report: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(report).unwrap();
    let html: String = report
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => format!("&#x{:x};", u32::from(c)),
        })
        .collect();
    let query: String = url::form_urlencoded::byte_serialize(report.as_bytes()).collect();
    let words: Vec<&str> = report.split_whitespace().collect();
    vec![
        ("as it is", report.to_owned()),
        ("in JSON", format!("{{\"level\":\"error\",\"message\":{json}}}")),
        ("in JSON in JSON", serde_json::to_string(&format!("{{\"message\":{json}}}")).unwrap()),
        ("in HTML", format!("<div class=\"error\"><p>{html}</p></div>")),
        ("in a query", format!("https://app.example/callback?error=server_error&error_description={query}&state=x")),
        ("wrapped", words.chunks(5).map(|line| line.join(" ")).collect::<Vec<_>>().join("\r\n    ")),
        ("in capitals", report.to_uppercase()),
        (
            "in a log",
            report.lines().map(|line| format!("2026-11-23 10:00:00.123 [worker-7] ERROR app - {line}\n")).collect(),
        ),
        ("among others", format!("{}\n{report}\n{}", unrelated(), unrelated())),
    ]
}

fn unrelated() -> String {
    std::fs::read_to_string(root().join("harness/tests/corpus/reports/unrelated.txt")).unwrap()
}

#[test]
fn what_customers_wrote_is_told_in_every_wrapping() {
    let scenarios = scenarios();
    for (report, wanted) in REPORTS {
        for (how, wrapped) in wrappings(report) {
            let diagnosis = diagnose(&wrapped, &scenarios);
            assert_eq!(best(&diagnosis).as_deref(), Some(*wanted), "{how}: {wrapped}");
        }
    }
}

#[test]
fn what_everybodys_logs_say_is_not_told_from_anything() {
    let scenarios = scenarios();
    let lines = unrelated();
    assert!(lines.lines().count() >= 100);
    let told: Vec<(&str, Option<String>)> = lines
        .lines()
        .map(|line| (line, best(&diagnose(line, &scenarios))))
        .filter(|(_, best)| best.is_some())
        .collect();
    assert_eq!(told, []);
}

/// A scenario is found by each of its own texts, at the top or beside what says the same; by what everybody says it is at least near.
#[test]
fn every_scenario_is_found_by_what_it_says_that_it_reproduces() {
    let scenarios = scenarios();
    let mut lost = Vec::new();
    let is = |scenario: &Arc<Scenario>, id: &str| scenario.id.to_string() == id;
    for scenario in &scenarios {
        let id = scenario.id.to_string();
        for says in &scenario.reproduces {
            let diagnosis = diagnose(says, &scenarios);
            let strongest = diagnosis.found.first().and_then(|it| it.evidence.first()).map_or(0, |it| it.weight);
            let is_at_top = diagnosis
                .found
                .iter()
                .any(|it| is(&it.scenario, &id) && it.evidence.first().is_some_and(|first| first.weight >= strongest));
            let is_near = diagnosis.found.is_empty() && diagnosis.near.iter().any(|it| is(&it.scenario, &id));
            if !is_at_top && !is_near {
                lost.push(format!("{id}: {says} -> {:?}", best(&diagnosis)));
            }
        }
    }
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn the_program_shows_cause_remedy_and_source_and_says_when_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |name: &str, report: &str, more: &[&str]| {
        std::fs::write(folder.path().join(name), report).unwrap();
        let file = folder.path().join(name);
        program(&root(), &[&["diagnose", file.to_str().unwrap()], more].concat())
    };
    let output = shown("known", "\n\nOld refresh token used.\n", &[]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output);
    for part in [
        "exact-online/works-once-then",
        "line 3 ",
        "cause\n",
        "remedy\n",
        "source\n",
        "the same text: Old refresh token used.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = shown("unknown", "401 Unauthorized", &[]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).starts_with("nothing in this is what a scenario reproduces\n"), "{}", text(&output));
    let output = program(&root(), &["diagnose", "no-such-file"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let output = shown(
        "run",
        "AADSTS50196: The server terminated an operation because it encountered a client request loop",
        &["--run"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("AADSTS50196: The server terminated"), "{}", text(&output));
    assert!(text(&output).contains("step 1 · "), "{}", text(&output));
}
