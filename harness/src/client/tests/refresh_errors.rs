use crate::adapter::protocol::{Command, FailureKind, Outcome};
use crate::client::testing::*;

const NETWORK: (FailureKind, Option<&str>) = (FailureKind::Network, None);

/// The token has ended; the refresh is answered with `reply`.
async fn refused(reply: Reply) -> (Desk, TestWorker, Outcome) {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(700).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [reply]).await;
    assert_eq!(sent, ["refresh r1"]);
    (desk, worker, outcome)
}

#[tokio::test]
async fn an_answer_that_may_hide_new_tokens_keeps_the_old_ones_and_the_interval_from_the_attempt() {
    let replies = [
        ("a lost reply", Reply::Lost),
        ("500", answer(500, r#"{"fault":{"faultstring":"Failed to execute the ExtractVariables"}}"#)),
        ("503 text", answer(503, "Server maintenance")),
        ("an empty 200", answer(200, "")),
        ("HTML with 200", answer(200, "<html></html>")),
        ("200 without tokens", answer(200, "{}")),
    ];
    for (name, reply) in replies {
        let (mut desk, worker, outcome) = refused(reply).await;
        assert_eq!(failed(&outcome), NETWORK, "{name}");
        assert_eq!(desk.pair_on_disk(), "a1 r1", "{name}");
        worker.at(700 + 569).await;
        let (outcome, _) = desk.run(&worker, call(&desk), []).await;
        assert_eq!(failed(&outcome), NETWORK, "{name}");
        worker.at(700 + 570).await;
        let (outcome, sent) = desk.run(&worker, call(&desk), [pair(2), answer(200, "")]).await;
        assert_eq!((outcome, sent[0].as_str()), (called(200), "refresh r1"), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_hides_nothing_may_be_asked_for_again_at_the_next_call() {
    for (status, body) in [(429, ""), (400, "Bad Request"), (404, r#"{"fault":{}}"#), (403, "<html>")] {
        let (mut desk, worker, outcome) = refused(answer(status, body)).await;
        assert_eq!(failed(&outcome), NETWORK, "{status}");
        assert_eq!(desk.on_disk().unwrap().refresh_attempted_at, None, "{status}");
        let (outcome, _) = desk.run(&worker, call(&desk), [pair(2), answer(200, "")]).await;
        assert_eq!(outcome, called(200), "{status}");
    }
}

#[tokio::test]
async fn a_retry_after_is_waited_for() {
    let headers = "retry-after: 60\r\n".to_owned();
    let (mut desk, worker, _) = refused(Reply::Answer { status: 429, headers, body: String::new() }).await;
    worker.at(759).await;
    let (outcome, _) = desk.run(&worker, call(&desk), []).await;
    assert_eq!(failed(&outcome), NETWORK);
    worker.at(760).await;
    assert_eq!(desk.run(&worker, call(&desk), [pair(2), answer(200, "")]).await.0, called(200));
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_asked_again_at_the_next_call() {
    let (desk, _) = Desk::authorized(None).await;
    let mut configuration = desk.configuration("b");
    // A port that was free a moment ago, with nobody behind it.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configuration.endpoints.token = format!("http://{closed}/token");
    configuration.now = f64::from(START + 700);
    let client = crate::client::ReferenceClient::new(None);
    let events = crate::client::Events::ignored();
    client.handle(Command::Configure(Box::new(configuration)), &events).await;
    let outcome = client.handle(Command::Token, &events).await;
    assert_eq!(failed(&outcome), NETWORK);
    let stored = desk.on_disk().unwrap();
    assert_eq!((stored.refresh_attempted_at, stored.refresh_not_before), (None, None));
}

#[tokio::test]
async fn too_early_is_not_the_end_but_a_pause_of_the_interval() {
    let (mut desk, worker, outcome) = refused(answer(400, TOO_EARLY)).await;
    assert_eq!(failed(&outcome), NETWORK);
    assert_eq!(desk.pair_on_disk(), "a1 r1");
    assert_eq!(desk.on_disk().unwrap().refresh_attempted_at, None);
    worker.at(700 + 569).await;
    assert_eq!(failed(&desk.run(&worker, call(&desk), []).await.0), NETWORK);
    worker.at(700 + 570).await;
    assert_eq!(desk.run(&worker, call(&desk), [pair(2), answer(200, "")]).await.0, called(200));
}

#[tokio::test]
async fn a_definite_refusal_ends_the_refresh_token_for_good() {
    let expired =
        r#"{"error":"invalid_request","error_description":"The refresh token expired at 10\/11\/2022 9:18:20 PM"}"#;
    let cases = [
        ("invalid_grant", answer(400, r#"{"error":"invalid_grant"}"#)),
        ("unauthorized_client", answer(401, OLD_TOKEN)),
        ("invalid_request", answer(400, expired)),
        ("access_denied", answer(400, r#"{"error":"access_denied"}"#)),
    ];
    for (code, reply) in cases {
        let (mut desk, worker, outcome) = refused(reply).await;
        assert_eq!(failed(&outcome), (FailureKind::Reauthorize, Some(code)));
        worker.at(100_000).await;
        for command in [call(&desk), Command::Refresh, Command::Token] {
            let (outcome, _) = desk.run(&worker, command, []).await;
            assert_eq!(failed(&outcome), (FailureKind::Reauthorize, Some(code)));
        }
    }
}

#[tokio::test]
async fn a_refusal_is_ignored_when_another_worker_has_stored_newer_tokens_meanwhile() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let lockless = desk.worker("b", Some(crate::client::Mistake::NoLock)).await;
    worker.at(700).await;
    lockless.at(700).await;
    let running = worker.start(call(&desk));
    let held = desk.next().await;
    // Not while a refresh is in doubt; a new grant is always possible.
    desk.authorize(&lockless, 5).await;
    held.answer(answer(401, OLD_TOKEN));
    let resource = desk.next().await;
    assert_eq!(resource.line(), "GET /me with a5");
    resource.answer(answer(200, ""));
    assert_eq!(running.await.unwrap(), called(200));
    assert_eq!(desk.pair_on_disk(), "a5 r5");
}

#[tokio::test]
async fn a_token_that_still_lives_is_used_when_the_refresh_comes_to_nothing() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(590).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(503, ""), answer(200, "")]).await;
    assert_eq!((outcome, sent[1].as_str()), (called(200), "GET /me with a1"));
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!((outcome, sent.len()), (called(200), 1));
}

#[tokio::test]
async fn a_worker_killed_between_request_and_reply_leaves_a_refresh_in_doubt() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(590).await;
    let running = worker.start(call(&desk));
    let held = desk.next().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    held.answer(pair(2));
    let again = desk.worker("a", None).await;
    again.at(600).await;
    assert_eq!(failed(&desk.run(&again, call(&desk), []).await.0), NETWORK);
    again.at(1160).await;
    let (outcome, _) = desk.run(&again, call(&desk), [answer(401, OLD_TOKEN)]).await;
    assert_eq!(failed(&outcome), (FailureKind::Reauthorize, Some("unauthorized_client")));
}
