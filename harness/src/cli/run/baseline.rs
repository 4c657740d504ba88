//! Known failures at the command line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idp_harness::baseline::{self, Baseline, Plan};
use idp_harness::report::RunSummary;
use idp_harness::rule::rules;
use idp_harness::run::outcome::Outcome;

use crate::cli::exit::Exit;
use crate::cli::locate::Selected;
use crate::cli::output::complain;

/// The known failures of a client, if there are any.
#[derive(Debug)]
pub(super) struct Known(Option<Baseline>);

impl Known {
    /// Reads the file that was named, or the client's own where it is.
    pub(super) fn load(named: Option<&Path>, client: &str, selected: &Selected) -> Result<Self, Exit> {
        let own = PathBuf::from(format!("ci/known-failing/{client}.yaml"));
        let path = match named {
            Some(path) => path,
            None if own.is_file() => own.as_path(),
            None => return Ok(Self(None)),
        };
        let baseline = Baseline::read(path, client).map_err(|error| complain(Exit::WrongInput, error))?;
        let scenarios: BTreeSet<String> = selected.all.iter().map(|scenario| scenario.id.to_string()).collect();
        let rules: BTreeSet<String> = rules().map(|rule| rule.id.to_owned()).collect();
        let mistakes = baseline.check(&Plan { client, scenarios: &scenarios, rules: &rules });
        for mistake in &mistakes {
            complain(Exit::WrongInput, mistake);
        }
        if mistakes.is_empty() { Ok(Self(Some(baseline))) } else { Err(Exit::WrongInput) }
    }

    pub(super) fn apply(&self, scenario: &str, outcome: Outcome, failing: &BTreeSet<String>) -> Outcome {
        match &self.0 {
            Some(baseline) => baseline.apply(scenario, outcome, failing),
            None => outcome,
        }
    }
}

/// A known-failures file for everything that fails in this run.
pub(super) fn write(summary: &RunSummary) -> String {
    let failing = summary.cells.iter().filter(|cell| !cell.failing.is_empty());
    baseline::write(&summary.client, failing.map(|cell| (cell.facts.id.as_str(), &cell.failing)))
}
