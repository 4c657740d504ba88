//! The command line: arguments in, text and an exit code out, one file for each command.

mod adapter;
mod answer;
mod arguments;
mod client;
mod clients;
mod command;
mod coverage;
mod diagnose;
mod exit;
mod explain;
mod import;
mod import_words;
mod lint;
mod list;
mod locate;
mod output;
mod record;
mod replay;
mod review;
mod run;
mod schema;
mod show;

pub(crate) use arguments::{Cli, main};
