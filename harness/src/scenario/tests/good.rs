//! Good files, and what can be asked of them.

use super::sample::{EVERYTHING, HEAD, parse};
use crate::adapter::protocol::{ClientAuthentication, FailureKind};
use crate::scenario::verb::EXAMPLES;
use crate::scenario::{Answer, FaultAction, FaultEffect, Scenario, Verb, When};

fn steps(steps: &str) -> Scenario {
    parse(&format!("{HEAD}steps:\n{steps}")).unwrap_or_else(|error| panic!("{error}"))
}

fn names<'a>(workers: impl IntoIterator<Item = &'a crate::scenario::WorkerName>) -> Vec<&'a str> {
    workers.into_iter().map(crate::scenario::WorkerName::as_str).collect()
}

#[test]
fn every_field_is_read() {
    let scenario = parse(EVERYTHING).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((scenario.id.as_str(), scenario.file.as_str()), ("group/case", "scenarios/group/case.yaml"));
    assert_eq!(scenario.title, "Two workers refresh at once");
    assert_eq!(scenario.about, "Both read the same stored refresh token.\nOnly one exchange can win.\n");
    assert_eq!(scenario.reproduces, ["Old refresh token used.", "itgenoda219"]);
    assert_eq!(scenario.remedy.as_deref(), Some("Take a lock before reading the stored token."));
    assert_eq!(scenario.sources, ["https://example.org/faq", "facts/exact-online.md"]);
    assert_eq!(scenario.tags, ["refresh", "race"]);
    assert_eq!(scenario.profile.to_string(), "exact-online@2021-11");
    assert_eq!(scenario.world.start.to_string(), "2024-02-29T23:59:59.5Z");
    assert_eq!(scenario.world.user.name.as_deref(), Some("john.doe@acme.example"));
    assert_eq!((scenario.world.user.password.as_deref(), scenario.world.user.totp), (Some("p 1"), false));
    assert_eq!(scenario.world.client.authentication, Some(ClientAuthentication::ClientSecretBasic));
    assert_eq!(scenario.world.client.scope.as_deref(), Some("api offline_access"));
    assert_eq!(scenario.needs, ["offline"]);
    assert_eq!(scenario.reaches, ["refresh_token_superseded", "issued:refresh_token", "fault"]);
    assert_eq!(scenario.rules, ["refresh/token-used-once", "refresh-not-before-interval"]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let scenario = steps("  - authorize\n");
    assert_eq!(scenario.world.start.to_string(), "2021-11-15T02:00:00Z");
    assert_eq!((scenario.world.user.name.as_ref(), scenario.world.user.totp), (None, true));
    assert_eq!(scenario.world.client.authentication, None);
    let partial = parse(&format!("{HEAD}steps: [authorize]\nworld: {{ user: {{ name: x }} }}\n")).unwrap();
    assert!(partial.world.user.totp, "a user without a word on TOTP has it");
}

#[test]
fn every_step_says_in_one_line_what_it_does() {
    let scenario = parse(EVERYTHING).unwrap();
    let said: Vec<String> = scenario.steps.iter().map(crate::scenario::Step::describe).collect();
    let want = [
        "authorize",
        "authorize; consent is refused, the redirect is delivered twice, the state is forged, the code is encoded once more, \
         expecting error reauthorize",
        "authorize by the implicit grant; in a fresh browser, the redirect is kept as \"first-tab\"",
        "c: the redirect \"first-tab\" reaches the client",
        "get a token by the client credentials grant",
        "b: get a token by the password grant, expecting error oauth",
        "get a token on behalf of a caller who has one for api://client/access",
        "connect a device",
        "connect a device",
        "connect a device; the resource owner refuses, expecting success",
        "poll until it is over",
        "b: poll until it is over, expecting any end but a crash",
        "b: call GET /api/v1/current/Me, expecting status 200 with \"John\" in the body",
        "the harness sends POST /token, expecting status 400 with \"error\" in the body",
        "the harness sends PUT /x",
        "call POST /api/x?y=1, expecting success",
        "refresh",
        "refresh, expecting error oauth or network",
        "ask for a usable access token",
        "advance the clock by 9m 31s",
        "race at the reply of the token endpoint, held for 35s: z: call GET /x, expecting status 200; a: refresh; m (worker a): ask for a usable access \
         token, expecting success",
        "c: call GET /x, killed when its resource request has arrived",
        "c: restart",
        "fault: the number 2 of the next request to the token endpoint (refresh_token) and 2 after it is answered with 503, \
         before the provider commits",
        "fault: the next request of worker b to the resource is left without a reply, after the provider commits",
        "fault: the next request to the token endpoint (device_code) is answered with a body cut after 20 bytes, after the provider commits",
        "fault: the next request to the authorization endpoint is answered 35s late, after the provider commits",
        "the password is changed",
        "the second factor is enrolled anew",
        "the consent is withdrawn",
        "all refresh tokens are revoked",
        "the client is exempt: superseded refresh tokens stay valid",
        "the user is shut out from division 123456: NoDivisionAccess",
        "the user is let into all resources again",
        "expect requests resource: 1, requests token: 2, refused refresh_token_superseded: 1, issued refresh_token: 2, valid \
         refresh tokens: 1, chains alive: 0",
    ];
    assert_eq!(said, want);
}

#[test]
fn every_step_knows_its_place() {
    let scenario = steps(
        "  - authorize\n  -   call: GET /x\n      expect:\n        status: 200\n  - expect: { chains_alive: 1 }\n",
    );
    let places: Vec<_> = scenario.steps.iter().map(|step| (step.line, step.column, step.expect_line)).collect();
    assert_eq!(places, [(6, 5, None), (7, 7, Some(8)), (10, 5, Some(10))]);
}

#[test]
fn the_keys_of_a_step_may_come_in_any_order() {
    let one = steps("  - call: GET /x\n    worker: b\n    expect: { status: 200 }\n");
    let other = steps("  - expect: { status: 200 }\n    worker: b\n    call: GET /x\n");
    let (one, other) = (&one.steps[0], &other.steps[0]);
    assert_eq!((&one.verb, &one.worker, &one.expect), (&other.verb, &other.worker, &other.expect));
    assert_eq!((one.expect_line, other.expect_line), (Some(8), Some(6)));
}

#[test]
fn lanes_keep_their_order_and_their_names() {
    let scenario = parse(EVERYTHING).unwrap();
    let Some(Verb::Race(race)) = scenario.steps.iter().map(|step| &step.verb).find(|verb| verb.name() == "race") else {
        panic!("there is a race")
    };
    assert_eq!(names(race.lanes.iter().map(|lane| &lane.name)), ["z", "a", "m"]);
    assert_eq!(names(race.lanes.iter().map(|lane| &lane.worker)), ["z", "a", "a"]);
    let line = EVERYTHING.lines().position(|line| line.contains("z: {")).unwrap() as u32 + 1;
    let places: Vec<_> = race.lanes.iter().map(|lane| (lane.line, lane.expect_line)).collect();
    assert_eq!(places, [(line, Some(line)), (line + 1, None), (line + 2, Some(line + 2))]);
}

#[test]
fn one_kind_of_error_is_a_list_of_one() {
    let scenario = steps("  - refresh:\n    expect: { error: network }\n");
    let expect = scenario.steps[0].expect.as_ref().unwrap();
    assert_eq!(expect.answer, Some(Answer::Error(vec![FailureKind::Network])));
}

#[test]
fn a_fault_strikes_before_the_commit_unless_it_needs_an_answer() {
    let when = |fault: &str| {
        let scenario = steps(&format!("  - fault: {{ at: token, {fault} }}\n"));
        let Verb::Fault(fault) = &scenario.steps[0].verb else { panic!("{fault} is a fault") };
        let FaultAction::Struck { when, effect, .. } = &fault.action else { panic!("{fault:?} has no name") };
        (*when, fault.nth.get(), fault.times.get(), *effect == FaultEffect::Drop)
    };
    assert_eq!(when("reply: drop"), (When::BeforeCommit, 1, 1, true));
    assert_eq!(when("reply: drop, when: after_commit"), (When::AfterCommit, 1, 1, true));
    assert_eq!(when("answer: { status: 503 }"), (When::BeforeCommit, 1, 1, false));
    assert_eq!(when("reply: { cut_after: 0 }"), (When::AfterCommit, 1, 1, false));
    assert_eq!(when("reply: { delay: 1s }, when: after_commit"), (When::AfterCommit, 1, 1, false));
}

#[test]
fn workers_are_listed_as_they_first_appear() {
    let scenario = steps(
        "  - advance: 1s\n  - authorize:\n    worker: main\n  - race: { at: token, workers: { z: refresh, x: { worker: main, \
         refresh: ~ } } }\n  - restart:\n    worker: y\n  - expect: { chains_alive: 1 }\n",
    );
    assert_eq!(names(&scenario.workers()), ["main", "z", "y"]);
}

#[test]
fn capabilities_follow_from_the_steps() {
    let cases: [(&str, &[&str]); 9] = [
        ("  - authorize\n", &["authorization_code"]),
        ("  - call: GET /x\n", &["call"]),
        ("  - refresh\n  - token\n", &["refresh", "token"]),
        ("  - refresh:\n    worker: b\n", &["refresh"]),
        ("  - refresh\n  - refresh:\n    worker: b\n", &["refresh", "shared_store"]),
        ("  - crash: { during: { call: GET /x }, at: token_reply }\n", &["call", "shared_store"]),
        ("  - restart\n  - advance: 1s\n", &["clock", "shared_store"]),
        (
            "  - race: { at: token, workers: { a: refresh, b: { worker: a, token: ~ } } }\n",
            &["concurrent", "refresh", "token"],
        ),
        ("  - race: { at: token, workers: { a: refresh, b: refresh } }\n", &["refresh", "shared_store"]),
    ];
    for (text, want) in cases {
        assert_eq!(steps(text).capabilities().into_iter().collect::<Vec<_>>(), want, "{text}");
    }
    let asked = parse(&format!("{HEAD}steps: [refresh]\nneeds: [imap]\n")).unwrap();
    assert_eq!(asked.capabilities().into_iter().collect::<Vec<_>>(), ["imap", "refresh"]);
}

#[test]
fn the_examples_in_messages_are_steps() {
    for (verb, example) in EXAMPLES {
        let before = "  - authorize: { keep_redirect_as: first }\n";
        assert_eq!(steps(&format!("{before}  - {example}\n")).steps[1].verb.name(), verb);
    }
    for name in Verb::NAMES {
        let alone = Verb::BARE.contains(&name);
        assert_ne!(alone, EXAMPLES.iter().any(|(verb, _)| *verb == name), "{name}");
        assert_eq!(Verb::bare(name).is_ok(), alone, "{name}");
    }
}

#[test]
fn anchors_stand_for_what_they_name() {
    let scenario = steps("  - &again\n    call: GET /x\n    expect: { status: 200 }\n  - advance: 1s\n  - *again\n");
    assert_eq!(scenario.steps[0].verb, scenario.steps[2].verb);
    assert_eq!((scenario.steps[0].line, scenario.steps[2].line), (7, 10));
}

#[test]
fn a_fault_can_mean_one_client_and_says_so() {
    let scenario = steps("  - fault: { at: token, client_id: c1, reply: drop }\n");
    let Verb::Fault(fault) = &scenario.steps[0].verb else { panic!("it is a fault") };
    assert_eq!(fault.client_id.as_deref(), Some("c1"));
    assert!(scenario.steps[0].verb.describe().contains("from client c1"));
}
