//! Recording: a reverse proxy in front of a provider that writes what is said, without its secrets.
//!
//! Owns the sockets between client and provider, and what a client must be told to stay on this side of them. What is taken out of a recording is
//! `capture::redact`'s business. Judges nothing.

mod doors;
mod names;
mod proxy;
mod told;
mod upstream;

#[cfg(test)]
mod tests;

pub use doors::ListenError;
pub(crate) use doors::{accept, bind};
pub(crate) use names::{Names, escaped};
pub(crate) use proxy::{Clock, OWN, cookie_for_client, plain};
pub use proxy::{RecordError, Recorder, Recording, Telling};
pub(crate) use told::Told;
pub(crate) use upstream::LARGEST;
pub use upstream::{Upstream, UpstreamError};
