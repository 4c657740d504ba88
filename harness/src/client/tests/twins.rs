use crate::adapter::protocol::{Command, FailureKind, Outcome};
use crate::client::Mistake;
use crate::client::testing::*;

const NETWORK: (FailureKind, Option<&str>) = (FailureKind::Network, None);
const REAUTHORIZE: FailureKind = FailureKind::Reauthorize;

async fn twin(mistake: Mistake) -> (Desk, TestWorker) {
    Desk::authorized(Some(mistake)).await
}

#[tokio::test]
async fn no_lock_sends_two_refreshes_and_the_loser_still_finds_the_winners_tokens() {
    let (mut desk, a) = twin(Mistake::NoLock).await;
    let mut b = desk.worker("b", Some(Mistake::NoLock)).await;
    a.at(700).await;
    b.at(700).await;
    let first = a.start(Command::Token);
    let one = desk.next().await;
    let second = b.start(Command::Token);
    let two = desk.next().await;
    assert_eq!((one.line(), two.line()), ("refresh r1".to_owned(), "refresh r1".to_owned()));
    one.answer(pair(2));
    let expected = Outcome::Token { expires_at: Some(f64::from(START + 1300)) };
    assert_eq!(first.await.unwrap(), expected);
    two.answer(answer(401, OLD_TOKEN));
    assert_eq!(second.await.unwrap(), expected);
    assert!(b.has_said_nothing());
}

#[tokio::test]
async fn lock_runs_out_waits_ten_seconds_by_the_clock_and_then_sends_the_same_token() {
    let (mut desk, a) = twin(Mistake::LockRunsOut).await;
    let mut b = desk.worker("b", Some(Mistake::LockRunsOut)).await;
    a.at(700).await;
    b.at(700).await;
    let first = a.start(Command::Token);
    let one = desk.next().await;
    let second = b.start(Command::Token);
    b.waits().await;
    b.at(709).await;
    b.waits().await;
    b.at(710).await;
    let two = desk.next().await;
    assert_eq!((one.line(), two.line()), ("refresh r1".to_owned(), "refresh r1".to_owned()));
    one.answer(pair(2));
    two.answer(answer(401, OLD_TOKEN));
    let expected = Outcome::Token { expires_at: Some(f64::from(START + 1300)) };
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (expected.clone(), expected));
}

#[tokio::test]
async fn stale_after_lock_waits_and_then_sends_the_token_it_read_before() {
    let (mut desk, a) = twin(Mistake::StaleAfterLock).await;
    let mut b = desk.worker("b", Some(Mistake::StaleAfterLock)).await;
    a.at(700).await;
    b.at(700).await;
    let first = a.start(Command::Token);
    let one = desk.next().await;
    let second = b.start(Command::Token);
    b.waits().await;
    one.answer(pair(2));
    let two = desk.next().await;
    assert_eq!(two.line(), "refresh r1");
    two.answer(answer(401, OLD_TOKEN));
    let expected = Outcome::Token { expires_at: Some(f64::from(START + 1300)) };
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (expected.clone(), expected));
    assert_eq!(desk.pair_on_disk(), "a2 r2");
}

#[tokio::test]
async fn refreshes_early_asks_too_soon_and_keeps_its_tokens() {
    let (mut desk, worker) = twin(Mistake::RefreshesEarly).await;
    worker.at(541).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(400, TOO_EARLY), answer(200, "")]).await;
    assert_eq!((outcome, sent[0].as_str()), (called(200), "refresh r1"));
    assert_eq!(desk.pair_on_disk(), "a1 r1");
}

#[tokio::test]
async fn refreshes_after_code_does_so_at_once_and_survives_the_refusal() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::RefreshesAfterCode)).await;
    let url = worker.callback_url("c").await;
    let (outcome, sent) = desk.run(&worker, Command::Callback { url }, [pair(1), answer(400, TOO_EARLY)]).await;
    assert_eq!((outcome, sent), (Outcome::Done, vec!["code c".to_owned(), "refresh r1".to_owned()]));
    assert_eq!(desk.run(&worker, call(&desk), [answer(200, "")]).await.0, called(200));
}

#[tokio::test]
async fn wipes_on_error_has_nothing_left_after_a_503() {
    let (mut desk, worker) = twin(Mistake::WipesOnError).await;
    worker.at(700).await;
    let (outcome, _) = desk.run(&worker, call(&desk), [answer(503, "")]).await;
    assert_eq!((failed(&outcome), desk.pair_on_disk().as_str()), (NETWORK, "nothing"));
    assert_eq!(failed(&desk.run(&worker, call(&desk), []).await.0).0, REAUTHORIZE);
}

#[tokio::test]
async fn gives_up_when_too_early_wipes_then_and_only_then() {
    let (mut desk, worker) = twin(Mistake::GivesUpWhenTooEarly).await;
    worker.at(569).await;
    assert_eq!(failed(&desk.run(&worker, Command::Refresh, []).await.0), NETWORK);
    worker.at(700).await;
    assert_eq!(failed(&desk.run(&worker, call(&desk), [answer(503, "")]).await.0), NETWORK);
    assert_eq!(desk.pair_on_disk(), "a1 r1");
    worker.at(1270).await;
    let (outcome, _) = desk.run(&worker, call(&desk), [answer(400, TOO_EARLY)]).await;
    assert_eq!((failed(&outcome).0, desk.pair_on_disk().as_str()), (REAUTHORIZE, "nothing"));
}

#[tokio::test]
async fn saves_late_has_the_old_pair_on_disk_until_a_call_succeeds() {
    let (mut desk, worker) = twin(Mistake::SavesLate).await;
    worker.at(700).await;
    let (outcome, _) = desk.run(&worker, call(&desk), [pair(2), answer(500, "")]).await;
    assert_eq!((outcome, desk.pair_on_disk().as_str()), (called(500), "a1 r1"));
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!((outcome, sent), (called(200), vec!["GET /me with a2".to_owned()]));
    assert_eq!(desk.pair_on_disk(), "a2 r2");
}

#[tokio::test]
async fn torn_store_has_a_mixed_pair_on_disk_while_the_call_runs() {
    let (mut desk, worker) = twin(Mistake::TornStore).await;
    worker.at(700).await;
    let running = worker.start(call(&desk));
    desk.next().await.answer(pair(2));
    let resource = desk.next().await;
    assert_eq!((resource.line().as_str(), desk.pair_on_disk().as_str()), ("GET /me with a2", "a2 r1"));
    resource.answer(answer(500, ""));
    assert_eq!(running.await.unwrap(), called(500));
    assert_eq!(desk.pair_on_disk(), "a2 r2");
}

#[tokio::test]
async fn keeps_first_refresh_token_presents_it_for_ever() {
    let (mut desk, worker) = twin(Mistake::KeepsFirstRefreshToken).await;
    worker.at(700).await;
    assert_eq!(desk.run(&worker, Command::Refresh, [pair(2)]).await.0, Outcome::Done);
    assert_eq!(desk.pair_on_disk(), "a2 r1");
    worker.at(1400).await;
    let (outcome, sent) = desk.run(&worker, Command::Refresh, [answer(401, OLD_TOKEN)]).await;
    assert_eq!((failed(&outcome).0, sent), (REAUTHORIZE, vec!["refresh r1".to_owned()]));
}

#[tokio::test]
async fn reads_settings_file_is_told_in_every_run_that_its_token_is_old() {
    let (mut desk, first) = twin(Mistake::ReadsSettingsFile).await;
    first.at(700).await;
    assert_eq!(desk.run(&first, Command::Refresh, [pair(2)]).await.0, Outcome::Done);
    first.at(1400).await;
    assert_eq!(desk.run(&first, Command::Refresh, [pair(3)]).await.1, ["refresh r2"]);
    assert_eq!(desk.pair_on_disk(), "a1 r1");
    for _ in 0..2 {
        let later = desk.worker("a", Some(Mistake::ReadsSettingsFile)).await;
        later.at(2100).await;
        let (outcome, sent) = desk.run(&later, Command::Refresh, [answer(401, OLD_TOKEN)]).await;
        assert_eq!((failed(&outcome).0, sent), (REAUTHORIZE, vec!["refresh r1".to_owned()]));
    }
}

#[tokio::test]
async fn retries_dead_token_says_that_it_is_over_and_tries_again() {
    let (mut desk, worker) = twin(Mistake::RetriesDeadToken).await;
    worker.at(700).await;
    for _ in 0..2 {
        let (outcome, sent) = desk.run(&worker, call(&desk), [answer(401, OLD_TOKEN)]).await;
        assert_eq!((failed(&outcome).0, sent), (REAUTHORIZE, vec!["refresh r1".to_owned()]));
    }
}

#[tokio::test]
async fn retries_lost_reply_at_once_sends_it_three_more_times() {
    let (mut desk, worker) = twin(Mistake::RetriesLostReplyAtOnce).await;
    worker.at(700).await;
    let replies = [Reply::Lost, answer(503, ""), Reply::Lost, Reply::Lost];
    let (outcome, sent) = desk.run(&worker, call(&desk), replies).await;
    assert_eq!((failed(&outcome), sent.len()), (NETWORK, 4));
    worker.at(1270).await;
    let (outcome, _) = desk.run(&worker, Command::Refresh, [Reply::Lost, pair(2)]).await;
    assert_eq!(outcome, Outcome::Done);
    worker.at(1840).await;
    let (outcome, _) = desk.run(&worker, Command::Refresh, [answer(401, OLD_TOKEN)]).await;
    assert_eq!(failed(&outcome).0, REAUTHORIZE);
}

#[tokio::test]
async fn redeems_code_twice_sends_it_again_when_its_callback_is_loaded_again() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::RedeemsCodeTwice)).await;
    let url = worker.callback_url("c").await;
    for reply in [pair(1), answer(400, r#"{"error":"invalid_grant"}"#)] {
        let (_, sent) = desk.run(&worker, Command::Callback { url: url.clone() }, [reply]).await;
        assert_eq!(sent, ["code c"]);
    }
    assert_eq!(desk.pair_on_disk(), "a1 r1");
}

#[tokio::test]
async fn redeems_saved_code_sends_the_first_one_for_every_redirect() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::RedeemsSavedCode)).await;
    let (first, second) = (worker.callback_url("one").await, worker.callback_url("two").await);
    assert_eq!(desk.run(&worker, Command::Callback { url: first }, [pair(1)]).await.1, ["code one"]);
    let refused = answer(400, r#"{"error":"invalid_grant"}"#);
    assert_eq!(desk.run(&worker, Command::Callback { url: second }, [refused]).await.1, ["code one"]);
}

#[tokio::test]
async fn refreshes_with_access_token_presents_what_is_none() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::RefreshesWithAccessToken)).await;
    worker.implicit("t1").await;
    worker.at(700).await;
    let refused = answer(400, r#"{"error":"invalid_grant"}"#);
    let (outcome, sent) = desk.run(&worker, call(&desk), [refused]).await;
    assert_eq!((failed(&outcome).0, sent), (REAUTHORIZE, vec!["refresh t1".to_owned()]));
}

#[tokio::test]
async fn encodes_code_twice_sends_what_stood_in_the_url() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::EncodesCodeTwice)).await;
    let url = worker.callback_url("x.Y%21z").await;
    let (_, sent) = desk.run(&worker, Command::Callback { url }, [pair(1)]).await;
    assert_eq!(sent, ["code x.Y%21z"]);
}

#[tokio::test]
async fn ignores_state_redeems_what_an_attacker_sends() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::IgnoresState)).await;
    let url = "https://app.example/cb?code=evil&state=foreign".to_owned();
    let (outcome, _) = desk.run(&worker, Command::Callback { url }, [pair(1)]).await;
    assert_eq!(outcome, Outcome::Done);
}

#[tokio::test]
async fn constant_state_sends_the_same_twice_and_still_compares_it() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::ConstantState)).await;
    assert_eq!(worker.callback_url("c").await, worker.callback_url("c").await);
    let url = "https://app.example/cb?code=evil&state=foreign".to_owned();
    assert_eq!(failed(&desk.run(&worker, Command::Callback { url }, []).await.0).1, Some("state_mismatch"));
}

#[tokio::test]
async fn token_in_query_puts_it_beside_what_is_there() {
    let (mut desk, worker) = twin(Mistake::TokenInQuery).await;
    let (_, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!(sent, ["GET /me?access_token=a1 with a1"]);
}

#[tokio::test]
async fn expires_in_must_be_number_cannot_read_the_answer_of_exact_online() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", Some(Mistake::ExpiresInMustBeNumber)).await;
    let url = worker.callback_url("c").await;
    let (outcome, _) = desk.run(&worker, Command::Callback { url }, [pair(1)]).await;
    assert_eq!((failed(&outcome), desk.pair_on_disk().as_str()), (NETWORK, "nothing"));
}

#[tokio::test]
async fn expires_in_as_timestamp_refreshes_on_every_call() {
    let (mut desk, worker) = twin(Mistake::ExpiresInAsTimestamp).await;
    for n in [2, 3] {
        let (_, sent) = desk.run(&worker, call(&desk), [pair(n), answer(200, "")]).await;
        assert_eq!(sent[0], format!("refresh r{}", n - 1));
    }
    let (outcome, _) = desk.run(&worker, call(&desk), [answer(400, TOO_EARLY)]).await;
    assert_eq!((failed(&outcome), desk.pair_on_disk().as_str()), (NETWORK, "a3 r3"));
}

#[tokio::test]
async fn two_authentication_methods_are_both_in_the_request() {
    let (mut desk, worker) = twin(Mistake::TwoAuthenticationMethods).await;
    worker.at(700).await;
    let running = worker.start(Command::Refresh);
    let request = desk.next().await;
    assert!(request.form().contains_key("client_secret") && request.headers["authorization"].starts_with("Basic "));
    request.answer(pair(2));
    assert_eq!(running.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn refreshes_only_on_401_uses_the_token_past_its_end() {
    let (mut desk, worker) = twin(Mistake::RefreshesOnlyOn401).await;
    worker.at(700).await;
    let replies = [answer(401, ""), pair(2), answer(200, "")];
    let (outcome, sent) = desk.run(&worker, call(&desk), replies).await;
    assert_eq!(outcome, called(200));
    assert_eq!(sent, ["GET /me with a1", "refresh r1", "GET /me with a2"]);
}
