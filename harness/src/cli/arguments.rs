//! What can be typed.

use clap::{Parser, Subcommand};

use super::exit::Exit;
use super::{
    adapter, answer, client, coverage, diagnose, explain, import, lint, list, record, replay, review, run, schema, show,
};

/// Proves that OAuth clients survive real identity providers.
#[derive(Debug, Parser)]
#[command(
    name = "idp-harness",
    version,
    after_help = "Exit codes: 0 all as expected; 1 a client failed; 2 the input is wrong; 3 the harness or an adapter broke; \
                  4 nothing was selected or recognised; 5 a snapshot is changed, new or orphaned; 6 only a known failure is stale; 130 \
                  interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios against clients and judge them.
    Run(run::Arguments),
    /// List scenarios, rules or built-in clients.
    List(list::Arguments),
    /// Show a scenario or a rule, with what it reproduces and how to mend it.
    Show(show::Arguments),
    /// Find out from an error report which scenario reproduces it, what its cause is, and what to change.
    Diagnose(diagnose::Arguments),
    /// Check scenario files without running them.
    Lint(lint::Arguments),
    /// Print which behaviours of a provider the scenarios show, with sources; or prove that they do.
    Coverage(coverage::Arguments),
    /// Stand between a client and a provider, and write down what they say, without the secrets.
    Record(record::Arguments),
    /// Send a recording's requests to a realm, and say where its answers and the recorded ones differ.
    Replay(replay::Arguments),
    /// Find out which provider, in which of its times, answers as it was recorded, and which answer refutes the others.
    Explain(explain::Arguments),
    /// Make a scenario of a recording.
    Import(import::Arguments),
    /// Answer a client from a recording, in the provider's place.
    Answer(answer::Arguments),
    /// Decide on new and changed snapshots, one by one.
    Review(review::Arguments),
    /// Print a JSON Schema.
    Schema(schema::Arguments),
    /// Set up, check or describe an adapter.
    #[command(subcommand)]
    Adapter(adapter::Command),
    /// Be a built-in client: speak the adapter protocol on stdin and stdout.
    Client(client::Arguments),
}

pub(crate) fn main(cli: Cli) -> Exit {
    match cli.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Answer(arguments) => answer::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Adapter(command) => adapter::run(&command),
        Command::Client(arguments) => client::run(&arguments),
    }
}
