//! The device authorization grant (RFC 8628): the codes, and the polling until the resource owner has answered.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::adapter::protocol::{Failure, Outcome};
use crate::client::events::Events;
use crate::client::failure::{bug, network, oauth, reauthorize};
use crate::client::http::HttpReply;
use crate::client::json_file::{JsonFile, StoreError};
use crate::client::mistake::Mistake;
use crate::client::secret::Secret;
use crate::client::time::{Clock, Timestamp};
use crate::client::token_request::TokenRequest;
use crate::client::token_response::{Refusal, TokenAnswer, lifetime};
use crate::client::worker::{Worker, store_failure};

/// Section 3.2: the interval where the provider names none. Section 3.5: what `slow_down` adds to it.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// How often the twin that does not stop asks again after it was told that it is over.
const VAIN_POLLS: u32 = 2;

/// A device authorization that is under way, in the storage folder: a worker that is started again goes on polling.
#[derive(Debug)]
pub(crate) struct DeviceFile(JsonFile<Device>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Device {
    code: Secret,
    /// Milliseconds between two polls.
    interval_ms: u64,
    ends: Timestamp,
    polled_at: Option<Timestamp>,
}

impl DeviceFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(JsonFile::new(folder, "device.json"))
    }

    fn load(&self) -> Result<Option<Device>, StoreError> {
        self.0.load()
    }

    fn save(&self, device: &Device) -> Result<(), StoreError> {
        self.0.replace(device)
    }

    fn forget(&self) -> Result<(), StoreError> {
        self.0.delete()
    }
}

impl Device {
    fn slower(&mut self, by: Duration) {
        self.interval_ms = self.interval_ms.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    }

    /// When it may be asked again.
    fn next_poll(&self, mistake: Option<Mistake>) -> Option<Timestamp> {
        let interval = match mistake {
            Some(Mistake::PollsTooFast) => Duration::from_secs(1),
            Some(_) | None => Duration::from_millis(self.interval_ms),
        };
        self.polled_at.map(|at| at.plus(interval))
    }
}

/// The device authorization response (section 3.2).
#[derive(Debug)]
struct Codes {
    device: Device,
    user_code: String,
    verification_uri: String,
}

impl Codes {
    /// The error completes the sentence "the device authorization endpoint answered …".
    fn read(body: &[u8], sent_at: Timestamp) -> Result<Self, &'static str> {
        let members: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| "with a body that is not a JSON object")?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let span = |name: &str| members.get(name).and_then(lifetime);
        let interval = span("interval").unwrap_or(FIVE_SECONDS);
        Ok(Self {
            device: Device {
                code: Secret::new(text("device_code").ok_or("without a device_code")?),
                interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
                ends: sent_at.plus(span("expires_in").ok_or("without an expires_in")?),
                polled_at: None,
            },
            user_code: text("user_code").ok_or("without a user_code")?.to_owned(),
            verification_uri: text("verification_uri").ok_or("without a verification_uri")?.to_owned(),
        })
    }
}

/// What came of one poll.
enum Polled {
    Tokens,
    /// Not yet.
    Pending,
    /// A definite no, in the provider's words.
    Over(Failure),
}

impl Worker {
    /// Gets the codes for a device.
    pub(crate) async fn begin_device(&self, clock: &Clock) -> Result<Outcome, Failure> {
        let request = TokenRequest::for_device(&self.configuration.client, self.mistake);
        let sent_at = clock.now();
        let reply = self.http.token(self.device_endpoint().await?, &request).await;
        let HttpReply { status, body, .. } =
            reply.map_err(|error| network(format!("the device authorization endpoint: {error}")))?;
        let answered = |how: &str| network(format!("the device authorization endpoint answered {status} {how}"));
        match (status, Refusal::parse(&body)) {
            (200, _) => {
                let codes = Codes::read(&body, sent_at).map_err(answered)?;
                self.device.save(&codes.device).map_err(store_failure)?;
                let Codes { user_code, verification_uri, .. } = codes;
                Ok(Outcome::Device { user_code, verification_uri })
            }
            (400..=499, Some(refusal)) => Err(oauth(&refusal.error, refusal.text())),
            (_, _) => Err(answered("without codes")),
        }
    }

    /// Polls until the resource owner has answered, or the codes' time is over.
    pub(crate) async fn poll(&self, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let never_stops = self.mistake == Some(Mistake::PollsAfterTheEnd);
        let device = self.device.load().map_err(store_failure)?;
        let mut device = device.ok_or_else(|| bug("no device authorization was begun"))?;
        let mut vain = 0;
        loop {
            let next = device.next_poll(self.mistake).unwrap_or_else(|| clock.now());
            wait_until(if never_stops { next } else { next.min(device.ends) }, clock, events).await;
            if clock.now() >= device.ends && !never_stops {
                self.device.forget().map_err(store_failure)?;
                return Err(reauthorize(None, "the time to answer for the device is over"));
            }
            device.polled_at = Some(clock.now());
            self.device.save(&device).map_err(store_failure)?;
            match self.poll_once(&mut device, clock, events).await? {
                Polled::Pending => {}
                Polled::Over(_) if never_stops && vain < VAIN_POLLS => vain += 1,
                Polled::Over(failure) => {
                    self.device.forget().map_err(store_failure)?;
                    return Err(failure);
                }
                Polled::Tokens => {
                    self.device.forget().map_err(store_failure)?;
                    return Ok(Outcome::Done);
                }
            }
        }
    }

    async fn poll_once(&self, device: &mut Device, clock: &Clock, events: &Events) -> Result<Polled, Failure> {
        let _held = self.locked(clock, events).await?;
        let request = TokenRequest::for_device_code(&device.code, &self.configuration.client, self.mistake);
        let sent_at = clock.now();
        let reply = self.http.token(self.token_endpoint().await?, &request).await;
        Ok(match TokenAnswer::read(reply, self.mistake) {
            TokenAnswer::Issued(response) => {
                self.keep(response, sent_at, clock).await?;
                Polled::Tokens
            }
            TokenAnswer::Refused(refusal) => match refusal.error.as_str() {
                "authorization_pending" => Polled::Pending,
                "slow_down" => {
                    device.slower(FIVE_SECONDS);
                    Polled::Pending
                }
                error => Polled::Over(oauth(error, refusal.text())),
            },
            // Section 3.5: after a time-out a client polls less often, for example half as often.
            TokenAnswer::Unusable(_) => {
                device.slower(Duration::from_millis(device.interval_ms));
                Polled::Pending
            }
        })
    }
}

/// Waits for a time to come, and says so each time that it has not come yet.
async fn wait_until(time: Timestamp, clock: &Clock, events: &Events) {
    let mut changes = clock.changes();
    while *changes.borrow_and_update() < time {
        events.waiting_for_clock();
        if changes.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
