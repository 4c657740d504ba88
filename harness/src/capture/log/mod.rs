//! Pasted logs: whatever somebody had at hand when it went wrong, as a recording or, where it shows no requests, as what was said.
//!
//! Owns which format a text has (`sniff`), its lines within limits (`lines`), and one file for each format: what `curl` prints (`curl`, `trace`, `raw`),
//! JSON objects (`json`, `journal`), access logs (`access`), and texts of errors (`words`, `said`). Judges nothing, and knows no provider.

mod access;
mod command;
mod curl;
mod draft;
mod journal;
mod json;
mod lines;
mod pieces;
mod said;
mod sniff;
mod time;
mod trace;
mod transfer;
mod words;

#[cfg(test)]
mod tests;

pub use said::Saying;
pub use sniff::{Pasted, Words, read_any, read_any_file};
