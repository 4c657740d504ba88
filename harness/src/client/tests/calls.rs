use std::collections::BTreeMap;

use crate::adapter::protocol::{Command, FailureKind, Outcome};
use crate::client::testing::*;

#[tokio::test]
async fn a_call_carries_the_token_in_the_header_and_reports_status_and_body() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
    let url = format!("{}/me?x=1", desk.url);
    let running = worker.start(Command::Call {
        method: "POST".to_owned(),
        url,
        headers,
        body: Some("hi".to_owned()),
        all_pages: false,
        session: false,
        key: None,
    });
    let request = desk.next().await;
    assert_eq!((request.line().as_str(), request.body.as_str()), ("POST /me?x=1 with a1", "hi"));
    assert_eq!(request.headers["accept"], "application/json");
    request.answer(answer(418, "teapot"));
    assert_eq!(running.await.unwrap(), Outcome::Call { status: 418, body: Some("teapot".to_owned()), rows: None });
}

#[tokio::test]
async fn a_401_on_a_good_token_refreshes_once_and_calls_once_more() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(570).await;
    let replies = [answer(401, ""), pair(2), answer(401, "")];
    let (outcome, sent) = desk.run(&worker, call(&desk), replies).await;
    assert_eq!(outcome, called(401));
    assert_eq!(sent, ["GET /me with a1", "refresh r1", "GET /me with a2"]);
}

#[tokio::test]
async fn a_401_while_a_refresh_is_not_allowed_is_reported_as_it_is() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(569).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(401, "")]).await;
    assert_eq!((outcome, sent.len()), (called(401), 1));
    assert_eq!(desk.pair_on_disk(), "a1 r1");
}

#[tokio::test]
async fn a_401_on_a_token_that_another_worker_has_renewed_uses_the_new_one() {
    let (mut desk, a) = Desk::authorized(None).await;
    let b = desk.worker("b", None).await;
    for worker in [&a, &b] {
        worker.at(570).await;
    }
    let running = a.start(call(&desk));
    let held = desk.next().await;
    let (outcome, _) = desk.run(&b, Command::Refresh, [pair(2)]).await;
    assert_eq!(outcome, Outcome::Done);
    held.answer(answer(401, ""));
    let retry = desk.next().await;
    assert_eq!(retry.line(), "GET /me with a2");
    retry.answer(answer(200, ""));
    assert_eq!(running.await.unwrap(), called(200));
}

#[tokio::test]
async fn a_refresh_that_fails_after_a_401_is_the_calls_failure() {
    let cases = [(answer(503, ""), FailureKind::Network), (answer(401, OLD_TOKEN), FailureKind::Reauthorize)];
    for (reply, kind) in cases {
        let (mut desk, worker) = Desk::authorized(None).await;
        worker.at(575).await;
        let (outcome, _) = desk.run(&worker, call(&desk), [answer(401, ""), reply]).await;
        assert_eq!(failed(&outcome).0, kind);
    }
}

#[tokio::test]
async fn without_tokens_a_call_asks_for_the_resource_owner() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    for command in [call(&desk), Command::Token, Command::Refresh] {
        let (outcome, _) = desk.run(&worker, command, []).await;
        assert_eq!(failed(&outcome), (FailureKind::Reauthorize, None));
    }
}

#[tokio::test]
async fn a_lost_answer_of_the_resource_is_a_network_failure_and_is_not_tried_again() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [Reply::Lost]).await;
    assert_eq!((failed(&outcome).0, sent.len()), (FailureKind::Network, 1));
}

#[tokio::test]
async fn a_redirect_is_reported_and_the_token_does_not_follow_it() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let elsewhere = Reply::Answer { status: 302, headers: "location: /other\r\n".to_owned(), body: String::new() };
    let (outcome, sent) = desk.run(&worker, call(&desk), [elsewhere]).await;
    assert_eq!((outcome, sent.len()), (called(302), 1));
}

#[tokio::test]
async fn a_body_is_reported_up_to_64_kib_and_read_up_to_1_mib() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let cases =
        [(64 * 1024, Some(true)), (64 * 1024 + 1, Some(false)), (1024 * 1024, Some(false)), (1024 * 1024 + 1, None)];
    for (length, reported) in cases {
        let (outcome, _) = desk.run(&worker, call(&desk), [answer(200, &"x".repeat(length))]).await;
        match reported {
            Some(reported) => {
                assert!(matches!(&outcome, Outcome::Call { body, .. } if body.is_some() == reported), "{length}");
            }
            None => assert_eq!(failed(&outcome).0, FailureKind::Network, "{length}"),
        }
    }
}

#[tokio::test]
async fn token_tells_when_the_access_token_ends() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let (outcome, _) = desk.run(&worker, Command::Token, []).await;
    assert_eq!(outcome, Outcome::Token { expires_at: Some(f64::from(START + 600)) });
    worker.at(590).await;
    let (outcome, sent) = desk.run(&worker, Command::Token, [pair(2)]).await;
    assert_eq!(outcome, Outcome::Token { expires_at: Some(f64::from(START + 1190)) });
    assert_eq!(sent, ["refresh r1"]);
}
