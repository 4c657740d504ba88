use super::*;
use crate::client::secret::Secret;

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(f64::from(seconds))
}

/// Obtained at 0, ends at 600.
fn tokens() -> StoredTokens {
    StoredTokens {
        access_token: Secret::new("a"),
        token_type: "bearer".to_owned(),
        refresh_token: Some(Secret::new("r")),
        obtained_at: at(0),
        expires_at: Some(at(600)),
        refresh_attempted_at: None,
        refresh_not_before: None,
        refresh_refused: None,
        owner_asked: None,
        claims_wanted: None,
        identity: None,
    }
}

fn exact() -> Policy {
    Policy::new(Some(570), None)
}

fn too_early(until: u32) -> Decision {
    Decision::TooEarly { until: at(until) }
}

#[test]
fn a_token_is_refreshed_when_less_than_twenty_seconds_are_left() {
    let cases = [
        ("fresh", 0, Decision::Use),
        ("twenty seconds left", 580, Decision::Use),
        ("less than twenty", 581, Decision::Refresh),
        ("ends", 600, Decision::Refresh),
        ("long ended", 100_000, Decision::Refresh),
    ];
    for (name, now, decision) in cases {
        assert_eq!(exact().for_use(&tokens(), at(now)), decision, "{name}");
        assert_eq!(Policy::new(None, None).for_use(&tokens(), at(now)), decision, "{name}, no interval");
    }
}

#[test]
fn a_forced_refresh_waits_for_the_interval_to_pass() {
    let cases =
        [("at once", 0, too_early(570)), ("a second short", 569, too_early(570)), ("passed", 570, Decision::Refresh)];
    for (name, now, decision) in cases {
        assert_eq!(exact().for_refresh(&tokens(), at(now)), decision, "{name}");
    }
    assert_eq!(Policy::new(None, None).for_refresh(&tokens(), at(0)), Decision::Refresh);
}

#[test]
fn a_token_that_is_due_is_used_while_it_lives_when_a_refresh_is_not_allowed() {
    let mut tokens = tokens();
    tokens.refresh_attempted_at = Some(at(585));
    assert_eq!(exact().for_use(&tokens, at(599)), Decision::Use);
    assert_eq!(exact().for_use(&tokens, at(600)), too_early(1155));
    assert_eq!(exact().for_use(&tokens, at(1154)), too_early(1155));
    assert_eq!(exact().for_use(&tokens, at(1155)), Decision::Refresh);
}

#[test]
fn an_attempt_in_doubt_does_not_matter_where_no_interval_is_documented() {
    let mut tokens = tokens();
    tokens.refresh_attempted_at = Some(at(585));
    assert_eq!(Policy::new(None, None).for_use(&tokens, at(586)), Decision::Refresh);
}

#[test]
fn the_later_of_the_interval_and_the_providers_wish_counts() {
    let mut tokens = tokens();
    tokens.refresh_not_before = Some(at(700));
    assert_eq!(exact().for_refresh(&tokens, at(699)), too_early(700));
    assert_eq!(exact().for_refresh(&tokens, at(700)), Decision::Refresh);
    tokens.refresh_not_before = Some(at(100));
    assert_eq!(exact().for_refresh(&tokens, at(569)), too_early(570));
}

#[test]
fn the_pause_after_a_refusal_as_too_early_is_the_interval_or_a_minute() {
    assert_eq!(exact().after_too_early(at(10)), at(580));
    assert_eq!(Policy::new(None, None).after_too_early(at(10)), at(70));
}

#[test]
fn a_refresh_token_that_was_refused_ends_everything() {
    let mut tokens = tokens();
    tokens.refresh_refused = Some("invalid_grant".to_owned());
    for decision in [exact().for_use(&tokens, at(0)), exact().for_refresh(&tokens, at(10_000))] {
        assert!(matches!(decision, Decision::Reauthorize { code: Some(code), .. } if code == "invalid_grant"));
    }
}

#[test]
fn without_a_refresh_token_the_access_token_is_used_to_its_end() {
    let tokens = StoredTokens { refresh_token: None, ..tokens() };
    assert_eq!(exact().for_use(&tokens, at(599)), Decision::Use);
    assert!(matches!(exact().for_use(&tokens, at(600)), Decision::Reauthorize { code: None, .. }));
}

#[test]
fn a_token_without_a_stated_end_is_used() {
    let tokens = StoredTokens { expires_at: None, ..tokens() };
    assert_eq!(exact().for_use(&tokens, at(1_000_000)), Decision::Use);
}

#[test]
fn the_margin_is_never_more_than_half_of_a_short_life() {
    let tokens = StoredTokens { expires_at: Some(at(10)), ..tokens() };
    let policy = Policy::new(None, None);
    assert_eq!(policy.for_use(&tokens, at(5)), Decision::Use);
    assert_eq!(policy.for_use(&tokens, at(6)), Decision::Refresh);
}

#[test]
fn a_token_that_lives_no_time_at_all_is_not_used() {
    let tokens = StoredTokens { expires_at: Some(at(0)), ..tokens() };
    assert_eq!(Policy::new(None, None).for_use(&tokens, at(0)), Decision::Refresh);
}

#[test]
fn the_early_twin_refreshes_with_a_minute_left_and_knows_no_interval() {
    let twin = Policy::new(Some(570), Some(Mistake::RefreshesEarly));
    assert_eq!(twin.for_use(&tokens(), at(540)), Decision::Use);
    assert_eq!(twin.for_use(&tokens(), at(541)), Decision::Refresh);
}

#[test]
fn the_twin_that_waits_for_a_401_uses_a_token_that_has_ended() {
    let twin = Policy::new(Some(570), Some(Mistake::RefreshesOnlyOn401));
    assert_eq!(twin.for_use(&tokens(), at(601)), Decision::Use);
    assert_eq!(twin.for_refresh(&tokens(), at(569)), too_early(570));
}
