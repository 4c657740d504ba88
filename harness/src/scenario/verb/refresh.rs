//! `refresh`: the client uses its refresh token now (RFC 6749 section 6).

use serde::{Deserialize, Deserializer};

use super::none::no_arguments;

/// The client refreshes, whether its access token has ended or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh;

impl Refresh {
    /// The verb.
    pub const NAME: &str = "refresh";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        "refresh".to_owned()
    }
}

impl<'de> Deserialize<'de> for Refresh {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        no_arguments(deserializer, Self::NAME).map(|()| Self)
    }
}
