//! Many cells: in parallel, their results in order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::adapter::protocol::Hello;
use crate::run::cell::{CellRun, run_cell};
use crate::run::worker::ClientSource;
use crate::scenario::{Scenario, ScenarioId};

/// What is run.
#[derive(Debug)]
pub struct Plan {
    /// The scenarios, in order of their results.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The client.
    pub source: ClientSource,
    /// What it said of itself.
    pub hello: Hello,
}

/// How it is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many cells at a time; at least one.
    pub jobs: usize,
    /// The seed of every realm.
    pub seed: u64,
    /// The folder in which each conversation is written to a HAR of its own, named after its scenario.
    pub record: Option<PathBuf>,
}

/// The file of a scenario in a folder of recordings.
#[must_use]
pub fn recording(folder: &Path, scenario: &ScenarioId) -> PathBuf {
    folder.join(format!("{}.har", scenario.to_string().replace('/', "-")))
}

/// Runs all cells and hands each result over in the order of the plan, as soon as those before it are done.
pub async fn run_plan(plan: &Plan, settings: &Settings, mut done: impl FnMut(&Arc<Scenario>, CellRun)) {
    let permits = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for (number, scenario) in plan.scenarios.iter().enumerate() {
        let (permits, sender) = (Arc::clone(&permits), sender.clone());
        let (scenario, source, hello) = (Arc::clone(scenario), plan.source.clone(), plan.hello.clone());
        let (seed, file) = (settings.seed, settings.record.as_deref().map(|folder| recording(folder, &scenario.id)));
        tasks.spawn(async move {
            // The semaphore is never closed.
            let _permit = permits.acquire_owned().await;
            let run = run_cell(&scenario, &source, &hello, seed, file.as_deref()).await;
            // Nobody listens any more when the run was interrupted.
            let _ = sender.send((number, run));
        });
    }
    drop(sender);
    let mut early: Vec<Option<CellRun>> = plan.scenarios.iter().map(|_| None).collect();
    let mut next = 0;
    while let Some((number, run)) = receiver.recv().await {
        if let Some(slot) = early.get_mut(number) {
            *slot = Some(run);
        }
        while let (Some(run), Some(scenario)) = (early.get_mut(next).and_then(Option::take), plan.scenarios.get(next)) {
            done(scenario, run);
            next += 1;
        }
    }
}
