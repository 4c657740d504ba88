//! `schema`.

use clap::{Args, ValueEnum};
use idp_harness::adapter::schema::json_schemas;
use idp_harness::scenario::json_schema;

use super::exit::Exit;
use super::output::print;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Of what.
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// Scenario files.
    Scenario,
    /// What the harness sends to an adapter.
    AdapterRequest,
    /// What an adapter sends to the harness.
    AdapterMessage,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let schema = match arguments.of {
        Of::Scenario => json_schema(),
        Of::AdapterRequest | Of::AdapterMessage => {
            let [(_, request), (_, message)] = json_schemas();
            match arguments.of {
                Of::AdapterMessage => message,
                Of::AdapterRequest | Of::Scenario => request,
            }
        }
    };
    print(&format!("{schema:#}\n"));
    Exit::Fine
}
