//! What each verb of a scenario does: one file each.

mod advance;
mod authorize;
mod change;
mod crash;
mod device;
mod dispatch;
mod expect;
mod fault;
mod grant;
mod http;
mod lanes;
mod mail;
mod operation;
mod race;
mod restart;

pub(crate) use dispatch::run;
