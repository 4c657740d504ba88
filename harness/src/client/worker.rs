//! A configured client: one worker. The operations are in `redeem`, `refresh` and `call`; here is what they share.

use std::path::Path;

use serde_json::Value;

use crate::adapter::protocol::{AuthorizationGrant, Configuration, Failure, Outcome};
use crate::client::authorization::{AuthorizationLog, fresh_state, request_url};
use crate::client::challenge::claims_parameter;
use crate::client::cookies::Cookies;
use crate::client::device::DeviceFile;
use crate::client::events::Events;
use crate::client::failure::{bug, reauthorize, unsupported};
use crate::client::http::Http;
use crate::client::json_file::StoreError;
use crate::client::lock::{Held, TokenLock};
use crate::client::mail::Watching;
use crate::client::mistake::Mistake;
use crate::client::openid::{Binding, RelyingParty};
use crate::client::policy::Policy;
use crate::client::store::{StoredTokens, TokenStore};
use crate::client::throttle::Throttle;
use crate::client::time::Clock;
use crate::client::token_request::RESOURCE;

/// One worker. Holds no tokens: the store is the only truth.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) mistake: Option<Mistake>,
    pub(crate) configuration: Configuration,
    pub(crate) http: Http,
    pub(crate) policy: Policy,
    pub(crate) store: TokenStore,
    pub(crate) authorizations: AuthorizationLog,
    pub(crate) throttle: Throttle,
    pub(crate) cookies: Cookies,
    pub(crate) device: DeviceFile,
    /// Where OpenID Connect is spoken.
    pub(crate) openid: Option<RelyingParty>,
    /// The mail session that waits for messages.
    pub(crate) watching: tokio::sync::Mutex<Option<Watching>>,
    lock: TokenLock,
}

impl Worker {
    pub(crate) fn new(configuration: Configuration, mistake: Option<Mistake>) -> Result<Self, Failure> {
        // The provider speaks plain HTTP on the loopback interface; TLS is not built into this client.
        let issuer = configuration.openid.as_ref().map(|openid| &openid.issuer);
        let endpoints = &configuration.endpoints;
        if [&endpoints.authorization, &endpoints.token].into_iter().chain(issuer).any(|url| is_https(url)) {
            return Err(unsupported("this client speaks no TLS"));
        }
        let folder = Path::new(&configuration.storage);
        std::fs::create_dir_all(folder).map_err(|error| bug(format!("the storage folder cannot be made: {error}")))?;
        Ok(Self {
            mistake,
            http: Http::new()?,
            policy: Policy::new(configuration.documented.refresh_interval, mistake),
            store: TokenStore::new(folder, mistake),
            authorizations: AuthorizationLog::new(folder),
            throttle: Throttle::default(),
            cookies: Cookies::default(),
            device: DeviceFile::new(folder),
            openid: configuration.openid.clone().map(|openid| RelyingParty::new(openid, mistake)),
            watching: tokio::sync::Mutex::default(),
            lock: TokenLock::new(folder, mistake),
            configuration,
        })
    }

    /// Begins a grant.
    pub(crate) async fn authorize(&self, grant: AuthorizationGrant, clock: &Clock) -> Result<Outcome, Failure> {
        let (endpoint, binding) = match &self.openid {
            Some(openid) => {
                let document = openid.document(&self.http).await?;
                (document.authorization_endpoint.as_str(), Some(Binding::fresh(self.mistake)?))
            }
            None => (self.configuration.endpoints.authorization.as_str(), None),
        };
        let mut more = binding.as_ref().map(|binding| binding.parameters(self.mistake)).unwrap_or_default();
        let max_age = self.configuration.openid.as_ref().and_then(|openid| openid.max_age);
        more.extend(max_age.map(|seconds| ("max_age", seconds.to_string())));
        let claims = claims_parameter(&self.configuration.client.capabilities, self.claims_wanted()?.as_ref());
        more.extend(claims.map(|claims| ("claims", claims)));
        if self.mistake == Some(Mistake::NamesResource) {
            more.push(("resource", RESOURCE.to_owned()));
        }
        let state = fresh_state(self.mistake)?;
        let url = request_url(endpoint, &self.configuration.client, &state, grant, &more, self.mistake)?;
        self.authorizations.opened(&state, grant, binding, clock.now()).map_err(store_failure)?;
        Ok(Outcome::Authorize { url })
    }

    /// The claims that the next access token must have, as a challenge had it.
    pub(crate) fn claims_wanted(&self) -> Result<Option<Value>, Failure> {
        let stored = self.store.load().map_err(store_failure)?;
        Ok(stored.and_then(|tokens| tokens.claims_wanted).and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The token endpoint: the discovered one, or the one that was configured.
    pub(crate) async fn token_endpoint(&self) -> Result<&str, Failure> {
        match &self.openid {
            Some(openid) => Ok(&openid.document(&self.http).await?.token_endpoint),
            None => Ok(&self.configuration.endpoints.token),
        }
    }

    /// The device authorization endpoint, found like the token endpoint.
    pub(crate) async fn device_endpoint(&self) -> Result<&str, Failure> {
        let endpoint = match &self.openid {
            Some(openid) => openid.document(&self.http).await?.device_authorization_endpoint.as_deref(),
            None => self.configuration.endpoints.device_authorization.as_deref(),
        };
        endpoint.ok_or_else(|| unsupported("the provider has no device authorization endpoint"))
    }

    /// Sees to it that there is an access token, and tells its end.
    pub(crate) async fn token(&self, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let tokens = self.usable_tokens(clock, events).await?;
        Ok(Outcome::Token { expires_at: tokens.expires_at.map(|end| end.seconds()) })
    }

    /// Takes the lock; the twin without one gets nothing to hold.
    pub(crate) async fn locked(&self, clock: &Clock, events: &Events) -> Result<Option<Held>, Failure> {
        if self.mistake == Some(Mistake::NoLock) {
            return Ok(None);
        }
        self.lock.take(clock, events).await.map(Some).map_err(store_failure)
    }

    /// The tokens as they are stored now.
    pub(crate) fn stored(&self) -> Result<StoredTokens, Failure> {
        let stored = self.store.load().map_err(store_failure)?;
        stored.ok_or_else(|| reauthorize(None, "there are no tokens"))
    }

    /// Ends an operation; `resource_answered_well` as in [`TokenStore::operation_ended`].
    pub(crate) fn operation_ended(&self, resource_answered_well: bool) -> Result<(), Failure> {
        self.store.operation_ended(resource_answered_well).map_err(store_failure)
    }
}

pub(crate) fn store_failure(error: StoreError) -> Failure {
    bug(error.to_string())
}

fn is_https(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.scheme() == "https")
}
