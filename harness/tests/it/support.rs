//! What the tests share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use idp_harness::run::{CellRun, ClientSource, Plan, Settings, run_plan};
use idp_harness::scenario::{Scenario, load_dir};

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The shipped scenarios, in order of id.
pub(crate) fn scenarios() -> Vec<Arc<Scenario>> {
    load_dir(&root().join("scenarios")).unwrap().into_iter().map(Arc::new).collect()
}

/// Runs scenarios with a client; the results by id.
pub(crate) async fn run(source: ClientSource, scenarios: Vec<Arc<Scenario>>, jobs: usize) -> BTreeMap<String, CellRun> {
    let hello = source.hello().await.unwrap();
    let plan = Plan { scenarios, source, hello };
    let mut runs = BTreeMap::new();
    run_plan(&plan, &Settings { jobs, seed: 1, record: None }, |scenario, run| {
        runs.insert(scenario.id.to_string(), run);
    })
    .await;
    runs
}

/// The built program with these arguments, in a folder, without anything in the environment that changes what it does.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idp-harness"));
    for name in ["CI", "TF_BUILD", "INSTA_UPDATE", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// What a program printed, both streams.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A folder with one scenario in it.
pub(crate) fn folder_with(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir(&scenarios).unwrap();
    std::fs::write(scenarios.join("one.yaml"), scenario).unwrap();
    folder
}

/// A scenario that every client passes.
pub(crate) const SIGN_IN: &str = "\
title: A sign-in
about: Somebody signs in and reads.
sources: [RFC 6749 section 4.1]
profile: exact-online@2021-11
steps:
  - authorize
  - call: GET /api/v1/current/Me
    expect: { status: 200 }
reaches: [redeemed]
rules: [token-request/code-redeemed-once]
";
