use std::time::Duration;

use super::render;
use crate::report::samples;
use crate::run::outcome::Outcome;
use crate::snapshot::transcript;

#[test]
fn each_outcome_has_its_element_and_the_transcript_its_place() {
    let run = samples::run();
    let whole = render(std::slice::from_ref(&run)).unwrap();
    let mut xml = whole.clone();
    for cell in &run.cells {
        let text = transcript::render(&cell.events, &cell.facts);
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let out = format!("<system-out>{text}</system-out>");
        assert!(whole.contains(&out), "{whole}\n{out}");
        xml = xml.replace(&out, "<system-out/>");
    }
    // The same for every cell, and tested below.
    let xml: Vec<&str> = xml.lines().filter(|line| !line.contains("propert")).collect();
    let xml = xml.join("\n");
    insta::assert_snapshot!(xml, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="idp-harness" tests="10" skipped="2" failures="6" errors="1">
        <testsuite name="reference" tests="10" skipped="2" errors="1" failures="6">
            <testcase name="a/passed" classname="reference" file="scenarios/a/passed.yaml">
                <system-out/>
            </testcase>
            <testcase name="exact-online/two-workers-refresh-at-once" classname="reference" file="scenarios/exact-online/two-workers-refresh-at-once.yaml">
                <failure message="refresh/one-at-a-time: rt:1 was presented twice" type="fail">refresh/one-at-a-time: rt:1 was presented twice
    expectation: step 3: status 200, found error reauthorize
    what to change: Take a lock before reading the stored token, and read it again inside the lock.
    reproduce: idp-harness run --client reference --seed 7 exact-online/two-workers-refresh-at-once</failure>
                <system-out/>
            </testcase>
            <testcase name="a/known" classname="reference" file="scenarios/a/known.yaml">
                <skipped message="It has no lock." type="known-failure">a/b: why</skipped>
                <system-out/>
            </testcase>
            <testcase name="a/stale" classname="reference" file="scenarios/a/stale.yaml">
                <failure message="did not fail: a/b (ci/known-failing/reference.yaml:4)" type="stale-known-failure">a/b (ci/known-failing/reference.yaml:4)</failure>
                <system-out/>
            </testcase>
            <testcase name="a/inconclusive" classname="reference" file="scenarios/a/inconclusive.yaml">
                <failure message="missing: refresh_token_superseded" type="inconclusive">refresh_token_superseded
    reproduce: idp-harness run --client reference --seed 7 a/inconclusive</failure>
                <system-out/>
            </testcase>
            <testcase name="a/unsupported" classname="reference" file="scenarios/a/unsupported.yaml">
                <skipped message="needs shared_store" type="not-supported"/>
                <system-out/>
            </testcase>
            <testcase name="a/broken" classname="reference" file="scenarios/a/broken.yaml">
                <error message="the adapter left with status 1" type="broken">the adapter left with status 1
    Traceback
    reproduce: idp-harness run --client reference --seed 7 a/broken</error>
                <system-out/>
            </testcase>
            <testcase name="a/changed" classname="reference" file="scenarios/a/changed.yaml">
                <failure message="snapshots/reference/a/changed.snap is changed" type="snapshot-changed">@@ -1 +1 @@
    -old
    +new
    </failure>
                <system-out/>
            </testcase>
            <testcase name="a/new" classname="reference" file="scenarios/a/new.yaml">
                <failure message="snapshots/reference/a/new.snap does not exist yet" type="snapshot-new"/>
                <system-out/>
            </testcase>
            <testcase name="snapshots/reference/a/gone.snap" classname="reference">
                <failure message="no scenario has this id" type="snapshot-orphaned">Delete the snapshot, or give it the name of its scenario.</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_case_says_what_its_conversation_depends_on() {
    let xml = render(&[samples::run()]).unwrap();
    for (name, value) in [
        ("library", "oauthlib 3.2.2"),
        ("title", "Two workers refresh at once"),
        ("profile", "exact-online@2021-11"),
        ("seed", "7"),
    ] {
        assert!(xml.contains(&format!("<property name=\"{name}\" value=\"{value}\"/>")), "{name}");
    }
}

#[test]
fn control_characters_do_not_break_the_document() {
    let mut run = samples::run();
    run.cells.truncate(1);
    run.cells[0].outcome = Outcome::Broken { why: "\u{0}\u{1b}[31m]]>\u{fffe}<x>&".to_owned() };
    run.cells[0].facts.title = "a\u{8}\u{fffe}b\u{ffff}".to_owned();
    let xml = render(&[run]).unwrap();
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "{xml}");
    assert!(!xml.contains("<x>"));
}

#[test]
fn times_appear_only_when_given() {
    let mut run = samples::run();
    assert!(!render(std::slice::from_ref(&run)).unwrap().contains("time="));
    run.cells[0].took = Some(Duration::from_millis(1250));
    assert_eq!(render(&[run]).unwrap().matches("time=\"1.250\"").count(), 3);
}
