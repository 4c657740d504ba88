//! `adapter`.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clap::Subcommand;
use idp_harness::adapter::manifest::Manifest;

use super::exit::Exit;
use super::output::{complain, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install what an adapter needs, as its manifest says.
    Setup {
        /// The adapter's manifest.
        #[arg(value_name = "MANIFEST")]
        manifest: PathBuf,
    },
}

pub(crate) fn run(command: &Command) -> Exit {
    match command {
        Command::Setup { manifest } => setup(manifest),
    }
}

fn setup(manifest: &Path) -> Exit {
    let manifest = match Manifest::read(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let Some((command, folder)) = manifest.setup_program() else {
        print(&format!("{} needs no set-up\n", manifest.name));
        return Exit::Fine;
    };
    let (program, arguments) = match command.split_first() {
        Some((program, arguments)) => (program, arguments),
        None => return Exit::Fine,
    };
    match Process::new(program).args(arguments).current_dir(folder).status() {
        Ok(status) if status.success() => Exit::Fine,
        Ok(status) => complain(Exit::Broke, format!("{program}: {status}")),
        Err(error) => complain(Exit::Broke, format!("{program}: {error}")),
    }
}
