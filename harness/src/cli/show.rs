//! `show`.

use std::fmt::Write as _;

use clap::Args;
use idp_harness::rule::{self, Rule};
use idp_harness::run::outcome::Level;
use idp_harness::scenario::Scenario;

use super::exit::Exit;
use super::locate::Selection;
use super::output::print;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    if let [id] = arguments.selection.patterns.as_slice()
        && let Some(rule) = rule::find(id)
    {
        print(&show_rule(rule));
        return Exit::Fine;
    }
    match arguments.selection.load() {
        Ok(selected) => {
            let texts: Vec<String> = selected.chosen.iter().map(|scenario| show(scenario)).collect();
            print(&texts.join("\n"));
            Exit::Fine
        }
        Err(exit) => exit,
    }
}

fn show_rule(rule: &Rule) -> String {
    let level = match rule.level {
        Level::Must => "must: breaking it fails a client",
        Level::Should => "should: breaking it warns",
    };
    format!("{}\n  {level}\n  {}\n  source: {}\n", rule.id, rule.requirement, rule.source)
}

fn show(scenario: &Scenario) -> String {
    let mut text = format!("{}\n  {}\n\n", scenario.id, scenario.title);
    let mut line = |indent: &str, line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{indent}{line}");
    };
    line("  ", scenario.about.trim());
    line("", "");
    line("  ", &format!("profile     {}", scenario.profile));
    if !scenario.shows.is_empty() {
        line("  ", &format!("shows       {}", scenario.shows.join(", ")));
    }
    line("  ", &format!("file        {}", scenario.file));
    for it in &scenario.reproduces {
        line("  ", &format!("reproduces  {it}"));
    }
    if let Some(remedy) = &scenario.remedy {
        line("  ", &format!("remedy      {}", remedy.trim()));
    }
    for it in &scenario.sources {
        line("  ", &format!("source      {it}"));
    }
    let needs: Vec<String> = scenario.capabilities().into_iter().collect();
    line("  ", &format!("needs       {}", needs.join(", ")));
    line("", "");
    for (number, step) in scenario.steps.iter().enumerate() {
        line("  ", &format!("{:>2}. {}", number + 1, step.describe()));
    }
    line("", "");
    for id in &scenario.rules {
        let requirement = rule::find(id).map_or("", |rule| rule.requirement);
        line("  ", &format!("rule        {id}: {requirement}"));
    }
    text
}
