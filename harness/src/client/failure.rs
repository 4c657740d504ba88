//! Short ways to the protocol's failures. Texts hold no ports, paths or tokens: they end up in snapshots.

use crate::adapter::protocol::{Failure, FailureKind};
use crate::client::time::Timestamp;

fn failure(kind: FailureKind, code: Option<&str>, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), code: code.map(str::to_owned) }
}

pub(crate) fn reauthorize(code: Option<&str>, message: impl Into<String>) -> Failure {
    failure(FailureKind::Reauthorize, code, message)
}

pub(crate) fn oauth(code: &str, message: impl Into<String>) -> Failure {
    failure(FailureKind::Oauth, Some(code), message)
}

/// What came fails the check called `check`.
pub(crate) fn untrusted(check: &str, message: impl Into<String>) -> Failure {
    failure(FailureKind::Untrusted, Some(check), message)
}

pub(crate) fn network(message: impl Into<String>) -> Failure {
    failure(FailureKind::Network, None, message)
}

/// A mail server refused, in these words.
pub(crate) fn refused(message: impl Into<String>) -> Failure {
    failure(FailureKind::Refused, None, message)
}

pub(crate) fn throttled(message: impl Into<String>) -> Failure {
    failure(FailureKind::Throttled, None, message)
}

pub(crate) fn unsupported(message: impl Into<String>) -> Failure {
    failure(FailureKind::Unsupported, None, message)
}

pub(crate) fn bug(message: impl Into<String>) -> Failure {
    failure(FailureKind::Bug, None, message)
}

pub(crate) fn too_early(until: Timestamp) -> Failure {
    network(format!("refresh not allowed before {until}"))
}
