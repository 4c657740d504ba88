//! How a client reaches the provider.

use serde::Deserialize;

/// By which address a client reaches the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Its configuration names the endpoints, and they are on the loopback interface.
    #[default]
    ByAddress,
    /// It is configured for production: its URLs are the real provider's, and its environment leads them here. For clients that
    /// know one host only, or refuse `http`.
    ByName,
}

/// What a process finds in its environment beside what the harness has in its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Variables that are set.
    pub set: Vec<(String, String)>,
    /// Variables that are taken away.
    pub unset: Vec<String>,
}
