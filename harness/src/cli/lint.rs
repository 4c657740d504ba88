//! `lint`.

use std::sync::Arc;

use clap::Args;
use idp_harness::idp::Provider;
use idp_harness::rule;
use idp_harness::run::reach_names;
use idp_harness::scenario::{FaultAction, FaultEffect, Meeting, Scenario, TimeSpan, Verb};

use super::exit::Exit;
use super::locate::Selection;
use super::output::{complain, print};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let selected = match arguments.selection.load() {
        Ok(selected) => selected,
        Err(exit) => return exit,
    };
    match check(&selected.chosen) {
        Ok(()) => {
            print(&format!("{} scenarios are well formed\n", selected.chosen.len()));
            Exit::Fine
        }
        Err(exit) => exit,
    }
}

/// Checks what a scenario says against what there is: profiles, rules, causes, capabilities. A scenario that nothing could fail
/// is refused.
pub(crate) fn check(scenarios: &[Arc<Scenario>]) -> Result<(), Exit> {
    let mistakes: Vec<String> = scenarios.iter().flat_map(|scenario| mistakes(scenario)).collect();
    for mistake in &mistakes {
        complain(Exit::WrongInput, mistake);
    }
    if mistakes.is_empty() { Ok(()) } else { Err(Exit::WrongInput) }
}

fn mistakes(scenario: &Scenario) -> Vec<String> {
    let mut found = Vec::new();
    if let Err(error) = Provider::check_profile(scenario) {
        found.push(format!("{}: {error}", scenario.file));
    }
    let rules: Vec<&str> = rule::rules().map(|rule| rule.id).collect();
    for id in scenario.rules.iter().filter(|id| rule::find(id).is_none()) {
        found.push(format!("{}: there is no rule `{id}`{}", scenario.file, nearest(id, rules.iter().copied())));
    }
    let names = reach_names();
    for name in scenario.reaches.iter().filter(|name| !names.contains(*name)) {
        let near = nearest(name, names.iter().map(String::as_str));
        found.push(format!("{}: nothing is called `{name}` that a scenario could reach{near}", scenario.file));
    }
    found.extend(endless_delays(scenario));
    let judged = scenario.rules.len()
        + scenario.reaches.len()
        + scenario.steps.iter().filter(|step| step.expect.is_some()).count();
    if judged == 0 {
        found.push(format!("{}: nothing could fail here; give it rules, reaches or an expect", scenario.file));
    }
    found
}

/// Replies that would never leave: the clock stands still while an operation runs, except in a race that moves it.
fn endless_delays(scenario: &Scenario) -> Vec<String> {
    let ends = |delay: &TimeSpan, after: usize| {
        let later = scenario.steps.iter().skip(after);
        later.into_iter().any(|step| {
            matches!(&step.verb, Verb::Race(race) if race.at == Meeting::TokenReply && race.advance >= Some(*delay))
        })
    };
    let mut found = Vec::new();
    for (number, step) in scenario.steps.iter().enumerate() {
        if let Verb::Fault(fault) = &step.verb
            && let FaultAction::Struck { effect: FaultEffect::Delay(delay), .. } = &fault.action
            && !ends(delay, number)
        {
            let help = format!("a later `race: {{ at: token_reply, advance: {delay}, … }}` does");
            let why = format!("nothing moves the clock by {delay} while this reply is late; {help}");
            found.push(format!("{}:{}: {why}", scenario.file, step.line));
        }
    }
    found
}

fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> String {
    among
        .max_by(|one, other| strsim::jaro_winkler(name, one).total_cmp(&strsim::jaro_winkler(name, other)))
        .map(|other| format!("; did you mean `{other}`?"))
        .unwrap_or_default()
}
