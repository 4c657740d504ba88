//! The harness as its users meet it: suites of scenarios against clients, and the program itself.

mod cli;
mod cli_files;
mod determinism;
mod process;
mod snapshots;
mod support;
mod twins;
