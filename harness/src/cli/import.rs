//! `import`.

use std::path::{Path, PathBuf};

use clap::Args;
use idp_harness::capture::{Capture, Pasted};
use idp_harness::diagnose::diagnose;
use idp_harness::import::{Imported, import, prove};
use idp_harness::replay::{Reach, explain, settle};
use idp_harness::report::terminal::plural;
use idp_harness::run::outcome::Outcome;
use idp_harness::scenario::{InvalidName, ScenarioId};
use indicatif::ProgressBar;

use super::exit::Exit;
use super::import_words::scenario_of;
use super::locate::shipped;
use super::output::{complain, print, warn};
use super::replay::read_pasted;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  idp-harness import bad-day.har --out scenarios/customers/bad-day.yaml\n  idp-harness run customers/bad-day --client ./my-adapter.yaml\n\n\
                        Sign-ins, code exchanges, refreshes and calls become steps, the time between them `advance`. What must have happened though nobody saw it, such as a \
                        change of the password, is guessed so that the provider answers as recorded, and marked. Then the built-in client runs the scenario; what it cannot \
                        be asked for is taken out again, with a remark.\n\n\
                        Exit codes: 0 the built-in client passes; 1 it does not; 2 the recording cannot be read."
)]
pub(crate) struct Arguments {
    /// The recording: a HAR file, a Postman collection with saved answers, a log with requests in it (`curl -v`, JSON lines), or error texts.
    #[arg(value_name = "FILE")]
    capture: PathBuf,
    /// The scenario file to write; stdout, if it is left out.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The provider; the one that explains the recording best, if it is left out.
    #[arg(long, short, value_name = "PROFILE")]
    profile: Option<String>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    if let Some(out) = arguments.out.as_ref().filter(|out| out.exists() && !arguments.force) {
        return complain(Exit::WrongInput, format!("{} is there already; --force writes over it", out.display()));
    }
    let from = arguments.capture.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match read_pasted(&arguments.capture) {
        Ok(Pasted::Traffic(capture)) => of_traffic(arguments, &capture, &from),
        Ok(Pasted::Words(words)) => match scenario_of(&words, &from) {
            Ok(text) => write(arguments, &text).err().unwrap_or(Exit::Fine),
            Err(exit) => exit,
        },
        Err(exit) => exit,
    }
}

/// Writes the scenario where it is wanted.
fn write(arguments: &Arguments, text: &str) -> Result<(), Exit> {
    let Some(out) = &arguments.out else {
        print(text);
        return Ok(());
    };
    let folder = out.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = folder.and_then(|()| std::fs::write(out, text));
    written.map_err(|error| complain(Exit::WrongInput, format!("{}: {error}", out.display())))
}

fn of_traffic(arguments: &Arguments, capture: &Capture, from: &str) -> Exit {
    let bar = ProgressBar::new_spinner().with_message("looking for the provider that answers so");
    let mut step = |_, _| bar.tick();
    let given: Vec<String> = arguments.profile.clone().into_iter().collect();
    let explained = explain(capture, &given, Reach::World, &mut step);
    let explained = explained.and_then(|all| settle(capture, &all, &mut step));
    bar.finish_and_clear();
    let best = match explained {
        Ok(Some(best)) => best,
        Ok(None) => return complain(Exit::WrongInput, "no provider has the endpoints of this recording"),
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let mut imported = match import(capture, &best, from) {
        Ok(imported) => imported,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    remedy(&mut imported);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(Exit::Broke, error),
    };
    let id = match id_of(arguments.out.as_deref()) {
        Ok(id) => id,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let proof = match runtime.block_on(prove(&mut imported, &id)) {
        Ok(proof) => proof,
        Err(error) => return complain(Exit::Broke, error),
    };
    let text = imported.text();
    if let Err(exit) = write(arguments, &text) {
        return exit;
    }
    warn(&format!(
        "{} for {}, {}, {} taken out again",
        plural(imported.steps.len(), "step"),
        imported.profile,
        plural(imported.guesses(), "guess"),
        plural(proof.weakened, "expectation")
    ));
    match &proof.run.outcome {
        Outcome::Pass => Exit::Fine,
        Outcome::Fail { reasons } => {
            complain(Exit::ClientFailed, format!("the built-in client fails: {}", reasons.join("; ")))
        }
        Outcome::Inconclusive { missing } | Outcome::NotSupported { missing } => {
            complain(Exit::ClientFailed, format!("the built-in client shows nothing: {}", missing.join("; ")))
        }
        Outcome::Broken { why } => complain(Exit::Broke, why),
        Outcome::KnownFailure { .. } | Outcome::UnexpectedPass { .. } => Exit::Fine,
    }
}

/// The remedy of the shipped scenario that reproduces what the recording says.
fn remedy(imported: &mut Imported) {
    let Ok(known) = shipped() else { return };
    let diagnosis = diagnose(&imported.reproduces.join("\n"), &known);
    if let Some(found) = diagnosis.found.first() {
        imported.remedy.clone_from(&found.scenario.remedy);
        imported
            .comments
            .push(format!("what it says is also reproduced by {}, whose remedy is given here", found.scenario.id));
    }
}

/// The id that a file gives its scenario, as far as it can.
fn id_of(out: Option<&Path>) -> Result<ScenarioId, InvalidName> {
    let stem = out.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words = stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.take(10).collect::<Vec<_>>().join("-");
    ScenarioId::new(if name.is_empty() { "recording" } else { &name })
}
