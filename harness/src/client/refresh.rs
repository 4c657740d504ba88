//! The refresh (RFC 6749 section 6): under the lock, on what the store holds inside the lock, at most one request.

use crate::adapter::protocol::{Failure, FailureKind, Outcome};
use crate::client::challenge::claims_parameter;
use crate::client::events::Events;
use crate::client::failure::{network, oauth, reauthorize, too_early};
use crate::client::lock::Held;
use crate::client::mistake::Mistake;
use crate::client::openid::Expected;
use crate::client::policy::Decision;
use crate::client::secret::Secret;
use crate::client::store::StoredTokens;
use crate::client::time::{Clock, Timestamp};
use crate::client::token_request::{Asked, TokenRequest, of_one_resource};
use crate::client::token_response::{Refusal, TokenAnswer, TokenResponse, Unusable};
use crate::client::worker::{Worker, store_failure};

/// How often the twin that cannot wait sends a refresh again.
const HASTY_REPEATS: usize = 3;

/// Why a refresh is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The access token ends soon, or has ended.
    Expiring,
    /// The resource rejected an access token that was believed good.
    Rejected,
    /// It was asked for.
    Asked,
    /// A twin's whim, without a look at the policy.
    Unconditional,
}

impl Worker {
    /// Refreshes because it was asked for.
    pub(crate) async fn refresh(&self, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let tokens = self.stored()?;
        let renewed = self.renew(Trigger::Asked, tokens, clock, events).await;
        self.operation_ended(false)?;
        renewed.map(|_| Outcome::Done)
    }

    /// Tokens that are good to use now, refreshed if that is due and allowed. Takes no lock when nothing is to be done.
    pub(crate) async fn usable_tokens(&self, clock: &Clock, events: &Events) -> Result<StoredTokens, Failure> {
        let tokens = self.stored()?;
        match self.policy.for_use(&tokens, clock.now()) {
            Decision::Use => Ok(tokens),
            // What looks like a refresh in doubt may be one that another worker is waiting for: only the lock tells.
            Decision::Refresh | Decision::TooEarly { .. } => {
                match self.renew(Trigger::Expiring, tokens.clone(), clock, events).await {
                    // The refresh came to nothing, but the token in hand lives on for some seconds.
                    Err(failure) if failure.kind == FailureKind::Network && tokens.expires_at > Some(clock.now()) => {
                        Ok(tokens)
                    }
                    outcome => outcome,
                }
            }
            Decision::Reauthorize { code, why } => Err(reauthorize(code.as_deref(), why)),
        }
    }

    /// Refreshes, or finds that another worker has done so since `seen` was read. After [`Trigger::Rejected`] it returns `seen`
    /// unchanged when a refresh is not allowed yet: the caller has an answer already, if a poor one.
    pub(crate) async fn renew(
        &self,
        trigger: Trigger,
        seen: StoredTokens,
        clock: &Clock,
        events: &Events,
    ) -> Result<StoredTokens, Failure> {
        let held = self.locked(clock, events).await?;
        let tokens = match self.mistake {
            Some(Mistake::StaleAfterLock) => with_pair_of(&seen, self.stored()?),
            // Who takes a lock for free takes what its holder was at for done.
            Some(Mistake::LockRunsOut) if held.as_ref().is_some_and(Held::is_taken_over) => {
                StoredTokens { refresh_attempted_at: None, ..self.stored()? }
            }
            Some(_) | None => self.stored()?,
        };
        let renewed_meanwhile = tokens.access_token != seen.access_token;
        let decision = match trigger {
            Trigger::Expiring => self.policy.for_use(&tokens, clock.now()),
            Trigger::Rejected | Trigger::Asked if renewed_meanwhile => Decision::Use,
            Trigger::Rejected | Trigger::Asked => self.policy.for_refresh(&tokens, clock.now()),
            Trigger::Unconditional => Decision::Refresh,
        };
        let by_itself = matches!(trigger, Trigger::Expiring | Trigger::Rejected);
        match decision {
            Decision::Use => Ok(tokens),
            // Whoever asks for the owner says the same again, until the owner has been asked.
            Decision::Refresh
                if by_itself
                    && tokens.owner_asked.is_some()
                    && self.mistake != Some(Mistake::RetriesWhenOwnerIsAsked) =>
            {
                Err(reauthorize(tokens.owner_asked.as_deref(), "the provider asks for the resource owner"))
            }
            Decision::Refresh => self.exchange(tokens, clock).await,
            Decision::TooEarly { .. } if trigger == Trigger::Rejected => Ok(tokens),
            Decision::TooEarly { until } => Err(too_early(until)),
            Decision::Reauthorize { code, why } => Err(reauthorize(code.as_deref(), why)),
        }
    }

    /// Presents the refresh token and settles what comes of it. The attempt is stored *before* it is sent: whoever reads the
    /// store after a crash knows that the provider may have rotated the token.
    async fn exchange(&self, tokens: StoredTokens, clock: &Clock) -> Result<StoredTokens, Failure> {
        let Some(refresh_token) = tokens.refresh_token.clone() else {
            return Err(reauthorize(None, "there is no refresh token"));
        };
        let endpoint = self.token_endpoint().await?;
        let sent_at = clock.now();
        self.store.update(|stored| stored.refresh_attempted_at = Some(sent_at)).map_err(store_failure)?;
        let settled = match self.present(endpoint, &refresh_token, tokens.claims_wanted.as_deref()).await {
            TokenAnswer::Issued(response) => {
                let checked = self.check_refreshed(&response, &tokens, clock).await;
                let renewed = response.into_stored(Some(&tokens), sent_at, clock.now(), self.mistake);
                match checked {
                    Err(failure) if failure.kind == FailureKind::Untrusted => Err(failure),
                    // Keys that cannot be had now are no reason to lose what the refresh token gave way to.
                    checked => {
                        self.store.save_refreshed(&renewed, &tokens).map_err(store_failure)?;
                        checked.map(|()| renewed)
                    }
                }
            }
            TokenAnswer::Refused(refusal) if refusal.is_too_early() => self.refused_as_too_early(&refusal, clock.now()),
            TokenAnswer::Refused(refusal)
                if refusal.asks_for_the_owner() && self.mistake != Some(Mistake::ForgetsTokenWhenOwnerIsAsked) =>
            {
                self.owner_is_asked(&refusal)
            }
            TokenAnswer::Refused(refusal) if refusal.is_about_the_request() => self.refused_for_the_request(&refusal),
            TokenAnswer::Refused(refusal) => self.refused(&tokens, &refusal),
            TokenAnswer::Unusable(unusable) => self.unusable(unusable, sent_at, clock.now()),
        };
        if settled.is_err() && self.mistake == Some(Mistake::WipesOnError) {
            self.store.forget().map_err(store_failure)?;
        }
        settled
    }

    /// A refresh may bring an ID token, which must be about the same user (OpenID Connect Core section 12.2). Where it is not, the whole
    /// response is somebody else's, and so is whatever would come of it: the chain is at its end.
    async fn check_refreshed(
        &self,
        response: &TokenResponse,
        before: &StoredTokens,
        clock: &Clock,
    ) -> Result<(), Failure> {
        let (Some(openid), Some(id_token)) = (&self.openid, &response.id_token) else { return Ok(()) };
        if self.mistake == Some(Mistake::IgnoresRefreshedIdToken) {
            return Ok(());
        }
        let expected = Expected {
            issuer: &openid.settings.issuer,
            client_id: &self.configuration.client.id,
            access_token: response.access_token.expose(),
            nonce: None,
            max_age: None,
            before: before.identity.as_ref(),
            now: clock.now(),
        };
        let checked = openid.check_id_token(&self.http, id_token, expected).await;
        if checked.as_ref().is_err_and(|failure| failure.kind == FailureKind::Untrusted) {
            let ended = |stored: &mut StoredTokens| stored.refresh_refused = Some("untrusted_id_token".to_owned());
            self.store.update(ended).map_err(store_failure)?;
        }
        checked.map(drop)
    }

    async fn present(&self, endpoint: &str, refresh_token: &Secret, wanted: Option<&str>) -> TokenAnswer {
        let wanted = wanted.and_then(|text| serde_json::from_str(text).ok());
        let client = &self.configuration.client;
        let claims = claims_parameter(&client.capabilities, wanted.as_ref());
        // A client of OpenID Connect that asks for no scope keeps what it was granted.
        let scope = client.scope.as_deref().filter(|_| self.openid.is_none()).map(of_one_resource);
        let more = Asked { scope: scope.as_deref(), claims: claims.as_deref() };
        let request = TokenRequest::for_refresh(refresh_token, more, client, self.mistake);
        let repeats = if self.mistake == Some(Mistake::RetriesLostReplyAtOnce) { HASTY_REPEATS } else { 0 };
        for _ in 0..repeats {
            let reply = self.http.token(endpoint, &request).await;
            if reply.as_ref().is_ok_and(|reply| reply.status < 500) {
                return TokenAnswer::read(reply, self.mistake);
            }
        }
        TokenAnswer::read(self.http.token(endpoint, &request).await, self.mistake)
    }

    /// Nothing happened, except that the provider wants to be left alone for a while.
    fn refused_as_too_early(&self, refusal: &Refusal, now: Timestamp) -> Result<StoredTokens, Failure> {
        if self.mistake == Some(Mistake::GivesUpWhenTooEarly) {
            self.store.forget().map_err(store_failure)?;
            return Err(reauthorize(Some(&refusal.error), refusal.text()));
        }
        let until = self.policy.after_too_early(now);
        let change = |stored: &mut StoredTokens| {
            stored.refresh_attempted_at = None;
            stored.refresh_not_before = Some(until);
        };
        self.store.update(change).map_err(store_failure)?;
        Err(too_early(until))
    }

    /// The resource owner is needed, and the token stays: it is good for other requests, and for this one once they have answered.
    fn owner_is_asked(&self, refusal: &Refusal) -> Result<StoredTokens, Failure> {
        let change = |stored: &mut StoredTokens| {
            stored.refresh_attempted_at = None;
            stored.owner_asked = Some(refusal.error.clone());
            stored.claims_wanted = refusal.claims.clone().or(stored.claims_wanted.take());
        };
        self.store.update(change).map_err(store_failure)?;
        Err(reauthorize(Some(&refusal.error), refusal.text()))
    }

    /// The provider finds the request wrong, and says nothing about the token: it stays. The same request has been served a moment
    /// later (picqer/exact-php-client#497); where it is wrong indeed, somebody must see the error.
    fn refused_for_the_request(&self, refusal: &Refusal) -> Result<StoredTokens, Failure> {
        self.store.update(|stored| stored.refresh_attempted_at = None).map_err(store_failure)?;
        Err(oauth(&refusal.error, refusal.text()))
    }

    /// The token is dead, unless another worker, one that does not lock, was faster.
    fn refused(&self, tokens: &StoredTokens, refusal: &Refusal) -> Result<StoredTokens, Failure> {
        let now_stored = self.stored()?;
        if now_stored.access_token != tokens.access_token && now_stored.refresh_refused.is_none() {
            return Ok(now_stored);
        }
        let change = |stored: &mut StoredTokens| {
            stored.refresh_attempted_at = None;
            if self.mistake != Some(Mistake::RetriesDeadToken) {
                stored.refresh_refused = Some(refusal.error.clone());
            }
        };
        self.store.update(change).map_err(store_failure)?;
        Err(reauthorize(Some(&refusal.error), refusal.text()))
    }

    /// Nothing is known about the token. It stays, and the attempt stays in doubt when it may have been committed.
    fn unusable(&self, unusable: Unusable, sent_at: Timestamp, now: Timestamp) -> Result<StoredTokens, Failure> {
        let change = |stored: &mut StoredTokens| {
            stored.refresh_attempted_at = unusable.in_doubt.then_some(sent_at);
            if let Some(pause) = unusable.retry_after.filter(|_| self.mistake != Some(Mistake::IgnoresRetryAfter)) {
                stored.refresh_not_before = Some(now.plus(pause));
            }
        };
        self.store.update(change).map_err(store_failure)?;
        Err(network(unusable.why))
    }
}

/// The tokens that the stale twin read before it waited, with all that is known beside them as it is now.
fn with_pair_of(seen: &StoredTokens, stored: StoredTokens) -> StoredTokens {
    StoredTokens {
        access_token: seen.access_token.clone(),
        token_type: seen.token_type.clone(),
        refresh_token: seen.refresh_token.clone(),
        obtained_at: seen.obtained_at,
        expires_at: seen.expires_at,
        ..stored
    }
}
