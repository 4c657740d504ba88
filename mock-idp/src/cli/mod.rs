//! The command line: arguments in, text out, one file for each command.

mod profile;
mod serve;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mock_idp::profile::ProfileError;

pub(crate) use profile::{profile, profiles};
pub(crate) use serve::serve;

/// A mock identity provider that misbehaves exactly as real ones do.
#[derive(Debug, Parser)]
#[command(name = "mock-idp", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a provider.
    Serve(serve::Arguments),
    /// List the shipped profiles.
    Profiles,
    /// Show or compare profiles.
    #[command(subcommand)]
    Profile(profile::Command),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// An address cannot be bound, or the terminal is gone.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// An address cannot be bound.
    #[error("cannot listen: {0}; --port 0 takes a free port")]
    Listen(io::Error),
}

impl Failure {
    /// Prints it; 2 for wrong input, 3 for trouble of the machine.
    pub(crate) fn report(&self) -> ExitCode {
        // Where standard error is gone there is nobody to tell.
        let _ = writeln!(io::stderr(), "mock-idp: {self}");
        match self {
            Self::Profile(_) => ExitCode::from(2),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Io(_) | Self::Listen(_) => ExitCode::from(3),
        }
    }
}
