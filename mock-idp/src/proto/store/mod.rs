//! Everything that a provider remembers: codes, tokens, chains, sessions, consents, rate windows.
//!
//! Owns the records and how long they are kept. Decides nothing about requests; the grants do. Tokens are found by a digest,
//! so that a realm does not grow with the length of its tokens.

mod account;
mod chain;
mod index;
mod kept;
mod pending;
mod record;
mod request_loop;
mod session;
mod window;

pub(crate) use account::Enrolment;
pub(crate) use chain::{Chain, ChainState, Granted, LastPair, Proven};
pub(crate) use index::TokenKey;
pub(crate) use kept::Kept;
pub(crate) use pending::{DeviceRecord, DeviceState, Devices, Pushed};
pub(crate) use record::{AccessRecord, AccessState, CodeRecord, CodeState, RefreshRecord, RefreshState, Store};
pub(crate) use request_loop::{LoopKey, RequestLoops};
pub(crate) use session::{Interaction, InteractionState, Sessions, SetUpStage, SettingUp, SignedIn};
pub(crate) use window::{WindowKey, Windows};
