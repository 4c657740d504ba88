//! What the provider does, seen from outside: through `Idp::handle`, over sockets, and as a program.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod addresses;
mod answers;
mod authorization;
mod browser;
mod code_on_time;
mod control;
mod countries;
mod entra;
mod faults;
mod grace;
mod implicit;
mod injection;
mod journal;
mod mail;
mod openid;
mod outages;
mod parity;
mod profile_errors;
mod profiles;
mod program;
mod providers;
mod race;
mod refresh;
mod refresh_model;
mod refresh_properties;
mod resource;
mod resources;
mod second_factor;
mod service;
mod shell;
mod sign_in;
mod support;
mod token;
mod truth_table;
mod wire;
