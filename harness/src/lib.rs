//! A conformance harness for OAuth clients: scenarios run a client against a mock identity provider and judge it by what
//! the provider saw.
//!
//! One direction: [`scenario`] → [`run`] → events → [`rule`], [`report`], [`snapshot`]. [`adapter`] talks to clients,
//! [`client`] is the built-in one with its broken twins, [`baseline`] the failures that are known, [`coverage`]
//! which behaviours of a provider are shown, [`idp`] alone knows the provider.

pub mod adapter;
pub mod answer;
pub mod baseline;
pub mod capture;
pub mod client;
pub mod coverage;
pub mod diagnose;
pub mod idp;
pub mod import;
pub mod record;
pub mod replay;
pub mod report;
pub mod rule;
pub mod run;
pub mod scenario;
pub mod snapshot;
