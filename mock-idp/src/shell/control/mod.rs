//! The control API: clock, journal, faults, changes of the world, reset. Loopback only; no secret leaves by it.

mod journal;
mod mail;
mod order;
mod serve;

pub(crate) use serve::serve;
