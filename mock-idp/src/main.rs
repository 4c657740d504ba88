//! The `mock-idp` program.

use std::process::ExitCode;

use clap::Parser as _;

mod cli;

fn main() -> ExitCode {
    let outcome = match cli::Cli::parse().command {
        cli::Command::Serve(arguments) => cli::serve(&arguments),
        cli::Command::Profiles => cli::profiles(),
        cli::Command::Profile(command) => cli::profile(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
