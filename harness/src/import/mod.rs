//! Import: a recording as a scenario that a person can read and go on writing.
//!
//! Owns what a recording's turns are in the words of scenarios, and how they are written down. What the turns are and what must be assumed is found by
//! `replay`; that the result passes is proven by a run of the built-in client.

mod draft;
mod prove;
mod sign_in;
mod steps;
mod verbs;
mod world;
mod write;

#[cfg(test)]
mod tests;

pub use draft::{Draft, Imported};
pub use prove::{Proof, ProofError, prove};
pub use write::import;
