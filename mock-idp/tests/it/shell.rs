//! Over real sockets: versions, sizes, faults as a raw client sees them, holds, listeners, and the control API.

use mock_idp::profile::load;
use mock_idp::proto::EndpointKind;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::journal::What;
use mock_idp::proto::message::Extent;
use mock_idp::proto::time::Span;
use mock_idp::shell::{HoldPoint, MockIdp, Release};

use crate::support::{FORM, policy, request};
use crate::wire::{Carrier, Connection, once, start};

const WRONG: &str = "grant_type=refresh_token&refresh_token=x&client_id=x&client_secret=y";

fn fault(at: EndpointKind, action: Action) -> Fault {
    Fault { at, grant: None, client: None, via: None, skip: 0, times: 1, action }
}

/// The causes in the journal.
fn causes(idp: &MockIdp) -> Vec<CauseKind> {
    let (entries, _) = idp.realm().journal_after(0);
    let cause = |what: &What| if let What::Refused { cause, .. } = what { Some(cause.kind()) } else { None };
    entries.iter().filter_map(|entry| cause(&entry.what)).collect()
}

#[tokio::test]
async fn a_port_speaks_http_1_and_http_2_without_negotiation() {
    let idp = start(policy("")).await;
    let sent = request("POST", "/token", &[FORM], WRONG);
    for mut carrier in [Carrier::http1(idp.url()).await, Carrier::http2(idp.url()).await] {
        for _ in 0..2 {
            let raw = carrier.carry(&sent).await.unwrap();
            assert_eq!(
                (raw.status, raw.header("www-authenticate")),
                (401, Some("Basic realm=\"token\"")),
                "{carrier:?}"
            );
            assert_eq!(raw.header("content-type"), Some("application/json"));
            assert_eq!(raw.json()["error"], "invalid_client");
        }
    }
}

#[tokio::test]
async fn health_answers_on_every_usual_path_and_stays_out_of_the_journal() {
    let idp = start(load("exact-online", &[]).unwrap().policy).await;
    for url in [idp.url(), idp.control_url().unwrap()] {
        for path in ["/health", "/healthz", "/health/ready", "/isalive"] {
            if url == idp.url() || path == "/health" {
                let raw = once(url, "GET", path, &[], "").await;
                assert_eq!((raw.status, &raw.json()), (200, &serde_json::json!({ "status": "ok" })), "{url}{path}");
                assert_eq!(raw.header("content-type"), Some("application/json"));
            }
        }
    }
    assert_eq!(idp.realm().journal_after(0).1, 0);
    assert_eq!(once(idp.url(), "GET", "/healthy", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_body_past_the_limit_gets_the_providers_own_answer_and_the_connection_lives_on() {
    let limit = 1024 * 1024;
    for (profile, body) in [
        ("rfc", r#"{"error":"invalid_request","error_description":"The request body is too large."}"#),
        ("exact-online", r#"{"error":"invalid_request"}"#),
    ] {
        let policy = if profile == "rfc" { policy("") } else { load(profile, &[]).unwrap().policy };
        let path = policy.token.path.clone();
        let idp = start(policy).await;
        let mut connection = Connection::open(idp.url()).await;
        for (length, status) in [(limit, 400), (limit + 1, 413), (10 * limit, 413)] {
            let raw = connection.exchange("POST", &path, &[FORM], &"a".repeat(length)).await;
            assert_eq!(raw.status, status, "{profile}, {length} bytes");
            assert!(status != 413 || raw.text() == body, "{profile}: {}", raw.text());
        }
        assert_eq!(causes(&idp), [CauseKind::ParameterMissing, CauseKind::BodyTooLarge, CauseKind::BodyTooLarge]);
    }
}

#[tokio::test]
async fn a_dropped_reply_is_no_byte_and_a_cut_one_is_its_head_and_so_many_bytes() {
    let whole = r#"{"error":"invalid_client","error_description":"Client authentication failed."}"#;
    let idp = start(policy("")).await;
    for action in [Action::DropBefore, Action::Deliver(Extent::Dropped)] {
        idp.realm().add_fault(fault(EndpointKind::Token, action.clone()));
        let mut connection = Connection::open(idp.url()).await;
        connection.send("POST", "/token", &[FORM], WRONG.as_bytes()).await;
        assert_eq!(connection.receive().await, None, "{action:?}");
    }
    for (bytes, want) in [(0, ""), (1, "{"), (20, &whole[..20]), (whole.len(), whole), (whole.len() + 5, whole)] {
        idp.realm().add_fault(fault(EndpointKind::Token, Action::Deliver(Extent::CutAfter(bytes))));
        let mut connection = Connection::open(idp.url()).await;
        connection.send("POST", "/token", &[FORM], WRONG.as_bytes()).await;
        let raw = connection.receive().await.unwrap();
        assert_eq!((raw.status, raw.text().as_str()), (401, want), "cut after {bytes}");
        assert_eq!(raw.header("content-length"), Some(whole.len().to_string().as_str()), "cut after {bytes}");
        assert_eq!(raw.is_whole(), bytes >= whole.len());
        assert_eq!(connection.receive().await, None, "cut after {bytes}: closed");
    }
    idp.realm().add_fault(fault(EndpointKind::Unknown, Action::Deliver(Extent::CutAfter(0))));
    let mut connection = Connection::open(idp.url()).await;
    assert_eq!(connection.exchange("GET", "/nothing", &[], "").await.status, 404);
    assert_eq!(connection.receive().await, None, "an empty body, cut: closed");
    for action in [Action::Deliver(Extent::Dropped), Action::Deliver(Extent::CutAfter(5))] {
        idp.realm().add_fault(fault(EndpointKind::Token, action.clone()));
        let mut carrier = Carrier::http2(idp.url()).await;
        let sent = request("POST", "/token", &[FORM], WRONG);
        assert_eq!(carrier.carry(&sent).await, None, "{action:?} over HTTP/2");
        assert_eq!(carrier.carry(&sent).await.unwrap().status, 401, "{action:?}: only that stream");
    }
}

#[tokio::test]
async fn a_delayed_reply_leaves_when_the_clock_is_there() {
    let idp = start(policy("")).await;
    idp.realm().add_fault(fault(EndpointKind::Token, Action::Delay(Span::from_seconds(35))));
    let mut connection = Connection::open(idp.url()).await;
    connection.send("POST", "/token", &[FORM], WRONG.as_bytes()).await;
    let has = |wanted: fn(&What) -> bool| idp.realm().journal_after(0).0.iter().any(|entry| wanted(&entry.what));
    while !has(|what| matches!(what, What::Committed(_))) {
        tokio::task::yield_now().await;
    }
    for (by, left) in [(34_999, false), (1, true)] {
        idp.realm().clock().advance(Span::from_millis(by));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(has(|what| matches!(what, What::Left { .. })), left, "{by} ms more");
    }
    let raw = connection.receive().await.unwrap();
    assert_eq!(raw.header("date"), Some("Mon, 15 Nov 2021 02:00:00 GMT"), "dated when it was decided");
}

#[tokio::test]
async fn a_hold_makes_a_race_and_its_outcome() {
    let idp = start(policy("")).await;
    let hold = idp.realm().hold(HoldPoint::Received, EndpointKind::Token);
    let mut workers = Vec::new();
    for via in ["a", "b", "c"] {
        let url = idp.listen(via).await.unwrap();
        let mut connection = Connection::open(&url).await;
        connection.send("POST", "/token", &[FORM], WRONG.as_bytes()).await;
        hold.arrivals().wait_for(|count| *count == workers.len() + 1).await.unwrap();
        workers.push(connection);
    }
    assert_eq!(hold.waiting(), ["a", "b", "c"]);
    assert_eq!(idp.realm().journal_after(0).1, 0, "nothing has happened yet");
    assert_eq!(once(idp.url(), "GET", "/me", &[], "").await.status, 401, "other endpoints are not held");
    assert!(hold.release("b", Release::GoOn));
    assert_eq!(workers[1].receive().await.unwrap().status, 401);
    assert!(!hold.release("b", Release::GoOn), "it is gone");
    assert!(hold.release("c", Release::Abandon));
    assert_eq!(workers[2].receive().await, None);
    hold.lift();
    assert_eq!(workers[0].receive().await.unwrap().status, 401);
    assert_eq!(once(idp.url(), "POST", "/token", &[FORM], WRONG).await.status, 401, "a lifted hold holds nobody");
    idp.realm().idle().await;
    let (entries, _) = idp.realm().journal_after(0);
    let via = |what: &What| if let What::Received(it) = what { Some(it.via.clone()) } else { None };
    let received = entries.iter().filter_map(|entry| via(&entry.what));
    assert_eq!(received.collect::<Vec<_>>(), ["main", "b", "a", "main"], "c was never handled");
}

#[tokio::test]
async fn a_reply_abandoned_after_its_commit_is_journalled_as_dropped() {
    let idp = start(policy("")).await;
    let hold = idp.realm().hold(HoldPoint::Committed, EndpointKind::Token);
    let mut connection = Connection::open(idp.url()).await;
    connection.send("POST", "/token", &[FORM], WRONG.as_bytes()).await;
    hold.arrivals().wait_for(|count| *count == 1).await.unwrap();
    assert_eq!(causes(&idp), [CauseKind::ClientUnknown], "it was handled");
    assert!(hold.release("main", Release::Abandon));
    assert_eq!(connection.receive().await, None);
    let (entries, _) = idp.realm().journal_after(0);
    assert!(matches!(entries.last().unwrap().what, What::Left { extent: Extent::Dropped, .. }));
}

#[tokio::test]
async fn text_beyond_ascii_and_bytes_beyond_utf_8_are_answered() {
    let idp =
        start(policy("authorization: { redirect_uri: { matching: scheme_and_host } }\nsign_in: { consent: never }"))
            .await;
    // The redirection URI is echoed in a header.
    let target = "/authorize?client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&state=s&redirect_uri=https%3A%2F%2Fclient.example%2F%C3%BC";
    let raw = once(idp.url(), "GET", target, &[], "").await;
    let location = raw.header("location").unwrap();
    assert!(location.starts_with("https://client.example/ü?error=invalid_request"), "{location}");
    let mut connection = Connection::open(idp.url()).await;
    connection.write(b"GET /me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\xfe\r\n\r\n").await;
    assert_eq!(connection.receive().await.unwrap().status, 401);
    assert_eq!(causes(&idp), [CauseKind::ParameterMissing, CauseKind::AccessTokenUnknown]);
}

#[tokio::test]
async fn nonsense_closes_its_own_connection_and_no_other() {
    let idp = start(policy("")).await;
    let mut good = Connection::open(idp.url()).await;
    let broken: [&[u8]; 4] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /token HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ];
    for bytes in broken {
        let mut connection = Connection::open(idp.url()).await;
        connection.write(bytes).await;
        let answer = connection.receive().await;
        assert!(answer.is_none_or(|raw| raw.status == 400), "{bytes:?}");
        assert_eq!(good.exchange("GET", "/me", &[], "").await.status, 401);
    }
    let long = "x".repeat(100_000);
    let mut connection = Connection::open(idp.url()).await;
    connection.send("GET", &format!("/me?{long}"), &[], b"").await;
    assert!(connection.receive().await.is_some());
    assert_eq!(good.exchange("GET", "/me", &[], "").await.status, 401);
}

#[tokio::test]
async fn every_listener_leads_to_the_same_realm_and_tells_where_a_request_came_in() {
    let idp = start(policy("")).await;
    let (a, b) = (idp.listen("a").await.unwrap(), idp.listen("b").await.unwrap());
    for url in [&a, &b, &a, idp.url()] {
        once(url, "GET", "/me", &[], "").await;
    }
    let (entries, _) = idp.realm().journal_after(0);
    let mut seen = Vec::new();
    for entry in entries {
        if let What::Received(it) = entry.what {
            seen.push((it.via.clone(), it.origin.clone(), it.exchange.0));
        }
    }
    let url = idp.url().to_owned();
    assert_eq!(seen, [("a".into(), a.clone(), 1), ("b".into(), b, 2), ("a".into(), a, 3), ("main".into(), url, 4)]);
}

#[tokio::test]
async fn a_provider_that_is_dropped_is_gone() {
    let idp = start(policy("")).await;
    let url = idp.url().to_owned();
    let mut connection = Connection::open(&url).await;
    assert_eq!(connection.exchange("GET", "/health", &[], "").await.status, 200);
    drop(idp);
    assert_eq!(connection.receive().await, None, "open connections close");
    while tokio::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
