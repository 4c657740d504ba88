use proptest::prelude::*;

use super::{Look, block, cell_line, joined, render, sums, warnings};
use crate::report::samples;
use crate::run::outcome::Outcome;
use crate::snapshot::style::Palette;
use crate::snapshot::transcript::tests::any_log;

#[test]
fn a_failure_is_told_well_enough_to_debug_from() {
    let mut run = samples::run();
    let cell = run.cells.remove(1);
    insta::assert_snapshot!(joined(block::failure(&run, &cell, Look::default())), @r#"

    ──── FAIL exact-online/two-workers-refresh-at-once ─────────────────────────────────────────────────
    Two workers refresh at once
    Both read the same stored refresh token; only one exchange can win.

    broken      refresh/one-at-a-time (must)
      requires  A refresh token is presented by one exchange at a time, and never again once it was
                redeemed, because a provider cannot tell the second one from a thief.
      source    RFC 9700 section 4.14.2
      why       rt:1 was presented twice
      at        step 3 (scenarios/exact-online/two-workers-refresh-at-once.yaml:14) race at token: a, b

    not met     expected b: status 200, found error reauthorize
      at        step 3 (scenarios/exact-online/two-workers-refresh-at-once.yaml:17)

    conversation
       [… 24 lines]
       00:09:31  step 3 · race at token: a, b
         held at token: a, b
    >>   #3 a > POST /api/oauth2/token   (held until now)
    >>         grant_type=refresh_token refresh_token=<rt:1> client_secret=<secret>
    >>         + access token at:2 for rt:1, chain 1, until 00:19:31
    >>         + refresh token rt:2 for rt:1, chain 1
    >>         - rt:1 is old from now on: rt:2 has taken its place
    >>   #3 a < 200
    >>         Content-Type: application/json
    >>         {"access_token":"<at:2>","refresh_token":"<rt:2>"}
    >>   #4 b > POST /api/oauth2/token   (held until now)
    >>         grant_type=refresh_token refresh_token=<rt:1> client_secret=<secret>
    >>   #4 b < 401
    >>         Content-Type: application/json
    >>         {"error":"unauthorized_client","error_description":"Old refresh token used."}
    >>         because: rt:1 was superseded by rt:2 at 00:09:31 (refresh_token_superseded)
    >>         in plain words: the client presents a refresh token that it has exchanged for a newer one before; only the newest is good
         #5 a > GET /api/v1/current/Me
               authorization: Bearer <at:2>
         #5 a < 200
               Content-Type: application/json
               {"d":{"results":[]}}
         a: call: 200
         b: call: error reauthorize (unauthorized_client): somebody must sign in again
               Old refresh token used.
    >>   EXPECTED b: status 200, FOUND error reauthorize
       [… 7 lines]

    tokens
      chain 1
        code:1   issued by #1 at 00:00:00   redeemed (#2 at 00:00:00)
        → rt:1 with at:1   issued by #2 at 00:00:00   superseded by rt:2 (#3 at 00:09:31)
        → rt:2 with at:2   issued by #3 at 00:09:31   alive

    what a customer pastes
      Old refresh token used.

    what to change
      Take a lock before reading the stored token, and read it again inside the lock.

    reproduce
      idp-harness run --client reference --seed 7 exact-online/two-workers-refresh-at-once
    "#);
}

#[test]
fn every_other_outcome_has_its_line_and_its_block() {
    let mut run = samples::run();
    run.cells.remove(1);
    insta::assert_snapshot!(render(&run, Look::default()), @r"
    PASS    a/passed
    KNOWN   a/known   a/b: It has no lock.
    STALE   a/stale   did not fail: a/b (ci/known-failing/reference.yaml:4)
    INCONC  a/inconclusive   missing: refresh_token_superseded
    N/SUPP  a/unsupported   needs shared_store
    BROKEN  a/broken   the adapter left with status 1
    PASS    a/changed   snapshot changed
    PASS    a/new   snapshot new

    ──── STALE a/stale ─────────────────────────────────────────────────────────────────────────────────
    A plain one

    listed as known failures, and did not fail: delete them from the file
      a/b (ci/known-failing/reference.yaml:4)

    ──── INCONC a/inconclusive ─────────────────────────────────────────────────────────────────────────
    A plain one

    nothing wrong was seen, but the run did not get to what the scenario is about; missing:
      refresh_token_superseded

    conversation
       A plain one
       exact-online@2021-11 with reference, seed 7, clock inject
       00:00:00 is 2021-11-15T02:00:00Z
       code: authorization code; at: access token, good for minutes; rt: refresh token, which gets the next pair; chain: all that comes of one sign-in

       00:00:00  step 1 · advance 1s
         the clock moves by 1s

       rules
         kept    refresh/one-at-a-time
       verdict: inconclusive
         refresh_token_superseded

    reproduce
      idp-harness run --client reference --seed 7 a/inconclusive

    ──── BROKEN a/broken ───────────────────────────────────────────────────────────────────────────────
    A plain one

    the harness or the adapter broke; nothing is known about the client
      the adapter left with status 1
      Traceback

    conversation
       A plain one
       exact-online@2021-11 with reference, seed 7, clock inject
       00:00:00 is 2021-11-15T02:00:00Z
       code: authorization code; at: access token, good for minutes; rt: refresh token, which gets the next pair; chain: all that comes of one sign-in

       00:00:00  step 1 · advance 1s
         the clock moves by 1s

       rules
         kept    refresh/one-at-a-time
       verdict: broken
         the adapter left with status 1\nTraceback

    reproduce
      idp-harness run --client reference --seed 7 a/broken

    snapshot changed: snapshots/reference/a/changed.snap
      @@ -1 +1 @@
      -old
      +new

    orphaned snapshots: no scenario has their id; delete them or rename them
      snapshots/reference/a/gone.snap

    snapshots: 6 same, 1 changed, 1 new, 1 orphaned; review with: idp-harness review
    cells: 3 passed, 0 failed, 1 broken, 1 inconclusive, 1 stale, 1 known to fail, 1 not supported, 3 filtered out
    ");
}

#[test]
fn warnings_are_told_once_for_each_rule() {
    let mut run = samples::run();
    run.cells.push(run.cells[1].clone());
    let text = joined(warnings(&run, Look::default()));
    insta::assert_snapshot!(text, @"

    warning: token/credentials-in-header (should), in 2 cells
      Client credentials go into the header.
      RFC 9700 section 4.14.2
        exact-online/two-workers-refresh-at-once: client_secret came in the body
        exact-online/two-workers-refresh-at-once: client_secret came in the body
    ");
}

#[test]
fn a_run_in_which_all_is_well_is_short() {
    let mut run = samples::run();
    run.cells.truncate(1);
    run.orphans.clear();
    run.filtered_out = 0;
    assert_eq!(render(&run, Look::default()), "PASS    a/passed\n\nsnapshots: 1 same\ncells: 1 passed, 0 failed\n");
    run.cells.clear();
    assert_eq!(sums(&run, Look::default()), "\ncells: 0 passed, 0 failed\n");
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let coloured = render(&samples::run(), Look { palette: Palette::Ansi, width: 0 });
    let mut plain = String::new();
    for (index, part) in coloured.split('\u{1b}').enumerate() {
        plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, render(&samples::run(), Look::default()));
}

#[test]
fn prose_is_wrapped_to_the_terminal_but_to_no_fewer_than_100_columns() {
    let requirement = |width| {
        let text = render(&samples::run(), Look { palette: Palette::Plain, width });
        text.lines().find(|line| line.contains("requires")).unwrap().chars().count()
    };
    assert!(requirement(40) <= 100 && requirement(40) > 80);
    assert!(requirement(160) > 100);
}

#[test]
fn what_the_known_failures_file_took_away_is_marked_in_the_block() {
    let mut run = samples::run();
    run.cells.drain(..1);
    run.cells.truncate(1);
    run.cells[0].outcome = Outcome::Fail { reasons: vec!["known failures: x did not fail".to_owned()] };
    let text = render(&run, Look::default());
    assert!(text.contains("broken      refresh/one-at-a-time (must, known)"), "{text}");
    assert!(text.contains("failed      known failures: x did not fail"), "{text}");
}

proptest! {
    #[test]
    fn any_log_can_be_reported(log in any_log(), why in any::<String>()) {
        let mut run = samples::run();
        for cell in &mut run.cells {
            cell.events.clone_from(&log);
        }
        run.cells[1].outcome = Outcome::Fail { reasons: vec![why.clone()] };
        run.cells[6].outcome = Outcome::Broken { why: why.clone() };
        run.cells[6].facts.title.clone_from(&why);
        let text = render(&run, Look::default());
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
        for cell in &run.cells {
            prop_assert_eq!(cell_line(cell, Look::default()).lines().count(), 1);
        }
    }
}

#[test]
fn what_was_run_for_several_profiles_is_shown_side_by_side() {
    let runs = samples::sides();
    insta::assert_snapshot!(super::side_by_side(&runs, Look::default()), @"

    side by side    exact-online   entra
    side/b
        reference   PASS           PASS
        twin        FAIL           PASS      differs
    side/a
        reference   PASS           PASS
        twin        PASS           PASS
    ");
    insta::assert_snapshot!(super::side_by_side(&runs[1..], Look::default()), @"

    side by side   exact-online   entra
    side/b         FAIL           PASS      differs
    side/a         PASS           PASS
    ");
    assert_eq!(super::side_by_side(&[samples::run()], Look::default()), "");
}
