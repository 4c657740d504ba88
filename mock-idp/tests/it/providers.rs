//! Every provider that is known to differ can be said with policy fields: each here is data, and does what its vendor says.

use mock_idp::proto::cause::CauseKind;

use crate::support::{Flow, Pair};

const SUPERSEDED: CauseKind = CauseKind::RefreshTokenSuperseded;
const EXPIRED: CauseKind = CauseKind::RefreshTokenExpired;

/// Many uses: an old refresh token is not revoked on use, and nothing happens on replay. Single-page applications get 24 hours
/// from sign-in, carried over; others 90 days for each token.
const ENTRA: &str = "superseded: stays_valid, replay: nothing, absolute_lifetime: { from_issue: 90d }";
const ENTRA_SPA: &str = "superseded: stays_valid, replay: nothing, absolute_lifetime: { from_grant: 24h }";

/// One use with a leeway, then replay detection. Auth0 gives new tokens within it; Okta's default is 30 seconds.
const LEEWAY: &str =
    "superseded: dies_at_once, replay: ends_chain, grace: { span: 30s, count: null, answer: new_tokens }";

/// One use, and the same pair once more for 30 seconds.
const WORKOS: &str = "superseded: dies_at_once, replay: nothing, grace: { span: 30s, count: null, answer: same_pair }";

/// The answer to a refresh has no refresh token; 30 days from sign-in.
const COGNITO: &str = "rotation: never_omitted, absolute_lifetime: { from_grant: 30d }";

fn flow(refresh: &str) -> (Flow, Pair) {
    let mut flow = Flow::rfc(&format!("refresh: {{ {refresh} }}"));
    let pair = flow.grant();
    (flow, pair)
}

#[test]
fn exact_online_takes_a_token_once_not_before_570_seconds_and_not_after_30_idle_days() {
    let mut flow = Flow::of("exact-online");
    let first = flow.grant();
    flow.advance("9m 29s");
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::RefreshedTooEarly));
    flow.advance("1s");
    let second = flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED));
    flow.advance("30d");
    assert_eq!(flow.try_refresh(second.rt()), Err(EXPIRED));
}

#[test]
fn exact_online_of_2021_holds_one_valid_token_and_one_to_come() {
    let mut flow = Flow::of("exact-online@2021-11");
    let first = flow.grant();
    flow.advance("570s");
    let lost = flow.try_refresh(first.rt()).unwrap();
    flow.advance("570s");
    let second = flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 2);
    assert_eq!(flow.try_refresh(lost.rt()), Err(SUPERSEDED), "the lost answer's token gave way");
    assert_eq!(flow.try_call(&second.access), Ok(()));
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 1);
    flow.advance("570s");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED), "the first use of its successor ended it");
    assert!(flow.try_refresh(second.rt()).is_ok());
}

#[test]
fn entra_takes_an_old_token_again_until_its_own_90_days_are_over() {
    let (mut flow, first) = flow(ENTRA);
    let second = flow.try_refresh(first.rt()).unwrap();
    assert!(flow.try_refresh(first.rt()).is_ok());
    assert!(flow.try_refresh(second.rt()).is_ok());
    flow.advance("89d 23h 59m 59s");
    let third = flow.try_refresh(second.rt()).unwrap();
    flow.advance("1s");
    assert_eq!(flow.try_refresh(first.rt()), Err(EXPIRED));
    assert!(flow.try_refresh(third.rt()).is_ok());
}

#[test]
fn entra_ends_single_page_applications_24_hours_after_sign_in_however_often_they_refresh() {
    let (mut flow, mut pair) = flow(ENTRA_SPA);
    for _ in 0..23 {
        flow.advance("1h");
        pair = flow.try_refresh(pair.rt()).unwrap();
    }
    flow.advance("59m 59s 999ms");
    assert!(flow.try_refresh(pair.rt()).is_ok());
    flow.advance("1ms");
    assert_eq!(flow.try_refresh(pair.rt()), Err(EXPIRED));
}

#[test]
fn auth0_and_okta_forgive_within_a_leeway_and_end_the_family_after_it() {
    let (mut flow, first) = flow(LEEWAY);
    let second = flow.try_refresh(first.rt()).unwrap();
    flow.advance("29s");
    let third = flow.try_refresh(first.rt()).unwrap();
    assert_ne!(second, third);
    flow.advance("1s");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED));
    assert_eq!(flow.try_refresh(third.rt()), Err(CauseKind::ChainEnded));
}

#[test]
fn workos_gives_the_same_pair_again_for_30_seconds() {
    let (mut flow, first) = flow(WORKOS);
    let second = flow.try_refresh(first.rt()).unwrap();
    flow.advance("29s 999ms");
    assert_eq!(flow.try_refresh(first.rt()), Ok(second.clone()), "a client that lost the answer gets it after all");
    flow.advance("1ms");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED));
    assert!(flow.try_refresh(second.rt()).is_ok());
}

#[test]
fn cognito_answers_without_a_refresh_token_and_keeps_the_one_there_is() {
    let (mut flow, first) = flow(COGNITO);
    for _ in 0..29 {
        flow.advance("1d");
        assert_eq!(flow.try_refresh(first.rt()).unwrap().refresh, None);
    }
    flow.advance("1d");
    assert_eq!(flow.try_refresh(first.rt()), Err(EXPIRED));
}
