//! `advance: 9m 31s`: the realm's clock moves, and every worker is told.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::duration::TimeSpan;

/// Moves the clock forward. Nothing else happens in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Advance {
    /// By how much.
    pub by: TimeSpan,
}

impl Advance {
    /// The verb.
    pub const NAME: &str = "advance";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "advance: 9m 31s";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("advance the clock by {}", self.by)
    }
}
