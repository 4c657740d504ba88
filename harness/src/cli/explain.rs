//! `explain`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use idp_harness::idp::lineage;
use idp_harness::replay::{
    Explanation, Reach, Telling, TurnKind, Verdict, Weight, explain, settle, shown_quirks, tell_apart, told,
};
use idp_harness::report::terminal::plural;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Exit;
use super::output::{complain, print};
use super::replay::{line, read};

/// So many other assumptions are named.
const OTHERS: usize = 4;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  idp-harness explain bad-day.har\n\n\
                        Each profile is played as `replay` does. Where it answers otherwise than recorded, it is looked for what may have happened that no request \
                        shows: a password was changed, a registration is another, a fault struck that the profile knows. Where nothing explains the recording, it is told what the nearest profile would need: another setting, or an \
                        answer that is none of its.\n\n\
                        Exit codes: 0 something explains the recording; 1 nothing does; 2 the recording cannot be read.")]
pub(crate) struct Arguments {
    /// The recording: a HAR file, a Postman collection with saved answers, or a log with requests in it (`curl -v`, JSON lines).
    #[arg(value_name = "FILE")]
    capture: PathBuf,
    /// A profile to try; all shipped ones and their eras, if none is given. Can be given several times.
    #[arg(long, short, value_name = "PROFILE")]
    profile: Vec<String>,
    /// Try fields of all profiles with other values, too; takes longer. Without it only those of the nearest are tried, and only where nothing explains the
    /// recording.
    #[arg(long)]
    settings: bool,
    /// Name the quirks of the best profile that the recording shows.
    #[arg(long)]
    quirks: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let capture = match read(&arguments.capture) {
        Ok(capture) => capture,
        Err(exit) => return exit,
    };
    let reach = if arguments.settings { Reach::Settings } else { Reach::World };
    // Drawn on a terminal only, and on stderr.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let mut step = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let all = match explain(&capture, &arguments.profile, reach, &mut step) {
        Ok(all) => all,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let Some(best) = all.first() else { return complain(Exit::WrongInput, "there is no profile to try") };
    let remaining: Vec<&Explanation> = all.iter().filter(|it| it.refuted().is_none() && it.equals(best)).collect();
    let (like, remaining): (Vec<&Explanation>, Vec<&Explanation>) =
        remaining.iter().partition(|it| builds_on_another(it, &remaining));
    let telling = if remaining.len() > 1 { tell_apart(&capture, &remaining) } else { Ok(Vec::new()) };
    let quirks = if arguments.quirks { shown_quirks(&capture, best, &mut step) } else { Ok(Vec::new()) };
    let nearest = settle(&capture, &all, &mut step);
    bar.finish_and_clear();
    let (telling, quirks, nearest) = match (telling, quirks, nearest) {
        (Ok(telling), Ok(quirks), Ok(nearest)) => (telling, quirks, nearest),
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => return complain(Exit::WrongInput, error),
    };
    let mut text = String::new();
    for it in &remaining {
        explained(&mut text, it);
    }
    if !like.is_empty() {
        let names: Vec<&str> = like.iter().map(|it| it.profile.as_str()).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: as what they build on", names.join(", "));
    }
    let rest = all.iter().filter(|it| !remaining.iter().chain(&like).any(|other| other.profile == it.profile));
    let (without, rest): (Vec<&Explanation>, Vec<&Explanation>) =
        rest.partition(|it| it.refuted().is_some_and(|turn| turn.kind == TurnKind::Request("unknown")));
    rest.into_iter().for_each(|it| other(&mut text, it));
    if let Some(turn) = without.first().and_then(|it| it.refuted()) {
        let names: Vec<&str> = without.iter().map(|it| it.profile.as_str()).collect();
        let entry = turn.entries.last().copied().unwrap_or_default();
        let _ = writeln!(
            text,
            "{}: refuted by entry {entry}: {} is none of their endpoints",
            names.join(", "),
            turn.request
        );
    }
    conclude(&mut text, &remaining, &telling, nearest.as_ref());
    if !quirks.is_empty() {
        let _ = writeln!(text, "\nIt shows these quirks of {}, each first at the entry named:", best.profile);
    }
    for (id, about, entry) in &quirks {
        let _ = writeln!(text, "  {id} (entry {entry}): {about}");
    }
    print(&text);
    if remaining.is_empty() { Exit::ClientFailed } else { Exit::Fine }
}

/// What follows from all that.
fn conclude(text: &mut String, remaining: &[&Explanation], telling: &[Telling], nearest: Option<&Explanation>) {
    let is_other = |it: &&Explanation| !remaining.iter().any(|other| other.profile == it.profile);
    let nearest = nearest.filter(|it| it.refuted().is_none() && !it.found.assumed.is_empty()).filter(is_other);
    // Writing to a string cannot fail.
    match remaining {
        [] => text.push_str("\nNothing explains the recording. What comes nearest stands first.\n"),
        [only] => {
            let _ = writeln!(text, "\nThe recording behaves as {}.", only.profile);
        }
        [_, ..] => {
            let names: Vec<&str> = remaining.iter().map(|it| it.profile.as_str()).collect();
            let _ =
                writeln!(text, "\nThe recording behaves as {}: it does not tell them apart.", names.join(" and as "));
            if telling.is_empty() {
                text.push_str("None of the further requests that were thought of would.\n");
            }
            for (number, it) in telling.iter().enumerate() {
                let which = if number == 0 { "them" } else { "more of them" };
                let _ = writeln!(text, "To tell {which} apart, {}:", it.request);
                for (answer, names) in &it.answers {
                    let _ = writeln!(text, "  {:<40} {answer}", names.join(", "));
                }
            }
        }
    }
    if let Some(nearest) = nearest {
        text.push_str(match remaining {
            [] => "With its settings otherwise, or with answers that are none of its, the nearest would:\n",
            [_, ..] => "One that has more of these endpoints would explain it, too, with its settings otherwise:\n",
        });
        explained(text, nearest);
    }
}

/// Whether a profile is one beside a provider that is left as well, and answers as that does: what is its own was not asked for.
fn builds_on_another(it: &Explanation, all: &[&Explanation]) -> bool {
    let provider = |name: &str| name.split('@').next().map(str::to_owned);
    let below = lineage(&it.profile).unwrap_or_default();
    below.iter().any(|name| provider(name) != provider(&it.profile) && all.iter().any(|other| other.profile == *name))
}

fn explained(text: &mut String, it: &Explanation) {
    let (_, compared) = it.found.played.agreement();
    // Writing to a string cannot fail.
    let answers = if compared == 1 { "the one answer is".to_owned() } else { format!("all {compared} answers are") };
    let rest = match it.left_out() {
        0 => String::new(),
        rest => format!("; {} at none of its endpoints", plural(rest, "request")),
    };
    let _ = writeln!(text, "{}: {answers} as recorded{rest}", it.profile);
    for (number, assumed) in it.found.assumed.iter().enumerate() {
        let _ = writeln!(text, "  if {}", told(assumed, &it.found.played));
        let others = it.found.others.get(number).map(Vec::as_slice).unwrap_or_default();
        for other in others.iter().take(OTHERS) {
            let _ = writeln!(text, "     or {}", told(other, &it.found.played));
        }
        if others.len() > OTHERS {
            let _ = writeln!(text, "     or {} more", others.len() - OTHERS);
        }
    }
}

fn other(text: &mut String, it: &Explanation) {
    let Some(turn) = it.refuted() else {
        let assumed: Vec<String> = it.found.assumed.iter().map(|assumed| told(assumed, &it.found.played)).collect();
        let (_, compared) = it.found.played.agreement();
        let why = match (compared, assumed.is_empty()) {
            (0, _) => "nothing could be compared".to_owned(),
            (_, true) => format!("only {compared} answers could be compared, all as recorded"),
            (_, false) => format!("as recorded only if {}", assumed.join("; and ")),
        };
        let _ = writeln!(text, "{}: {why}", it.profile);
        return;
    };
    let _ = writeln!(text, "{}: refuted by\n{}", it.profile, line(turn));
    if let Verdict::Differs(all) = &turn.verdict
        && let Some(first) = all.iter().find(|it| it.weight == Weight::Behaviour)
    {
        let _ = writeln!(text, "             {}: recorded {}, there {}", first.what, first.recorded, first.here);
    }
}
