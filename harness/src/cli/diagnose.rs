//! `diagnose`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use clap::{Args, Parser as _};
use idp_harness::client::Mistake;
use idp_harness::diagnose::{Candidate, Diagnosis, diagnose};
use idp_harness::report::ScenarioFacts;
use idp_harness::run::{ClientSource, Plan, Settings, run_plan};
use idp_harness::scenario::Scenario;
use idp_harness::snapshot::transcript;

use super::arguments::{Cli, main};
use super::exit::Exit;
use super::locate::Selection;
use super::output::{complain, print};

/// The most that is read of a report.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The longest line of a report that is shown whole, in characters.
const WIDTH: usize = 110;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  idp-harness diagnose customer.log\n  pbpaste | idp-harness diagnose -\n  idp-harness diagnose --run customer.log\n\n\
                        Quotes, case, line breaks, time stamps, identifiers and addresses do not matter; JSON, URL and HTML encodings are taken off. \
                        Exit code 4: nothing was recognised."
)]
pub(crate) struct Arguments {
    /// The error report: a log, a page, a pasted message; `-` is stdin.
    #[arg(value_name = "FILE")]
    report: PathBuf,
    /// How many scenarios to name at most.
    #[arg(long, default_value_t = 5, value_name = "N")]
    limit: usize,
    /// Run the best one, and print the conversation: with the broken built-in client that meets the error, where there is one.
    #[arg(long)]
    run: bool,
    /// The folder of scenarios; `scenarios`, or the shipped ones where there is none.
    #[arg(long, value_name = "FOLDER")]
    scenarios: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let report = match read(&arguments.report) {
        Ok(report) => report,
        Err(why) => return complain(Exit::WrongInput, format!("{}: {why}", arguments.report.display())),
    };
    let selection = Selection { patterns: Vec::new(), tag: Vec::new(), scenarios: arguments.scenarios.clone() };
    let selected = match selection.load() {
        Ok(selected) => selected,
        Err(exit) => return exit,
    };
    let diagnosis = diagnose(&report, &selected.all);
    let Some((best, others)) = diagnosis.found.split_first() else {
        print(&nothing(&diagnosis, arguments.limit));
        return Exit::NothingSelected;
    };
    let mut text = shown(best, &report);
    let others: Vec<&Candidate> = others.iter().take(arguments.limit.saturating_sub(1)).collect();
    if !others.is_empty() {
        text.push_str("\nor\n");
        for other in others {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {:<60} {}", other.scenario.id, reason(other, best));
        }
    }
    print(&text);
    if arguments.run { reproduce(best, arguments.scenarios.as_deref()) } else { Exit::Fine }
}

fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().take(LARGEST).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(LARGEST).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Why another scenario is named beside the best one.
fn reason(other: &Candidate, best: &Candidate) -> String {
    let first = |it: &Candidate| it.evidence.first().map(|it| it.says.clone()).unwrap_or_default();
    let says = first(other);
    if best.evidence.iter().any(|it| it.says == says) { format!("the same text: {says}") } else { says }
}

fn shown(best: &Candidate, report: &str) -> String {
    let scenario = &best.scenario;
    let mut text = format!("{}\n  {}\n\n", scenario.id, scenario.title);
    let lines: Vec<&str> = report.lines().collect();
    for found in &best.evidence {
        let line = (found.line as usize).checked_sub(1).and_then(|at| lines.get(at)).copied().unwrap_or_default();
        let shown: String = line.trim().chars().take(WIDTH).collect();
        let _ = writeln!(text, "  line {:<6} {shown}", found.line);
        let _ = writeln!(
            text,
            "  {:>11} {}",
            if found.share == 100 { "is".to_owned() } else { format!("{} % of", found.share) },
            found.says
        );
    }
    let mut paragraph = |name: &str, what: &str| {
        let _ = writeln!(text, "\n  {name}\n{}", wrapped(what, WIDTH, "    "));
    };
    paragraph("cause", &scenario.about);
    paragraph("remedy", scenario.remedy.as_deref().unwrap_or("none is written down"));
    paragraph("source", &scenario.sources.join("; "));
    paragraph("see it happen", &format!("cargo run -q -p idp-harness -- run --verbose {}", scenario.id));
    text
}

fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        if lines
            .last()
            .is_some_and(|line| line.len() > indent.len() && line.chars().count() + word.chars().count() >= width)
        {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn nothing(diagnosis: &Diagnosis, limit: usize) -> String {
    let mut text = "nothing in this is what a scenario reproduces\n".to_owned();
    if diagnosis.near.is_empty() {
        text.push_str("Look for the lines before it: a code such as AADSTS50173, what a token endpoint answered, what a mail server said.\n");
        return text;
    }
    text.push_str("what it reminds of, without saying enough:\n");
    for near in diagnosis.near.iter().take(limit) {
        if let Some(found) = near.evidence.first() {
            let _ =
                writeln!(text, "  {:<60} line {}, {} % of: {}", near.scenario.id, found.line, found.share, found.says);
        }
    }
    text
}

/// Runs the scenario with a built-in client in whose conversation the error is said.
fn reproduce(best: &Candidate, folder: Option<&Path>) -> Exit {
    let scenario = &best.scenario;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return complain(Exit::Broke, error),
    };
    let client = match runtime.block_on(meets(best)) {
        Ok(client) => client,
        Err(why) => return complain(Exit::Broke, why),
    };
    drop(runtime);
    let (name, what) = match client {
        Some(None) => ("reference", "The client that is right meets it, and survives:".to_owned()),
        Some(Some(mistake)) => (mistake.name(), format!("`{}` meets it: {}", mistake.name(), mistake.describe())),
        None => ("reference", "No built-in client is told these words. The one that is right:".to_owned()),
    };
    print(&format!("\n{what}\n\n"));
    let id = scenario.id.to_string();
    let mut words = vec!["idp-harness", "run", "--verbose", "--snapshots", "off", "--client", name, &id];
    let folder = folder.map(|folder| folder.to_string_lossy().into_owned());
    if let Some(folder) = &folder {
        words.extend(["--scenarios", folder]);
    }
    match Cli::try_parse_from(words) {
        // That the client fails is what was asked for.
        Ok(cli) => {
            let ended = main(cli);
            if ended == Exit::ClientFailed { Exit::Fine } else { ended }
        }
        Err(error) => complain(Exit::Broke, error),
    }
}

/// The first client in whose conversation stands what was found in the report: the right one, or a broken twin.
async fn meets(best: &Candidate) -> Result<Option<Option<Mistake>>, String> {
    let scenario = &best.scenario;
    // Only what the report says; not what else the scenario reproduces.
    let reproduces = best.evidence.iter().filter(|it| it.is_enough).map(|it| it.says.clone()).collect();
    let alone = [Arc::new(Scenario { reproduces, ..(**scenario).clone() })];
    // The words of the scenario itself are no words of the provider.
    let facts = ScenarioFacts::default();
    for mistake in std::iter::once(None).chain(Mistake::all().iter().copied().map(Some)) {
        let source = ClientSource::BuiltIn(mistake);
        let hello = source.hello().await.map_err(|error| error.to_string())?;
        let plan = Plan { scenarios: vec![Arc::clone(scenario)], source, hello };
        let mut is_met = false;
        run_plan(&plan, &Settings { jobs: 1, seed: 1, record: None }, |_, run| {
            is_met |= !diagnose(&transcript::render(&run.events, &facts), &alone).found.is_empty();
        })
        .await;
        if is_met {
            return Ok(Some(mistake));
        }
    }
    Ok(None)
}
