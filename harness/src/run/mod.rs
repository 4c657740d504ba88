//! Running scenarios: one cell at a time, as one ordered log of events.
//!
//! A cell is one scenario run with one client. Owns the order of things within it, and the plan of many. Judging is the
//! rules'; writing is the reports'.

pub(crate) mod browser;
mod cell;
mod clock;
pub mod event;
mod expectation;
pub(crate) mod form;
mod log;
pub mod outcome;
pub(crate) mod person;
mod plan;
mod reach;
mod stop;
mod verb;
mod worker;

pub use cell::{CellRun, run_cell};
pub use plan::{Plan, Settings, recording, run_plan};
pub use reach::reach_names;
pub use worker::{ClientSource, Unusable};
