//! The `mock-idp` program.

use std::process::ExitCode;

use clap::Parser as _;

mod cli;

fn main() -> ExitCode {
    let outcome = match cli::Cli::parse().command {
        cli::Command::Serve(arguments) => cli::serve(&arguments).map(|()| ExitCode::SUCCESS),
        cli::Command::Env(arguments) => cli::env(&arguments),
        cli::Command::Profiles => cli::profiles().map(|()| ExitCode::SUCCESS),
        cli::Command::Profile(command) => cli::profile(&command).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
