use crate::adapter::protocol::{AuthorizationGrant, Command, FailureKind, Outcome};
use crate::client::testing::*;

const REAUTHORIZE: FailureKind = FailureKind::Reauthorize;

#[tokio::test]
async fn an_access_token_that_came_alone_is_used_to_its_end_and_not_a_second_longer() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    worker.implicit("t1").await;
    worker.at(599).await;
    let (outcome, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!((outcome, sent), (called(200), vec!["GET /me with t1".to_owned()]));
    worker.at(600).await;
    for command in [call(&desk), Command::Refresh, Command::Token] {
        let (outcome, sent) = desk.run(&worker, command, []).await;
        assert_eq!((failed(&outcome).0, sent.len()), (REAUTHORIZE, 0));
    }
    worker.implicit("t2").await;
    let (_, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!(sent, ["GET /me with t2"]);
}

#[tokio::test]
async fn it_takes_the_place_of_a_grant_whose_refresh_token_is_dead() {
    let (mut desk, worker) = Desk::authorized(None).await;
    worker.at(700).await;
    let (outcome, _) = desk.run(&worker, call(&desk), [answer(401, OLD_TOKEN)]).await;
    assert_eq!(failed(&outcome).0, REAUTHORIZE);
    worker.implicit("t1").await;
    let (_, sent) = desk.run(&worker, call(&desk), [answer(200, "")]).await;
    assert_eq!((sent, desk.pair_on_disk().as_str()), (vec!["GET /me with t1".to_owned()], "t1 none"));
}

#[tokio::test]
async fn a_redirect_that_comes_late_has_lost_the_time_since_its_authorization_was_begun() {
    let mut desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let begun = worker.start(Command::Authorize { grant: AuthorizationGrant::Implicit }).await.unwrap();
    let Outcome::Authorize { url } = begun else { panic!("no authorization request") };
    let state = url.split("state=").nth(1).unwrap();
    worker.at(400).await;
    let answer = format!("access_token=t1&token_type=bearer&expires_in=600&state={state}");
    let url = format!("https://app.example/cb#{answer}");
    assert_eq!(worker.start(Command::Callback { url }).await.unwrap(), Outcome::Done);
    let (outcome, _) = desk.run(&worker, Command::Token, []).await;
    assert_eq!(outcome, Outcome::Token { expires_at: Some(f64::from(START + 600)) });
}

#[tokio::test]
async fn a_foreign_token_is_not_taken() {
    let desk = Desk::new().await;
    let worker = desk.worker("a", None).await;
    let url = "https://app.example/cb#access_token=t1&token_type=bearer&state=foreign".to_owned();
    let outcome = worker.start(Command::Callback { url }).await.unwrap();
    assert_eq!((failed(&outcome).1, desk.pair_on_disk().as_str()), (Some("state_mismatch"), "nothing"));
}
