//! The provider under the harness: the only module that knows `mock-idp`.
//!
//! Starts a realm for a scenario, moves its clock, arms its faults, and turns its journal into events. Judges nothing.

mod fault;
mod journal;
mod provider;
mod redact;

pub use provider::{Held, PointHold, Provider, ProviderError, RESOURCE_OWNER};
pub use redact::{Redactor, Text};
