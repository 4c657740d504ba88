//! `record`, as a program before a real provider.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use idp_harness::capture::Capture;
use idp_harness::capture::har::read_file;
use mock_idp::profile::load;
use mock_idp::shell::{Config, MockIdp, demo_world};

use crate::support::{program, text};

async fn provider() -> MockIdp {
    let config = Config::new(load("exact-online", &[]).unwrap(), "2026-03-02T09:00:00Z".parse().unwrap());
    MockIdp::start(config).await.unwrap()
}

/// The program, recording, and where it listens.
fn recorder(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_idp-harness"))
        .arg("record")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let here = line.split(' ').next().unwrap().to_owned();
    child.stdout = Some(lines.into_inner());
    (child, here)
}

async fn refused_refresh(here: &str, token: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = demo_world().clients.remove(0);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", token)
        .append_pair("client_id", &client.id.0)
        .append_pair("client_secret", client.secret.as_ref().unwrap().expose())
        .finish();
    let request = http.post(format!("{here}/api/oauth2/token")).body(form);
    let kind = "application/x-www-form-urlencoded";
    request.header("Content-Type", kind).send().await.unwrap().status().as_u16()
}

fn entries(file: &Path) -> Capture {
    read_file(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_is_killed_leaves_every_entry_that_was_answered_and_no_secret() {
    let idp = provider().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.har");
    let (mut child, here) = recorder(&["--upstream", idp.url(), "--out", file.to_str().unwrap()]);
    for count in 1..6 {
        assert!(refused_refresh(&here, &format!("stamp-{count}-{}", "x!".repeat(count * 700))).await >= 400);
        assert_eq!(entries(&file).exchanges.len(), count);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let capture = entries(&file);
    assert_eq!(capture.exchanges.len(), 5);
    assert!(!capture.notes.iter().any(|note| note.text.contains("left out")), "{:?}", capture.notes);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("stamp-") && !written.contains("demo-client-secret"));
    assert!(written.contains("refresh_token=redacted.refresh_token.5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_behind_https_is_trusted_by_the_ca_that_is_named_and_by_no_other() {
    let idp = provider().await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, idp.ca_pem().unwrap()).unwrap();
    let origin = format!("https://localhost:{}", idp.url().rsplit_once(':').unwrap().1);
    for (arguments, is_answered) in [(&["--ca", ca.to_str().unwrap()][..], true), (&[], false)] {
        let file = folder.path().join(format!("{is_answered}.har"));
        let all = [&["--upstream", &origin, "--out", file.to_str().unwrap()], arguments].concat();
        let (mut child, here) = recorder(&all);
        let status = refused_refresh(&here, "damaged-token").await;
        child.kill().unwrap();
        child.wait().unwrap();
        let capture = entries(&file);
        let it = &capture.exchanges[0];
        assert_eq!(it.response.is_some(), is_answered, "{it:?}");
        assert_eq!(status == 502, !is_answered, "{status}");
        assert!(it.request.url.as_str().starts_with(&origin), "{}", it.request.url);
    }
}

#[test]
#[cfg(unix)]
fn a_command_gets_the_addresses_and_its_exit_code_is_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["--upstream", "http://127.0.0.1:9", "--upstream", "http://127.0.0.1:10", "--out", "a.har", "--force"];
    let run = |script: &str| program(folder.path(), &[&["record"], &both[..], &["--", "sh", "-c", script]].concat());
    let output = run("echo $IDP_URL $IDP_URL_2; exit 7");
    let said = text(&output);
    let told: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(" is ")?.0)).collect();
    assert_eq!((output.status.code(), told.len()), (Some(7), 2), "{said}");
    assert!(said.contains(&told.join(" ")) && said.contains("0 entries, 0 secrets"), "{said}");
    assert_eq!(run("kill -TERM $$").status.code(), Some(128 + 15));
    assert_eq!(run("exit 0").status.code(), Some(0));
    let missing = program(folder.path(), &[&["record"], &both[..], &["--", "./no-such-command"]].concat());
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing));
}

#[test]
fn a_file_that_is_there_is_not_written_over_unless_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.har"), "mine").unwrap();
    let output = program(folder.path(), &["record", "--upstream", "http://127.0.0.1:9", "--out", "a.har"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("a.har is there already; --force"), "{}", text(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.har")).unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn a_recorder_that_is_ended_says_what_it_has() {
    let idp = provider().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.har");
    let (mut child, here) = recorder(&["--upstream", idp.url(), "--out", file.to_str().unwrap()]);
    refused_refresh(&here, "damaged-token").await;
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("1 entries, "), "{said}");
}
