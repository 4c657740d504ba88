//! The verbs of the scenario language: a closed set, one file each.
//!
//! A verb's file owns its arguments, what can be wrong with them, and its sentence for people. How a verb is carried out is
//! the runner's business, in a file of its own there.

mod advance;
mod authorize;
mod call;
mod change;
mod crash;
mod deliver;
mod device;
mod expect;
mod fault;
mod grant;
mod http;
mod mail;
mod none;
mod race;
mod refresh;
mod restart;
mod set;
mod tampering;
mod token;

pub use advance::Advance;
pub use authorize::{Authorize, Browser, Callback, Code, Consent, Issuer, Password, SecondFactorCode, State};
pub use call::Call;
pub use change::{Access, Account, Change, Exemption, MailOff, Registration, Rule};
pub use crash::{Crash, CrashPoint};
pub use deliver::{Deliver, RedirectName};
pub use device::{Device, DeviceAnswer, Poll};
pub use expect::ExpectWorld;
pub use fault::{Fault, FaultAction, FaultAnswer, FaultEffect, Grant, When};
pub use grant::{DirectGrant, OnBehalfOf};
pub use http::Http;
pub use mail::{Mail, Send};
pub use race::{Lane, Race};
pub use refresh::Refresh;
pub use restart::Restart;
#[cfg(test)]
pub(super) use set::EXAMPLES;
pub use set::Verb;
pub(super) use set::{has_answer, has_worker, needs_arguments};
pub use tampering::{IdTokenTampering, Signature};
pub use token::Token;
