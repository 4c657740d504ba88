//! The built-in client: a correct OAuth client, and broken twins of it with one deliberate mistake each.
//!
//! Owns what a client does with a provider: the authorization request, the code, the stored tokens and their lock, the
//! refresh, the call. Speaks [`crate::adapter::protocol`]. Never sees the provider's journal, reads no clock but the one
//! that the harness injects, and keeps no tokens outside its store: workers share nothing else.

mod authorization;
mod call;
mod challenge;
mod cookies;
mod device;
mod direct_grant;
mod events;
mod failure;
mod http;
mod json_file;
mod lock;
mod mail;
mod mistake;
mod openid;
mod pages;
mod policy;
mod redeem;
mod reference;
mod refresh;
mod secret;
mod stdio;
mod store;
mod throttle;
mod time;
mod token_request;
mod token_response;
mod worker;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use challenge::claims_of;
pub use events::Events;
pub use mistake::{Mistake, UnknownClient};
pub use reference::{REFERENCE, ReferenceClient};
pub use stdio::{serve, serve_stdio};
