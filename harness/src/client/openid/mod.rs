//! OpenID Connect: who the provider is, which keys sign for it, and what its ID tokens must say.
//!
//! Owns the checks of OpenID Connect Core 1.0, Discovery 1.0 and RFC 9207. Never stores tokens; what it fetches it keeps in memory,
//! since all of it can be fetched again.

mod binding;
mod id_token;
mod jwt;
mod keys;
mod provider;

pub(crate) use binding::Binding;
pub(crate) use id_token::{Expected, Identity};
pub(crate) use provider::RelyingParty;

#[cfg(test)]
mod tests;
