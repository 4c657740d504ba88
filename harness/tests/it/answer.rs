//! `answer`, as a program in a provider's place.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{program, text};

/// A recording of a refused refresh, a call and something that nobody will ask for.
fn recording(folder: &Path) -> PathBuf {
    let entry = |minute: u8, request: &str, status: u16, body: &str| {
        format!(
            r#"{{"startedDateTime":"2026-03-02T09:0{minute}:00Z","time":1,"request":{{{request},"httpVersion":"HTTP/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":-1}},
            "response":{{"status":{status},"statusText":"","httpVersion":"HTTP/1.1","headers":[{{"name":"Content-Type","value":"application/json"}}],"cookies":[],"content":{{"size":1,"mimeType":"application/json","text":{body:?}}},
            "redirectURL":"","headersSize":-1,"bodySize":-1}},"cache":{{}},"timings":{{"send":0,"wait":1,"receive":0}}}}"#
        )
    };
    let refresh = r#""method":"POST","url":"https://idp.example/token","postData":{"mimeType":"application/x-www-form-urlencoded",
        "text":"grant_type=refresh_token&refresh_token=redacted.refresh_token.1&client_secret=redacted.client_secret.1"}"#;
    let get = |url: &str| format!(r#""method":"GET","url":"{url}""#);
    let entries = [
        entry(0, &get("https://api.example/items"), 200, r#"{"next":"https://api.example/items?page=2"}"#),
        entry(1, refresh, 400, r#"{"error":"invalid_request"}"#),
        entry(2, &get("https://idp.example/help"), 200, "{}"),
    ];
    let file = folder.join("bad day.har");
    let creator = r#""version":"1.2","creator":{"name":"test","version":"1"}"#;
    std::fs::write(&file, format!(r#"{{"log":{{{creator},"entries":[{}]}}}}"#, entries.join(","))).unwrap();
    file
}

/// The program, answering, the addresses that it prints, and the rest of what it prints.
fn answering(folder: &Path, command: &[&str]) -> (Child, Vec<String>, BufReader<ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_idp-harness"))
        .args(["answer", recording(folder).to_str().unwrap()])
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut addresses = Vec::new();
    for theirs in ["https://idp.example", "https://api.example"] {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let (here, is) = line.trim_end().split_once(" is ").unwrap();
        assert_eq!(is, theirs, "the provider is the first");
        addresses.push(here.to_owned());
    }
    (child, addresses, lines)
}

fn rest(mut lines: BufReader<ChildStdout>) -> String {
    let mut said = String::new();
    lines.read_to_string(&mut said).unwrap();
    said
}

async fn refresh(here: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let kind = "application/x-www-form-urlencoded";
    let form = "grant_type=refresh_token&refresh_token=kept-by-the-client&client_id=new";
    let response = http.post(format!("{here}/token")).header("Content-Type", kind).body(form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn what_was_asked_what_was_not_recorded_and_what_nobody_asked_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (path, code) in [("items?page=9", 1), ("items", 0)] {
        let (mut child, addresses, lines) = answering(folder.path(), &[]);
        assert_eq!(refresh(&addresses[0]).await, (400, r#"{"error":"invalid_request"}"#.to_owned()));
        let body = reqwest::get(format!("{}/{path}", addresses[1])).await.unwrap().text().await.unwrap();
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{path}");
        let said = rest(lines);
        assert!(said.contains("POST /token (refresh) → entry 2: 400 invalid_request\n"), "{said}");
        assert!(said.contains("  never asked for: entry 3: GET /help\n"), "{said}");
        if code == 0 {
            assert_eq!(body, format!(r#"{{"next":"{}/items?page=2"}}"#, addresses[1]));
            assert!(said.contains("2 answered, 0 not in the recording, 1 entries never asked for\n"), "{said}");
        } else {
            assert_eq!(
                body,
                "GET /items is not in the recording: it was recorded with another query, first as entry 1\n"
            );
            assert!(said.contains("1 answered, 1 not in the recording, 2 entries never asked for\n"), "{said}");
            assert!(said.contains("  not in the recording: GET /items\n") && !said.contains("page=9"), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn a_command_gets_the_addresses_and_its_exit_code_is_the_exit_code_unless_it_asked_for_what_was_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    for (path, ends, code) in [("help", 0, 0), ("help", 7, 7), ("nothing", 0, 1), ("nothing", 7, 7)] {
        let script = format!("echo told $IDP_URL $IDP_URL_2; read line; exit {ends}");
        let (mut child, addresses, lines) = answering(folder.path(), &["--", "sh", "-c", &script]);
        reqwest::get(format!("{}/{path}", addresses[0])).await.unwrap();
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{path}, {ends}");
        let said = rest(lines);
        assert!(said.contains(&format!("told {}\n", addresses.join(" "))), "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_wrong_input_and_the_place_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("cut.har", "{\"log\":{\"version\":\"1.2\",\n\"entries\":[{\"request\"");
    write("empty.har", r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[]}}"#);
    for (file, says) in
        [("cut.har", "cut.har: line 2"), ("missing.har", "missing.har: "), ("empty.har", "no request over HTTP")]
    {
        let output = program(folder.path(), &["answer", file]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(says), "{}", text(&output));
    }
    recording(folder.path());
    let output = program(folder.path(), &["answer", "bad day.har", "--", "./no-such-command"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}
