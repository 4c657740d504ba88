//! Captures that real tools have made, and one conversation in the shapes of others: `tests/corpus/README.md` says which is which.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idp_harness::capture::har::read_file;
use idp_harness::capture::{Body, Capture, CapturedExchange};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn capture(name: &str) -> Capture {
    read_file(&folder().join(format!("captures/{name}.har"))).unwrap()
}

fn form(exchange: &CapturedExchange) -> Vec<(String, String)> {
    form_urlencoded::parse(exchange.request.body.bytes()).into_owned().collect()
}

fn field(exchange: &CapturedExchange, name: &str) -> Option<String> {
    form(exchange).into_iter().find(|(it, _)| it == name).map(|(_, value)| value)
}

fn answer(exchange: &CapturedExchange) -> Value {
    let body = exchange.response.as_ref().map(|it| it.body.bytes()).unwrap_or_default();
    serde_json::from_slice(body).unwrap_or_default()
}

fn member(exchange: &CapturedExchange, name: &str) -> Option<String> {
    answer(exchange).get(name).and_then(Value::as_str).map(str::to_owned)
}

fn token_requests(capture: &Capture) -> Vec<&CapturedExchange> {
    capture.exchanges.iter().filter(|it| field(it, "grant_type").is_some()).collect()
}

/// The grant, the status and the error of each token request.
fn outcomes(capture: &Capture) -> Vec<String> {
    let line = |it: &&CapturedExchange| {
        let status = it.response.as_ref().map_or(0, |it| it.status);
        let grant = field(it, "grant_type").unwrap();
        format!("{grant} {status} {}", member(it, "error").unwrap_or_default()).trim_end().to_owned()
    };
    token_requests(capture).iter().map(line).collect()
}

/// Of each request for a refresh, which answer (from 1) gave its token: the last that did.
fn lineage(capture: &Capture) -> Vec<usize> {
    let all = token_requests(capture);
    let giver = |at: usize, it: &CapturedExchange| {
        let token = field(it, "refresh_token")?;
        all.iter().take(at).rposition(|it| member(it, "refresh_token").as_ref() == Some(&token)).map(|it| it + 1)
    };
    all.iter().enumerate().skip(1).map(|(at, it)| giver(at, it).unwrap_or(0)).collect()
}

fn notes(capture: &Capture) -> Vec<String> {
    capture.notes.iter().map(|it| it.text.clone()).collect()
}

/// Each with what is refused last in it.
const CLIENTS: [(&str, &str, &str); 4] = [
    ("mitmproxy-exact-online", "mitmproxy 11.0.2", "401 unauthorized_client"),
    ("mitmproxy-entra", "mitmproxy 11.0.2", "400 invalid_grant"),
    ("recorded-exact-online", "idp-harness", "401 unauthorized_client"),
    ("recorded-entra", "idp-harness", "400 invalid_grant"),
];

#[test]
fn a_client_behind_a_proxy_is_read_with_its_grants_its_refusal_and_the_chain_of_its_tokens() {
    for (name, creator, refusal) in CLIENTS {
        let capture = capture(name);
        assert!(capture.creator.starts_with(creator), "{name}: {}", capture.creator);
        assert_eq!(capture.exchanges.len(), 5, "{name}");
        let want = ["authorization_code 200", "refresh_token 200", "refresh_token 200"].map(str::to_owned);
        assert_eq!(outcomes(&capture)[..3], want, "{name}");
        assert_eq!(outcomes(&capture)[3], format!("refresh_token {refusal}"), "{name}");
        // The second refresh has the token of the first, and the last has the oldest.
        assert_eq!(lineage(&capture), [1, 2, 1], "{name}");
    }
}

#[test]
fn the_call_has_the_access_token_that_the_code_was_exchanged_for() {
    for (name, ..) in CLIENTS {
        let capture = capture(name);
        let call = &capture.exchanges[1];
        assert_eq!(call.request.method, "GET", "{name}");
        let token = member(&capture.exchanges[0], "access_token").unwrap();
        assert_eq!(call.request.header("authorization").unwrap(), format!("Bearer {token}"), "{name}");
        assert_eq!((call.response.as_ref().unwrap().status, &call.request.body), (200, &Body::Absent), "{name}");
    }
}

#[test]
fn what_our_own_recorder_has_written_holds_no_secret_of_the_demo_world() {
    for name in ["recorded-exact-online", "recorded-entra"] {
        let text = std::fs::read_to_string(folder().join(format!("captures/{name}.har"))).unwrap();
        for secret in ["demo-client-secret", "john.doe", "stampNL001", "eyJ"] {
            assert!(!text.contains(secret), "{name}: {secret}");
        }
        for at in token_requests(&capture(name)) {
            assert!(field(at, "client_secret").unwrap().starts_with("redacted.client_secret."), "{name}");
        }
    }
}

#[test]
fn a_persons_sign_in_is_read_from_the_browser_and_that_nobody_answered_the_last_request() {
    for (name, posts) in [("playwright-exact-online", 4), ("playwright-entra", 3)] {
        let capture = capture(name);
        assert_eq!(capture.creator, "Playwright 1.65.1");
        let first = &capture.exchanges[0];
        assert!(first.request.url.query_pairs().any(|(name, value)| name == "response_type" && value == "code"));
        assert_eq!(first.response.as_ref().unwrap().status, 303, "{name}");
        let posted = capture.exchanges.iter().filter(|it| it.request.method == "POST").collect::<Vec<_>>();
        assert_eq!(posted.len(), posts, "{name}");
        // A page and not a redirect follows the wrong password.
        assert_eq!(posted[0].response.as_ref().unwrap().status, 200, "{name}");
        assert!(!posted[0].response.as_ref().unwrap().body.bytes().is_empty(), "{name}");
        assert!(posted[1..].iter().all(|it| matches!(it.response.as_ref().unwrap().status, 302 | 303)), "{name}");
        let last = capture.exchanges.last().unwrap();
        assert_eq!((last.error.as_deref(), last.response.is_none()), (Some("net::ERR_NAME_NOT_RESOLVED"), true));
        let target = posted[posts - 1].response.as_ref().unwrap().header("location").unwrap();
        assert_eq!(target, last.request.url.as_str(), "{name}: the code goes where the provider sends it");
        // The back channel is not in it.
        assert!(token_requests(&capture).is_empty(), "{name}");
        assert_eq!(notes(&capture).len(), 1, "{name}: {:?}", notes(&capture));
    }
}

#[test]
fn the_export_of_the_developer_tools_is_read_and_what_it_leaves_out_is_told() {
    for (name, is_sanitized, posts) in [
        ("devtools-exact-online", true, 4),
        ("devtools-sensitive-exact-online", false, 4),
        ("devtools-entra", true, 3),
        ("devtools-sensitive-entra", false, 3),
    ] {
        let capture = capture(name);
        assert_eq!(capture.creator, "WebInspector 537.36", "{name}");
        let notes = notes(&capture);
        let told = |text: &str| notes.iter().filter(|it| it.contains(text)).count();
        assert_eq!(told("sanitized") == 1, is_sanitized, "{name}: {notes:?}");
        let has_cookie = capture.exchanges.iter().any(|it| it.request.header("cookie").is_some());
        assert_eq!(has_cookie, !is_sanitized, "{name}");
        // The pictures of the page that says that nobody answered.
        assert_eq!(told("data is no HTTP"), 3, "{name}: {notes:?}");
        // Pages that were left have no body any more.
        let lost = |it: &&CapturedExchange| it.response.as_ref().is_some_and(|it| it.body == Body::NotRecorded);
        assert_eq!(told(NO_BODY), capture.exchanges.iter().filter(lost).count(), "{name}: {notes:?}");
        assert_eq!(capture.exchanges.iter().filter(|it| it.request.method == "POST").count(), posts, "{name}");
        let password =
            capture.exchanges.iter().flat_map(form).any(|(_, value)| value == "correct horse battery staple");
        assert!(password, "{name}: bodies are not sanitized");
        let last = capture.exchanges.last().unwrap();
        assert_eq!((last.error.as_deref(), last.response.is_none()), (Some("net::ERR_NAME_NOT_RESOLVED"), true));
        assert!(last.request.url.query_pairs().any(|(name, _)| name == "code"), "{name}");
    }
}

#[test]
fn the_clock_of_the_provider_is_told_from_that_of_the_machine() {
    let known = CLIENTS.map(|(name, ..)| name).into_iter().chain(["playwright-exact-online", "playwright-entra"]);
    for name in known {
        let notes = notes(&capture(name));
        let is_told = |it: &String| it.starts_with("the clock of http://127.0.0.1:") && it.contains(" behind ");
        assert!(notes.iter().any(is_told), "{name}: {notes:?}");
    }
}

/// A conversation in the shape of an exporter.
struct Shape {
    name: &'static str,
    creator: &'static str,
    /// Header fields that it does not have: of requests all where it says `*`.
    lost: &'static [&'static str],
    loses_answers: bool,
    notes: &'static [&'static str],
}

const SANITIZED: &str =
    "no entry has Authorization, Cookie or Set-Cookie: the browser has removed them on export (\"sanitized\")";
const UNMARKED: &str = "a body was Base64 without saying so";
const NO_BODY: &str = "the body of the answer is not in the file";

const fn whole(name: &'static str, creator: &'static str) -> Shape {
    Shape { name, creator, lost: &[], loses_answers: false, notes: &[] }
}

const SHAPES: [Shape; 12] = [
    whole("chrome", "WebInspector 537.36"),
    Shape {
        lost: &["authorization", "cookie", "set-cookie"],
        notes: &[SANITIZED],
        ..whole("chrome-sanitized", "WebInspector 537.36")
    },
    Shape { notes: &["a body is said to be Base64 and is not: taken as it is"], ..whole("firefox", "Firefox 140.0") },
    Shape {
        loses_answers: true,
        notes: &[NO_BODY, NO_BODY, NO_BODY, NO_BODY],
        ..whole("firefox-without-bodies", "Firefox 140.0")
    },
    whole("safari", "WebKit Web Inspector 1.0"),
    whole("charles", "Charles Proxy 5.0"),
    whole("fiddler", "Fiddler 5.0.20261"),
    Shape {
        lost: &["*"],
        notes: &["no request has header fields: the exporter has left them out"],
        ..whole("insomnia", "Insomnia REST Client insomnia.desktop.app:v10.0.0")
    },
    whole("slack-pairs", "Slack 4.45"),
    whole("http-toolkit", "HTTP Toolkit 1.20.0"),
    whole("base64-always", "Playwright 1.9"),
    Shape { notes: &[UNMARKED, UNMARKED, UNMARKED, UNMARKED], ..whole("base64-unmarked", "BrowserMob Proxy 2.1.5") },
];

/// Pairs as the conversation has them, with names in small letters, without what is lost.
fn fields(of: &Value, lost: &[&str]) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = serde_json::from_value(of.clone()).unwrap();
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_lowercase(), value));
    pairs.filter(|(name, _)| !lost.contains(&name.as_str())).collect()
}

fn small(headers: &[idp_harness::capture::HeaderField]) -> Vec<(String, String)> {
    headers.iter().map(|it| (it.name.to_lowercase(), it.value.clone())).collect()
}

#[test]
fn one_conversation_is_the_same_in_the_shape_of_every_exporter_and_what_one_loses_is_noted() {
    let conversation = std::fs::read_to_string(folder().join("make/conversation.json")).unwrap();
    let conversation: Value = serde_json::from_str(&conversation).unwrap();
    let said = conversation["exchanges"].as_array().unwrap();
    for Shape { name, creator, lost, loses_answers, notes: want } in &SHAPES {
        let capture = capture(&format!("shape-{name}"));
        assert_eq!(
            (capture.creator.as_str(), notes(&capture)),
            (*creator, want.iter().map(|&it| it.to_owned()).collect()),
            "{name}"
        );
        assert_eq!(capture.exchanges.len(), said.len(), "{name}");
        for (read, said) in capture.exchanges.iter().zip(said) {
            let (request, response) = (&read.request, read.response.as_ref().unwrap());
            assert_eq!(read.started, said["started"].as_str().unwrap().parse().unwrap(), "{name}");
            assert_eq!(read.took_ms, said["took"].as_u64(), "{name}");
            assert_eq!(request.method, said["method"], "{name}");
            let url = format!("{}{}", conversation["origin"].as_str().unwrap(), said["path"].as_str().unwrap());
            assert_eq!(request.url.as_str(), url, "{name}");
            let form_said = Some(&said["form"]).filter(|it| !it.is_null()).map(|it| fields(it, &[]));
            assert_eq!(form(read), form_said.unwrap_or_default(), "{name}");
            assert_eq!(request.body == Body::Absent, said["form"].is_null(), "{name}");
            let of_request = if lost.contains(&"*") { Vec::new() } else { fields(&said["headers"], lost) };
            assert_eq!(small(&request.headers), of_request, "{name}");
            assert_eq!(u64::from(response.status), said["status"].as_u64().unwrap(), "{name}");
            assert_eq!(small(&response.headers), fields(&said["answer_headers"], lost), "{name}");
            if *loses_answers {
                assert_eq!(response.body, Body::NotRecorded, "{name}");
            } else {
                assert_eq!(answer(read), said["answer"], "{name}");
            }
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_small_names_no_machine_and_is_judged_here() {
    let known: BTreeSet<String> = SHAPES.iter().map(|it| format!("shape-{}.har", it.name)).collect();
    let mut known: BTreeSet<String> =
        known.into_iter().chain(CLIENTS.map(|(name, ..)| format!("{name}.har"))).collect();
    for program in ["playwright", "devtools", "devtools-sensitive"] {
        known.extend(["exact-online", "entra"].map(|profile| format!("{program}-{profile}.har")));
    }
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder().join("captures")).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        assert!(text.len() < 150_000, "{name} has {} bytes", text.len());
        for trace in ["/home/", "/root/", "/tmp/", "/Users/", "C:\\"] {
            // A token may have the letters by chance, without a blank or a quote before them.
            assert!(!text.contains(&format!("\"{trace}")) && !text.contains(&format!(" {trace}")), "{name}: {trace}");
        }
        found.insert(name);
    }
    assert_eq!(found, known);
}
