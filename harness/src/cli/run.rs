//! `run`.

mod baseline;
mod report;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use idp_harness::adapter::protocol::Hello;
use idp_harness::report::terminal::{Look, cell_line, details, side_by_side, sums};
use idp_harness::report::{CellResult, RunSummary, ScenarioFacts};
use idp_harness::run::outcome::Outcome;
use idp_harness::run::{CellRun, Plan, Settings, run_plan};
use idp_harness::scenario::Scenario;
use idp_harness::snapshot::store::{Entry, Store};
use idp_harness::snapshot::{Header, Mode, transcript};
use indicatif::{ProgressBar, ProgressStyle};

use super::clients::{Chosen, choose};
use super::exit::Exit;
use super::locate::{Selected, Selection};
use super::output::{Colour, complain, look, print, snapshot_environment};
use baseline::Known;
use report::Report;

/// The folder of snapshots.
const SNAPSHOTS: &str = "snapshots";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// A built-in client (`idp-harness list --clients`), an adapter's manifest (.yaml), or a program that speaks the adapter
    /// protocol. Can be given several times.
    #[arg(long, short, value_name = "CLIENT", default_value = "reference")]
    client: Vec<String>,
    /// How many scenarios to run at the same time; as many as the machine has cores, if it is left out.
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// What every realm's codes and tokens are drawn from.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// What to do with conversations that are not as their snapshots say; `pending`, or `check` where CI is set.
    #[arg(long, value_name = "HOW")]
    snapshots: Option<Snapshots>,
    /// Write a report: junit=FILE, ndjson=FILE, github=FILE or summary=FILE (`-` is stdout). Can be given several times.
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<Report>,
    /// The known failures of the client; ci/known-failing/CLIENT.yaml, if that is there.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Print a known-failures file for what fails now, instead of the blocks.
    #[arg(long)]
    write_known: bool,
    /// Print every conversation.
    #[arg(long, short)]
    verbose: bool,
    /// Write each conversation to a HAR file in this folder, as `idp-harness record` does; with several clients, in a folder for each. Files that
    /// are there are not written over.
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// When to print in colour.
    #[arg(long, default_value = "auto", value_name = "WHEN")]
    color: Colour,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Snapshots {
    /// Compare, write nothing.
    Check,
    /// Write what differs beside the snapshot, for a review.
    Pending,
    /// Take it over.
    Accept,
    /// Neither compare nor write.
    Off,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let selected = match arguments.selection.load() {
        Ok(selected) => selected,
        Err(exit) => return exit,
    };
    if let Err(exit) = super::lint::check(&selected.chosen) {
        return exit;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(Exit::Broke, error),
    };
    runtime.block_on(async {
        tokio::select! {
            exit = all_clients(arguments, &selected) => exit,
            _ = tokio::signal::ctrl_c() => complain(Exit::Interrupted, "interrupted; nothing was written"),
        }
    })
}

async fn all_clients(arguments: &Arguments, selected: &Selected) -> Exit {
    let mut exit = Exit::Fine;
    let mut runs = Vec::new();
    for (number, name) in arguments.client.iter().enumerate() {
        let last = number + 1 == arguments.client.len();
        match one_client(arguments, selected, name, last.then_some(&runs)).await {
            Ok((summary, ended)) => {
                exit = exit.or(ended);
                runs.push(summary);
            }
            Err(failed) => return failed,
        }
    }
    for report in &arguments.report {
        if let Err(error) = report.write(&runs, arguments.seed) {
            exit = exit.or(complain(Exit::Broke, error));
        }
    }
    exit
}

/// Runs one client. `earlier` are the clients before it if it is the last: it is then that all are shown side by side.
async fn one_client(
    arguments: &Arguments,
    selected: &Selected,
    name: &str,
    earlier: Option<&Vec<RunSummary>>,
) -> Result<(RunSummary, Exit), Exit> {
    let chosen = choose(name)?;
    let hello = chosen
        .source
        .hello()
        .await
        .map_err(|broken| complain(Exit::Broke, format!("the adapter of {name} broke: {broken}")))?;
    let known = Known::load(arguments.known.as_deref(), &hello.adapter.name, selected)?;
    let mode = snapshot_mode(arguments)?;
    let look = look(arguments.color);
    let record = folder_of_recordings(arguments, &hello)?;
    let mut gathering = Gathering {
        store: Store::new(SNAPSHOTS),
        mode,
        known,
        look,
        seed: arguments.seed,
        chosen,
        hello,
        summary: RunSummary::default(),
        trouble: None,
        verbose: arguments.verbose,
        record,
    };
    gathering.summary.client = gathering.hello.adapter.name.clone();
    gathering.summary.library = format!("{} {}", gathering.hello.library.name, gathering.hello.library.version);
    gathering.summary.rules = report::rules();
    gathering.summary.filtered_out = selected.all.len() - selected.chosen.len();
    gathering.summary.review = format!("{} review", invocation());
    gathering.run(&selected.chosen, arguments.jobs).await;
    gathering.finish(selected, arguments, earlier)
}

/// Makes the folder of a client's recordings.
fn folder_of_recordings(arguments: &Arguments, hello: &Hello) -> Result<Option<PathBuf>, Exit> {
    let Some(folder) = &arguments.record else { return Ok(None) };
    let folder = if arguments.client.len() > 1 { folder.join(&hello.adapter.name) } else { folder.clone() };
    let made = std::fs::create_dir_all(&folder);
    made.map_err(|error| complain(Exit::WrongInput, format!("{}: {error}", folder.display())))?;
    Ok(Some(folder))
}

fn snapshot_mode(arguments: &Arguments) -> Result<Option<Mode>, Exit> {
    let flag = match arguments.snapshots {
        Some(Snapshots::Off) => return Ok(None),
        Some(Snapshots::Check) => Some(Mode::Check),
        Some(Snapshots::Pending) => Some(Mode::Pending),
        Some(Snapshots::Accept) => Some(Mode::Accept),
        None => None,
    };
    match Mode::decide(flag, &snapshot_environment()) {
        // Another seed makes other conversations; to compare them would find only that.
        Ok(_) if flag.is_none() && arguments.seed != 1 => Ok(None),
        Ok(mode) => Ok(Some(mode)),
        Err(error) => Err(complain(Exit::WrongInput, error)),
    }
}

/// What a run of one client gathers.
struct Gathering {
    store: Store,
    mode: Option<Mode>,
    known: Known,
    look: Look,
    seed: u64,
    chosen: Chosen,
    hello: Hello,
    summary: RunSummary,
    trouble: Option<String>,
    verbose: bool,
    record: Option<PathBuf>,
}

impl Gathering {
    async fn run(&mut self, scenarios: &[Arc<Scenario>], jobs: Option<usize>) {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
        let settings = Settings { jobs: jobs.unwrap_or(cores), seed: self.seed, record: self.record.clone() };
        let plan =
            Plan { scenarios: scenarios.to_vec(), source: self.chosen.source.clone(), hello: self.hello.clone() };
        // Drawn on a terminal only, and on stderr.
        let bar = ProgressBar::new(scenarios.len() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(self.summary.client.clone());
        print(&format!("{} ({})\n", self.summary.client, self.summary.library));
        run_plan(&plan, &settings, |scenario, run| {
            let result = self.result(scenario, run);
            bar.suspend(|| {
                print(&format!("{}\n", cell_line(&result, self.look)));
                if self.verbose {
                    print(&format!("{}\n", transcript::render(&result.events, &result.facts)));
                }
            });
            bar.inc(1);
            self.summary.cells.push(result);
        })
        .await;
        bar.finish_and_clear();
    }

    fn result(&mut self, scenario: &Scenario, run: CellRun) -> CellResult {
        let facts = facts(scenario);
        let compares = !matches!(run.outcome, Outcome::Broken { .. } | Outcome::NotSupported { .. });
        let comparison = self.mode.filter(|_| compares).and_then(|mode| {
            let text = transcript::render(&run.events, &facts);
            let header = Header::of(&facts, &run.events);
            let entry = Entry { client: &self.summary.client, scenario: &facts.id, header: &header, text: &text };
            self.store.compare(&entry, mode).map_err(|error| self.trouble = Some(error.to_string())).ok()
        });
        let outcome = self.known.apply(&facts.id, run.outcome, &run.failing);
        let reproduce =
            format!("{} run --client {} --seed {} --verbose {}", invocation(), self.chosen.named, self.seed, facts.id);
        CellResult { facts, events: run.events, outcome, failing: run.failing, comparison, reproduce, took: None }
    }

    fn finish(
        mut self,
        selected: &Selected,
        arguments: &Arguments,
        earlier: Option<&Vec<RunSummary>>,
    ) -> Result<(RunSummary, Exit), Exit> {
        if let Some(trouble) = self.trouble {
            return Err(complain(Exit::Broke, trouble));
        }
        if self.mode.is_some() {
            let ids: BTreeSet<&str> = selected.all.iter().map(|scenario| scenario.id.as_str()).collect();
            match self.store.orphans(&self.summary.client, ids) {
                Ok(orphans) => self.summary.orphans = orphans,
                Err(error) => return Err(complain(Exit::Broke, error)),
            }
        }
        if arguments.write_known {
            print(&baseline::write(&self.summary));
        } else {
            print(&details(&self.summary, self.look));
        }
        if let Some(earlier) = earlier.filter(|_| !arguments.write_known) {
            let all: Vec<RunSummary> = earlier.iter().chain([&self.summary]).cloned().collect();
            print(&side_by_side(&all, self.look));
        }
        print(&sums(&self.summary, self.look));
        let exit = exit_of(&self.summary);
        Ok((self.summary, exit))
    }
}

fn exit_of(summary: &RunSummary) -> Exit {
    let of_cell = |cell: &CellResult| match cell.outcome {
        Outcome::Pass | Outcome::KnownFailure { .. } | Outcome::NotSupported { .. } => Exit::Fine,
        Outcome::Fail { .. } | Outcome::Inconclusive { .. } => Exit::ClientFailed,
        Outcome::UnexpectedPass { .. } => Exit::StaleKnownFailure,
        Outcome::Broken { .. } => Exit::Broke,
    };
    let cells = summary.cells.iter().map(of_cell).fold(Exit::Fine, Exit::or);
    if summary.snapshots().settled() { cells } else { cells.or(Exit::Snapshots) }
}

pub(crate) fn facts(scenario: &Scenario) -> ScenarioFacts {
    ScenarioFacts {
        id: scenario.id.to_string(),
        title: scenario.title.clone(),
        about: scenario.about.clone(),
        remedy: scenario.remedy.clone(),
        reproduces: scenario.reproduces.clone(),
        file: scenario.file.clone(),
    }
}

/// How this program is called here: by cargo, when it lies in a build folder.
pub(crate) fn invocation() -> &'static str {
    let built = std::env::current_exe().is_ok_and(|path| path.components().any(|part| part.as_os_str() == "target"));
    if built { "cargo run -q -p idp-harness --" } else { "idp-harness" }
}
