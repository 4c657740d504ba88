//! The pages of behaviours, `docs/exact-online.md` and others: made from the profiles and the scenarios, without a row that nothing shows, and proven by
//! leaving each behaviour out.

use idp_harness::coverage::{Coverage, Unproven};
use idp_harness::idp::{begins, eras};
use idp_harness::scenario::Scenario;
use std::sync::Arc;

use crate::support::{SIGN_IN, folder_with, program, root, scenarios, text};

const HEAD: &str = "\
# What Exact Online does, and what shows it

Made by `UPDATE_DOCS=1 cargo test -p idp-harness coverage` from the profiles in `mock-idp/profiles` and the scenarios in `scenarios`; do not
edit. Each section says what its time adds to, or changes in, what stands before it: an era builds on an earlier one, and the first on
today's. A source `exact-online N` is section N of [facts/exact-online.md](facts/exact-online.md).

Every scenario in the last column is proven to show its behaviour: without the behaviour, its conversation is another one, with the reference
client, or with a broken one where only a mistake meets the behaviour. `idp-harness coverage --prove` does that, and names each behaviour
that no scenario shows. The known bugs of clients, and the scenarios about them, are in
[scenarios/README.md](../scenarios/README.md#the-known-bugs-of-exact-online-clients).
";

const ENTRA: &str = "\
# What Microsoft Entra ID and Graph do, and what shows it

Made by `UPDATE_DOCS=1 cargo test -p idp-harness coverage` from the profile in `mock-idp/profiles` and the scenarios in `scenarios`; do not
edit. A source `entra N` is section N of [facts/entra.md](facts/entra.md).

*Raised by* names the cause of the refusal that a request really leads to, or the fault by which a code can be had on demand where a mock
cannot have its cause: `curl $CONTROL/faults -d '{\"name\": \"aadsts90033\"}'`, or `- fault: { named: aadsts90033 }` in a scenario. Every code can
be had that way, whoever raises it, with a `refuses` of one's own.

*Documented* and *observed* mean that Microsoft says so, or that somebody saw it. The second table has what is inferred or not established:
mostly texts of which only the meaning is documented. Every scenario in the last column is proven to show its behaviour by leaving that out.
The bugs of clients that the scenarios are about are in [scenarios/README.md](../scenarios/README.md#clients-of-microsoft-entra-id).
";

const INTREXX: &str = "\
# What the Intrexx OData service does, and what shows it

Made by `UPDATE_DOCS=1 cargo test -p idp-harness coverage` from the profile in `mock-idp/profiles` and the scenarios in `scenarios`; do not
edit. A source `intrexx N` is section N of [facts/intrexx.md](facts/intrexx.md). What Entra ID and Graph do behind it is in [entra.md](entra.md).

Every scenario in the last column is proven to show its behaviour by leaving that out. A behaviour without a scenario is driven by the tests of
the provider. The pitfalls, and the scenarios about them, are in [section 6 of the facts](facts/intrexx.md#6-what-goes-wrong-and-where-it-is-shown).
";

const EXCHANGE: &str = "\
# What Exchange Online does where mail clients meet it, and what shows it

Made by `UPDATE_DOCS=1 cargo test -p idp-harness coverage` from the profile in `mock-idp/profiles` and the scenarios in `scenarios`; do not
edit. A source `entra N` is section N of [facts/entra.md](facts/entra.md). What Entra ID does is in [entra.md](entra.md).

Every scenario in the last column is proven to show its behaviour by leaving that out. A behaviour without a scenario is driven by the tests of
the provider, with curl, Python and the other programs that it was tried with among them.
";

#[test]
fn the_pages_of_behaviours_are_what_profiles_and_scenarios_say() {
    let coverage = Coverage::of(&scenarios()).unwrap();
    for (provider, head) in
        [("exact-online", HEAD), ("entra", ENTRA), ("intrexx", INTREXX), ("exchange-online", EXCHANGE)]
    {
        let made = format!("{head}{}", coverage.markdown(&eras(provider).unwrap(), "../scenarios"));
        let page = root().join(format!("docs/{provider}.md"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&page, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&page).unwrap();
        assert!(kept == made, "{provider}: write it anew: UPDATE_DOCS=1 cargo test -p idp-harness coverage");
    }
}

/// A code that only a fault raises needs no scenario: that it can be had is tested where the faults are.
#[test]
fn what_entra_does_by_itself_has_a_row_with_what_raises_it() {
    let eras = eras("entra").unwrap();
    let codes: Vec<_> = eras[0].behaviours.iter().filter(|it| it.id.starts_with("aadsts-")).collect();
    assert!(codes.len() >= 60, "{}", codes.len());
    assert!(codes.iter().all(|it| !it.raised_by.is_empty() && !it.sources.is_empty()));
}

#[test]
fn every_behaviour_has_a_scenario_and_one_without_is_named() {
    let eras = eras("exact-online").unwrap();
    assert_eq!(Coverage::of(&scenarios()).unwrap().missing(&eras), Vec::<String>::new());
    for id in ["array-in-d", "collections-in-pages-of-60"] {
        let without: Vec<Arc<Scenario>> =
            scenarios().into_iter().filter(|it| !it.shows.iter().any(|shown| shown == id)).collect();
        let missing = Coverage::of(&without).unwrap().missing(&eras);
        assert!(missing.contains(&format!("exact-online: {id}")), "{missing:?}");
    }
}

#[test]
fn every_link_of_the_page_leads_to_a_file() {
    let page = std::fs::read_to_string(root().join("docs/exact-online.md")).unwrap();
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let mut count = 0;
    for link in links.map(|link| link.split('#').next().unwrap()) {
        assert!(root().join("docs").join(link).exists(), "{link}");
        count += 1;
    }
    assert!(count > 70, "{count}");
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

#[test]
fn a_quirk_that_the_profile_does_not_have_is_named_with_the_nearest() {
    let scenario = SIGN_IN.replace("steps:", "shows: [expires-in-is-txt]\nsteps:");
    let output = program(folder_with(&scenario).path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let wanted = "has no quirk `expires-in-is-txt` to show; did you mean `expires-in-is-text`?";
    assert!(text(&output).contains(wanted), "{}", text(&output));
}

#[test]
fn what_breaks_the_profile_itself_is_no_proof() {
    let chosen = scenarios().into_iter().find(|it| it.id.to_string() == "exact-online/maintenance-at-night").unwrap();
    let without = |quirk: &str, settings: &[&str]| {
        let mut scenario = Scenario { without: Some(quirk.to_owned()), shows: Vec::new(), ..(*chosen).clone() };
        scenario.world.settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        scenario
    };
    assert!(begins(&without("ten-errors-an-hour", &[])).unwrap());
    assert!(!begins(&without("ten-errors-an-hour", &["api.error_limit.count=2"])).unwrap(), "its setting is gone");
    let unknown = serde_yaml::from_str("exact-online@1999").unwrap();
    let unknown = Scenario { profile: unknown, ..(*chosen).clone() };
    assert!(begins(&unknown).is_err());
}
