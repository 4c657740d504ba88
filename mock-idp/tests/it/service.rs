//! A service beside the provider that takes its tokens: the Intrexx OData service in front of Graph (docs/facts/intrexx.md).

mod faults;
mod sessions;
mod support;
mod users;
