//! Random policies, clients, users, times and orders, driven through `Idp::handle`, against a small model of the refresh policy and
//! against the invariants that `proto/grant/refresh_token.rs` states.

use std::collections::{BTreeMap, BTreeSet};

use mock_idp::proto::Change;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::{Client, ClientId, Exemption};
use mock_idp::proto::journal::{Issued, What};
use mock_idp::proto::policy::{
    Absolute, AccessTokens, AccountEvent, ChainClass, ChainEffect, Consent, Grace, GraceAnswer, MinimumInterval,
    NewGrant, Policy, Refresh, Rotation, Scope, Step, Superseded, SupersededCheck,
};
use mock_idp::proto::secret::Secret;
use mock_idp::proto::time::Span;
use mock_idp::proto::token::TokenKind;
use mock_idp::proto::world::World;
use mock_idp::shell::demo_world;
use proptest::prelude::*;

/// A policy in which a new password ends every chain of its user.
fn revoked_by_password() -> BTreeMap<AccountEvent, BTreeSet<ChainClass>> {
    let all = [ChainClass::PasswordToken, ChainClass::OtherToken, ChainClass::ConfidentialToken];
    BTreeMap::from([(AccountEvent::PasswordChanged, BTreeSet::from(all))])
}

use crate::browser::Cookies;
use crate::refresh_model::{Model, Outcome};
use crate::support::{Flow, Pair, policy};

/// What a random client does next. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Op {
    Grant {
        user: usize,
        client: usize,
    },
    /// A token of those issued so far, counted from the newest, presented by a client: mostly its own.
    Refresh {
        back: usize,
        client: Option<usize>,
    },
    Call {
        back: usize,
    },
    Advance {
        millis: u64,
    },
    Withdraw {
        user: usize,
        client: usize,
    },
    Password {
        user: usize,
    },
}

fn span() -> impl Strategy<Value = Span> {
    prop::sample::select(vec![1_000, 5_000, 20_000, 60_000]).prop_map(Span::from_millis)
}

fn effect() -> impl Strategy<Value = ChainEffect> {
    prop::sample::select(vec![ChainEffect::Nothing, ChainEffect::EndsChain])
}

fn fate() -> impl Strategy<Value = AccessTokens> {
    prop::sample::select(vec![AccessTokens::LiveOn, AccessTokens::Die])
}

fn interval() -> impl Strategy<Value = MinimumInterval> {
    let scope = prop::sample::select(vec![Scope::Chain, Scope::ClientAndUser]);
    let order = prop::sample::select(vec![SupersededCheck::First, SupersededCheck::Last]);
    (span(), scope, effect(), order).prop_map(|(span, scope, too_early, superseded)| MinimumInterval {
        span,
        scope,
        too_early,
        superseded,
    })
}

fn grace() -> impl Strategy<Value = Grace> {
    let answer = prop::sample::select(vec![GraceAnswer::NewTokens, GraceAnswer::SamePair]);
    (span(), prop::option::of(0_u32..3), answer).prop_map(|(span, count, answer)| Grace { span, count, answer })
}

fn refresh() -> impl Strategy<Value = Refresh> {
    let rotation = prop_oneof![
        6 => Just(Rotation::Always),
        1 => Just(Rotation::NeverOmitted),
        1 => Just(Rotation::NeverRepeated),
    ];
    let superseded = prop::sample::select(vec![
        Superseded::StaysValid,
        Superseded::DiesAtOnce,
        Superseded::DiesOnFirstUseOfSuccessor,
    ]);
    let absolute =
        prop::option::of(prop_oneof![span().prop_map(Absolute::FromIssue), span().prop_map(Absolute::FromGrant)]);
    let times = (prop::option::of(interval()), prop::option::of(grace()), prop::option::of(span()), absolute);
    (rotation, superseded, prop::option::of(1_u32..4), times, (effect(), effect()), (fate(), fate())).prop_map(
        |(
            rotation,
            superseded,
            valid_at_once,
            (minimum_interval, grace, idle, absolute),
            (replay, password),
            (ended, old),
        )| Refresh {
            rotation,
            superseded,
            valid_at_once,
            minimum_interval,
            grace,
            idle_lifetime: idle,
            absolute_lifetime: absolute,
            replay,
            revoked_by: match password {
                ChainEffect::EndsChain => revoked_by_password(),
                ChainEffect::Nothing => BTreeMap::new(),
            },
            browser_lifetime: None,
            access_tokens_of_ended_chain: ended,
            access_tokens_of_superseded: old,
            ..Refresh::default()
        },
    )
}

fn policies() -> impl Strategy<Value = Policy> {
    let grants = prop::sample::select(vec![NewGrant::KeepsOtherChains, NewGrant::EndsOtherChains]);
    (refresh(), grants).prop_map(|(refresh, new_grant)| {
        let mut policy = policy("");
        policy.refresh = refresh;
        policy.authorization.new_grant = new_grant;
        policy.token.access_token_lifetime = Span::from_seconds(30);
        policy.sign_in.steps = vec![Step::Password];
        policy.sign_in.consent = Consent::Never;
        policy
    })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let millis = prop_oneof![
        Just(0),
        1_u64..3_000,
        prop::sample::select(vec![999, 1_000, 1_001, 4_999, 5_000, 19_999, 20_000, 59_999, 60_000]),
    ];
    let op = prop_oneof![
        2 => (0_usize..2, 0_usize..2).prop_map(|(user, client)| Op::Grant { user, client }),
        8 => (0_usize..4, prop::option::weighted(0.1, 0_usize..2)).prop_map(|(back, client)| Op::Refresh { back, client }),
        3 => (0_usize..4).prop_map(|back| Op::Call { back }),
        6 => millis.prop_map(|millis| Op::Advance { millis }),
        1 => (0_usize..2, 0_usize..2).prop_map(|(user, client)| Op::Withdraw { user, client }),
        1 => (0_usize..2).prop_map(|user| Op::Password { user }),
    ];
    prop::collection::vec(op, 1..50)
}

fn exemptions() -> impl Strategy<Value = BTreeSet<Exemption>> {
    prop_oneof![
        6 => Just(BTreeSet::new()),
        1 => Just(BTreeSet::from([Exemption::KeepsSupersededTokens])),
        1 => Just(BTreeSet::from([Exemption::NoMinimumInterval])),
    ]
}

/// Two users and two clients, the first of them exempted.
fn world(exemptions: BTreeSet<Exemption>) -> World {
    let mut world = demo_world();
    let mut user = world.users[0].clone();
    user.name = "jane.doe@acme.example".to_owned();
    world.users.push(user);
    let other = Client { id: ClientId("other".to_owned()), ..world.clients[0].clone() };
    world.clients[0].exemptions = exemptions;
    world.clients.push(other);
    world
}

/// Drives provider and model side by side.
fn drive(policy: Policy, world: World, ops: &[Op]) -> Flow {
    let mut model =
        Model::new(policy.refresh.clone(), policy.authorization.new_grant, policy.token.access_token_lifetime, &world);
    let mut flow = Flow::new(policy, world.clone());
    let (mut refresh_tokens, mut access_tokens): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for op in ops {
        match op {
            Op::Grant { user, client } => {
                flow.client = world.clients[*client].clone();
                flow.user.name.clone_from(&world.users[*user].name);
                flow.cookies = Cookies::default();
                let pair = flow.grant();
                model.grant(flow.now, *user, *client);
                refresh_tokens.push(pair.rt().to_owned());
                access_tokens.push(pair.access);
            }
            Op::Refresh { back, client } if !refresh_tokens.is_empty() => {
                let number = refresh_tokens.len() - 1 - back % refresh_tokens.len();
                let client = client.unwrap_or_else(|| model.client_of(number));
                flow.client = world.clients[client].clone();
                let got = flow.try_refresh(&refresh_tokens[number]);
                let want = model.refresh(flow.now, number, client);
                check(&got, &want, number, &mut refresh_tokens, &mut access_tokens);
            }
            Op::Call { back } if !access_tokens.is_empty() => {
                let number = access_tokens.len() - 1 - back % access_tokens.len();
                assert_eq!(flow.try_call(&access_tokens[number]), model.call(flow.now, number), "{op:?}");
            }
            Op::Refresh { .. } | Op::Call { .. } => {}
            Op::Advance { millis } => flow.now = flow.now.plus(Span::from_millis(*millis)),
            Op::Withdraw { user, client } => {
                let (user_name, id) = (world.users[*user].name.clone(), world.clients[*client].id.clone());
                flow.change(&Change::ConsentWithdrawn { user: user_name, client: id });
                model.withdraw(flow.now, *user, *client);
            }
            Op::Password { user } => {
                let name = world.users[*user].name.clone();
                let password = Secret::new("correct horse battery staple".to_owned());
                flow.change(&Change::Password { user: name, password });
                model.password_changed(flow.now, *user);
            }
        }
        let living: Vec<usize> = flow.idp.living_chains(flow.now).into_iter().map(|(_, valid)| valid).collect();
        assert_eq!(living, model.living(flow.now), "valid tokens of each living chain after {op:?}");
    }
    flow
}

fn check(
    got: &Result<Pair, CauseKind>,
    want: &Result<Outcome, CauseKind>,
    number: usize,
    refresh_tokens: &mut Vec<String>,
    access_tokens: &mut Vec<String>,
) {
    match (got, want) {
        (Ok(pair), Ok(Outcome::Rotated)) => {
            assert!(!refresh_tokens.iter().any(|old| old == pair.rt()), "a new token");
            refresh_tokens.push(pair.rt().to_owned());
            access_tokens.push(pair.access.clone());
        }
        (Ok(pair), Ok(Outcome::Omitted)) => {
            assert_eq!(pair.refresh, None);
            access_tokens.push(pair.access.clone());
        }
        (Ok(pair), Ok(Outcome::Repeated)) => {
            assert_eq!(pair.rt(), refresh_tokens[number]);
            access_tokens.push(pair.access.clone());
        }
        (Ok(pair), Ok(Outcome::Same { refresh, access })) => {
            assert_eq!((pair.rt(), &pair.access), (refresh_tokens[*refresh].as_str(), &access_tokens[*access]));
        }
        (Err(got), Err(want)) => assert_eq!(got, want, "token {number}"),
        (got, want) => panic!("token {number}: {got:?}, but the model says {want:?}"),
    }
}

/// What the journal must show, whatever the policy. No model is asked.
fn assert_invariants(flow: &Flow) {
    let policy = &flow.idp.policy().refresh;
    let exempted =
        flow.idp.world().clients.iter().any(|client| client.exemptions.contains(&Exemption::KeepsSupersededTokens));
    let kills_at_once = policy.superseded == Superseded::DiesAtOnce && policy.grace.is_none() && !exempted;
    let most = policy.valid_at_once.map(|most| most as usize).or(kills_at_once.then_some(1));
    let mut valid: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut issued: BTreeMap<u32, Issued> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    for entry in flow.entries() {
        match entry.what {
            What::Issued(it) if it.label.kind == TokenKind::RefreshToken => {
                let chain = it.chain.unwrap();
                assert!(!ended.contains(&chain), "{} issued in {chain} after its end", it.label);
                if let Some(parent) = it.parent.filter(|parent| parent.kind == TokenKind::RefreshToken) {
                    let parent = &issued[&parent.number];
                    assert!(parent.label < it.label, "{} is older than its parent", it.label);
                    assert_eq!(parent.chain, it.chain, "{} left its chain", it.label);
                } else {
                    assert_eq!(it.parent.unwrap().kind, TokenKind::AuthorizationCode);
                    assert!(!valid.contains_key(&chain.0), "{chain} has two roots");
                }
                valid.entry(chain.0).or_default().insert(it.label.number);
                assert!(issued.insert(it.label.number, *it).is_none(), "issued twice");
            }
            What::TokenEnded { token, .. } if token.kind == TokenKind::RefreshToken => {
                let chain = issued[&token.number].chain.unwrap();
                assert!(valid.get_mut(&chain.0).unwrap().remove(&token.number), "{token} ended twice");
            }
            What::ChainEnded { chain, .. } => {
                assert!(ended.insert(chain), "{chain} ended twice");
                valid.insert(chain.0, BTreeSet::new());
            }
            // Counted between exchanges: within one, the new token comes before the old one goes.
            What::Committed(_) => {
                for (chain, valid) in &valid {
                    assert!(most.is_none_or(|most| valid.len() <= most), "chain:{chain} has {valid:?}");
                }
            }
            What::Received(_)
            | What::Issued(_)
            | What::TokenEnded { .. }
            | What::Refused { .. }
            | What::FaultStruck { .. }
            | What::Left { .. }
            | What::Changed { .. }
            | What::MailOpened { .. }
            | What::MailReceived { .. }
            | What::MailRefused { .. }
            | What::MailSent { .. }
            | What::MailClosed { .. }
            | What::TurnedAway { .. } => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_provider_does_what_the_model_says_and_keeps_its_invariants(
        policy in policies(),
        exemptions in exemptions(),
        ops in ops(),
    ) {
        let flow = drive(policy, world(exemptions), &ops);
        assert_invariants(&flow);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_times_and_requests_give_the_same_bytes(policy in policies(), ops in ops()) {
        let world = world(BTreeSet::new());
        let one = drive(policy.clone(), world.clone(), &ops);
        let other = drive(policy, world, &ops);
        prop_assert_eq!(&one.log, &other.log);
        prop_assert_eq!(one.entries(), other.entries());
    }
}
