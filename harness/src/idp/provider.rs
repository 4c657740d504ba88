//! One realm for one scenario.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mock_idp::profile::{Profile, ProfileError, load_without};
use mock_idp::proto::Seed;
use mock_idp::proto::address::BaseUrlError;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::mail::MailCauseKind;
use mock_idp::proto::policy::Superseded;
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::shell::{CaError, Config, HoldPoint, MockIdp};

use crate::adapter::Way;
use crate::adapter::protocol::ClientAuthentication;
use crate::idp::fault;
use crate::idp::hold::{Held, PointHold};
use crate::idp::redact::Redactor;
use crate::record::Clock;
use crate::scenario::{self, Scenario};

mod configuration;
mod credentials;
mod mail;
mod news;
mod resource;
mod world;

pub(crate) use credentials::Credentials;
use mail::message;
pub(crate) use world::backup_codes;
pub use world::{CALLER, CALLER_REDIRECT_URI, HARNESS};
use world::{join_services, preferred, world};

/// The name of a provider whose profile gives it none.
const STAND_IN_HOST: &str = "provider.example";

/// What the log calls the harness's browser.
pub const RESOURCE_OWNER: &str = "resource-owner";

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No port can be bound.
    #[error("the provider cannot listen: {0}")]
    Io(#[from] std::io::Error),
    /// There is no certificate.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// A scenario asks for what makes no sense.
    #[error("{0}")]
    World(String),
    /// The journal gave way: a step made more entries than it keeps.
    #[error("a step made more than {0} journal entries, and some are lost")]
    JournalOverrun(usize),
}

/// A running provider.
#[derive(Debug)]
pub struct Provider {
    idp: MockIdp,
    profile: Profile,
    start: Timestamp,
    read: u64,
    turned_away: Vec<String>,
    user: String,
    /// The resource owner's key for programs.
    key: String,
    client: ClientId,
    authentication: ClientAuthentication,
    misconfigured: scenario::Misconfigured,
    openid: Option<scenario::SpeaksOpenId>,
    scope: Option<String>,
    /// Whose endpoints the client uses, where they name a tenant.
    tenant: Option<String>,
    /// What the client declares that it understands.
    capabilities: Vec<String>,
    /// Whether a scenario is about devices.
    devices: bool,
    /// The address that the client is configured with; none where a scenario is not about mail.
    mail_user: Option<String>,
    /// The password that it is configured with in place of OAuth.
    mail_password: Option<String>,
    /// Which worker each mail session is of, and what is spoken in it.
    sessions: BTreeMap<u32, (String, &'static str)>,
}

impl Provider {
    /// The names of all causes for which a provider refuses.
    pub fn causes() -> impl Iterator<Item = &'static str> {
        let mail = MailCauseKind::ALL.iter().map(|kind| kind.name());
        CauseKind::ALL.iter().map(|kind| kind.name()).chain(mail)
    }

    /// Loads the profile of a scenario, which says early whether it can run at all.
    ///
    /// # Errors
    /// [`ProviderError::Profile`].
    /// [`ProviderError::World`] for a fault that the profile does not know.
    pub fn check_profile(scenario: &Scenario) -> Result<(), ProviderError> {
        let profile = profile_of(scenario)?;
        for id in &scenario.shows {
            if !profile.quirks.iter().any(|quirk| quirk.id == *id) {
                let near = profile.quirks.iter().map(|quirk| quirk.id.as_str());
                let near =
                    near.max_by(|one, other| strsim::jaro_winkler(id, one).total_cmp(&strsim::jaro_winkler(id, other)));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let why = format!("the profile {} has no quirk `{id}` to show{near}", profile.name);
                return Err(ProviderError::World(why));
            }
        }
        resource::check(&profile, scenario)?;
        for step in &scenario.steps {
            if let scenario::Verb::Fault(fault) = &step.verb {
                let mail = profile.policy.mail.as_ref();
                if fault::named_mail(fault, mail).is_none() {
                    fault::fault(fault, &profile.policy.faults).map_err(ProviderError::World)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the provider lets a refresh token stay as good as it was when it has been exchanged for another.
    #[must_use]
    pub fn keeps_superseded_tokens(scenario: &Scenario) -> bool {
        profile_of(scenario).is_ok_and(|profile| {
            let refresh = &profile.policy.refresh;
            refresh.superseded == Superseded::StaysValid && refresh.valid_at_once.is_none()
        })
    }

    /// Starts a realm for a scenario, its clock frozen at the scenario's start, for clients that come this way.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn start(
        scenario: &Scenario,
        way: Way,
        seed: u64,
        redactor: &mut Redactor,
    ) -> Result<Self, ProviderError> {
        let mut profile = profile_of(scenario)?;
        if way == Way::ByName && profile.policy.hosts.is_empty() {
            profile.policy.hosts.push(STAND_IN_HOST.to_owned());
        }
        let start = Timestamp::from_millis(scenario.world.start.as_millisecond());
        let authentication = scenario.world.client.authentication.unwrap_or_else(|| preferred(&profile));
        let home = profile.policy.tenants.as_ref().map(|tenants| tenants.home.as_str());
        let mut world = world(scenario, authentication, home)?;
        join_services(&mut world, &scenario.world, &profile.policy);
        let key = world.users.first().and_then(|user| user.api_key.as_ref());
        let key = key.map(|key| key.expose().clone()).unwrap_or_default();
        redactor.learn(&key, "api_key");
        for user in &world.users {
            redactor.learn(user.password.expose(), "password");
        }
        for secret in world.clients.iter().filter_map(|client| client.secret.as_ref()) {
            redactor.learn(secret.expose(), "client_secret");
        }
        if let Some(secret) = &scenario.world.client.misconfigured.secret {
            redactor.learn(secret, "wrong client_secret");
        }
        let owner = world.users.first().filter(|_| scenario.world.mail.password);
        let mail_password = owner.map(|owner| owner.password.expose().clone());
        let (user, client) = match (world.users.first(), world.clients.first()) {
            (Some(user), Some(client)) => (user.name.clone(), client.id.clone()),
            (_, _) => return Err(ProviderError::World("the world has no user or no client".to_owned())),
        };
        let mut config = Config::new(profile.clone(), start);
        if let (Way::ByName, Some(host)) = (way, profile.policy.hosts.first()) {
            // The resource owner's browser comes without TLS, and must be told the same issuer as the client.
            let issuer = format!("https://{host}").parse();
            config.addresses.issuer =
                Some(issuer.map_err(|wrong: BaseUrlError| ProviderError::World(wrong.to_string()))?);
        }
        config.world = world;
        config.seed = Seed::from_number(seed);
        let idp = MockIdp::start(config).await?;
        place(redactor, idp.url());
        let misconfigured = scenario.world.client.misconfigured.clone();
        let (read, turned_away, openid) = (0, Vec::new(), scenario.world.client.openid.clone());
        let devices = scenario.steps.iter().any(|step| matches!(step.verb, scenario::Verb::Device(_)));
        let (scope, tenant) = (scenario.world.client.scope.clone(), scenario.world.client.tenant.clone());
        let capabilities = scenario.world.client.capabilities.clone();
        let mail = &scenario.world.mail;
        let is_about_mail = scenario.steps.iter().any(|step| matches!(step.verb, scenario::Verb::Mail(_)));
        let mail_user = is_about_mail.then(|| mail.user.clone().unwrap_or_else(|| user.clone()));
        for subject in &mail.messages {
            idp.realm().deliver(&user, message(subject, start));
        }
        Ok(Self {
            idp,
            profile,
            start,
            read,
            turned_away,
            user,
            key,
            client,
            authentication,
            misconfigured,
            openid,
            scope,
            tenant,
            capabilities,
            devices,
            mail_user,
            mail_password,
            sessions: BTreeMap::new(),
        })
    }

    /// Opens a port for a worker, or for the resource owner, and gives its origin.
    ///
    /// # Errors
    /// [`ProviderError::Io`].
    pub async fn listen(&self, via: &str, redactor: &mut Redactor) -> Result<String, ProviderError> {
        let url = self.idp.listen(via).await?;
        place(redactor, &url);
        Ok(url)
    }

    /// Makes another address known by which the provider is reached.
    pub(crate) fn known_as(url: &str, redactor: &mut Redactor) {
        place(redactor, url);
    }

    /// The path of the page where the code of a device is typed.
    #[must_use]
    pub fn verification_path(&self) -> Option<&str> {
        self.profile.policy.device.as_ref().map(|device| device.verification_path.as_str())
    }

    /// The key of the resource owner, for calls that go by one.
    #[must_use]
    pub fn key(&self) -> String {
        self.key.clone()
    }

    /// The profile's name.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile.name
    }

    /// The hosts that it stands in for.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.profile.policy.hosts
    }

    /// The certificate of its CA, in PEM.
    ///
    /// # Errors
    /// [`ProviderError::Ca`].
    pub(crate) fn ca_pem(&self) -> Result<String, ProviderError> {
        Ok(self.idp.ca_pem()?)
    }

    /// What was turned away at the door since the last time: requests for other hosts, broken handshakes.
    pub fn take_turned_away(&mut self) -> Vec<String> {
        std::mem::take(&mut self.turned_away)
    }

    /// The realm's time in seconds since 1970.
    #[must_use]
    pub fn now_seconds(&self) -> f64 {
        self.now().as_millis() as f64 / 1000.0
    }

    /// The realm's time in RFC 3339, and since the start in milliseconds.
    #[must_use]
    pub fn time(&self) -> (String, i64) {
        self.place_in_time(self.now())
    }

    /// Its clock, for whoever records what is said to it.
    pub(crate) fn clock(&self) -> Clock {
        let realm = Arc::clone(self.idp.realm());
        Clock::of(move || {
            let now = realm.clock().now();
            jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default()
        })
    }

    fn now(&self) -> Timestamp {
        self.idp.realm().clock().now()
    }

    fn place_in_time(&self, moment: Timestamp) -> (String, i64) {
        (moment.rfc3339(), moment.as_millis() - self.start.as_millis())
    }

    /// Moves the clock.
    pub fn advance(&self, milliseconds: u64) {
        self.idp.realm().advance(Span::from_millis(milliseconds));
    }

    /// Arms a fault.
    ///
    /// # Errors
    /// [`ProviderError::World`] when it is one by a name that the profile does not know.
    pub fn arm(&self, scenario: &scenario::Fault) -> Result<(), ProviderError> {
        let mail = self.profile.policy.mail.as_ref();
        if let Some(fault) = fault::named_mail(scenario, mail) {
            self.idp.realm().add_mail_fault(fault);
            return Ok(());
        }
        let fault = fault::fault(scenario, &self.profile.policy.faults).map_err(ProviderError::World)?;
        self.idp.realm().add_fault(fault);
        Ok(())
    }

    /// Changes the world.
    ///
    /// # Errors
    /// [`ProviderError::World`] when the change makes no sense.
    pub fn change(&self, change: &scenario::Change, redactor: &mut Redactor) -> Result<(), ProviderError> {
        if let scenario::Change::MailArrives(subject) = change {
            return if self.idp.realm().deliver(&self.user, message(subject, self.now())) {
                Ok(())
            } else {
                Err(ProviderError::World(format!("{} has no mailbox", self.user)))
            };
        }
        if let scenario::Change::Password(password) = change {
            redactor.learn(password, "password");
        }
        let change = fault::change(change, &self.user, &self.client)
            .ok_or_else(|| ProviderError::World("the TOTP secret is not Base32".to_owned()))?;
        self.idp.realm().change(&change);
        Ok(())
    }

    /// Holds requests back at a point.
    #[must_use]
    pub fn hold(&self, at: Held) -> PointHold {
        let (point, endpoint) = match at {
            Held::Request(point) => (HoldPoint::Received, fault::endpoint(point)),
            Held::Reply(point) => (HoldPoint::Committed, fault::endpoint(point)),
        };
        PointHold::new(self.idp.realm().hold(point, endpoint))
    }

    /// Waits until no request is under way.
    pub async fn idle(&self) {
        self.idp.realm().idle().await;
    }

    /// How many chains live with a valid refresh token, and how many refresh tokens are valid.
    #[must_use]
    pub fn living(&self) -> (usize, usize) {
        let chains = self.idp.realm().living_chains();
        (chains.iter().filter(|(_, valid)| *valid > 0).count(), chains.iter().map(|(_, valid)| valid).sum())
    }
}

/// A profile by its name and the settings laid over it, once for all cells of this process that ask for it: to read one takes as long
/// as a cell.
fn profile_of(scenario: &Scenario) -> Result<Profile, ProfileError> {
    type Key = (String, Option<String>, Vec<String>);
    static READ: Mutex<BTreeMap<Key, Profile>> = Mutex::new(BTreeMap::new());
    let key = (scenario.profile.to_string(), scenario.without.clone(), scenario.world.settings.clone());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(profile) = read.get(&key) {
        return Ok(profile.clone());
    }
    let profile = load_without(&key.0, key.1.as_deref(), &key.2)?;
    read.insert(key, profile.clone());
    Ok(profile)
}

/// What stands for the provider's addresses.
fn place(redactor: &mut Redactor, url: &str) {
    redactor.place(url, "{idp}");
    if let Some((_, host)) = url.split_once("//") {
        redactor.place(host, "{idp}");
    }
}
