//! `token`: the client makes sure that it has an access token it believes usable.

use serde::{Deserialize, Deserializer};

use super::none::no_arguments;

/// The client hands out an access token, refreshing first if it sees fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token;

impl Token {
    /// The verb.
    pub const NAME: &str = "token";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        "ask for a usable access token".to_owned()
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        no_arguments(deserializer, Self::NAME).map(|()| Self)
    }
}
