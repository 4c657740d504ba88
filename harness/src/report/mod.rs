//! Reports: what happened, for a person, a pipeline or a program.
//!
//! Each format is made from a [`RunSummary`] or from events, and writes to what it is given. Nothing here runs a client,
//! decides a verdict, or touches a file by itself.

#[cfg(test)]
pub(crate) mod samples;
pub use crate::snapshot::style;
