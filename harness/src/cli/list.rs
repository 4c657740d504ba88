//! `list`.

use std::fmt::Write as _;

use clap::Args;
use idp_harness::client::{Mistake, REFERENCE};
use idp_harness::rule::rules;
use idp_harness::run::outcome::Level;

use super::exit::Exit;
use super::locate::Selection;
use super::output::print;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// List the rules instead.
    #[arg(long, conflicts_with = "clients")]
    rules: bool,
    /// List the built-in clients instead.
    #[arg(long)]
    clients: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let rows: Vec<(String, String, String)> = if arguments.rules {
        rules()
            .map(|rule| {
                let level = match rule.level {
                    Level::Must => "must",
                    Level::Should => "should",
                };
                (rule.id.to_owned(), level.to_owned(), rule.requirement.to_owned())
            })
            .collect()
    } else if arguments.clients {
        let reference = (REFERENCE.to_owned(), String::new(), "the correct client".to_owned());
        let twins = Mistake::all().iter().map(|it| (it.name().to_owned(), String::new(), it.describe().to_owned()));
        std::iter::once(reference).chain(twins).collect()
    } else {
        match arguments.selection.load() {
            Ok(selected) => selected
                .chosen
                .iter()
                .map(|scenario| (scenario.id.to_string(), scenario.profile.to_string(), scenario.title.clone()))
                .collect(),
            Err(exit) => return exit,
        }
    };
    print(&table(&rows, arguments.json));
    Exit::Fine
}

fn table(rows: &[(String, String, String)], json: bool) -> String {
    let mut text = String::new();
    let wide = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let middle = rows.iter().map(|(_, kind, _)| kind.len()).max().unwrap_or(0);
    for (name, kind, says) in rows {
        // Writing to a string cannot fail.
        let _ = if json {
            writeln!(text, "{}", serde_json::json!({ "name": name, "kind": kind, "about": says }))
        } else if middle == 0 {
            writeln!(text, "{name:wide$}  {says}")
        } else {
            writeln!(text, "{name:wide$}  {kind:middle$}  {says}")
        };
    }
    text
}
