//! What waits to be taken up: pushed authorization requests (RFC 9126), and devices that wait for an answer (RFC 8628).

use std::collections::BTreeMap;

use crate::proto::client::ClientId;
use crate::proto::params::Params;
use crate::proto::scope::Scope;
use crate::proto::store::kept::MOST;
use crate::proto::store::{Granted, TokenKey};
use crate::proto::time::{Span, Timestamp};

/// A pushed authorization request.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    pub(crate) client: ClientId,
    pub(crate) params: Params,
    pub(crate) ends: Timestamp,
}

/// A device that waits.
#[derive(Debug, Clone)]
pub(crate) struct DeviceRecord {
    pub(crate) client: ClientId,
    pub(crate) scope: Option<Scope>,
    /// The resource server that the request named, where endpoints are by resource.
    pub(crate) server: Option<String>,
    /// The tenant, or what stood in its place, in the path of the request.
    pub(crate) authority: Option<String>,
    /// What the resource owner types, without the dash.
    pub(crate) user_code: String,
    pub(crate) ends: Timestamp,
    /// How long the client must wait between two polls.
    pub(crate) interval: Span,
    pub(crate) last_poll: Option<Timestamp>,
    pub(crate) state: DeviceState,
}

/// How far the resource owner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeviceState {
    Pending,
    Allowed { user: String, granted: Box<Granted> },
    Refused,
    Redeemed,
}

/// The devices of a realm. The oldest gives way when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    records: BTreeMap<u32, (TokenKey, DeviceRecord)>,
    numbers: BTreeMap<TokenKey, u32>,
    last: u32,
}

impl Devices {
    /// Adds a device by its code.
    pub(crate) fn add(&mut self, code: &str, record: DeviceRecord) {
        if self.records.len() >= MOST
            && let Some((_, (key, _))) = self.records.pop_first()
        {
            self.numbers.remove(&key);
        }
        self.last += 1;
        let key = TokenKey::of(code);
        self.numbers.insert(key, self.last);
        self.records.insert(self.last, (key, record));
    }

    /// The device of a code.
    pub(crate) fn by_code(&mut self, code: &str) -> Option<&mut DeviceRecord> {
        let number = *self.numbers.get(&TokenKey::of(code))?;
        self.get_mut(number)
    }

    /// The device that waits for this user code, with its number.
    pub(crate) fn waiting_for(&self, user_code: &str, now: Timestamp) -> Option<(u32, &DeviceRecord)> {
        self.records
            .iter()
            .map(|(number, (_, record))| (*number, record))
            .find(|(_, it)| it.user_code == user_code && it.state == DeviceState::Pending && now < it.ends)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut DeviceRecord> {
        self.records.get_mut(&number).map(|(_, record)| record)
    }
}
