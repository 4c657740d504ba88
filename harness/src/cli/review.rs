//! `review`.

use std::io;

use clap::Args;
use idp_harness::snapshot::review::review;
use idp_harness::snapshot::store::Store;

use super::exit::Exit;
use super::output::{Colour, complain, look, print};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Accept everything that is pending, without asking.
    #[arg(long, conflicts_with = "reject")]
    accept: bool,
    /// Drop everything that is pending, without asking.
    #[arg(long)]
    reject: bool,
    /// When to print in colour.
    #[arg(long, default_value = "auto", value_name = "WHEN")]
    color: Colour,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let pending = match Store::new("snapshots").pending() {
        Ok(pending) => pending,
        Err(error) => return complain(Exit::Broke, error),
    };
    if pending.is_empty() {
        print("nothing is pending\n");
        return Exit::Fine;
    }
    if arguments.accept || arguments.reject {
        for it in &pending {
            let done = if arguments.accept { it.accept() } else { it.reject() };
            if let Err(error) = done {
                return complain(Exit::Broke, error);
            }
        }
        let what = if arguments.accept { "accepted" } else { "rejected" };
        print(&format!("{} {what}\n", pending.len()));
        return Exit::Fine;
    }
    match review(&pending, io::stdin().lock(), io::stdout().lock(), look(arguments.color).palette) {
        Ok(done) if done.skipped + done.unreadable == 0 => Exit::Fine,
        Ok(_) => Exit::Snapshots,
        Err(error) => complain(Exit::Broke, error),
    }
}
