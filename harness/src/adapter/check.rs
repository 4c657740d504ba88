//! `adapter check`: takes an author through the protocol, message by message, against a small provider of its own.
//!
//! Owns the steps and what is right about each answer. Judges the adapter's use of the protocol, never the client's conduct:
//! that is what scenarios are for.

mod exchange;
mod grants;
mod report;
mod steps;
mod stub;
mod talk;

use crate::adapter::broken::SessionBroken;
use crate::adapter::process::SpawnOptions;
use crate::adapter::session::Session;
use crate::adapter::way::Way;

pub use report::{CheckReport, CheckStep, StepVerdict};

/// Starts the adapter and checks it. Never fails: what goes wrong is in the report. One that reaches a provider by its name only
/// is not asked for requests: the small provider here has no name.
pub async fn check(options: &SpawnOptions, way: Way) -> CheckReport {
    check_session(Session::spawn(options), way).await
}

/// Checks a session that has just been started.
pub async fn check_session(session: Result<Session, SessionBroken>, way: Way) -> CheckReport {
    let mut talk = talk::Talk::new(session, way);
    steps::all(&mut talk).await;
    talk.into_report()
}

#[cfg(test)]
mod tests;
