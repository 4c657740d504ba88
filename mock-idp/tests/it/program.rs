//! The program: where it listens, what it prints when it is ready, and how it fails.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::wire::once;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-idp"));
    command.args(arguments).env_remove("PORT").env_remove("HOST").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program and waits for its readiness line. Gives it with the URLs of the provider and the control API.
async fn start(mut command: Command) -> (Child, String, String) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut found = (None, None);
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(url) = line.strip_prefix("listening on ") {
            found.0 = Some(url.to_owned());
        }
        if let Some(url) = line.strip_prefix("control API on ") {
            found.1 = Some(url.to_owned());
            break;
        }
    }
    (child, found.0.unwrap(), found.1.unwrap())
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn port_0_takes_a_free_port_and_the_readiness_line_names_it_once_it_answers() {
    let (_one, url, control) =
        start(command(&["serve", "--port", "0", "--frozen", "--start", "2021-11-15T02:00:00Z"])).await;
    // No waiting and no second try: the line came after binding.
    assert_eq!(once(&url, "GET", "/health", &[], "").await.status, 200);
    let clock = once(&control, "GET", "/clock", &[], "").await.json();
    assert_eq!(clock, serde_json::json!({ "now": "2021-11-15T02:00:00.000Z", "mode": "frozen" }));
    let (_other, other, _) = start(command(&["serve", "--port", "0"])).await;
    assert_ne!(url, other);
    assert_eq!(once(&other, "GET", "/health", &[], "").await.status, 200);
}

#[tokio::test]
async fn the_port_comes_from_the_environment_and_the_argument_goes_first() {
    let port = free_port().await;
    // The machine's own time may lie in the provider's hour of maintenance.
    let frozen = ["serve", "--frozen", "--start", "2021-11-15T02:00:00Z"];
    let mut by_environment = command(&frozen);
    by_environment.env("PORT", port.to_string());
    let (_child, url, _) = start(by_environment).await;
    assert_eq!(url, format!("http://127.0.0.1:{port}"));
    assert_eq!(once(&url, "GET", "/api/v1/current/Me", &[], "").await.status, 401, "exact-online is the default");
    let mut both = command(&["serve", "--port", "0"]);
    both.env("PORT", port.to_string());
    let (_child, url, _) = start(both).await;
    assert_ne!(url, format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_port_that_is_taken_and_a_profile_that_is_not_there_end_the_program_with_a_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["serve", "--port", &port], 3, "cannot listen"),
        (&["serve", "--profile", "exact-onlin"], 2, "did you mean `exact-online`?"),
        (&["serve", "--profile", "nowhere.yaml"], 2, "cannot read nowhere.yaml"),
        (&["serve", "--set", "refresh.rotatoin=always"], 2, "rotatoin"),
        (&["serve", "--port", "70000"], 2, "70000"),
        (&["serve", "--start", "yesterday"], 2, "is not a moment"),
    ];
    for (arguments, code, message) in cases {
        let output = command(arguments).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(message), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}: nothing is ready");
    }
}

#[tokio::test]
async fn a_setting_changes_what_is_served() {
    let set = ["serve", "--port", "0", "--set", "token.path=/oauth/token", "--profile", "exact-online@2021-11"];
    let (_child, url, _) = start(command(&set)).await;
    assert_eq!(once(&url, "GET", "/oauth/token", &[], "").await.status, 405);
    assert_eq!(once(&url, "GET", "/api/oauth2/token", &[], "").await.status, 404);
}

#[tokio::test]
async fn profiles_can_be_listed_shown_and_compared() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["profiles"], &["exact-online ", "exact-online@2021-11"]),
        (&["profile", "show", "exact-online"], &["expires-in-is-text (documented)", "source: ", "minimum_interval:"]),
        (&["profile", "show", "exact-online", "--policy", "--set", "refresh.minimum_interval.span=1s"], &["span: 1s"]),
        (
            &["profile", "diff", "exact-online", "exact-online@2021-11"],
            &["refresh.minimum_interval.too_early", "\"ends_chain\""],
        ),
        (&["profile", "schema"], &["\"valid_at_once\"", "\"description\""]),
    ];
    for (arguments, wanted) in cases {
        let output = command(arguments).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}");
        for want in wanted {
            assert!(text.contains(want), "{arguments:?} lacks {want}:\n{text}");
        }
    }
}
