use std::path::Path;

use super::*;
use crate::adapter::protocol::FailureKind;
use crate::client::testing::{Desk, answer, call, called, failed, pair};

const CLOCK: Command = Command::Clock { now: 5.0 };

fn options(script: &str) -> SpawnOptions {
    SpawnOptions::new(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn sh(script: &str) -> Session {
    Session::spawn(&options(script)).unwrap()
}

/// A shell command that writes a reply.
fn reply(id: u64, outcome: &str) -> String {
    format!(r#"echo '{{"type":"reply","id":{id},"outcome":{{{outcome}}}}}';"#)
}

fn done(id: u64) -> String {
    reply(id, r#""result":"done""#)
}

/// How a session breaks on the first request.
async fn breaks(script: &str) -> SessionBroken {
    sh(script).request(&Command::Refresh).await.unwrap_err()
}

#[tokio::test]
async fn replies_find_their_requests_in_any_order() {
    let clock = reply(2, r#""result":"clock","now":5.0"#);
    let session = sh(&format!("read a; read b; {clock} {} read c", done(1)));
    let (refresh, clock) = (session.send(&Command::Refresh), session.send(&CLOCK));
    assert_eq!(refresh.wait().await, Ok(Outcome::Done));
    assert_eq!(clock.wait().await, Ok(Outcome::Clock { now: 5.0 }));
}

#[tokio::test]
async fn requests_are_numbered_json_lines() {
    let log = r#"printf '%s' "$a" | sed 's/"/\\"/g; s/.*/{"type":"event","event":{"kind":"log","text":"&"}}/'; echo;"#;
    let mut session = sh(&format!("read a; {log} {} read b", done(1)));
    assert_eq!(session.request(&Command::Refresh).await, Ok(Outcome::Done));
    let text = r#"{"id":1,"command":{"op":"refresh"}}"#.to_owned();
    assert_eq!(session.next_event().await, Some(AdapterEvent::Log { text }));
}

#[tokio::test]
async fn an_event_that_was_sent_before_a_reply_is_there_with_it() {
    let event = r#"echo '{"type":"event","event":{"kind":"waiting","on":"lock"}}';"#;
    let mut session = sh(&format!("read a; {event} {} read b", done(1)));
    let mut events = session.take_events().unwrap();
    assert_eq!(session.request(&Command::Refresh).await, Ok(Outcome::Done));
    assert_eq!(events.try_recv(), Ok(AdapterEvent::Waiting { on: "lock".to_owned() }));
    assert!(session.take_events().is_none());
}

#[tokio::test]
async fn a_stray_line_is_shown_with_the_last_words_of_stderr() {
    let broken = breaks("read a; echo one >&2; echo two >&2; echo 'Traceback:'; read b").await;
    assert_eq!(broken.what, Breakage::StrayLine { line: "Traceback:".to_owned() });
    assert_eq!(broken.stderr, ["one", "two"]);
    for stray in ["[1]", "\"text\"", "", "{\"type\":"] {
        let broken = breaks(&format!("read a; echo '{stray}'; read b")).await;
        assert_eq!(broken.what, Breakage::StrayLine { line: stray.to_owned() });
    }
}

#[tokio::test]
async fn an_object_that_is_no_message_is_shown_with_what_is_wrong() {
    let cases = [
        (r#"{"type":"dance"}"#, "unknown variant `dance`"),
        (r#"{"type":"reply","id":1}"#, "missing field `outcome`"),
        (r#"{"type":"reply","id":1,"outcome":{"result":"call","status":"200"}}"#, "invalid type: string"),
        (r#"{"type":"reply","id":1,"outcome":{"result":"done"},"extra":1}"#, "unknown field `extra`"),
        (r#"{"type":"reply","id":1,"outcome":{"result":"error","kind":"sad","message":"m"}}"#, "unknown variant `sad`"),
    ];
    for (line, expected) in cases {
        let what = breaks(&format!("read a; echo '{line}'; read b")).await.what;
        let Breakage::Schema { why, line: seen } = what else { panic!("{what:?}") };
        assert!(why.contains(expected), "{why}");
        assert_eq!(seen, line);
    }
}

#[tokio::test]
async fn a_reply_to_nothing_and_a_reply_of_another_kind_break_it() {
    assert_eq!(breaks(&format!("read a; {} read b", done(2))).await.what, Breakage::UnknownId { id: 2 });
    let wrong = Breakage::WrongResult { op: "refresh", result: "token", expected: "done" };
    assert_eq!(breaks(&format!("read a; {} read b", reply(1, r#""result":"token""#))).await.what, wrong);
}

#[tokio::test]
async fn an_endless_line_breaks_it() {
    let script = "read a; head -c 1048600 /dev/zero | tr '\\0' x; read b";
    assert_eq!(breaks(script).await.what, Breakage::LineTooLong);
}

#[tokio::test]
async fn an_adapter_that_leaves_is_told_from_one_that_does_not_implement_it() {
    let broken = breaks("echo bye >&2; exit 3").await;
    assert_eq!(broken.what, Breakage::Exited { status: "exit status: 3".to_owned() });
    assert_eq!(broken.stderr, ["bye"]);
    assert_eq!(breaks("exit 89").await.what, Breakage::NotImplemented);
    assert_eq!(breaks("read a; kill -9 $$").await.what, Breakage::Exited { status: "signal: 9 (SIGKILL)".to_owned() });
}

#[tokio::test]
async fn what_it_said_before_it_left_still_counts() {
    let session = sh(&format!("read a; {} exit 3", done(1)));
    assert_eq!(session.request(&Command::Refresh).await, Ok(Outcome::Done));
    let broken = breaks("read a; echo stray; exit 3").await;
    assert_eq!(broken.what, Breakage::StrayLine { line: "stray".to_owned() });
}

#[tokio::test]
async fn an_adapter_that_closes_stdout_and_stays_is_ended() {
    assert_eq!(breaks("exec 1>&-; read a; read b").await.what, Breakage::ClosedStdout);
}

#[tokio::test]
async fn a_missed_deadline_names_the_operation_and_ends_everything() {
    let deadline = Duration::from_millis(50);
    let session = Session::spawn(&SpawnOptions { deadline, ..options("read a; read b; read c") }).unwrap();
    let other = session.send(&CLOCK);
    let broken = session.request(&Command::Refresh).await.unwrap_err();
    assert!(matches!(broken.what, Breakage::Deadline { after, .. } if after == deadline), "{broken}");
    assert!(matches!(other.wait().await.unwrap_err().what, Breakage::Deadline { .. }));
    assert_eq!(session.request(&Command::Token).await.unwrap_err(), broken);
    assert_eq!(session.broken(), Some(broken));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let missing = SpawnOptions::new(vec!["/nonexistent/adapter".to_owned()]);
    let broken = Session::spawn(&missing).unwrap_err();
    assert!(broken.to_string().starts_with("/nonexistent/adapter could not be started: "), "{broken}");
    assert!(Session::spawn(&SpawnOptions::new(Vec::new())).is_err());
}

#[tokio::test]
async fn arguments_environment_and_directory_arrive_as_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().canonicalize().unwrap();
    let mut options = options(r#"read a; printf '%s|%s|%s\n' "$NAME" "$1" "$(pwd -P)" >&2; exit 1"#);
    options.argv.extend(["sh", "a b;$c"].map(str::to_owned));
    options.surroundings.set.push(("NAME".to_owned(), "va'lue".to_owned()));
    options.directory = Some(directory.clone());
    let broken = Session::spawn(&options).unwrap().request(&Command::Refresh).await.unwrap_err();
    assert_eq!(broken.stderr, [format!("va'lue|a b;$c|{}", directory.display())]);
}

#[tokio::test]
async fn every_process_has_the_time_zone_and_the_hash_seed_that_make_runs_alike() {
    let options = options(r#"read a; printf '%s %s\n' "$TZ" "$PYTHONHASHSEED" >&2; exit 1"#);
    let broken = Session::spawn(&options).unwrap().request(&Command::Refresh).await.unwrap_err();
    assert_eq!(broken.stderr, ["UTC 0"]);
}

#[tokio::test]
async fn quit_waits_for_the_end_and_minds_the_status() {
    sh(&format!("read a; {} exit 0", done(1))).quit().await.unwrap();
    let broken = sh(&format!("read a; {} exit 4", done(1))).quit().await.unwrap_err();
    assert_eq!(broken.what, Breakage::Exited { status: "exit status: 4".to_owned() });
    let broken = sh(&format!("read a; {} echo stray; exit 0", done(1))).quit().await.unwrap_err();
    assert_eq!(broken.what, Breakage::StrayLine { line: "stray".to_owned() });
    let error = reply(1, r#""result":"error","kind":"bug","message":"no""#);
    let broken = sh(&format!("read a; {error} read b")).quit().await.unwrap_err();
    assert_eq!(broken.what, Breakage::WouldNotQuit { why: "no".to_owned() });
}

#[tokio::test]
async fn an_adapter_that_says_done_and_stays_misses_the_deadline_of_quit() {
    let deadline = Duration::from_millis(200);
    let script = format!("read a; {} while :; do read b || sleep 1000; done", done(1));
    let session = Session::spawn(&SpawnOptions { deadline, ..options(&script) }).unwrap();
    assert_eq!(session.quit().await.unwrap_err().what, Breakage::Deadline { op: "quit", after: deadline });
}

/// A script whose background process keeps the pipe at `fifo` open, and says when it does.
fn with_child(fifo: &Path, then: &str) -> String {
    format!("exec 3>{}; sleep 1000 & read a; {} {then}", fifo.display(), done(1))
}

/// Ends when nobody holds the pipe open for writing any more.
async fn ends_when_all_are_dead(then: &str, end: impl AsyncFnOnce(Session)) {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let session = sh(&with_child(&fifo, then));
    let (sender, all_dead) = tokio::sync::oneshot::channel();
    // Not a task: a test that fails must not wait for what never ends.
    std::thread::spawn(move || sender.send(std::fs::read(fifo).unwrap()));
    assert_eq!(session.request(&Command::Refresh).await, Ok(Outcome::Done));
    end(session).await;
    assert!(timeout(Duration::from_secs(10), all_dead).await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn kill_ends_everything_that_the_adapter_started() {
    ends_when_all_are_dead("read b", async |session: Session| session.kill().await).await;
}

#[tokio::test]
async fn dropping_a_session_ends_everything_that_the_adapter_started() {
    ends_when_all_are_dead("read b", async |session: Session| drop(session)).await;
}

#[tokio::test]
async fn what_an_adapter_leaves_behind_when_it_ends_is_ended_too() {
    ends_when_all_are_dead("read b; exit 0", async |session: Session| {
        let outcome = session.request(&Command::Refresh).await;
        assert_eq!(outcome.unwrap_err().what, Breakage::Exited { status: "exit status: 0".to_owned() });
    })
    .await;
}

#[tokio::test]
async fn requests_under_way_hear_that_the_client_was_killed() {
    let session = sh("read a; read b");
    let reply = session.send(&Command::Refresh);
    session.kill().await;
    assert_eq!(reply.wait().await.unwrap_err().what, Breakage::Killed);
    assert_eq!(session.request(&CLOCK).await.unwrap_err().what, Breakage::Killed);
}

async fn builtin(desk: &Desk, worker: &str) -> Session {
    let session = Session::builtin(ReferenceClient::new(None), SpawnOptions::DEADLINE);
    let configure = Command::Configure(Box::new(desk.configuration(worker)));
    assert_eq!(session.request(&configure).await, Ok(Outcome::Done));
    session
}

#[tokio::test]
async fn the_built_in_client_speaks_through_the_same_session() {
    let session = Session::builtin(ReferenceClient::new(None), SpawnOptions::DEADLINE);
    let Ok(Outcome::Hello(hello)) = session.request(&Command::Hello { protocol: "1.0".to_owned() }).await else {
        panic!("no hello")
    };
    assert_eq!(hello.adapter.name, "reference");
    let outcome = session.send_value("dance", json!({ "op": "dance" })).wait().await.unwrap();
    assert_eq!(failed(&outcome).0, FailureKind::Unsupported);
    session.quit().await.unwrap();
}

#[tokio::test]
async fn killing_the_built_in_client_in_the_middle_of_a_refresh_frees_its_lock() {
    let (mut desk, seed) = Desk::authorized(None).await;
    drop(seed);
    let (first, mut second) = (builtin(&desk, "a").await, builtin(&desk, "b").await);
    let later = Command::Clock { now: f64::from(crate::client::testing::START + 700) };
    let much_later = Command::Clock { now: f64::from(crate::client::testing::START + 1270) };
    first.request(&later).await.unwrap();
    second.request(&much_later).await.unwrap();
    let lost = first.send(&call(&desk));
    let held = desk.next().await;
    let reply = second.send(&call(&desk));
    assert_eq!(second.next_event().await, Some(AdapterEvent::Waiting { on: "lock".to_owned() }));
    first.kill().await;
    assert_eq!(lost.wait().await.unwrap_err().what, Breakage::Killed);
    drop(held);
    desk.next().await.answer(pair(2));
    desk.next().await.answer(answer(200, ""));
    assert_eq!(reply.wait().await, Ok(called(200)));
}
