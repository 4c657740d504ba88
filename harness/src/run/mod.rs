//! Running scenarios: one cell at a time, as one ordered log of events.

pub mod event;
pub mod outcome;
