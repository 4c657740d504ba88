//! `coverage`.

use clap::Args;
use idp_harness::coverage::Coverage;
use idp_harness::idp::{ProviderError, eras};

use super::exit::Exit;
use super::locate::Selection;
use super::output::{complain, print};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// The provider: the name of its profile of today.
    #[arg(long, default_value = "exact-online", value_name = "NAME")]
    provider: String,
    /// The way from where the page will be to the scenarios.
    #[arg(long, default_value = "../scenarios", value_name = "PATH")]
    links: String,
    /// Run each scenario with and without what it shows, and name those that make no difference.
    #[arg(long)]
    prove: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let selected = match arguments.selection.load() {
        Ok(selected) => selected,
        Err(exit) => return exit,
    };
    let read = eras(&arguments.provider).map_err(ProviderError::from);
    let (eras, coverage) = match read.and_then(|eras| Ok((eras, Coverage::of(&selected.chosen)?))) {
        Ok(read) => read,
        Err(error) => {
            complain(Exit::WrongInput, error.to_string());
            return Exit::WrongInput;
        }
    };
    if !arguments.prove {
        print(&coverage.markdown(&eras, &arguments.links));
        return Exit::Fine;
    }
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let unproven = tokio::runtime::Runtime::new()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(coverage.prove(jobs)));
    let unproven = match unproven {
        Ok(unproven) => unproven,
        Err(why) => {
            complain(Exit::Broke, why);
            return Exit::Broke;
        }
    };
    for it in &unproven {
        complain(Exit::ClientFailed, format!("{} is the same without `{}`", it.scenario, it.quirk));
    }
    let missing = coverage.missing(&eras);
    for row in &missing {
        complain(Exit::ClientFailed, format!("no scenario shows {row}"));
    }
    if unproven.is_empty() && missing.is_empty() {
        print("every behaviour is shown, and every scenario is another without what it shows\n");
        Exit::Fine
    } else {
        Exit::ClientFailed
    }
}
