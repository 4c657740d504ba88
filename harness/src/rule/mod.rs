//! Rules: numbered requirements on a client, each decided from the log of a cell and nothing else.
//!
//! Owns the registry and the judging. Rules that only watch run on every cell; a scenario names those that it is about. Each
//! rule has a broken twin that breaks it, and a test that says which.

mod authorization;
mod device;
mod history;
mod id_token;
mod mail;
mod openid_provider;
mod openid_rules;
mod refresh;
mod registry;
mod resource;
mod store;
mod token_request;

pub use history::{Exchange, History, IdToken};
pub use registry::{Judgement, Rule, find, judge, rules};
