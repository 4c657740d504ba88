use super::*;

fn imported() -> Imported {
    Imported {
        title: "A day: with a colon".to_owned(),
        about: "x".to_owned(),
        sources: vec!["recording a.har".to_owned()],
        profile: "exact-online".to_owned(),
        steps: vec![
            draft::Draft::new("authorize"),
            draft::Draft::new("call: GET /api/v1/current/Me")
                .expect("{ status: 200 }")
                .comment("guessed: \u{2028} two\nlines"),
            draft::Draft::new("refresh"),
        ],
        ..Imported::default()
    }
}

#[test]
fn what_is_written_is_a_scenario_and_what_is_guessed_is_a_comment() {
    let imported = imported();
    let text = imported.text();
    let id = crate::scenario::ScenarioId::new("a/b").unwrap();
    let scenario = crate::scenario::Scenario::parse(id, "b.yaml", &text).unwrap().remove(0);
    assert_eq!((scenario.title.as_str(), scenario.steps.len()), ("A day: with a colon", 3));
    assert!(text.contains("\n  # guessed: two lines\n  - call: GET"), "{text}");
    assert_eq!(imported.guesses(), 1);
}

#[test]
fn what_is_not_met_is_taken_out_with_a_remark_and_what_must_succeed_may_end_anyhow() {
    let mut imported = imported();
    let line = |text: &str, wanted: &str| text.lines().position(|line| line.contains(wanted)).unwrap() + 1;
    let text = imported.text();
    assert!(imported.weaken(line(&text, "expect:"), "ends otherwise"));
    let text = imported.text();
    assert!(!text.contains("expect:") && text.contains("# ends otherwise (recorded: { status: 200 })"), "{text}");
    assert!(imported.weaken(line(&text, "- authorize"), "ends otherwise"));
    let text = imported.text();
    assert!(text.contains("- authorize: ~\n    expect: { any: true }"), "{text}");
    assert!(!imported.weaken(line(&text, "any: true"), "ends otherwise"), "there is nothing left to take out");
}
