use crate::adapter::protocol::{ClientAuthentication, Command, FailureKind, Outcome};
use crate::client::testing::*;

const OAUTH: FailureKind = FailureKind::Oauth;

fn callback(url: &str) -> Command {
    Command::Callback { url: url.to_owned() }
}

#[tokio::test]
async fn a_code_is_decoded_once_redeemed_and_its_tokens_stored() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let url = worker.callback_url("stampNL001.XXXX%21IAAAA").await;
    let (outcome, sent) = desk.run(&worker, callback(&url), [pair(1)]).await;
    assert_eq!((outcome, sent), (Outcome::Done, vec!["code stampNL001.XXXX!IAAAA".to_owned()]));
    let tokens = desk.on_disk().unwrap();
    assert_eq!(desk.pair_on_disk(), "a1 r1");
    assert_eq!(tokens.expires_at, Some(seconds_after_start(600)));
    assert_eq!(tokens.obtained_at, seconds_after_start(0));
}

#[tokio::test]
async fn credentials_and_redirect_uri_go_with_the_code() {
    for authentication in [ClientAuthentication::ClientSecretPost, ClientAuthentication::ClientSecretBasic] {
        let mut desk = Desk::new().await;
        desk.authentication = authentication;
        let worker = desk.worker("a", None).await;
        let url = worker.callback_url("c").await;
        let running = worker.start(callback(&url));
        let request = desk.next().await;
        let form = request.form();
        assert_eq!(form["redirect_uri"], "https://app.example/cb");
        assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
        let by_post = authentication == ClientAuthentication::ClientSecretPost;
        assert_eq!(form.contains_key("client_secret"), by_post);
        assert_eq!(request.headers.contains_key("authorization"), !by_post);
        request.answer(pair(1));
        assert_eq!(running.await.unwrap(), Outcome::Done);
    }
}

#[tokio::test]
async fn a_callback_with_a_missing_or_foreign_state_sends_nothing() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let _open = worker.callback_url("c").await;
    for query in ["code=c", "code=c&state=", "code=c&state=foreign", "error=access_denied&state=foreign"] {
        let url = format!("https://app.example/cb?{query}");
        let (outcome, _) = desk.run(&worker, callback(&url), []).await;
        assert_eq!(failed(&outcome), (OAUTH, Some("state_mismatch")), "{query}");
    }
}

#[tokio::test]
async fn an_error_response_is_passed_on_and_uses_up_the_state() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let url = worker.callback_url("c").await;
    let refused = url.replace("code=c", "error=access_denied");
    let (outcome, _) = desk.run(&worker, callback(&refused), []).await;
    assert_eq!(failed(&outcome), (OAUTH, Some("access_denied")));
    let (outcome, _) = desk.run(&worker, callback(&url), []).await;
    assert_eq!(failed(&outcome), (OAUTH, Some("state_mismatch")));
    let without_state = "https://app.example/cb?error=unauthorized_client";
    let (outcome, _) = desk.run(&worker, callback(without_state), []).await;
    assert_eq!(failed(&outcome), (OAUTH, Some("unauthorized_client")));
}

#[tokio::test]
async fn the_same_callback_again_sends_nothing_whatever_came_of_the_first() {
    let outcomes = [pair(1), answer(400, r#"{"error":"invalid_grant"}"#), answer(503, ""), Reply::Lost];
    for reply in outcomes {
        let mut desk = Desk::new().await;
        let worker = desk.worker("a", None).await;
        let url = worker.callback_url("c").await;
        let _first = desk.run(&worker, callback(&url), [reply]).await;
        let (outcome, _) = desk.run(&worker, callback(&url), []).await;
        assert_eq!(failed(&outcome), (OAUTH, Some("code_already_used")));
    }
}

#[tokio::test]
async fn a_refused_code_is_an_oauth_error_and_no_answer_a_network_error() {
    let cases = [
        (answer(400, r#"{"error":"invalid_grant"}"#), (OAUTH, Some("invalid_grant"))),
        (answer(400, "Bad Request"), (FailureKind::Network, None)),
        (answer(200, ""), (FailureKind::Network, None)),
        (Reply::Lost, (FailureKind::Network, None)),
    ];
    for (reply, expected) in cases {
        let mut desk = Desk::new().await;
        let worker = desk.worker("a", None).await;
        let url = worker.callback_url("c").await;
        let (outcome, _) = desk.run(&worker, callback(&url), [reply]).await;
        assert_eq!(failed(&outcome), expected);
        assert_eq!(desk.pair_on_disk(), "nothing");
    }
}

#[tokio::test]
async fn a_worker_that_was_started_again_finishes_what_the_first_began() {
    let mut desk = Desk::new().await;
    let first = desk.worker("a", None).await;
    let url = first.callback_url("c").await;
    drop(first);
    let second = desk.worker("a", None).await;
    let (outcome, _) = desk.run(&second, callback(&url), [pair(1)]).await;
    assert_eq!(outcome, Outcome::Done);
    let third = desk.worker("a", None).await;
    let (outcome, _) = desk.run(&third, callback(&url), []).await;
    assert_eq!(failed(&outcome), (OAUTH, Some("code_already_used")));
}

#[tokio::test]
async fn nothing_is_done_before_it_is_configured_or_twice() {
    let desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let again = Command::Configure(Box::new(desk.configuration("a")));
    assert_eq!(failed(&worker.start(again).await.unwrap()).0, FailureKind::Bug);
    let client = crate::client::ReferenceClient::new(None);
    let outcome = client.handle(Command::Token, &crate::client::Events::ignored()).await;
    assert_eq!(failed(&outcome).0, FailureKind::Bug);
}

#[tokio::test]
async fn https_is_refused_as_unsupported_and_so_is_another_major_version() {
    let desk = Desk::new().await;
    let mut configuration = desk.configuration("a");
    configuration.endpoints.token = "https://idp.example/token".to_owned();
    let client = crate::client::ReferenceClient::new(None);
    let events = crate::client::Events::ignored();
    let outcome = client.handle(Command::Configure(Box::new(configuration)), &events).await;
    assert_eq!(failed(&outcome).0, FailureKind::Unsupported);
    let hello = |protocol: &str| Command::Hello { protocol: protocol.to_owned() };
    assert_eq!(failed(&client.handle(hello("2.0"), &events).await).0, FailureKind::Unsupported);
    assert!(matches!(client.handle(hello("1.7"), &events).await, Outcome::Hello(_)));
}
