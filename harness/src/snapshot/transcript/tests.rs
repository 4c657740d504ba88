use proptest::prelude::*;

use super::{lines, render};
use crate::adapter::protocol::{Failure, FailureKind, Outcome as ClientOutcome};
use crate::report::samples::{self, Log};
use crate::run::event::{Delivery, Event, EventKind, ProcessChange};
use crate::run::outcome::{Level, Outcome};
use crate::snapshot::ScenarioFacts;

fn text(log: &mut Log) -> String {
    render(&log.end(Outcome::Pass), &samples::plain_facts("x"))
}

#[test]
fn a_race_reads_as_a_conversation_with_its_causes() {
    let events = samples::two_workers("reference", samples::failed());
    insta::assert_snapshot!(render(&events, &samples::facts()), @r#"
    Two workers refresh at once
    exact-online@2021-11 with reference, seed 7, clock inject
    00:00:00 is 2021-11-15T02:00:00Z
    code: authorization code; at: access token, good for minutes; rt: refresh token, which gets the next pair; chain: all that comes of one sign-in
      a: process started

    00:00:00  step 1 · authorize
      a: authorize: go to {idp}/api/oauth2/auth
      #1 resource-owner > GET /api/oauth2/auth?state=<state:1>
            + authorization code code:1, chain 1, until 00:03:00
      #1 resource-owner < 302
            Location: https://c.example/cb?code=<code:1>&state=<state:1>
      #2 a > POST /api/oauth2/token
            grant_type=authorization_code code=<code:1>
            - code:1 is used up: a code is good once
            + access token at:1 for code:1, chain 1, until 00:10:00
            + refresh token rt:1 for code:1, chain 1
      #2 a < 200
            Content-Type: application/json
            {"access_token":"<at:1>","refresh_token":"<rt:1>"}
      a: callback: done

    00:00:00  step 2 · advance 9m 31s
      the clock moves by 9m 31s

    00:09:31  step 3 · race at token: a, b
      held at token: a, b
      #3 a > POST /api/oauth2/token   (held until now)
            grant_type=refresh_token refresh_token=<rt:1> client_secret=<secret>
            + access token at:2 for rt:1, chain 1, until 00:19:31
            + refresh token rt:2 for rt:1, chain 1
            - rt:1 is old from now on: rt:2 has taken its place
      #3 a < 200
            Content-Type: application/json
            {"access_token":"<at:2>","refresh_token":"<rt:2>"}
      #4 b > POST /api/oauth2/token   (held until now)
            grant_type=refresh_token refresh_token=<rt:1> client_secret=<secret>
      #4 b < 401
            Content-Type: application/json
            {"error":"unauthorized_client","error_description":"Old refresh token used."}
            because: rt:1 was superseded by rt:2 at 00:09:31 (refresh_token_superseded)
            in plain words: the client presents a refresh token that it has exchanged for a newer one before; only the newest is good
      #5 a > GET /api/v1/current/Me
            authorization: Bearer <at:2>
      #5 a < 200
            Content-Type: application/json
            {"d":{"results":[]}}
      a: call: 200
      b: call: error reauthorize (unauthorized_client): somebody must sign in again
            Old refresh token used.
      EXPECTED b: status 200, FOUND error reauthorize

    rules
      kept    authorization/state-is-compared
      BROKEN  refresh/one-at-a-time (#3, #4): rt:1 was presented twice
              the rule: The workers of a client do not present one refresh token at the same time.
      warning token/credentials-in-header (#2): client_secret came in the body
    verdict: fail
    "#);
}

#[test]
fn the_known_failures_file_does_not_change_the_transcript() {
    let of = |outcome| render(&samples::two_workers("c", outcome), &samples::facts());
    let failed = of(samples::failed());
    assert_eq!(failed, of(Outcome::KnownFailure { reasons: vec!["x".to_owned()], because: "y".to_owned() }));
    assert_eq!(failed, of(Outcome::UnexpectedPass { stale: vec!["x".to_owned()] }));
    let of_plain = |outcome| render(&samples::plain("x", "c", outcome), &samples::plain_facts("x"));
    assert_eq!(of_plain(Outcome::Pass), of_plain(Outcome::UnexpectedPass { stale: vec!["x".to_owned()] }));
}

#[test]
fn versions_and_a_real_clock_leave_no_trace() {
    let mut log = Log::of("x", "c");
    log.said("a", "token", ClientOutcome::Token { expires_at: Some(1_636_941_600.25) });
    log.said("a", "clock", ClientOutcome::Clock { now: 1_636_942_171.0 });
    let moved = text(&mut log);
    assert!(moved.contains("a: token: has one that it believes to end at 00:00:00.250\n  a: clock: reads 00:09:31\n"));
    assert!(!moved.contains("3.2.2"), "{moved}");

    let mut log = Log::of("x", "c");
    log.said("a", "clock", ClientOutcome::Clock { now: 1_636_942_171.0 });
    let mut events = log.end(Outcome::Pass);
    if let EventKind::CellStarted { clock, .. } = &mut events[0].what {
        *clock = "none".to_owned();
    }
    assert!(render(&events, &ScenarioFacts::default()).contains("reads its own clock"));
}

#[test]
fn what_a_client_repeats_of_the_last_reply_is_printed_once() {
    let mut log = Log::of("x", "c");
    log.get(1, "a", "resource", "/me", &[]).reply(1, 200, &[], "hello");
    log.said("a", "call", ClientOutcome::Call { status: 200, body: Some("hello".to_owned()), rows: None });
    log.said("a", "call", ClientOutcome::Call { status: 200, body: Some("hullo".to_owned()), rows: None });
    let text = text(&mut log);
    assert_eq!((text.matches("hello").count(), text.matches("hullo").count()), (1, 1));
}

#[test]
fn a_lost_answer_a_fault_a_crash_and_an_undecided_refusal_are_said() {
    let mut log = Log::of("x", "c");
    log.step(1, 1, "crash", "crash");
    log.get(1, "a", "unknown", "/me", &[]);
    log.push(EventKind::FaultStruck { exchange: 1, text: "the reply is lost".to_owned() });
    log.push(EventKind::Reply { exchange: 1, status: 200, headers: vec![], body: "x".to_owned() });
    log.push(EventKind::ReplyLeft { exchange: 1, delivery: Delivery::Dropped });
    log.process("a", ProcessChange::Killed);
    log.get(2, "b", "resource", "/me", &[]);
    let (cause, detail) = ("access_token_expired".to_owned(), "at:1 ended at 00:10:00".to_owned());
    log.push(EventKind::Refused { exchange: 2, cause, detail, presented: None });
    log.push(EventKind::ClientWaits { worker: "b".to_owned(), on: "lock".to_owned() });
    log.push(EventKind::WorldChanged { text: "the password is changed".to_owned() });
    insta::assert_snapshot!(text(&mut log), @"
    A plain one
    exact-online@2021-11 with c, seed 7, clock inject
    00:00:00 is 2021-11-15T02:00:00Z
    code: authorization code; at: access token, good for minutes; rt: refresh token, which gets the next pair; chain: all that comes of one sign-in

    00:00:00  step 1 · crash
      #1 a > GET /me   (no such endpoint)
            fault: the reply is lost
      #1 a < 200
            x
            DROPPED: nothing of this answer was sent, the connection was closed
      a: process KILLED
      #2 b > GET /me
      b: waits for lock
      world: the password is changed
            #2 because: at:1 ended at 00:10:00 (access_token_expired)
            #2 in plain words: the access token's time is over; the client needs a new one

    verdict: pass
    ");
}

#[test]
fn an_event_at_another_time_than_its_step_is_under_that_time() {
    let mut log = Log::of("x", "c");
    log.step(1, 1, "call", "call").advance(1500).get(1, "a", "resource", "/me", &[]);
    assert!(text(&mut log).contains("  the clock moves by 1s 500ms\n00:00:01.500\n  #1 a > GET /me\n"));
}

#[test]
fn lines_know_their_step_and_exchange() {
    let events = samples::two_workers("c", samples::failed());
    let lines = lines(&events, &samples::facts());
    let of = |exchange| lines.iter().filter(move |line| line.exchange == Some(exchange));
    assert!(of(4).all(|line| line.step == 3) && of(4).count() == 7, "{:#?}", of(4).collect::<Vec<_>>());
    assert_eq!(lines.iter().filter(|line| line.unmet).count(), 1);
}

fn any_event() -> impl Strategy<Value = Event> {
    let text = any::<String>;
    let pairs = || prop::collection::vec((text(), text()), 0..3);
    let what =
        prop_oneof![
            (text(), text(), any::<u64>()).prop_map(|(client, clock, seed)| EventKind::CellStarted {
                scenario: clock.clone(),
                base: None,
                client: client.clone(),
                library: client.clone(),
                profile: client,
                seed,
                clock,
                keeps_superseded_tokens: false,
            }),
            (any::<u32>(), text()).prop_map(|(step, text)| EventKind::StepStarted {
                step,
                line: 1,
                verb: text.clone(),
                text
            }),
            any::<i64>().prop_map(|by_ms| EventKind::ClockMoved { by_ms }),
            (any::<u32>(), text(), text(), pairs(), text(), pairs(), any::<bool>()).prop_map(
                |(exchange, from, target, headers, body, parameters, held)| EventKind::Request {
                    exchange,
                    from: from.clone(),
                    endpoint: from.clone(),
                    method: from,
                    target,
                    headers,
                    body,
                    parameters,
                    held
                }
            ),
            (any::<u32>(), any::<u16>(), pairs(), text())
                .prop_map(|(exchange, status, headers, body)| EventKind::Reply { exchange, status, headers, body }),
            text().prop_map(|html| EventKind::Reply {
                exchange: 1,
                status: 200,
                headers: samples::pairs(&[("content-type", "text/html")]),
                body: format!("<title>{html}")
            }),
            (any::<u32>(), text(), text(), prop::option::of(any::<i64>())).prop_map(
                |(exchange, label, token, expires_at_ms)| {
                    EventKind::Issued {
                        exchange,
                        parent: Some(token.clone()),
                        label,
                        token,
                        chain: Some(exchange),
                        expires_at_ms,
                    }
                }
            ),
            (text(), any::<i32>()).prop_map(|(worker, now)| EventKind::ClientReported {
                op: worker.clone(),
                worker,
                outcome: ClientOutcome::Clock { now: f64::from(now) / 8.0 }
            }),
            (text(), text()).prop_map(|(worker, message)| EventKind::ClientReported {
                op: worker.clone(),
                worker,
                outcome: ClientOutcome::Error(Failure { kind: FailureKind::Bug, message, code: None })
            }),
            text().prop_map(|why| EventKind::CellEnded { outcome: Outcome::Broken { why } }),
        ];
    (any::<u32>(), text(), any::<i64>(), what).prop_map(|(seq, at, since_start_ms, what)| Event {
        seq,
        at,
        since_start_ms,
        what,
    })
}

/// Any log at all, however senseless.
pub(crate) fn any_log() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 0..12)
}

proptest! {
    #[test]
    fn any_log_becomes_the_same_clean_text_each_time(log in any_log(), title in any::<String>()) {
        let facts = ScenarioFacts { title, ..ScenarioFacts::default() };
        let text = render(&log, &facts);
        prop_assert_eq!(&text, &render(&log, &facts));
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
        prop_assert_eq!(text.lines().count(), lines(&log, &facts).len());
    }
}

#[test]
fn a_warning_is_no_failure() {
    let mut log = Log::of("x", "c");
    log.rule("a/b", Level::Should, "not nice", &[]);
    let text = render(&log.end(Outcome::UnexpectedPass { stale: vec![] }), &ScenarioFacts::default());
    assert!(text.ends_with("rules\n  warning a/b: not nice\nverdict: pass\n"), "{text}");
}
