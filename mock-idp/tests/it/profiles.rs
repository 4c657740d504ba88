//! Profiles: the shipped ones, how they build on one another, settings, and what differs.

use std::path::Path;

use mock_idp::profile::{Difference, ProfileError, Sure, builtin_names, diff, load, load_file, policy_schema};
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::policy::{Policy, Superseded};

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A profile with one quirk.
pub(crate) fn one(extends: &str, id: &str, set: &str) -> String {
    let extends = if extends.is_empty() { String::new() } else { format!("extends: {extends}\n") };
    format!(
        "title: T\nabout: A.\n{extends}quirks:\n  - id: {id}\n    about: It does.\n    set: {set}\n    source: [somewhere]\n    sure: inferred\n"
    )
}

#[test]
fn every_shipped_profile_loads_and_every_quirk_says_what_it_is_and_where_from() {
    assert_eq!(
        builtin_names().collect::<Vec<_>>(),
        [
            "code-on-time",
            "entra",
            "exact-online",
            "exact-online@2017",
            "exact-online@2018",
            "exact-online@2021",
            "exact-online@2021-11",
            "exchange-online",
            "intrexx",
            "rfc"
        ]
    );
    for name in builtin_names() {
        let profile = load(name, &[]).unwrap();
        assert_eq!(profile.name, name);
        assert!(!profile.title.is_empty() && profile.about.trim_end().ends_with('.'), "{name}");
        let is_base = name == "rfc";
        assert_eq!(profile.policy.hosts.is_empty(), is_base, "{name}: a real provider has hosts");
        assert_eq!(profile.extends.is_none(), is_base, "{name}: every profile builds on the RFCs");
        let mut ids: Vec<&str> = profile.quirks.iter().map(|quirk| quirk.id.as_str()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}: an id stands for one quirk");
        for quirk in &profile.quirks {
            let id = &quirk.id;
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(id.chars().all(kebab) && !id.starts_with('-') && !id.ends_with('-'), "{name}: {id}");
            assert!(quirk.about.trim_end().ends_with('.'), "{name}: {id} is about something");
            assert!(!quirk.source.is_empty() && quirk.source.iter().all(|source| source.len() > 3), "{name}: {id}");
            assert!(!quirk.set.is_empty(), "{name}: {id} sets something");
        }
    }
}

#[test]
fn a_quirk_that_is_not_established_says_so() {
    let profile = load("exact-online", &[]).unwrap();
    for quirk in &profile.quirks {
        let says = quirk.about.contains("not established");
        assert!(quirk.sure != Sure::NotEstablished || says, "{}: {}", quirk.id, quirk.about);
    }
}

#[test]
fn null_takes_a_name_out_of_a_map_and_sets_a_field_to_nothing() {
    let settings = ["errors.chain_ended.headers.Reason=null", "faults.lost_token=null", "maintenance=null"];
    let settings = settings.map(str::to_owned);
    let (whole, less) = (load("exact-online", &[]).unwrap().policy, load("exact-online", &settings).unwrap().policy);
    let headers = |policy: &Policy| policy.errors[&CauseKind::ChainEnded].headers.len();
    assert_eq!((headers(&whole), headers(&less)), (1, 0));
    assert_eq!((whole.faults.contains_key("lost_token"), less.faults.contains_key("lost_token")), (true, false));
    assert_eq!((whole.maintenance.is_some(), less.maintenance), (true, None));
    assert_eq!(whole.errors[&CauseKind::RefreshTokenUnknown], less.errors[&CauseKind::RefreshTokenUnknown]);
}

#[test]
fn a_fault_that_cannot_be_sent_is_a_mistake() {
    let text = |answer: &str| {
        format!("{{ faults: {{ f: {{ about: A., at: token, effect: {{ answers_unhandled: {answer} }} }} }} }}")
    };
    let cases = [
        ("{ status: 99 }", "99 is not a status"),
        ("{ status: 600 }", "600 is not a status"),
        ("{ status: 500, headers: { A b: c } }", "header `A b` cannot be sent"),
        ("{ status: 500, headers: { A: \"b\\r\\nc\" } }", "header `A` cannot be sent"),
    ];
    for (answer, why) in cases {
        let folder = folder(&[("broken.yaml", &one("", "none", &text(answer)))]);
        let error = load_file(&folder.path().join("broken.yaml")).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("faults.f"), "{answer}: {error}");
    }
}

#[test]
fn a_profile_without_quirks_is_the_rfc() {
    let folder = folder(&[("plain.yaml", "title: T\nabout: A.\nquirks: []\n")]);
    let profile = load_file(&folder.path().join("plain.yaml")).unwrap();
    assert_eq!(profile.policy, Policy::default());
    assert_eq!((profile.name.as_str(), profile.extends, profile.policy.hosts), ("plain", None, Vec::new()));
}

#[test]
fn what_a_profile_sets_is_laid_over_what_it_builds_on() {
    let folder = folder(&[
        (
            "strict.yaml",
            &one("exact-online", "token-request-every-570-seconds", "{ refresh: { minimum_interval: { span: 1s } } }"),
        ),
        ("loose.yaml", &one("strict", "loose", "{ refresh: { minimum_interval: null } }")),
    ]);
    let strict = load_file(&folder.path().join("strict.yaml")).unwrap();
    let base = load("exact-online", &[]).unwrap();
    let (new, old) = (strict.policy.refresh.minimum_interval.unwrap(), base.policy.refresh.minimum_interval.unwrap());
    assert_eq!((new.span.to_string().as_str(), new.scope, new.too_early), ("1s", old.scope, old.too_early));
    assert_eq!(strict.quirks.len(), base.quirks.len(), "a quirk of the same id takes the place of the older");
    assert_eq!(strict.quirks.last().unwrap().about, "It does.");
    assert_eq!((strict.policy.hosts, strict.extends.as_deref()), (base.policy.hosts, Some("exact-online")));
    assert_eq!(strict.title, "T");

    let loose = load_file(&folder.path().join("loose.yaml")).unwrap();
    assert_eq!(loose.policy.refresh.minimum_interval, None, "null takes an optional field away");
    let ids: Vec<&str> = loose.quirks.iter().map(|quirk| quirk.id.as_str()).collect();
    assert_eq!(loose.quirks.len(), base.quirks.len(), "a quirk of which nothing is left is gone");
    assert!(ids.contains(&"loose") && !ids.contains(&"token-request-every-570-seconds"), "{ids:?}");
}

#[test]
fn a_file_beside_goes_before_a_shipped_profile_of_the_same_name() {
    let folder = folder(&[
        ("exact-online.yaml", &one("", "mine", "{ body_limit: 5 }")),
        ("child.yaml", &one("exact-online", "own", "{ refresh: { issued: false } }")),
    ]);
    let child = load_file(&folder.path().join("child.yaml")).unwrap();
    assert_eq!((child.policy.body_limit, child.policy.token.path.as_str()), (5, "/token"));
}

#[test]
fn a_chain_of_profiles_may_be_eight_deep_and_no_circle() {
    let names: Vec<String> = (0..=9).map(|number| format!("p{number}.yaml")).collect();
    let texts: Vec<String> = (0..=9)
        .map(|number| one(if number == 9 { String::new() } else { format!("p{}", number + 1) }.as_str(), "x", "{}"))
        .collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let chain = folder(&files);
    assert!(load_file(&chain.path().join("p1.yaml")).is_ok(), "eight steps");
    let error = load_file(&chain.path().join("p0.yaml")).unwrap_err();
    assert!(matches!(&error, ProfileError::Circle { limit: 8, path } if path.ends_with("p8.yaml")), "nine: {error}");

    let circles = folder(&[
        ("self.yaml", &one("self", "x", "{}")),
        ("a.yaml", &one("b", "x", "{}")),
        ("b.yaml", &one("a", "x", "{}")),
    ]);
    for name in ["self", "a", "b"] {
        let error = load_file(&circles.path().join(format!("{name}.yaml"))).unwrap_err();
        assert!(error.to_string().contains("goes round in a circle"), "{name}: {error}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_told_the_right_one() {
    for (name, nearest) in [
        ("exact-onlin", Some("exact-online")),
        ("exactonline", Some("exact-online")),
        ("exact-online@2021-10", Some("exact-online@2021-11")),
        ("zzz", None),
        ("", None),
    ] {
        let nearest = nearest.map(str::to_owned);
        assert_eq!(load(name, &[]).unwrap_err(), ProfileError::Unknown { name: name.to_owned(), nearest });
    }
}

#[test]
fn settings_change_fields_in_order_and_wrong_ones_are_named() {
    let set = |settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        load("exact-online", &settings).map(|profile| profile.policy)
    };
    let policy = set(&[
        "refresh.minimum_interval.span=1s",
        "body_limit=5",
        "body_limit=7",
        "refresh.superseded=stays_valid",
        "sign_in.steps=[password]",
        "refresh.idle_lifetime=null",
        "refresh.absolute_lifetime={ from_grant: 24h }",
        "sign_in.title=a=b",
    ])
    .unwrap();
    assert_eq!(policy.refresh.minimum_interval.unwrap().span.to_string(), "1s");
    assert_eq!((policy.body_limit, policy.refresh.superseded), (7, Superseded::StaysValid));
    assert_eq!((policy.sign_in.steps.len(), policy.refresh.idle_lifetime), (1, None));
    assert!(policy.refresh.absolute_lifetime.is_some());
    assert_eq!(policy.sign_in.title, "a=b", "only the first sign parts field and value");
    for (setting, says) in [
        ("body_limit", "write it as `field.of.policy=value`"),
        ("=5", "unknown field ``"),
        ("body_limit=many", "`body_limit`: invalid type"),
        ("refresh.rotatoin=always", "`refresh.rotatoin`: unknown field `rotatoin`"),
        ("body_limit.x=5", "`body_limit`: invalid type"),
        ("refresh.idle_lifetime=[", "unclosed bracket"),
        ("token.path=token", "`token.path`: `token` is not a path"),
        ("errors.chain_endet.status=400", "did you mean `chain_ended`?"),
    ] {
        let error = set(&[setting]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`--set {setting}`: ")) && error.contains(says), "{error}");
    }
}

#[test]
fn the_two_shipped_profiles_differ_in_these_fields_by_these_quirks() {
    let (today, then) = (load("exact-online", &[]).unwrap(), load("exact-online@2021-11", &[]).unwrap());
    let difference = |field: &str, before: &str, after: &str, quirk: &str| Difference {
        field: field.to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
        quirk: Some(quirk.to_owned()),
    };
    let (interval, once) = ("token-request-every-570-seconds", "refresh-token-used-once");
    let night = Some("maintenance-at-night".to_owned());
    let gone = |field: &str, before: Option<&str>, after: Option<&str>| Difference {
        field: field.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        quirk: night.clone(),
    };
    let want = [
        gone("maintenance", None, Some("null")),
        gone("maintenance.from", Some(r#""3h""#), None),
        gone("maintenance.until", Some(r#""3h 30m""#), None),
        difference("refresh.checks_access", "true", "false", "user-without-rights"),
        difference("refresh.minimum_interval.too_early", r#""nothing""#, r#""ends_chain""#, interval),
        difference("refresh.superseded", r#""dies_at_once""#, r#""dies_on_first_use_of_successor""#, once),
        difference("refresh.valid_at_once", "null", "2", once),
    ];
    assert_eq!(diff(&today, &then), want);
    assert_eq!(diff(&today, &today), []);
    let back: Vec<String> = diff(&then, &today).into_iter().map(|difference| difference.field).collect();
    assert_eq!(back, want.map(|difference| difference.field));
}

#[test]
fn what_is_in_one_profile_only_is_told_as_missing_in_the_other() {
    let folder = folder(&[("plain.yaml", &one("", "none", "{ body_limit: 9 }"))]);
    let plain = load_file(&folder.path().join("plain.yaml")).unwrap();
    let found = diff(&plain, &load("exact-online", &[]).unwrap());
    let span = found.iter().find(|it| it.field == "refresh.minimum_interval.span").unwrap();
    assert_eq!((span.before.as_deref(), span.after.as_deref()), (None, Some(r#""9m 30s""#)));
    assert_eq!(span.quirk.as_deref(), Some("token-request-every-570-seconds"));
    let limit = found.iter().find(|it| it.field == "body_limit").unwrap();
    assert_eq!(limit.quirk.as_deref(), Some("none"), "the first profile's, where the second has none");
}

#[test]
fn the_schema_describes_every_field_of_a_policy() {
    let schema = policy_schema().to_string();
    let policy = serde_json::to_value(Policy::default()).unwrap();
    let mut fields: Vec<(String, serde_json::Value)> = vec![(String::new(), policy)];
    let mut seen = 0;
    while let Some((_, value)) = fields.pop() {
        for (name, inner) in value.as_object().into_iter().flatten().filter(|(name, _)| *name != "headers") {
            assert!(schema.contains(&format!("\"{name}\":")), "{name}");
            fields.push((name.clone(), inner.clone()));
            seen += usize::from(name != "Cache-Control" && name != "Pragma");
        }
    }
    assert!(seen > 50, "{seen}");
    for kind in CauseKind::ALL {
        assert!(schema.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

#[test]
fn the_worked_example_of_the_guide_loads_and_does_what_it_says() {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let guide = std::fs::read_to_string(profiles.join("README.md")).unwrap();
    let file = std::fs::read_to_string(profiles.join("example.yaml")).unwrap();
    assert!(guide.contains(&file), "the guide shows the file as it is");
    let profile = load(profiles.join("example.yaml").to_str().unwrap(), &[]).unwrap();
    let ids: Vec<&str> = profile.quirks.iter().map(|quirk| quirk.id.as_str()).collect();
    assert_eq!(ids, ["host", "endpoints", "refresh-token-given-again-for-a-minute", "late-token-named", "whoami"]);

    let mut flow = crate::support::Flow::new(profile.policy, mock_idp::shell::demo_world());
    let first = flow.grant();
    let second = flow.try_refresh(first.rt()).unwrap();
    flow.advance("59s 999ms");
    assert_eq!(flow.try_refresh(first.rt()), Ok(second));
    flow.advance("1ms");
    let late = flow.refresh(first.rt());
    assert_eq!(late.status, 401);
    let body = r#"{"error":"stale_token","detail":"replaced on 2021-11-15 at 02:00"}"#;
    assert_eq!(crate::support::text(&late), body);
    assert_eq!(crate::support::text(&flow.call(&first.access)), r#"{"login":"john.doe@acme.example"}"#);
}
