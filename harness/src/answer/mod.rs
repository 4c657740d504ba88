//! Answering from a recording: the provider's recorded answers are given to a client that is there now.
//!
//! Owns what a request means (which recorded one it stands for), which answer is next, where the client's own values go in it, and the sockets. Knows no
//! provider and invents nothing: what was not recorded is refused and counted. Reads no file (`capture`) and judges no client.

mod fill;
mod meaning;
mod script;
mod server;

#[cfg(test)]
mod tests;

pub use script::{Answered, Script};
pub use server::{AnswerError, Answerer};
