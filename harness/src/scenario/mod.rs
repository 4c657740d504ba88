//! The scenario language: YAML files that say what a world is like, what happens in it and what must come of it.
//!
//! Owns the grammar, its checks, its messages and its JSON Schema. Reads files and nothing else: it starts no provider and no
//! client, and names no rule, cause or capability beyond what the verbs themselves mean. `scenarios/README.md` is the
//! author's guide.

mod by_profile;
mod check;
mod count;
mod document;
mod duration;
mod error;
mod expect;
mod id;
mod load;
mod located;
mod operation;
mod point;
mod problem;
mod request;
mod schema;
mod shape;
mod step;
mod stores;
mod verb;
mod world;
mod yaml;

#[cfg(test)]
mod tests;

pub use by_profile::ByProfile;
pub use count::Count;
pub use document::{MAX_FILE_BYTES, Scenario};
pub use duration::TimeSpan;
pub use error::ScenarioError;
pub use expect::{Answer, Expect};
pub use id::{InvalidName, ProfileName, ScenarioId, WorkerName};
pub use load::{LoadError, SourceFile, load_dir, load_embedded, load_files};
pub use operation::Operation;
pub use point::{Meeting, Point};
pub use problem::Position;
pub use request::{Headers, RequestLine};
pub use schema::json_schema;
pub use step::Step;
pub use stores::Stores;
pub use verb::{
    Access, Account, Advance, Authorize, Browser, Call, Callback, Change, Code, Consent, Crash, CrashPoint, Deliver,
    Device, DeviceAnswer, DirectGrant, Exemption, ExpectWorld, Fault, FaultAction, FaultAnswer, FaultEffect, Grant,
    Http, IdTokenTampering, Issuer, Lane, Mail, MailOff, OnBehalfOf, Password, Poll, Race, RedirectName, Refresh,
    Registration, Restart, Rule, SecondFactorCode, Send, Signature, State, Token, Verb, When,
};
pub use world::{Client, Misconfigured, SpeaksOpenId, User, World};
