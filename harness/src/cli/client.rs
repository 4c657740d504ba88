//! `client`.

use clap::Args;
use idp_harness::client::{ReferenceClient, serve_stdio};

use super::exit::Exit;
use super::output::complain;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The built-in client: `reference`, or a broken twin.
    name: String,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let client = match ReferenceClient::named(&arguments.name) {
        Ok(client) => client,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(Exit::Broke, error),
    };
    match runtime.block_on(serve_stdio(client)) {
        Ok(()) => Exit::Fine,
        Err(error) => complain(Exit::Broke, error),
    }
}
