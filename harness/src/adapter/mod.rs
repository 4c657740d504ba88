//! Talking to clients under test.
//!
//! Owns the protocol, and sessions that speak it with a process or with the built-in client. Never judges what a client does:
//! a client that refuses is a result, a session that breaks is an error of its own kind.

mod broken;
mod builtin;
pub mod check;
mod grant;
mod group;
mod hello;
mod line;
mod mail;
pub mod manifest;
pub mod operation;
mod process;
pub mod protocol;
mod replies;
pub mod schema;
mod session;
mod stderr;
mod way;

pub use broken::{Breakage, SessionBroken};
pub use hello::problems_of_hello;
pub use process::SpawnOptions;
pub use session::{PendingReply, Session};
pub use way::{Surroundings, Way};
