//! Whether the built-in client passes an imported scenario, and what it must not be asked for if it does not.
//!
//! What was recorded is another client's conversation. Where a step's recorded answer depends on that client's mistakes, a better client gets another
//! one: such expectations are taken out again, with a remark.

use std::sync::Arc;

use super::draft::Imported;
use crate::run::event::EventKind;
use crate::run::outcome::Outcome;
use crate::run::{CellRun, ClientSource, Unusable, run_cell};
use crate::scenario::{Scenario, ScenarioError, ScenarioId};

/// So many expectations are taken out at most.
const ROUNDS: usize = 40;

/// How the built-in client fares.
#[derive(Debug)]
pub struct Proof {
    /// The last run.
    pub run: CellRun,
    /// How many expectations were taken out.
    pub weakened: usize,
}

/// Why an imported scenario cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It is not well formed: a mistake of the import's.
    #[error("the scenario that was made is not well formed: {0}")]
    Scenario(#[from] Box<ScenarioError>),
    /// The built-in client cannot be run.
    #[error(transparent)]
    Client(#[from] Unusable),
}

/// Runs a scenario with the built-in client, and takes out what that cannot meet.
///
/// # Errors
/// [`ProofError`].
pub async fn prove(imported: &mut Imported, id: &ScenarioId) -> Result<Proof, ProofError> {
    let source = ClientSource::BuiltIn(None);
    let hello = source.hello().await?;
    let mut weakened = 0;
    loop {
        imported.judge_something();
        let text = imported.text();
        let parsed = Scenario::parse(id.clone(), &format!("{id}.yaml"), &text).map_err(Box::new)?;
        let Some(scenario) = parsed.into_iter().next().map(Arc::new) else { continue };
        let run = run_cell(&scenario, &source, &hello, 1, None).await;
        if weakened >= ROUNDS || !weaken(imported, &run) {
            return Ok(Proof { run, weakened });
        }
        weakened += 1;
    }
}

/// Takes out what was not met. Nothing where all was.
fn weaken(imported: &mut Imported, run: &CellRun) -> bool {
    match &run.outcome {
        Outcome::Fail { .. } => {
            let missed = run.events.iter().find_map(|event| {
                let EventKind::Expectation { met: false, line, found, .. } = &event.what else { return None };
                Some((*line, found.clone()))
            });
            let Some((line, found)) = missed else { return false };
            imported.weaken(line as usize, &format!("the built-in client ends otherwise: {found}"))
        }
        Outcome::Inconclusive { .. } => {
            let had = imported.reaches.len();
            imported.reaches.clear();
            had > 0
        }
        Outcome::Pass
        | Outcome::KnownFailure { .. }
        | Outcome::UnexpectedPass { .. }
        | Outcome::NotSupported { .. }
        | Outcome::Broken { .. } => false,
    }
}
