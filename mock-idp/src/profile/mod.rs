//! Profiles: providers as data.
//!
//! A profile is a list of quirks over the RFC's behaviour. Each quirk sets policy fields and says where that is known from.
//! Owns reading, checking and joining them. Never runs one.

mod builtin;
mod check;
mod diff;
mod error;
mod file;
mod load;

pub use builtin::{builtin, builtin_names};
pub use diff::{Difference, diff};
pub use error::ProfileError;
pub use file::{Quirk, Sure};
pub use load::{Profile, load, load_file, load_without, policy_schema};
