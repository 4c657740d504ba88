//! The `idp-harness` program.

use std::process::ExitCode;

use clap::Parser as _;

mod cli;

fn main() -> ExitCode {
    cli::main(cli::Cli::parse()).into()
}
