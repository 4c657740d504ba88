//! The shell around the core: sockets, TLS, the clock, the control API.
//!
//! Copies bytes in and copies bytes out; does what a [`Delivery`](crate::proto::message::Delivery) says. Decides nothing that
//! a provider decides. The only place that reads a clock.
//!
//! # One port
//!
//! Every listener of a provider speaks HTTP/1.1, HTTP/2, HTTPS and the proxy's part of HTTP; a connection's first bytes decide.
//!
//! - TLS: the certificate is made for the host that the client names, if it is one of the profile's or `localhost`, and also holds
//!   `localhost` and the loopback addresses. It is signed by the [`CertificateAuthority`]; [`MockIdp::ca_pem`] is what a client
//!   must trust. Other names are refused.
//! - `CONNECT host:port` and `GET http://host/path`: a client whose proxy the provider is reaches it by the real provider's name,
//!   with nothing changed but its environment ([`client_environment`]). Hosts that are not the profile's are answered 403 and
//!   journalled. No connection to anywhere is ever made.

mod ca;
mod client_environment;
mod clock;
mod connect;
mod control;
mod demo;
mod forwarded;
mod hold;
mod hosts;
mod http;
mod keep;
mod mail;
mod realm;
mod server;
mod sign_in;
mod tls;

pub use ca::{CaError, CertificateAuthority};
pub use client_environment::{UNSET, client_environment, write_client_files};
pub use clock::{Clock, ClockMode};
pub use demo::{DEMO_TOTP_SECRET_BASE32, demo_world, demo_world_of};
pub use hold::{Hold, HoldPoint, Release};
pub use mail::MailAddress;
pub use realm::Realm;
pub use server::{Config, MockIdp};
