//! Reports: what happened, for a person, a pipeline or a program.
//!
//! Each format is made from a [`RunSummary`] or from events, and writes to what it is given. Nothing here runs a client,
//! decides a verdict, or touches a file by itself.

mod excerpt;
pub mod github;
pub mod junit;
mod lineage;
pub mod ndjson;
#[cfg(test)]
pub(crate) mod samples;
pub mod side_by_side;
mod summary;
pub mod summary_page;
pub mod terminal;

pub use crate::snapshot::{ScenarioFacts, style};
pub use summary::{CellResult, Counts, RuleFacts, RunSummary, SnapshotCounts};
