//! Grants in which no browser takes part: the resource owner's password (RFC 6749 section 4.3), the client's own credentials (4.4), a
//! caller's access token (RFC 7523 section 2.1).

use crate::adapter::protocol::{DirectGrant, Failure, Outcome};
use crate::client::events::Events;
use crate::client::failure::{network, oauth};
use crate::client::time::{Clock, Timestamp};
use crate::client::token_request::TokenRequest;
use crate::client::token_response::{TokenAnswer, TokenResponse};
use crate::client::worker::{Worker, store_failure};

impl Worker {
    /// Gets tokens, and stores them in place of what was there. The password is not kept (RFC 6749 section 4.3.1).
    pub(crate) async fn direct_grant(
        &self,
        grant: &DirectGrant,
        clock: &Clock,
        events: &Events,
    ) -> Result<Outcome, Failure> {
        let _held = self.locked(clock, events).await?;
        let request = TokenRequest::for_grant(grant, &self.configuration.client, self.mistake);
        let sent_at = clock.now();
        let reply = self.http.token(self.token_endpoint().await?, &request).await;
        match TokenAnswer::read(reply, self.mistake) {
            TokenAnswer::Issued(mut response) => {
                if matches!(grant, DirectGrant::ClientCredentials {}) {
                    // Section 4.4.3: there is none, and one that came all the same is of no use.
                    response.refresh_token = None;
                }
                self.keep(response, sent_at, clock).await?;
                Ok(Outcome::Done)
            }
            TokenAnswer::Refused(refusal) => Err(oauth(&refusal.error, refusal.text())),
            TokenAnswer::Unusable(unusable) => Err(network(unusable.why)),
        }
    }

    /// Stores the tokens of a new grant, under the lock. An ID token that came along is checked first.
    pub(super) async fn keep(&self, response: TokenResponse, sent_at: Timestamp, clock: &Clock) -> Result<(), Failure> {
        let identity = match &response.id_token {
            Some(_) => self.identify(&response, None, clock).await?,
            None => None,
        };
        let mut tokens = response.into_stored(None, sent_at, clock.now(), self.mistake);
        tokens.identity = identity;
        self.store.save(&tokens).map_err(store_failure)
    }
}
