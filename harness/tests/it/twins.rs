//! The test of the suite: every rule fires on the twin that breaks it, and on no other.

use std::collections::{BTreeMap, BTreeSet};

use idp_harness::client::Mistake;
use idp_harness::rule::rules;
use idp_harness::run::ClientSource;
use idp_harness::run::event::EventKind;
use idp_harness::run::outcome::{Outcome, RuleVerdict};

use crate::support::{run, scenarios};

/// Each twin, and the rules that it breaks in the shipped scenarios. Twins whose mistake is two mistakes at once by its nature
/// break two rules.
const TWINS: [(&str, &[&str]); 57] = [
    ("no-lock", &["refresh/one-at-a-time"]),
    ("lock-runs-out", &["refresh/one-at-a-time"]),
    ("stale-after-lock", &["refresh/newest-token"]),
    ("refreshes-early", &["refresh/not-before-interval"]),
    ("refreshes-after-code", &["refresh/not-before-interval"]),
    (
        "wipes-on-error",
        &[
            "refresh/kept-on-transient-error",
            "refresh/kept-when-interaction-is-asked-for",
            "refresh/kept-when-too-early",
        ],
    ),
    ("gives-up-when-too-early", &["refresh/kept-when-too-early"]),
    ("saves-late", &["store/saved-before-use"]),
    ("torn-store", &["store/saved-before-use"]),
    // Never to store the new token is also to lose it in a crash.
    ("keeps-first-refresh-token", &["refresh/newest-token", "store/saved-before-use"]),
    // Whatever it learns is forgotten with the process: new tokens, attempts, refusals.
    (
        "reads-settings-file",
        &[
            "refresh/lost-reply-waits",
            "refresh/newest-token",
            "refresh/not-before-interval",
            "refresh/stops-when-refused",
            "store/saved-before-use",
        ],
    ),
    ("retries-dead-token", &["refresh/stops-when-refused"]),
    ("retries-lost-reply-at-once", &["refresh/lost-reply-waits"]),
    ("redeems-code-twice", &["token-request/code-redeemed-once"]),
    ("refreshes-with-access-token", &["token-request/no-access-token-presented"]),
    // A code that was saved was redeemed before.
    ("redeems-saved-code", &["authorization-response/own-code-redeemed", "token-request/code-redeemed-once"]),
    ("encodes-code-twice", &["token-request/code-as-received"]),
    ("ignores-state", &["authorization-response/state-compared"]),
    ("omits-state", &["authorization-request/csrf-protected"]),
    ("leaves-out-redirect-uri", &["token-request/redirect-uri-repeated"]),
    ("constant-state", &["authorization-request/state-fresh"]),
    ("token-in-query", &["resource-request/token-in-header"]),
    ("expires-in-must-be-number", &["token-response/success-taken"]),
    ("expires-in-as-timestamp", &["refresh/not-before-interval"]),
    ("two-authentication-methods", &["token-request/one-authentication-method"]),
    ("does-not-wait-for-reset", &["resource-request/limit-waited-for"]),
    ("missing-reset-is-zero", &["resource-request/limit-waited-for"]),
    // These send nothing that is wrong; what they answer is.
    ("reads-reset-as-seconds", &[]),
    ("expects-results-in-d", &[]),
    ("reads-first-page-only", &[]),
    ("ignores-id-token-issuer", &["id-token/issuer-compared", "id-token/refreshed-for-the-same-user"]),
    ("ignores-audience", &["id-token/audience-compared"]),
    ("ignores-nonce", &["id-token/nonce-compared"]),
    ("ignores-id-token-expiry", &["id-token/expiry-compared"]),
    ("ignores-signature", &["id-token/signature-verified"]),
    ("ignores-at-hash", &["id-token/access-token-hash-compared"]),
    ("needs-no-claims", &["id-token/claims-required"]),
    ("ignores-refreshed-id-token", &["id-token/refreshed-for-the-same-user"]),
    ("ignores-response-issuer", &["authorization-response/issuer-compared"]),
    ("ignores-discovery-issuer", &["discovery/issuer-compared"]),
    ("ignores-userinfo-subject", &["userinfo/subject-compared"]),
    ("never-refetches-keys", &["keys/refetched-when-rolled"]),
    ("refetches-keys-every-time", &["keys/left-alone"]),
    ("constant-nonce", &["authorization-request/nonce-fresh"]),
    ("plain-pkce", &["authorization-request/challenge-hashed"]),
    ("polls-too-fast", &["device/interval-is-kept"]),
    ("polls-after-the-end", &["device/stops-when-over"]),
    // It is refused at the first step.
    ("names-resource", &[]),
    ("ignores-retry-after", &["token-request/retry-after-kept"]),
    ("retries-when-owner-is-asked", &["refresh/interaction-asked-for"]),
    ("forgets-token-when-owner-is-asked", &["refresh/kept-when-interaction-is-asked-for"]),
    ("ignores-claims-challenge", &["resource-request/claims-challenge-answered"]),
    ("no-second-ehlo", &["mail/greeted-after-tls"]),
    ("repeats-refused-mail-login", &["mail/refusal-taken"]),
    ("ignores-mail-backoff", &["mail/backoff-kept"]),
    ("refreshes-only-on-401", &["resource-request/expired-token-not-sent"]),
    // What it is answered is all that shows it.
    ("keeps-dead-session", &[]),
];

/// Every so manieth twin, from one on: each part is a test, so that they run beside each other, and none for minutes.
async fn every_twin_of_a_part_breaks_the_rules_that_the_table_says_and_no_others(part: usize) {
    let scenarios = scenarios();
    for (name, wanted) in TWINS.iter().skip(part).step_by(PARTS) {
        let twin: Mistake = name.parse().unwrap();
        let runs = run(ClientSource::BuiltIn(Some(twin)), scenarios.clone(), 4).await;
        let mut broken = BTreeSet::new();
        let fails = runs.iter().any(|(_, run)| matches!(run.outcome, Outcome::Fail { .. }));
        for (id, run) in &runs {
            assert!(!matches!(run.outcome, Outcome::Broken { .. }), "{name} in {id}: {:?}", run.outcome);
            for event in &run.events {
                if let EventKind::RuleDecided(result) = &event.what
                    && result.verdict == RuleVerdict::Broken
                {
                    broken.insert(result.rule.clone());
                }
            }
        }
        // What the specification allows is no failure, but it is seen.
        assert!(fails || !broken.is_empty(), "{name} passes every scenario");
        let wanted: BTreeSet<String> = wanted.iter().map(|&rule| rule.to_owned()).collect();
        assert_eq!(broken, wanted, "{name}");
    }
}

const PARTS: usize = 6;

macro_rules! parts {
    ($($part:literal $name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                every_twin_of_a_part_breaks_the_rules_that_the_table_says_and_no_others($part).await;
            }
        )*

        #[test]
        fn no_part_is_left_out() {
            assert_eq!([$($part),*], std::array::from_fn::<usize, PARTS, _>(|part| part));
        }
    };
}

parts! {
    0 the_1st_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
    1 the_2nd_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
    2 the_3rd_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
    3 the_4th_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
    4 the_5th_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
    5 the_6th_twin_and_every_sixth_breaks_the_rules_that_the_table_says_and_no_others,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_passes_every_scenario() {
    for (id, run) in run(ClientSource::BuiltIn(None), scenarios(), 4).await {
        assert_eq!(run.outcome, Outcome::Pass, "{id}");
    }
}

#[test]
fn every_twin_is_in_the_table_and_every_rule_has_a_twin() {
    let named: BTreeSet<&str> = TWINS.iter().map(|(name, _)| *name).collect();
    let built: BTreeSet<&str> = Mistake::all().iter().map(|twin| twin.name()).collect();
    assert_eq!(named, built);
    let broken: BTreeSet<&str> = TWINS.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
    let all: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    assert_eq!(broken, all);
}

#[test]
fn every_scenario_says_what_a_customer_would_paste_and_what_to_change() {
    for scenario in scenarios() {
        let remedy = scenario.remedy.as_deref().unwrap_or_default().trim();
        assert!(!scenario.reproduces.is_empty() && !remedy.is_empty(), "{}", scenario.id);
    }
}

#[test]
fn every_rule_is_what_some_scenario_is_about() {
    let mut about: BTreeMap<&str, usize> = rules().map(|rule| (rule.id, 0)).collect();
    let scenarios = scenarios();
    for rule in scenarios.iter().flat_map(|scenario| &scenario.rules) {
        *about.get_mut(rule.as_str()).unwrap_or_else(|| panic!("no such rule: {rule}")) += 1;
    }
    let none: Vec<_> = about.iter().filter(|(_, count)| **count == 0).map(|(rule, _)| rule).collect();
    assert!(none.is_empty(), "no scenario is about {none:?}");
}
