//! The command line: arguments in, text out, one file for each command.

mod env;
mod profile;
mod provider;
mod serve;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mock_idp::profile::ProfileError;
use mock_idp::shell::CaError;

pub(crate) use env::env;
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
    Env(env::Arguments),
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
    /// There is no certificate.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// A CA certificate's file cannot be used.
    #[error("{}: {why}", path.display())]
    CaFile {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A command cannot be run.
    #[error("cannot run {name}: {why}")]
    Command {
        /// The program.
        name: String,
        /// What the system says.
        why: io::Error,
    },
}

impl Failure {
    /// Prints it; 2 for wrong input, 3 for trouble of the machine, and what shells give for a command that cannot be run.
    pub(crate) fn report(&self) -> ExitCode {
        // Where standard error is gone there is nobody to tell.
        let _ = writeln!(io::stderr(), "mock-idp: {self}");
        match self {
            Self::Profile(_) | Self::CaFile { .. } => ExitCode::from(2),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Io(_) | Self::Listen(_) | Self::Ca(_) => ExitCode::from(3),
            Self::Command { why, .. } if why.kind() == io::ErrorKind::NotFound => ExitCode::from(127),
            Self::Command { .. } => ExitCode::from(126),
        }
    }
}

/// A path that holds wherever a program goes. The file must be there.
pub(crate) fn absolute(file: &Path) -> Result<String, Failure> {
    let unusable = |why: String| Failure::CaFile { path: file.to_owned(), why };
    let path = fs::canonicalize(file).map_err(|error| unusable(error.to_string()))?;
    path.into_os_string().into_string().map_err(|_| unusable("its path is not UTF-8".to_owned()))
}
