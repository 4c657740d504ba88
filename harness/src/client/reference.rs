//! The client as the harness drives it: every command of the protocol, on any number of tasks at once.

use std::sync::OnceLock;

use crate::adapter::protocol::{
    ClockControl, Command, Configuration, Failure, Hello, Library, Named, Outcome, VERSION,
};
use crate::client::call::CallWay;
use crate::client::events::Events;
use crate::client::failure::{bug, unsupported};
use crate::client::http::ResourceRequest;
use crate::client::mistake::{Mistake, UnknownClient};
use crate::client::secret::Secret;
use crate::client::time::{Clock, Timestamp};
use crate::client::worker::Worker;

/// The name of the correct client.
pub const REFERENCE: &str = "reference";

/// What the client, and so every twin, can do.
const CAPABILITIES: [&str; 24] = [
    "authorization_code",
    "openid",
    "client_credentials",
    "password",
    "on_behalf_of",
    "device_code",
    "waits_on_clock",
    "claims_challenge",
    "implicit",
    "call",
    "pages",
    "imap",
    "smtp",
    "pop",
    "idle",
    "mail_password",
    "cookies",
    "keys",
    "refresh",
    "token",
    "shared_store",
    "concurrent",
    "clock",
    "restart",
];

/// The built-in client: the correct one, or one with a single mistake.
///
/// One value is one worker. It keeps no tokens in memory, so dropping it, at whatever point, loses nothing that was not on its
/// way.
#[derive(Debug)]
pub struct ReferenceClient {
    mistake: Option<Mistake>,
    clock: Clock,
    worker: OnceLock<Worker>,
}

impl ReferenceClient {
    /// The correct client, or with `mistake` a broken twin.
    #[must_use]
    pub fn new(mistake: Option<Mistake>) -> Self {
        Self { mistake, clock: Clock::default(), worker: OnceLock::new() }
    }

    /// The client called `name`: `reference`, or a twin's name.
    ///
    /// # Errors
    ///
    /// [`UnknownClient`], with the nearest name.
    pub fn named(name: &str) -> Result<Self, UnknownClient> {
        if name == REFERENCE { Ok(Self::new(None)) } else { name.parse().map(|mistake| Self::new(Some(mistake))) }
    }

    /// `reference`, or the twin's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.mistake.map_or(REFERENCE, Mistake::name)
    }

    /// Does what `command` asks. May be called again before an earlier call has returned, and may be dropped at any await
    /// point: that is how the harness kills it.
    pub async fn handle(&self, command: Command, events: &Events) -> Outcome {
        self.try_handle(command, events).await.unwrap_or_else(Outcome::Error)
    }

    async fn try_handle(&self, command: Command, events: &Events) -> Result<Outcome, Failure> {
        let clock = &self.clock;
        match command {
            Command::Hello { protocol } => self.hello(&protocol),
            Command::Configure(configuration) => self.configure(*configuration),
            Command::Authorize { grant } => self.worker()?.authorize(grant, clock).await,
            Command::Callback { url } => self.worker()?.callback(&url, clock, events).await,
            Command::Grant(grant) => self.worker()?.direct_grant(&grant, clock, events).await,
            Command::Device => self.worker()?.begin_device(clock).await,
            Command::Poll => self.worker()?.poll(clock, events).await,
            Command::Call { method, url, headers, body, all_pages, session, key } => {
                let request = ResourceRequest::new(&method, &url, &headers, body)?;
                if all_pages {
                    self.worker()?.call_all_pages(request, clock, events).await
                } else {
                    let way = CallWay { session, key: key.map(Secret::new) };
                    self.worker()?.call(request, &way, clock, events).await
                }
            }
            Command::Mail(task) => self.worker()?.mail(&task, clock, events).await,
            Command::Refresh => self.worker()?.refresh(clock, events).await,
            Command::Token => self.worker()?.token(clock, events).await,
            Command::Clock { now } => {
                clock.set(Timestamp::from_seconds(now));
                Ok(Outcome::Clock { now: clock.now().seconds() })
            }
            Command::Quit => Ok(Outcome::Done),
        }
    }

    fn hello(&self, protocol: &str) -> Result<Outcome, Failure> {
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if major(protocol) != major(VERSION) {
            return Err(unsupported(format!("this client speaks protocol {VERSION}, not {protocol}")));
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Outcome::Hello(Box::new(Hello {
            protocol: VERSION.to_owned(),
            adapter: Named { name: self.name().to_owned(), version: version.clone() },
            library: Library {
                name: "idp-harness reference client".to_owned(),
                version,
                language: "rust".to_owned(),
                issues: None,
            },
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            clock: ClockControl::Inject,
        })))
    }

    fn configure(&self, configuration: Configuration) -> Result<Outcome, Failure> {
        self.clock.set(Timestamp::from_seconds(configuration.now));
        let worker = Worker::new(configuration, self.mistake)?;
        self.worker.set(worker).map_err(|_| bug("configured twice"))?;
        Ok(Outcome::Done)
    }

    fn worker(&self) -> Result<&Worker, Failure> {
        self.worker.get().ok_or_else(|| bug("not configured"))
    }
}
