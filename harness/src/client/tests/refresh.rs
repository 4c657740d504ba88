use crate::adapter::protocol::{Command, FailureKind, Outcome};
use crate::client::secret::Secret;
use crate::client::testing::*;

#[tokio::test]
async fn a_call_refreshes_first_when_less_than_twenty_seconds_are_left() {
    for (seconds, refreshes) in [(0, false), (580, false), (581, true), (5000, true)] {
        let (mut desk, worker) = Desk::authorized(None).await;
        worker.at(seconds).await;
        let sent = if refreshes {
            desk.run(&worker, call(&desk), [pair(2), answer(200, "")]).await.1
        } else {
            desk.run(&worker, call(&desk), [answer(200, "")]).await.1
        };
        let expected = if refreshes { vec!["refresh r1", "GET /me with a2"] } else { vec!["GET /me with a1"] };
        assert_eq!(sent, expected, "{seconds}");
    }
}

#[tokio::test]
async fn the_new_pair_is_stored_whole_before_the_call_is_made() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(590).await;
    let running = worker.start(call(&desk));
    let refresh = desk.next().await;
    assert_eq!(desk.on_disk().unwrap().refresh_attempted_at, Some(seconds_after_start(590)));
    refresh.answer(pair(2));
    let resource = desk.next().await;
    assert_eq!(desk.pair_on_disk(), "a2 r2");
    let stored = desk.on_disk().unwrap();
    assert_eq!((stored.refresh_attempted_at, stored.obtained_at), (None, seconds_after_start(590)));
    resource.answer(answer(200, ""));
    assert_eq!(running.await.unwrap(), called(200));
}

#[tokio::test]
async fn an_asked_for_refresh_keeps_the_interval() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(569).await;
    let (outcome, _) = desk.run(&worker, Command::Refresh, []).await;
    assert_eq!(failed(&outcome).0, FailureKind::Network);
    assert!(format!("{outcome:?}").contains("refresh not allowed before 2021-11-15T02:09:30Z"), "{outcome:?}");
    worker.at(570).await;
    let (outcome, sent) = desk.run(&worker, Command::Refresh, [pair(2)]).await;
    assert_eq!((outcome, sent), (Outcome::Done, vec!["refresh r1".to_owned()]));
    worker.at(1139).await;
    let (outcome, _) = desk.run(&worker, Command::Refresh, []).await;
    assert_eq!(failed(&outcome).0, FailureKind::Network);
}

#[tokio::test]
async fn without_a_documented_interval_a_refresh_may_be_sent_at_any_time() {
    let mut desk = Desk::new().await;
    desk.interval = None;
    let worker = desk.worker("a", None).await;
    desk.authorize(&worker, 1).await;
    for n in 2..5 {
        let (outcome, _) = desk.run(&worker, Command::Refresh, [pair(n)]).await;
        assert_eq!(outcome, Outcome::Done);
        assert_eq!(desk.pair_on_disk(), format!("a{n} r{n}"));
    }
}

#[tokio::test]
async fn a_response_without_a_refresh_token_leaves_the_old_one() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(590).await;
    let reply = answer(200, r#"{"access_token":"a2","token_type":"Bearer","expires_in":600}"#);
    let (outcome, _) = desk.run(&worker, Command::Refresh, [reply]).await;
    assert_eq!((outcome, desk.pair_on_disk().as_str()), (Outcome::Done, "a2 r1"));
}

#[tokio::test]
async fn a_token_without_a_refresh_token_is_used_to_its_end() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let url = worker.callback_url("c").await;
    let reply = answer(200, r#"{"access_token":"a1","token_type":"Bearer","expires_in":600}"#);
    let (_, _) = desk.run(&worker, Command::Callback { url }, [reply]).await;
    worker.at(599).await;
    assert_eq!(desk.run(&worker, call(&desk), [answer(200, "")]).await.0, called(200));
    worker.at(600).await;
    let (outcome, _) = desk.run(&worker, call(&desk), []).await;
    assert_eq!(failed(&outcome), (FailureKind::Reauthorize, None));
}

#[tokio::test]
async fn a_new_grant_replaces_a_dead_one() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(700).await;
    let (outcome, _) = desk.run(&worker, call(&desk), [answer(401, OLD_TOKEN)]).await;
    assert_eq!(failed(&outcome), (FailureKind::Reauthorize, Some("unauthorized_client")));
    desk.authorize(&worker, 7).await;
    assert_eq!(desk.run(&worker, call(&desk), [answer(200, "")]).await.0, called(200));
    assert_eq!(desk.on_disk().unwrap().refresh_token, Some(Secret::new("r7")));
}
