//! Snapshots: conversations as text, one file for each scenario and client.
//!
//! [`transcript`] makes the text from events, [`store`] compares it with the file, [`review`] asks a person. The files are
//! in insta's format, so that `cargo insta review` works on them too. Never runs anything, and judges nothing but equality.

mod diff;
mod facts;
pub mod style;
mod time;
pub mod transcript;
mod wire;

pub use diff::{paint, unified};
pub use facts::ScenarioFacts;
pub use time::clock_text;
