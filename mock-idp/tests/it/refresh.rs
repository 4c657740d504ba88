//! The refresh policy, field by field, on both sides of every boundary.

use mock_idp::proto::Change;
use mock_idp::proto::cause::{Cause, CauseKind, ChainEnd};
use mock_idp::proto::client::{ClientId, Exemption};
use mock_idp::proto::journal::What;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::token::{Label, TokenKind};
use mock_idp::shell::demo_world;

use crate::support::{Flow, policy};

const SUPERSEDED: CauseKind = CauseKind::RefreshTokenSuperseded;
const ENDED: CauseKind = CauseKind::ChainEnded;
const EARLY: CauseKind = CauseKind::RefreshedTooEarly;
const EXPIRED: CauseKind = CauseKind::RefreshTokenExpired;

fn rt(number: u32) -> Label {
    Label { kind: TokenKind::RefreshToken, number }
}

#[test]
fn a_refresh_is_too_early_until_570_seconds_have_passed() {
    for profile in ["exact-online", "exact-online@2021-11"] {
        for (wait, want) in [("0s", Some(EARLY)), ("569s 999ms", Some(EARLY)), ("570s", None), ("10m", None)] {
            let mut flow = Flow::of(profile);
            let pair = flow.grant();
            flow.advance(wait);
            assert_eq!(flow.try_refresh(pair.rt()).err(), want, "{profile} {wait} after the code exchange");
        }
        let mut flow = Flow::of(profile);
        let first = flow.grant();
        flow.advance("570s");
        let second = flow.try_refresh(first.rt()).unwrap();
        flow.advance("569s 999ms");
        assert_eq!(flow.try_refresh(second.rt()), Err(EARLY), "{profile}: counted from the refresh");
        let Some(Cause::RefreshedTooEarly { token, last_response_at, allowed_at }) = flow.cause() else { panic!() };
        assert_eq!(token, rt(2));
        assert_eq!(last_response_at.rfc3339(), "2021-11-15T02:09:30.000Z");
        assert_eq!(allowed_at.rfc3339(), "2021-11-15T02:19:00.000Z");
    }
}

#[test]
fn a_too_early_refresh_does_no_harm_or_ends_the_chain() {
    let mut soft = Flow::of("exact-online");
    let pair = soft.grant();
    for _ in 0..3 {
        soft.advance("100s");
        assert_eq!(soft.try_refresh(pair.rt()), Err(EARLY));
    }
    soft.advance("270s");
    assert!(soft.try_refresh(pair.rt()).is_ok(), "refused requests do not start the time anew");

    let mut hard = Flow::of("exact-online@2021-11");
    let pair = hard.grant();
    hard.advance("569s 999ms");
    assert_eq!(hard.try_refresh(pair.rt()), Err(EARLY));
    assert!(hard.idp.living_chains(hard.now).is_empty());
    hard.advance("10m");
    assert_eq!(hard.try_refresh(pair.rt()), Err(ENDED));
    let Some(Cause::ChainEnded { why, ended_at, .. }) = hard.cause() else { panic!() };
    assert_eq!((why, ended_at.rfc3339()), (ChainEnd::RefreshedTooEarly, "2021-11-15T02:09:29.999Z".to_owned()));
}

#[test]
fn a_chain_that_died_of_a_too_early_refresh_takes_every_token_with_it() {
    let mut flow = Flow::of("exact-online@2021-11");
    let first = flow.grant();
    flow.advance("570s");
    let second = flow.try_refresh(first.rt()).unwrap();
    assert_eq!(flow.try_refresh(second.rt()), Err(EARLY));
    flow.advance("1h");
    for pair in [&first, &second] {
        assert_eq!(flow.try_refresh(pair.rt()), Err(ENDED));
    }
    let anew = flow.grant();
    flow.advance("570s");
    assert!(flow.try_refresh(anew.rt()).is_ok(), "a new grant begins anew");
}

#[test]
fn an_interval_counts_for_a_chain_or_for_a_client_and_user() {
    for (scope, want) in [("chain", None), ("client_and_user", Some(EARLY))] {
        let interval = format!("{{ span: 60s, scope: {scope}, too_early: nothing, superseded: first }}");
        let mut flow = Flow::rfc(&format!("refresh: {{ minimum_interval: {interval} }}"));
        let first = flow.grant();
        flow.advance("60s");
        flow.grant();
        assert_eq!(flow.try_refresh(first.rt()).err(), want, "{scope}");
    }
}

#[test]
fn a_superseded_token_that_is_also_early_is_told_what_the_policy_says() {
    for (order, want) in [("first", SUPERSEDED), ("last", EARLY)] {
        let interval = format!("{{ span: 60s, scope: chain, too_early: nothing, superseded: {order} }}");
        let mut flow = Flow::rfc(&format!("refresh: {{ replay: nothing, minimum_interval: {interval} }}"));
        let first = flow.grant();
        flow.advance("60s");
        let second = flow.try_refresh(first.rt()).unwrap();
        assert_eq!(flow.try_refresh(first.rt()), Err(want), "{order}");
        flow.advance("60s");
        assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED), "{order}: no longer early");
        assert!(flow.try_refresh(second.rt()).is_ok(), "{order}");
    }
}

#[test]
fn a_used_token_dies_at_once_or_stays_or_dies_when_its_successor_is_used() {
    let dies = Some(SUPERSEDED);
    // What is done with the second pair before the first token is presented again.
    let cases = [
        ("dies_at_once", "nothing", dies),
        ("stays_valid", "nothing", None),
        ("stays_valid", "refresh", None),
        ("dies_on_first_use_of_successor", "nothing", None),
        ("dies_on_first_use_of_successor", "call", dies),
        ("dies_on_first_use_of_successor", "refresh", dies),
        ("dies_on_first_use_of_successor", "refused call", None),
        ("dies_on_first_use_of_successor", "call with the first", None),
    ];
    for (superseded, used, want) in cases {
        let mut flow = Flow::rfc(&format!("refresh: {{ superseded: {superseded}, replay: nothing }}"));
        let first = flow.grant();
        let second = flow.try_refresh(first.rt()).unwrap();
        match used {
            "call" => flow.try_call(&second.access).unwrap(),
            "refused call" => {
                flow.send("POST", "/me", &[("authorization", &format!("Bearer {}", second.access))], "");
            }
            "call with the first" => flow.try_call(&first.access).unwrap(),
            "refresh" => drop(flow.try_refresh(second.rt()).unwrap()),
            _ => {}
        }
        assert_eq!(flow.try_refresh(first.rt()).err(), want, "{superseded}, {used}");
    }
}

#[test]
fn a_superseded_token_is_told_by_what_and_when() {
    let mut flow = Flow::rfc("refresh: { replay: nothing }");
    let first = flow.grant();
    flow.advance("9m 31s");
    flow.try_refresh(first.rt()).unwrap();
    flow.advance("1s");
    assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED));
    let Some(Cause::RefreshTokenSuperseded { token, by, superseded_at }) = flow.cause() else { panic!() };
    assert_eq!((token, by, superseded_at.rfc3339().as_str()), (rt(1), rt(2), "2021-11-15T02:09:31.000Z"));
    assert_eq!(flow.cause().unwrap().to_string(), "rt:1 was superseded by rt:2 at 2021-11-15T02:09:31.000Z");
}

#[test]
fn at_most_the_stated_number_of_tokens_is_valid_at_once() {
    let cases = [
        ("null", 4, [true; 4]),
        ("1", 1, [false, false, false, true]),
        ("2", 2, [true, false, false, true]),
        ("3", 3, [true, false, true, true]),
    ];
    for (most, valid, alive) in cases {
        let set = format!("refresh: {{ superseded: stays_valid, replay: nothing, valid_at_once: {most} }}");
        for (number, alive) in alive.into_iter().enumerate() {
            // Each is asked in a provider of its own, since asking makes more.
            let mut flow = Flow::rfc(&set);
            let first = flow.grant();
            let mut pairs = vec![first.clone()];
            for _ in 0..3 {
                let by = if most == "1" { pairs.last().unwrap().clone() } else { first.clone() };
                pairs.push(flow.try_refresh(by.rt()).unwrap());
            }
            assert_eq!(flow.idp.valid_refresh_tokens(flow.now), valid, "{most}");
            assert_eq!(flow.try_refresh(pairs[number].rt()).is_ok(), alive, "{most}: token {}", number + 1);
        }
    }
}

#[test]
fn a_replayed_token_ends_the_chain_only_where_the_policy_says() {
    for (replay, want) in [("nothing", None), ("ends_chain", Some(ENDED))] {
        let mut flow = Flow::rfc(&format!("refresh: {{ replay: {replay} }}"));
        let first = flow.grant();
        let second = flow.try_refresh(first.rt()).unwrap();
        assert_eq!(flow.try_refresh(first.rt()), Err(SUPERSEDED), "{replay}");
        assert_eq!(flow.try_refresh(second.rt()).err(), want, "{replay}");
        if want.is_some() {
            let Some(Cause::ChainEnded { why, .. }) = flow.cause() else { panic!() };
            assert_eq!(why, ChainEnd::RefreshTokenReplayed);
        }
    }
}

#[test]
fn access_tokens_die_with_their_chain_or_their_refresh_token_only_where_the_policy_says() {
    for (fate, want) in [("live_on", Ok(())), ("die", Err(CauseKind::AccessTokenEnded))] {
        let mut flow = Flow::rfc(&format!("refresh: {{ access_tokens_of_ended_chain: {fate} }}"));
        let first = flow.grant();
        flow.try_refresh(first.rt()).unwrap();
        flow.try_refresh(first.rt()).unwrap_err();
        assert_eq!(flow.try_call(&first.access), want, "{fate}, ended chain");

        let mut flow = Flow::rfc(&format!("refresh: {{ access_tokens_of_superseded: {fate} }}"));
        let first = flow.grant();
        let second = flow.try_refresh(first.rt()).unwrap();
        assert_eq!(flow.try_call(&first.access), want, "{fate}, superseded");
        assert_eq!(flow.try_call(&second.access), Ok(()), "{fate}, successor");
    }
}

#[test]
fn a_lifetime_counts_from_last_use_from_issue_or_from_the_grant() {
    // The token is refreshed once, 10 days in, and the successor presented later.
    let cases = [
        ("idle_lifetime: 30d", "29d 23h 59m 59s 999ms", None),
        ("idle_lifetime: 30d", "30d", Some(EXPIRED)),
        ("absolute_lifetime: { from_issue: 30d }", "29d 23h 59m 59s 999ms", None),
        ("absolute_lifetime: { from_issue: 30d }", "30d", Some(EXPIRED)),
        ("absolute_lifetime: { from_grant: 30d }", "19d 23h 59m 59s 999ms", None),
        ("absolute_lifetime: { from_grant: 30d }", "20d", Some(EXPIRED)),
        ("idle_lifetime: 15d, absolute_lifetime: { from_grant: 30d }", "15d", Some(EXPIRED)),
        ("idle_lifetime: 25d, absolute_lifetime: { from_grant: 30d }", "20d", Some(EXPIRED)),
    ];
    for (lifetime, wait, want) in cases {
        let mut flow = Flow::rfc(&format!("refresh: {{ {lifetime} }}"));
        let first = flow.grant();
        flow.advance("10d");
        let second = flow.try_refresh(first.rt()).unwrap();
        flow.advance(wait);
        assert_eq!(flow.try_refresh(second.rt()).err(), want, "{lifetime}, {wait}");
    }
}

#[test]
fn use_prolongs_an_idle_lifetime_and_no_other() {
    // The same token, never rotated, used every 20 days.
    let cases = [
        ("idle_lifetime: 30d", [true, true, true]),
        ("absolute_lifetime: { from_issue: 30d }", [true, false, false]),
        ("absolute_lifetime: { from_grant: 50d }", [true, true, false]),
    ];
    for (lifetime, want) in cases {
        let mut flow = Flow::rfc(&format!("refresh: {{ rotation: never_omitted, {lifetime} }}"));
        let pair = flow.grant();
        let got = want.map(|_| {
            flow.advance("20d");
            flow.try_refresh(pair.rt()).is_ok()
        });
        assert_eq!(got, want, "{lifetime}");
    }
}

#[test]
fn without_rotation_the_answer_omits_the_token_or_repeats_it() {
    for (rotation, repeated) in [("never_omitted", false), ("never_repeated", true)] {
        let mut flow = Flow::rfc(&format!("refresh: {{ rotation: {rotation} }}"));
        let first = flow.grant();
        for _ in 0..3 {
            let next = flow.try_refresh(first.rt()).unwrap();
            assert_eq!(next.refresh, repeated.then(|| first.rt().to_owned()), "{rotation}");
            assert_ne!(next.access, first.access, "{rotation}");
            assert_eq!(flow.try_call(&next.access), Ok(()), "{rotation}");
        }
        assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 1, "{rotation}");
    }
    let mut flow = Flow::rfc("refresh: { issued: false }");
    assert_eq!(flow.grant().refresh, None);
}

#[test]
fn a_new_grant_ends_older_chains_of_the_same_user_and_client_only_where_the_policy_says() {
    for (new_grant, want) in [("keeps_other_chains", None), ("ends_other_chains", Some(ENDED))] {
        let mut world = demo_world();
        let mut other = world.clients[0].clone();
        other.id = ClientId("other".to_owned());
        world.clients.push(other.clone());
        let mut flow = Flow::new(policy(&format!("authorization: {{ new_grant: {new_grant} }}")), world);
        let first = flow.grant();
        let own = std::mem::replace(&mut flow.client, other);
        let unrelated = flow.grant();
        let other = std::mem::replace(&mut flow.client, own);
        let second = flow.grant();
        assert_eq!(flow.try_refresh(first.rt()).err(), want, "{new_grant}");
        assert!(flow.try_refresh(second.rt()).is_ok(), "{new_grant}");
        flow.client = other;
        assert!(flow.try_refresh(unrelated.rt()).is_ok(), "{new_grant}: another client's");
    }
}

#[test]
fn a_token_is_bound_to_its_client_and_a_stranger_does_it_no_harm() {
    let mut world = demo_world();
    let mut other = world.clients[0].clone();
    other.id = ClientId("other".to_owned());
    world.clients.push(other.clone());
    let mut flow = Flow::new(policy(""), world);
    let first = flow.grant();
    let own = std::mem::replace(&mut flow.client, other);
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::RefreshTokenOfAnotherClient));
    flow.client = own;
    assert!(flow.try_refresh(first.rt()).is_ok());
}

#[test]
fn an_exempted_client_keeps_superseded_tokens_or_is_spared_the_interval() {
    let client = demo_world().clients[0].id.clone();
    for (exemption, early, old) in [
        (None, Some(EARLY), Some(SUPERSEDED)),
        (Some(Exemption::NoMinimumInterval), None, Some(SUPERSEDED)),
        (Some(Exemption::KeepsSupersededTokens), Some(EARLY), None),
    ] {
        let mut flow = Flow::of("exact-online");
        let exemptions = exemption.into_iter().collect();
        flow.change(&Change::Exempted { client: client.clone(), exemptions });
        let first = flow.grant();
        assert_eq!(flow.try_refresh(first.rt()).err(), early, "{exemption:?}");
        flow.advance("570s");
        let again = flow.try_refresh(first.rt());
        flow.advance("570s");
        assert_eq!(flow.try_refresh(first.rt()).err(), old, "{exemption:?}: {again:?}");
    }
}

#[test]
fn an_exempted_client_keeps_superseded_tokens_also_where_they_die_on_first_use() {
    for exempted in [false, true] {
        let mut flow = Flow::of("exact-online@2021");
        if exempted {
            let client = flow.client.id.clone();
            flow.change(&Change::Exempted { client, exemptions: [Exemption::KeepsSupersededTokens].into() });
        }
        let first = flow.grant();
        let second = flow.try_refresh(first.rt()).unwrap();
        assert_eq!(flow.try_call(&second.access), Ok(()));
        let told = flow
            .entries()
            .iter()
            .any(|entry| matches!(entry.what, What::TokenEnded { token, .. } if token.kind == TokenKind::RefreshToken));
        assert_eq!(told, !exempted, "the journal says so just as well");
        assert_eq!(flow.try_refresh(first.rt()).err(), if exempted { None } else { Some(SUPERSEDED) });
    }
}

#[test]
fn changes_from_outside_end_chains_as_the_policy_says() {
    let user = demo_world().users[0].name.clone();
    let client = demo_world().clients[0].id.clone();
    let password = Change::Password { user: user.clone(), password: Secret::new("new".to_owned()) };
    let totp = Change::TotpSecret { user: user.clone(), secret: None };
    let consent = Change::ConsentWithdrawn { user: user.clone(), client: client.clone() };
    let elsewhere = Change::ConsentWithdrawn { user: "somebody".to_owned(), client: client.clone() };
    let revoked = Change::RefreshTokensRevoked { client };
    let ends = "refresh: { revoked_by: { password_changed: [password_token, other_token, confidential_token] } }";
    for (name, set, change, want) in [
        ("password, by default", "", &password, None),
        ("password, where it ends chains", ends, &password, Some(ChainEnd::PasswordChanged)),
        ("TOTP secret", ends, &totp, None),
        ("consent", "", &consent, Some(ChainEnd::ConsentWithdrawn)),
        ("another's consent", "", &elsewhere, None),
        ("revocation", "", &revoked, Some(ChainEnd::Revoked)),
    ] {
        let mut flow = Flow::rfc(set);
        let pair = flow.grant();
        flow.change(change);
        let got = flow.try_refresh(pair.rt());
        let why = if let Some(Cause::ChainEnded { why, .. }) = flow.cause() { Some(why) } else { None };
        assert_eq!((got.is_ok(), why), (want.is_none(), want), "{name}");
    }
}
