//! From an error report to the scenarios that say they reproduce it.
//!
//! Owns how texts are compared: what of a text tells something (`token`), how much (`weigh`), and which scenarios it points to (`rank`).
//! Pure: texts and scenarios in, a ranking out. Runs nothing.

mod decode;
mod rank;
mod token;
mod weigh;
mod words;

pub(crate) use decode::unwrapped;
pub use rank::{Candidate, Diagnosis, Evidence, diagnose};
