use crate::adapter::protocol::{Command, Outcome};
use crate::client::testing::*;

#[tokio::test]
async fn two_workers_whose_token_has_ended_send_one_refresh() {
    let (mut desk, a) = Desk::authorized(None).await;
    let mut b = desk.worker("b", None).await;
    a.at(700).await;
    b.at(700).await;
    let first = a.start(call(&desk));
    let refresh = desk.next().await;
    let second = b.start(call(&desk));
    b.waits().await;
    refresh.answer(pair(2));
    for _ in 0..2 {
        let resource = desk.next().await;
        assert_eq!(resource.line(), "GET /me with a2");
        resource.answer(answer(200, ""));
    }
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (called(200), called(200)));
    assert!(b.has_said_nothing());
}

#[tokio::test]
async fn two_tasks_of_one_worker_send_one_refresh() {
    let (mut desk, mut worker) = Desk::authorized(None).await;
    worker.at(700).await;
    let first = worker.start(call(&desk));
    let refresh = desk.next().await;
    let second = worker.start(call(&desk));
    worker.waits().await;
    refresh.answer(pair(2));
    for _ in 0..2 {
        let resource = desk.next().await;
        assert_eq!(resource.line(), "GET /me with a2");
        resource.answer(answer(200, ""));
    }
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (called(200), called(200)));
}

#[tokio::test]
async fn a_worker_that_waited_for_an_asked_refresh_takes_the_others_for_its_own() {
    let mut desk = Desk::new().await;
    desk.interval = None;
    let a = desk.worker("a", None).await;
    desk.authorize(&a, 1).await;
    let mut b = desk.worker("b", None).await;
    let first = a.start(Command::Refresh);
    let refresh = desk.next().await;
    let second = b.start(Command::Refresh);
    b.waits().await;
    refresh.answer(pair(2));
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Outcome::Done, Outcome::Done));
}

#[tokio::test]
async fn a_worker_that_need_not_refresh_does_not_wait_for_one_that_does() {
    let (mut desk, a) = Desk::authorized(None).await;
    let mut b = desk.worker("b", None).await;
    a.at(575).await;
    b.at(575).await;
    let first = a.start(Command::Refresh);
    let refresh = desk.next().await;
    let (outcome, sent) = desk.run(&b, call(&desk), [answer(200, "")]).await;
    assert_eq!((outcome, sent), (called(200), vec!["GET /me with a1".to_owned()]));
    assert!(b.has_said_nothing());
    refresh.answer(pair(2));
    assert_eq!(first.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_killed_worker_lets_go_of_the_lock() {
    let (mut desk, a) = Desk::authorized(None).await;
    let mut b = desk.worker("b", None).await;
    a.at(700).await;
    b.at(1300).await;
    let first = a.start(call(&desk));
    let held = desk.next().await;
    let second = b.start(call(&desk));
    b.waits().await;
    first.abort();
    drop(held);
    let refresh = desk.next().await;
    assert_eq!(refresh.line(), "refresh r1");
    refresh.answer(pair(2));
    desk.next().await.answer(answer(200, ""));
    assert_eq!(second.await.unwrap(), called(200));
}

#[tokio::test]
async fn a_new_grant_waits_for_a_refresh_that_is_under_way_and_wins() {
    let (mut desk, a) = Desk::authorized(None).await;
    let mut b = desk.worker("b", None).await;
    a.at(700).await;
    let first = a.start(Command::Refresh);
    let refresh = desk.next().await;
    let url = b.callback_url("other").await;
    let second = b.start(Command::Callback { url });
    b.waits().await;
    refresh.answer(pair(2));
    desk.next().await.answer(pair(9));
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Outcome::Done, Outcome::Done));
    assert_eq!(desk.pair_on_disk(), "a9 r9");
}
