//! `adapter`.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clap::Subcommand;
use idp_harness::adapter::check::check;
use idp_harness::adapter::manifest::Manifest;
use idp_harness::adapter::{SpawnOptions, Way};

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
    /// Talk an adapter through the protocol, message by message, and say what is wrong.
    Check {
        /// The adapter's manifest, or after `--` the program and its arguments.
        #[arg(value_name = "MANIFEST | -- PROGRAM", required = true, num_args = 1.., trailing_var_arg = true)]
        adapter: Vec<String>,
    },
}

pub(crate) fn run(command: &Command) -> Exit {
    match command {
        Command::Setup { manifest } => setup(manifest),
        Command::Check { adapter } => check_adapter(adapter),
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

fn check_adapter(adapter: &[String]) -> Exit {
    let (options, way) = match adapter {
        [manifest] if manifest.ends_with(".yaml") || manifest.ends_with(".yml") => {
            let read = Manifest::read(Path::new(manifest));
            match read.and_then(|manifest| Ok((manifest.program()?, manifest.reaches_provider))) {
                Ok(((argv, folder), way)) => (SpawnOptions { directory: Some(folder), ..SpawnOptions::new(argv) }, way),
                Err(error) => return complain(Exit::WrongInput, error),
            }
        }
        argv => (SpawnOptions::new(argv.to_vec()), Way::ByAddress),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(Exit::Broke, error),
    };
    let report = runtime.block_on(check(&options, way));
    print(&format!("{report}\n"));
    if report.passed() { Exit::Fine } else { Exit::Broke }
}
