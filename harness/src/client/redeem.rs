//! Taking what the authorization endpoint gave: a code is redeemed (RFC 6749 section 4.1.3), an access token is stored, once.

use crate::adapter::protocol::{AuthorizationGrant, Failure, Outcome};
use crate::client::authorization::{Admission, AuthorizationResponse, Granted};
use crate::client::events::Events;
use crate::client::failure::{network, oauth};
use crate::client::mistake::Mistake;
use crate::client::refresh::Trigger;
use crate::client::secret::Secret;
use crate::client::time::{Clock, Timestamp};
use crate::client::token_request::TokenRequest;
use crate::client::token_response::{TokenAnswer, TokenResponse};
use crate::client::worker::{Worker, store_failure};

impl Worker {
    /// Takes the authorization response at `url`, and stores the tokens that its code is worth.
    pub(crate) async fn callback(&self, url: &str, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let response = AuthorizationResponse::parse(url, self.mistake)?;
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
        let begun_at = match self.authorizations.admit(state, &granted, self.mistake).map_err(store_failure)? {
            Admission::Redeem { begun_at } => begun_at,
            Admission::Spent => return Err(spent(granted.grant())),
            Admission::ForeignState => return Err(foreign_state()),
        };
        match granted {
            Granted::Code(code) => self.redeem_code(code, clock, events).await?,
            Granted::Token(response) => self.take(*response, begun_at, clock, events).await?,
        }
        Ok(Outcome::Done)
    }

    async fn redeem_code(&self, code: String, clock: &Clock, events: &Events) -> Result<(), Failure> {
        let code = match self.mistake {
            Some(Mistake::RedeemsSavedCode) => self.authorizations.first_ever(&code).map_err(store_failure)?,
            Some(_) | None => Secret::new(code),
        };
        self.redeem(code.expose(), clock, events).await?;
        if self.mistake == Some(Mistake::RefreshesAfterCode) {
            self.test_the_connection(clock, events).await?;
        }
        Ok(())
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
    async fn redeem(&self, code: &str, clock: &Clock, events: &Events) -> Result<(), Failure> {
        let _held = self.locked(clock, events).await?;
        let request = TokenRequest::for_code(code, &self.configuration.client, self.mistake);
        let sent_at = clock.now();
        let reply = self.http.token(&self.configuration.endpoints.token, &request).await;
        match TokenAnswer::read(reply, self.mistake) {
            TokenAnswer::Issued(response) => {
                let tokens = response.into_stored(None, sent_at, clock.now(), self.mistake);
                self.store.save(&tokens).map_err(store_failure)
            }
            TokenAnswer::Refused(refusal) => Err(oauth(&refusal.error, refusal.text())),
            TokenAnswer::Unusable(unusable) => Err(network(unusable.why)),
        }
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
