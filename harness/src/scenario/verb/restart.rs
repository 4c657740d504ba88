//! `restart`: the worker's process ends and comes up again over the same storage.

use serde::{Deserialize, Deserializer};

use super::none::no_arguments;

/// The worker's process is stopped if it is alive, and started again with the same storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart;

impl Restart {
    /// The verb.
    pub const NAME: &str = "restart";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        "restart".to_owned()
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        no_arguments(deserializer, Self::NAME).map(|()| Self)
    }
}
