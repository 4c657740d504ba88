//! The harness as its users meet it: suites of scenarios against clients, and the program itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod adapters;
mod answer;
mod by_name;
mod cli;
mod cli_files;
mod corpus;
mod coverage;
mod determinism;
mod diagnose;
mod imported;
mod over_https;
mod process;
mod record;
mod replayed;
mod side_by_side;
mod snapshots;
mod support;
mod twins;
