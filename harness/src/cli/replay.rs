//! `replay`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use idp_harness::capture::{Capture, Pasted, read_any_file};
use idp_harness::replay::{Difference, Found, PlayedTurn, Reach, Verdict, Weight, search, told};
use indicatif::ProgressBar;

use super::exit::Exit;
use super::output::{complain, print, warn};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  idp-harness replay bad-day.har --profile exact-online@2021-11\n\n\
                        The requests are sent in the recording's order and at its times, by the provider's clock, to a realm whose client and user are those of the \
                        recording. What a realm issues takes the place of what was recorded. A sign-in is one turn: the pages in between are the provider's own affair.\n\n\
                        Exit codes: 0 every answer agrees; 1 one differs; 2 the recording cannot be read.")]
pub(crate) struct Arguments {
    /// The recording: a HAR file, a Postman collection with saved answers, or a log with requests in it (`curl -v`, JSON lines).
    #[arg(value_name = "FILE")]
    capture: PathBuf,
    /// The provider (`mock-idp profiles` lists them).
    #[arg(long, short, value_name = "PROFILE")]
    profile: String,
    /// A field of the profile that is otherwise here. Can be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// What may be assumed beside what was recorded, so that the answers agree: that something happened in the `world` (the password was
    /// changed, a known fault struck), that the profile has other `settings`, or that `answers` were none of the profile's at all.
    #[arg(long, default_value = "nothing", value_name = "WHAT")]
    assume: Assume,
    /// Show what agrees with its remarks, too.
    #[arg(long, short)]
    verbose: bool,
}

/// What may be assumed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Assume {
    Nothing,
    World,
    Settings,
    Answers,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let capture = match read(&arguments.capture) {
        Ok(capture) => capture,
        Err(exit) => return exit,
    };
    let reach = match arguments.assume {
        Assume::Nothing => Reach::Nothing,
        Assume::World => Reach::World,
        Assume::Settings => Reach::Settings,
        Assume::Answers => Reach::Answers,
    };
    let bar = ProgressBar::new_spinner().with_message("looking for what must have happened");
    let found = search(&capture, &arguments.profile, &arguments.set, reach, &mut || bar.tick());
    bar.finish_and_clear();
    let found = match found {
        Ok(found) => found,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let played = &found.played;
    print(&shown(&found, &arguments.profile, arguments.verbose));
    if played.first_difference().is_some() { Exit::ClientFailed } else { Exit::Fine }
}

/// Reads a recording or a pasted log that has requests, and says what is missing in it.
pub(crate) fn read(file: &Path) -> Result<Capture, Exit> {
    match read_pasted(file)? {
        Pasted::Traffic(capture) => Ok(capture),
        Pasted::Words(_) => {
            let why = "it has error texts and no requests: `diagnose` and `import` know what to make of those";
            Err(complain(Exit::WrongInput, format!("{}: {why}", file.display())))
        }
    }
}

/// Reads a recording or a pasted log, and says what is missing in it.
pub(crate) fn read_pasted(file: &Path) -> Result<Pasted, Exit> {
    let pasted = read_any_file(file);
    let pasted = pasted.map_err(|error| complain(Exit::WrongInput, format!("{}: {error}", file.display())))?;
    let notes = match &pasted {
        Pasted::Traffic(capture) => &capture.notes,
        Pasted::Words(words) => &words.notes,
    };
    for note in notes {
        let place = note.entry.map_or(String::new(), |entry| format!("entry {entry}: "));
        warn(&format!("{place}{}", note.text));
    }
    match pasted {
        Pasted::Traffic(capture) if capture.exchanges.is_empty() => {
            Err(complain(Exit::WrongInput, format!("{}: there is no request in it", file.display())))
        }
        Pasted::Traffic(_) | Pasted::Words(_) => Ok(pasted),
    }
}

fn shown(found: &Found, profile: &str, verbose: bool) -> String {
    let played = &found.played;
    let mut text = String::new();
    for it in &played.world {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "assumed: {it}");
    }
    for it in &found.assumed {
        let _ = writeln!(text, "assumed: {}", told(it, played));
    }
    for turn in &played.turns {
        let _ = writeln!(text, "{}", line(turn));
        match &turn.verdict {
            Verdict::Agrees(remarks) if verbose => remarks.iter().for_each(|it| text.push_str(&difference(it))),
            Verdict::Agrees(_) => {}
            Verdict::Differs(all) => all.iter().for_each(|it| text.push_str(&difference(it))),
            Verdict::NotCompared(why) => {
                let _ = writeln!(text, "           {why}");
            }
        }
    }
    if played.foreign > 0 {
        let _ = writeln!(text, "{} exchanges are with somebody else", played.foreign);
    }
    let (agree, compared) = played.agreement();
    let _ = writeln!(text, "\n{profile}: {agree} of {compared} answers agree");
    text
}

/// The entries, whether they agree, what was asked, and what was answered.
pub(crate) fn line(turn: &PlayedTurn) -> String {
    let mark = match &turn.verdict {
        Verdict::Agrees(_) => "same",
        Verdict::Differs(_) => "DIFFERS",
        Verdict::NotCompared(_) => "-",
    };
    let entries = match turn.entries.as_slice() {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    };
    format!("{entries:>9}  {mark:<8} {:<15} {} -> {}", turn.kind.name(), turn.request, turn.recorded)
}

fn difference(it: &Difference) -> String {
    let remark = if it.weight == Weight::Remark { " (a remark)" } else { "" };
    format!("{:11}{}: recorded {}, here {}{remark}\n", "", it.what, it.recorded, it.here)
}
