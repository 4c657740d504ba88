//! Why a cell stops before its last step.

use crate::adapter::protocol::EXIT_NOT_IMPLEMENTED;
use crate::adapter::{Breakage, SessionBroken};
use crate::idp::ProviderError;
use crate::record::{RecordError, UpstreamError};
use crate::run::browser::BrowserError;
use crate::run::worker::Unusable;

/// Why a cell cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("worker {worker}: {broken}")]
    Session { worker: String, broken: Unusable },
    #[error("the client says that it cannot {0}, though it declared that it can")]
    Unsupported(&'static str),
    #[error("the client's clock shows {shows}, not {wanted}")]
    Clock { shows: f64, wanted: f64 },
    #[error(transparent)]
    Browser(#[from] BrowserError),
    #[error("no storage folder can be made: {0}")]
    Storage(std::io::Error),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("a client that calls the provider by its production names cannot be recorded: what it says is sealed")]
    Unrecorded,
    #[error("the recording would have held the secret {0}; it was thrown away")]
    Leaked(String),
    #[error("worker {0} is down; a `restart` brings it up again")]
    Down(String),
    #[error("lane {0} neither finished nor sent a request")]
    Stuck(String),
}

impl Stop {
    /// What the client turned out not to be able to do, if that is all: no failure, and nothing that broke.
    pub(crate) fn unsupported(&self) -> Option<String> {
        match self {
            Self::Unsupported(op) => Some((*op).to_owned()),
            Self::Clock { .. } => Some("clock".to_owned()),
            Self::Session {
                broken: Unusable::Broken(SessionBroken { what: Breakage::NotImplemented, .. }), ..
            } => Some(format!("exit status {EXIT_NOT_IMPLEMENTED}")),
            Self::Session { .. }
            | Self::Provider(_)
            | Self::Browser(_)
            | Self::Storage(_)
            | Self::Record(_)
            | Self::Upstream(_)
            | Self::Unrecorded
            | Self::Leaked(_)
            | Self::Down(_)
            | Self::Stuck(_) => None,
        }
    }
}
