use crate::adapter::protocol::{Command, DirectGrant, FailureKind, Outcome};
use crate::client::Mistake;
use crate::client::testing::*;

const CODES: &str = r#"{"device_code":"dc-1","user_code":"WDJB-MJHT","verification_uri":"https://op.example/device","expires_in":60,"interval":"5"}"#;
const PENDING: &str = r#"{"error":"authorization_pending"}"#;
const SLOW_DOWN: &str = r#"{"error":"slow_down"}"#;
const DENIED: &str = r#"{"error":"access_denied"}"#;

async fn begun(mistake: Option<Mistake>) -> (Desk, TestWorker) {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", mistake).await;
    let asked = worker.start(Command::Device);
    let exchange = desk.next().await;
    assert_eq!((exchange.target.as_str(), exchange.form()["client_id"].as_str()), ("/device", "client"));
    exchange.answer(answer(200, CODES));
    let (user_code, verification_uri) = ("WDJB-MJHT".to_owned(), "https://op.example/device".to_owned());
    assert_eq!(asked.await.unwrap(), Outcome::Device { user_code, verification_uri });
    (desk, worker)
}

/// Answers the poll that must come next.
async fn poll(desk: &mut Desk, reply: Reply) {
    let exchange = desk.next().await;
    let form = exchange.form();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(form["device_code"], "dc-1");
    exchange.answer(reply);
}

#[tokio::test]
async fn polls_lie_an_interval_apart_which_grows_by_five_seconds_with_each_slow_down() {
    let (mut desk, mut worker) = begun(None).await;
    let polling = worker.start(Command::Poll);
    poll(&mut desk, answer(400, PENDING)).await;
    for second in 1..5 {
        worker.waits_for("clock").await;
        worker.at(second).await;
    }
    worker.waits_for("clock").await;
    worker.at(5).await;
    poll(&mut desk, answer(400, SLOW_DOWN)).await;
    worker.waits_for("clock").await;
    worker.at(14).await;
    worker.waits_for("clock").await;
    worker.at(15).await;
    poll(&mut desk, answer(400, PENDING)).await;
    worker.waits_for("clock").await;
    worker.at(24).await;
    worker.waits_for("clock").await;
    worker.at(25).await;
    poll(&mut desk, pair(1)).await;
    assert_eq!(polling.await.unwrap(), Outcome::Done);
    assert!(worker.has_said_nothing());
}

#[tokio::test]
async fn a_lost_answer_halves_the_pace() {
    let (mut desk, mut worker) = begun(None).await;
    let polling = worker.start(Command::Poll);
    poll(&mut desk, Reply::Lost).await;
    worker.waits_for("clock").await;
    worker.at(9).await;
    worker.waits_for("clock").await;
    worker.at(10).await;
    poll(&mut desk, pair(1)).await;
    assert_eq!(polling.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_refusal_is_the_end_and_is_passed_on() {
    let (mut desk, worker) = begun(None).await;
    let polling = worker.start(Command::Poll);
    poll(&mut desk, answer(400, DENIED)).await;
    assert_eq!(failed(&polling.await.unwrap()), (FailureKind::Oauth, Some("access_denied")));
    let (outcome, sent) = desk.run(&worker, Command::Poll, []).await;
    assert_eq!((failed(&outcome), sent.len()), ((FailureKind::Bug, None), 0));
}

#[tokio::test]
async fn nothing_is_sent_from_the_second_on_in_which_the_codes_end() {
    for (second, polls) in [(59, 1), (60, 0)] {
        let (mut desk, mut worker) = begun(None).await;
        worker.at(second).await;
        let polling = worker.start(Command::Poll);
        if polls == 1 {
            poll(&mut desk, answer(400, PENDING)).await;
            worker.waits_for("clock").await;
            worker.at(60).await;
        }
        assert_eq!(failed(&polling.await.unwrap()), (FailureKind::Reauthorize, None), "{second}");
    }
}

#[tokio::test]
async fn a_worker_that_is_started_again_goes_on_polling_and_waits_the_rest_of_the_interval() {
    let (mut desk, worker) = begun(None).await;
    let polling = worker.start(Command::Poll);
    poll(&mut desk, answer(400, PENDING)).await;
    let mut again = desk.worker("a", None).await;
    polling.abort();
    let polling = again.start(Command::Poll);
    again.waits_for("clock").await;
    again.at(5).await;
    poll(&mut desk, pair(1)).await;
    assert_eq!(polling.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn polls_too_fast_waits_a_second_whatever_it_is_told() {
    let (mut desk, mut worker) = begun(Some(Mistake::PollsTooFast)).await;
    let polling = worker.start(Command::Poll);
    for second in 1..4 {
        poll(&mut desk, answer(400, SLOW_DOWN)).await;
        worker.waits_for("clock").await;
        worker.at(second).await;
    }
    poll(&mut desk, pair(1)).await;
    assert_eq!(polling.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn polls_after_the_end_asks_twice_more_and_keeps_the_interval() {
    let (mut desk, mut worker) = begun(Some(Mistake::PollsAfterTheEnd)).await;
    worker.at(60).await;
    let polling = worker.start(Command::Poll);
    for second in [65, 70] {
        poll(&mut desk, answer(400, DENIED)).await;
        worker.waits_for("clock").await;
        worker.at(second).await;
    }
    poll(&mut desk, answer(400, DENIED)).await;
    assert_eq!(failed(&polling.await.unwrap()), (FailureKind::Oauth, Some("access_denied")));
}

/// Here rather than beside the grants: the two have the parameters of a token request in common.
#[tokio::test]
async fn a_grant_without_a_browser_sends_what_it_was_given_and_stores_what_comes() {
    let cases = [
        (DirectGrant::ClientCredentials {}, vec![("grant_type", "client_credentials")]),
        (
            DirectGrant::Password { user_name: "u+1".to_owned(), password: "p&w é".to_owned() },
            vec![("grant_type", "password"), ("username", "u+1"), ("password", "p&w é")],
        ),
        (
            DirectGrant::OnBehalfOf { assertion: "t.t".to_owned() },
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", "t.t"),
                ("requested_token_use", "on_behalf_of"),
            ],
        ),
    ];
    for (grant, parameters) in cases {
        let mut desk = Desk::new().await;
        let worker = desk.worker("a", None).await;
        let refreshes = !matches!(grant, DirectGrant::ClientCredentials {});
        let asked = worker.start(Command::Grant(grant));
        let exchange = desk.next().await;
        let form = exchange.form();
        for (name, value) in parameters {
            assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert!(form.contains_key("client_secret"));
        exchange.answer(pair(1));
        assert_eq!(asked.await.unwrap(), Outcome::Done);
        let stored = desk.on_disk().unwrap();
        assert_eq!((stored.access_token.expose(), stored.refresh_token.is_some()), ("a1", refreshes));
    }
}

#[tokio::test]
async fn a_grant_that_is_refused_leaves_what_was_stored() {
    let (mut desk, worker) = Desk::authorized(None).await;
    let asked = worker.start(Command::Grant(DirectGrant::ClientCredentials {}));
    desk.next().await.answer(answer(400, r#"{"error":"unauthorized_client"}"#));
    assert_eq!(failed(&asked.await.unwrap()), (FailureKind::Oauth, Some("unauthorized_client")));
    assert!(desk.on_disk().is_some());
}
