//! The page of behaviours, `docs/exact-online.md`: made from the profiles and the scenarios, without a row that nothing shows, and proven by
//! leaving each behaviour out.

use idp_harness::coverage::{Coverage, Unproven};
use idp_harness::idp::eras;
use idp_harness::scenario::Scenario;
use std::sync::Arc;

use crate::support::{root, scenarios};

const HEAD: &str = "\
# What Exact Online does, and what shows it

Made by `UPDATE_DOCS=1 cargo test -p idp-harness coverage` from the profiles in `mock-idp/profiles` and the scenarios in `scenarios`; do not
edit. Each section says what its time adds to, or changes in, what stands before it: an era builds on an earlier one, and the first on
today's. A source `exact-online N` is section N of [facts/exact-online.md](facts/exact-online.md).

Every scenario in the last column is proven to show its behaviour: without the behaviour, its conversation is another one. `idp-harness
coverage --prove` does that. The known bugs of clients, and the scenarios about them, are in
[scenarios/README.md](../scenarios/README.md#the-known-bugs-of-exact-online-clients).
";

#[test]
fn the_page_of_behaviours_is_what_profiles_and_scenarios_say() {
    let coverage = Coverage::of(&scenarios()).unwrap();
    let made = format!("{HEAD}{}", coverage.markdown(&eras("exact-online").unwrap(), "../scenarios"));
    let page = root().join("docs/exact-online.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap();
    assert_eq!(kept, made, "write it anew: UPDATE_DOCS=1 cargo test -p idp-harness coverage");
}

#[test]
fn every_established_behaviour_has_a_scenario_and_one_without_is_named() {
    let eras = eras("exact-online").unwrap();
    assert_eq!(Coverage::of(&scenarios()).unwrap().missing(&eras), Vec::<String>::new());
    let without: Vec<Arc<Scenario>> =
        scenarios().into_iter().filter(|it| !it.shows.contains(&"array-in-d".to_owned())).collect();
    let missing = Coverage::of(&without).unwrap().missing(&eras);
    assert!(!missing.contains(&"exact-online: array-in-d".to_owned()), "inferred, so a stated default: {missing:?}");
    assert!(missing.contains(&"exact-online: collections-in-pages-of-60".to_owned()), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_is_another_without_what_it_shows() {
    let unproven = Coverage::of(&scenarios()).unwrap().prove(4).await.unwrap();
    assert_eq!(unproven, Vec::<Unproven>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_that_shows_nothing_of_the_kind_is_found_out() {
    let chosen = scenarios().into_iter().find(|it| it.id.to_string() == "exact-online/maintenance-at-night").unwrap();
    let claims = Scenario { shows: vec!["array-in-d".to_owned()], ..(*chosen).clone() };
    let unproven = Coverage::of(&[Arc::new(claims)]).unwrap().prove(4).await.unwrap();
    let want = Unproven { scenario: "exact-online/maintenance-at-night".to_owned(), quirk: "array-in-d".to_owned() };
    assert_eq!(unproven, [want]);
}
