//! Talking to clients under test.

pub mod protocol;
