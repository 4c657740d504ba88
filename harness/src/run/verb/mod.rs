//! What each verb of a scenario does: one file each.

mod advance;
mod authorize;
mod change;
mod crash;
mod dispatch;
mod expect;
mod fault;
mod lanes;
mod operation;
mod race;
mod restart;

pub(crate) use dispatch::run;
