//! The shell around the core: sockets, the clock, the control API.
//!
//! Copies bytes in and copies bytes out; does what a [`Delivery`](crate::proto::message::Delivery) says. Decides nothing that
//! a provider decides. The only place that reads a clock.

mod clock;
mod control;
mod demo;
mod hold;
mod http;
mod realm;
mod server;
mod sign_in;

pub use clock::{Clock, ClockMode};
pub use demo::{DEMO_TOTP_SECRET_BASE32, demo_world};
pub use hold::{Hold, HoldPoint, Release};
pub use realm::Realm;
pub use server::{Config, MockIdp};
