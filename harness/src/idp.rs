//! The provider under the harness: the only module that knows `mock-idp`.
//!
//! Starts a realm for a scenario, moves its clock, arms its faults, and turns its journal into events. Judges nothing.

mod behaviour;
mod by_name;
mod fault;
mod hold;
mod id_token;
mod journal;
mod mail;
mod provider;
mod redact;

pub use behaviour::{Behaviour, Era, begins, eras, lineage, places};
pub use by_name::ByName;
pub(crate) use fault::{change, fault};
pub use hold::{Held, PointHold};
pub use provider::{CALLER, CALLER_REDIRECT_URI, HARNESS, Provider, ProviderError, RESOURCE_OWNER};
pub(crate) use provider::{Credentials, backup_codes};
pub use redact::{Redactor, Text};
