//! Taking what the authorization endpoint gave: a code is redeemed (RFC 6749 section 4.1.3), an access token is stored, once.

use crate::adapter::protocol::{AuthorizationGrant, Failure, FailureKind, Outcome};
use crate::client::authorization::{Admission, AuthorizationResponse, Granted};
use crate::client::challenge::claims_parameter;
use crate::client::events::Events;
use crate::client::failure::{network, oauth, untrusted};
use crate::client::mistake::Mistake;
use crate::client::openid::{Binding, Expected, Identity};
use crate::client::refresh::Trigger;
use crate::client::secret::Secret;
use crate::client::store::StoredTokens;
use crate::client::time::{Clock, Timestamp};
use crate::client::token_request::TokenRequest;
use crate::client::token_response::{TokenAnswer, TokenResponse};
use crate::client::worker::{Worker, store_failure};

impl Worker {
    /// Takes the authorization response at `url`, and stores the tokens that its code is worth.
    pub(crate) async fn callback(&self, url: &str, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let response = AuthorizationResponse::parse(url, self.mistake)?;
        if let Some(openid) = &self.openid {
            openid.check_issuer(&self.http, response.issuer.as_deref()).await?;
        }
        let state = response.state.as_deref();
        let granted = match response.result {
            Ok(granted) => granted,
            Err(error) => {
                // Some providers return no state with an error. Nothing is redeemed, so it can be told as it is.
                let ours = self.authorizations.close(state).map_err(store_failure)?;
                return Err(match state {
                    Some(_) if !ours => foreign_state(),
                    Some(_) | None => {
                        let why = error.description.unwrap_or_else(|| "the authorization endpoint refused".to_owned());
                        oauth(&error.error, why)
                    }
                });
            }
        };
        let (begun_at, binding) =
            match self.authorizations.admit(state, &granted, self.mistake).map_err(store_failure)? {
                Admission::Redeem { begun_at, binding } => (begun_at, binding),
                Admission::Spent => return Err(spent(granted.grant())),
                Admission::ForeignState => return Err(foreign_state()),
            };
        match granted {
            Granted::Code(code) => {
                let identity = self.redeem_code(code, binding, clock, events).await?;
                Ok(identity.map_or(Outcome::Done, |identity| Outcome::SignedIn { subject: identity.subject }))
            }
            Granted::Token(response) => {
                self.take(*response, begun_at, clock, events).await?;
                Ok(Outcome::Done)
            }
        }
    }

    async fn redeem_code(
        &self,
        code: String,
        binding: Option<Binding>,
        clock: &Clock,
        events: &Events,
    ) -> Result<Option<Identity>, Failure> {
        let code = match self.mistake {
            Some(Mistake::RedeemsSavedCode) => self.authorizations.first_ever(&code).map_err(store_failure)?,
            Some(_) | None => Secret::new(code),
        };
        let identity = self.redeem(code.expose(), binding.as_ref(), clock, events).await?;
        if self.mistake == Some(Mistake::RefreshesAfterCode) {
            self.test_the_connection(clock, events).await?;
        }
        Ok(identity)
    }

    /// Stores an access token that came alone. It takes the place of everything that was stored: there is nothing to refresh
    /// with any more. When it was issued nobody says; it was after the authorization was begun.
    async fn take(
        &self,
        response: TokenResponse,
        begun_at: Option<Timestamp>,
        clock: &Clock,
        events: &Events,
    ) -> Result<(), Failure> {
        let _held = self.locked(clock, events).await?;
        let now = clock.now();
        let tokens = response.into_stored(None, begun_at.unwrap_or(now), now, self.mistake);
        self.store.save(&tokens).map_err(store_failure)
    }

    /// Under the lock: a refresh of the old grant that is under way must not be stored over the new one.
    async fn redeem(
        &self,
        code: &str,
        binding: Option<&Binding>,
        clock: &Clock,
        events: &Events,
    ) -> Result<Option<Identity>, Failure> {
        let _held = self.locked(clock, events).await?;
        let claims = claims_parameter(&self.configuration.client.capabilities, self.claims_wanted()?.as_ref());
        let verifier = binding.map(|binding| &binding.code_verifier);
        let request =
            TokenRequest::for_code(code, verifier, claims.as_deref(), &self.configuration.client, self.mistake);
        let sent_at = clock.now();
        let reply = self.http.token(self.token_endpoint().await?, &request).await;
        match TokenAnswer::read(reply, self.mistake) {
            TokenAnswer::Issued(response) => {
                let identity = self.identify(&response, binding, clock).await?;
                let mut tokens = response.into_stored(None, sent_at, clock.now(), self.mistake);
                tokens.identity.clone_from(&identity);
                self.store.save(&tokens).map_err(store_failure)?;
                if let Some(identity) = &identity {
                    self.ask_who_it_is(identity, &tokens).await?;
                }
                Ok(identity)
            }
            TokenAnswer::Refused(refusal) => Err(oauth(&refusal.error, refusal.text())),
            TokenAnswer::Unusable(unusable) => Err(network(unusable.why)),
        }
    }

    /// Who signed in, where OpenID Connect is spoken. Nothing is stored of a response whose ID token fails a check.
    pub(super) async fn identify(
        &self,
        response: &TokenResponse,
        binding: Option<&Binding>,
        clock: &Clock,
    ) -> Result<Option<Identity>, Failure> {
        let Some(openid) = &self.openid else { return Ok(None) };
        let Some(id_token) = &response.id_token else {
            return Err(untrusted("id_token_missing", "the token response has no ID token"));
        };
        let expected = Expected {
            issuer: &openid.settings.issuer,
            client_id: &self.configuration.client.id,
            access_token: response.access_token.expose(),
            // Without a binding the state was not compared either, and only a broken twin gets here.
            nonce: binding.map(|binding| binding.nonce.as_str()),
            max_age: openid.settings.max_age,
            before: None,
            now: clock.now(),
        };
        openid.check_id_token(&self.http, id_token, expected).await.map(Some)
    }

    async fn ask_who_it_is(&self, identity: &Identity, tokens: &StoredTokens) -> Result<(), Failure> {
        let Some(openid) = &self.openid else { return Ok(()) };
        let asked = openid.userinfo(&self.http, &tokens.access_token, &identity.subject).await;
        if asked.as_ref().is_err_and(|failure| failure.kind == FailureKind::Untrusted) {
            self.store.forget().map_err(store_failure)?;
        }
        asked
    }

    /// What one of the twins does after every code: a refresh, whatever the interval, and whatever comes of it.
    async fn test_the_connection(&self, clock: &Clock, events: &Events) -> Result<(), Failure> {
        let tokens = self.stored()?;
        let _outcome = self.renew(Trigger::Unconditional, tokens, clock, events).await;
        Ok(())
    }
}

fn spent(grant: AuthorizationGrant) -> Failure {
    match grant {
        AuthorizationGrant::Code => oauth("code_already_used", "this code was redeemed before; nothing was sent"),
        AuthorizationGrant::Implicit => oauth("token_already_taken", "this access token was taken before"),
    }
}

fn foreign_state() -> Failure {
    oauth("state_mismatch", "the state is not one that this client sent and still waits for; nothing was sent")
}
