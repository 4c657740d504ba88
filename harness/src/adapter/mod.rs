//! Talking to clients under test.
//!
//! Owns the protocol, and sessions that speak it with a process or with the built-in client. Never judges what a client does:
//! a client that refuses is a result, a session that breaks is an error of its own kind.

pub mod operation;
pub mod protocol;
