//! Snapshots: conversations as text, one file for each scenario and client.
//!
//! [`transcript`] makes the text from events, [`store`] compares it with the file, [`review`] asks a person. The files are
//! in insta's format, so that `cargo insta review` works on them too. Never runs anything, and judges nothing but equality.

mod diff;
mod facts;
mod mode;
pub mod review;
mod snap_file;
pub mod store;
pub mod style;
mod time;
pub mod transcript;
mod wire;

pub use diff::{paint, unified};
pub use facts::ScenarioFacts;
pub use mode::{BadMode, Environment, Mode};
pub use snap_file::{Header, Info, SnapFile, same_text};
pub use time::clock_text;
pub use wire::visible;
