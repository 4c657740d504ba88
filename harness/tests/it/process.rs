//! The built-in client as a real process says and does what it does inside the harness.

use std::path::PathBuf;

use idp_harness::adapter::check::check;
use idp_harness::adapter::{SpawnOptions, Way};
use idp_harness::run::ClientSource;
use idp_harness::run::outcome::Outcome;

use crate::support::{run, scenarios};

fn process(name: &str) -> ClientSource {
    let command = [env!("CARGO_BIN_EXE_idp-harness"), "client", name].map(str::to_owned).to_vec();
    ClientSource::Program { command, folder: PathBuf::from("."), way: Way::ByAddress, made_for: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_has_the_same_conversations_as_a_process() {
    let inside = run(ClientSource::BuiltIn(None), scenarios(), 4).await;
    let outside = run(process("reference"), scenarios(), 2).await;
    assert_eq!(inside.len(), outside.len());
    for (id, inside) in inside {
        let outside = &outside[&id];
        assert_eq!(outside.outcome, Outcome::Pass, "{id}");
        assert_eq!(
            serde_json::to_string(&inside.events).unwrap(),
            serde_json::to_string(&outside.events).unwrap(),
            "{id}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_is_caught_as_a_process_too() {
    let race =
        scenarios().into_iter().filter(|it| it.id.as_str() == "exact-online/two-workers-refresh-at-once").collect();
    let runs = run(process("no-lock"), race, 1).await;
    let run = runs.values().next().unwrap();
    assert!(run.failing.contains("refresh/one-at-a-time"), "{:?}", run.outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_passes_the_check_of_adapters() {
    let argv = [env!("CARGO_BIN_EXE_idp-harness"), "client", "reference"].map(str::to_owned).to_vec();
    let report = check(&SpawnOptions::new(argv), Way::ByAddress).await;
    assert!(report.passed(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_leaves_nothing_behind() {
    let crash = scenarios().into_iter().filter(|it| it.id.as_str().contains("crash")).collect::<Vec<_>>();
    assert!(crash.len() >= 3);
    for (id, run) in run(process("reference"), crash, 1).await {
        assert_eq!(run.outcome, Outcome::Pass, "{id}");
    }
}
