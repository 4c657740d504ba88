//! What a provider does: state + request + now → reply.
//!
//! The contract, in five steps:
//!
//! 1. Make an [`Idp`] from a [`Policy`](policy::Policy), a [`World`](world::World) and a [`Seed`].
//! 2. Read the time from wherever you like. Hand it in with each request: [`Idp::handle`].
//! 3. Send the [`Reply`](message::Reply) as its [`Delivery`](message::Delivery) says: a wait, a cut or a drop is data, never done here.
//! 4. Say how the reply left: [`Idp::left`].
//! 5. Read the [journal](Idp::journal) for what happened and why.
//!
//! Owns every behaviour of a provider, and the state behind it. Never touches a clock, a socket, a file, the environment or
//! randomness of its own: the same policy, world, seed, times and requests give the same bytes. Knows no provider by name:
//! which of its mechanisms a provider has, with what numbers and what text, is the policy.

pub mod address;
pub mod base32;
pub mod cause;
pub mod client;
mod client_authentication;
mod endpoint;
pub mod fault;
mod grant;
mod idp;
pub mod jose;
pub mod journal;
pub mod mail;
pub mod message;
mod mint;
pub mod openid;
pub mod outbox;
mod page;
mod params;
mod pkce;
pub mod policy;
mod resource;
mod scope;
pub mod secret;
pub mod service;
pub mod shape;
mod store;
mod target;
pub mod template;
mod tenant;
pub mod time;
pub mod token;
pub mod totp;
pub mod world;

pub use endpoint::EndpointKind;
pub use idp::{Decided, Idp, Signed};
pub use mint::Seed;
pub use world::Change;
