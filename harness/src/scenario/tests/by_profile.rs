//! One scenario for several profiles.

use crate::scenario::{Scenario, ScenarioId};

const HEAD: &str = "title: A title
about: Something.
sources: [facts]
steps: [authorize]
";

fn cells(rest: &str) -> Result<Vec<Scenario>, String> {
    let id = ScenarioId::new("group/case").unwrap();
    Scenario::parse(id, "scenarios/group/case.yaml", &format!("{HEAD}{rest}"))
        .map_err(|error| format!("{}:{} {}", error.line(), error.column(), error.message()))
}

#[test]
fn a_file_for_several_profiles_is_a_scenario_for_each() {
    let cells = cells("profiles: [entra, exact-online@2021-11]").unwrap();
    let ids: Vec<&str> = cells.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["group/case@entra", "group/case@exact-online@2021-11"]);
    let profiles: Vec<String> = cells.iter().map(|it| it.profile.to_string()).collect();
    assert_eq!(profiles, ["entra", "exact-online@2021-11"]);
    assert!(cells.iter().all(|it| it.file_id().as_str() == "group/case" && it.base.is_some()));
}

#[test]
fn a_file_for_one_profile_keeps_its_id() {
    let cells = cells("profile: entra").unwrap();
    let [only] = cells.as_slice() else { panic!("{}", cells.len()) };
    assert_eq!((only.id.as_str(), only.file_id().as_str(), &only.base), ("group/case", "group/case", &None));
}

#[test]
fn what_is_said_by_profile_is_laid_over_the_world_for_that_one_alone() {
    let world = "profiles: [entra, rfc]
world:
  client: { scope: api, tenant: one, misconfigured: { id: x } }
  settings: [a.b=1]
  by_profile:
    entra: { client: { scope: User.Read, one_tenant: true, misconfigured: { secret: y } }, settings: [a.b=2] }
";
    let cells = cells(world).unwrap();
    let [entra, rfc] = cells.as_slice() else { panic!("{}", cells.len()) };
    let client = &entra.world.client;
    assert_eq!((client.scope.as_deref(), client.tenant.as_deref()), (Some("User.Read"), Some("one")));
    assert_eq!((client.misconfigured.id.as_deref(), client.misconfigured.secret.as_deref()), (Some("x"), Some("y")));
    assert!(client.one_tenant && !rfc.world.client.one_tenant);
    assert_eq!(entra.world.settings, ["a.b=1", "a.b=2"], "the later one counts");
    assert_eq!(
        (rfc.world.client.scope.as_deref(), rfc.world.settings.as_slice()),
        (Some("api"), &["a.b=1".to_owned()][..])
    );
}

#[test]
fn the_profiles_of_a_file_must_agree_with_each_other() {
    let cases = [
        ("neither", "", "1:1 missing field `profile`"),
        ("both", "profile: rfc\nprofiles: [rfc, entra]", "1:1 `profile` and `profiles` cannot both be there"),
        ("one alone", "profiles: [rfc]", "1:1 `profiles` names one profile"),
        ("none", "profiles: []", "1:1 missing field `profile`"),
        ("twice", "profiles: [rfc, rfc]", "5:17 `rfc` is listed twice"),
        (
            "a stranger in the world",
            "profiles: [rfc, entra]\nworld: { by_profile: { other: {} } }",
            "1:1 `world.by_profile` is about `other`, which is not one of `profiles`",
        ),
        (
            "no profiles",
            "profile: rfc\nworld: { by_profile: { rfc: {} } }",
            "1:1 `world.by_profile` is about `rfc`, which is not one of `profiles`",
        ),
    ];
    for (name, rest, message) in cases {
        assert_eq!(cells(rest).unwrap_err(), message, "{name}");
    }
}
