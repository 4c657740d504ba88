//! Grace windows: a superseded token is still answered for a while, with the same pair or with new tokens.

use mock_idp::proto::cause::CauseKind;

use crate::support::Flow;

const SUPERSEDED: CauseKind = CauseKind::RefreshTokenSuperseded;

fn grace(answer: &str, count: &str) -> String {
    format!("refresh: {{ replay: nothing, grace: {{ span: 30s, count: {count}, answer: {answer} }} }}")
}

#[test]
fn a_superseded_token_is_answered_until_its_grace_has_passed() {
    for answer in ["same_pair", "new_tokens"] {
        for (wait, want) in [("0s", None), ("29s 999ms", None), ("30s", Some(SUPERSEDED))] {
            let mut flow = Flow::rfc(&grace(answer, "null"));
            let first = flow.grant();
            let second = flow.try_refresh(first.rt()).unwrap();
            flow.advance(wait);
            let again = flow.try_refresh(first.rt());
            assert_eq!(again.as_ref().err(), want.as_ref(), "{answer}, {wait}");
            if let Ok(again) = again {
                assert_eq!(again == second, answer == "same_pair", "{answer}, {wait}");
            }
        }
    }
}

#[test]
fn the_same_pair_says_how_long_its_access_token_still_lives() {
    let mut flow = Flow::rfc(&grace("same_pair", "null"));
    let first = flow.grant();
    flow.refresh(first.rt());
    flow.advance("20s");
    let again = flow.refresh(first.rt());
    assert!(crate::support::text(&again).contains(r#""expires_in":3580"#), "{}", crate::support::text(&again));
}

#[test]
fn a_grace_is_given_as_often_as_the_policy_says() {
    for answer in ["same_pair", "new_tokens"] {
        for (count, want) in [("null", [true, true, true]), ("2", [true, true, false]), ("0", [false; 3])] {
            let mut flow = Flow::rfc(&grace(answer, count));
            let first = flow.grant();
            flow.try_refresh(first.rt()).unwrap();
            let got = want.map(|_| flow.try_refresh(first.rt()).is_ok());
            assert_eq!(got, want, "{answer}, {count}");
        }
    }
}

#[test]
fn a_refused_request_uses_up_no_grace() {
    let interval = "minimum_interval: { span: 10s, scope: chain, too_early: nothing, superseded: first }";
    let set = grace("new_tokens", "1").replace("replay: nothing", &format!("replay: nothing, {interval}"));
    let mut flow = Flow::rfc(&set);
    let first = flow.grant();
    flow.advance("10s");
    flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::RefreshedTooEarly));
    flow.advance("10s");
    assert!(flow.try_refresh(first.rt()).is_ok());
    flow.advance("9s 999ms");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED), "that was the one grace");
}

#[test]
fn the_same_pair_is_no_new_token_response_and_so_never_too_early() {
    let interval = "minimum_interval: { span: 25s, scope: chain, too_early: ends_chain, superseded: first }";
    let set = grace("same_pair", "null").replace("replay: nothing", &format!("replay: nothing, {interval}"));
    let mut flow = Flow::rfc(&set);
    let first = flow.grant();
    flow.advance("25s");
    let second = flow.try_refresh(first.rt()).unwrap();
    flow.advance("24s");
    assert_eq!(flow.try_refresh(first.rt()), Ok(second.clone()));
    flow.advance("1s");
    assert!(flow.try_refresh(second.rt()).is_ok(), "and it does not start the time anew");
}

#[test]
fn a_pair_that_was_exchanged_in_its_turn_is_not_given_again() {
    let mut flow = Flow::rfc(&grace("same_pair", "null"));
    let first = flow.grant();
    let second = flow.try_refresh(first.rt()).unwrap();
    let third = flow.try_refresh(second.rt()).unwrap();
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED), "its grace would not save anybody");
    assert_eq!(flow.try_refresh(second.rt()), Ok(third.clone()), "this one's would");
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 1);
    assert!(flow.try_refresh(third.rt()).is_ok());
}

#[test]
fn a_token_that_gave_way_without_being_exchanged_has_no_pair_to_be_given_again() {
    let mut flow = Flow::rfc(
        &grace("same_pair", "null")
            .replace("replay: nothing", "replay: nothing, superseded: stays_valid, valid_at_once: 2"),
    );
    let first = flow.grant();
    let lost = flow.try_refresh(first.rt()).unwrap();
    flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.try_refresh(lost.rt()), Err(SUPERSEDED));
}

#[test]
fn new_tokens_of_a_grace_live_beside_those_of_the_first_exchange() {
    let mut flow = Flow::rfc(&grace("new_tokens", "null"));
    let first = flow.grant();
    let second = flow.try_refresh(first.rt()).unwrap();
    let third = flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 2);
    for pair in [second, third] {
        assert!(flow.try_refresh(pair.rt()).is_ok());
    }
}

#[test]
fn a_grace_ends_with_the_chain_and_with_the_token() {
    let set = grace("new_tokens", "null").replace("replay: nothing", "replay: ends_chain, idle_lifetime: 20s");
    let mut flow = Flow::rfc(&set);
    let first = flow.grant();
    flow.advance("10s");
    flow.try_refresh(first.rt()).unwrap();
    flow.advance("19s 999ms");
    assert!(flow.try_refresh(first.rt()).is_ok());
    let mut flow = Flow::rfc(&set);
    let first = flow.grant();
    flow.try_refresh(first.rt()).unwrap();
    flow.advance("20s");
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::RefreshTokenExpired));
    flow.advance("10s");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED));
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::ChainEnded));
}
