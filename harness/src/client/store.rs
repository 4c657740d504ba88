//! The stored tokens: one document, replaced as a whole. The only place where a worker keeps tokens.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::client::json_file::{JsonFile, StoreError};
use crate::client::mistake::Mistake;
use crate::client::openid::Identity;
use crate::client::secret::Secret;
use crate::client::time::Timestamp;

/// What the store holds. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredTokens {
    pub(crate) access_token: Secret,
    pub(crate) token_type: String,
    pub(crate) refresh_token: Option<Secret>,
    /// When the token response arrived: a documented interval counts from here.
    pub(crate) obtained_at: Timestamp,
    /// When the access token ends, counted from before the request was sent, so never later than the provider counts it;
    /// absent when the provider does not say.
    pub(crate) expires_at: Option<Timestamp>,
    /// A refresh was sent at this time and no definite answer is known: the provider may have committed it.
    pub(crate) refresh_attempted_at: Option<Timestamp>,
    /// The provider asked not to be asked before this.
    pub(crate) refresh_not_before: Option<Timestamp>,
    /// The provider's last word on this refresh token, when it was no: it is never presented again.
    pub(crate) refresh_refused: Option<String>,
    /// The provider asked for the resource owner, in this word; the refresh token is as good as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner_asked: Option<String>,
    /// The claims that the next access token must have, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims_wanted: Option<String>,
    /// Who signed in, where OpenID Connect is spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<Identity>,
}

/// The store of one worker, on the file that all workers share.
#[derive(Debug)]
pub(crate) struct TokenStore {
    file: JsonFile<StoredTokens>,
    mistake: Option<Mistake>,
    /// What three of the broken twins hold back from the file. Always empty in the correct client.
    unsaved: Mutex<Option<StoredTokens>>,
}

impl TokenStore {
    pub(crate) fn new(folder: &Path, mistake: Option<Mistake>) -> Self {
        Self { file: JsonFile::new(folder, "tokens.json"), mistake, unsaved: Mutex::new(None) }
    }

    /// The tokens as they are now; reads the file every time, since another worker may have written it.
    pub(crate) fn load(&self) -> Result<Option<StoredTokens>, StoreError> {
        match self.unsaved().as_ref() {
            Some(tokens) => Ok(Some(tokens.clone())),
            None => self.file.load(),
        }
    }

    /// Replaces everything: a new grant.
    pub(crate) fn save(&self, tokens: &StoredTokens) -> Result<(), StoreError> {
        self.unsaved().take();
        self.file.replace(tokens)
    }

    /// Replaces `previous` with the pair of a refresh.
    pub(crate) fn save_refreshed(&self, renewed: &StoredTokens, previous: &StoredTokens) -> Result<(), StoreError> {
        match self.mistake {
            Some(Mistake::SavesLate | Mistake::ReadsSettingsFile) => {
                *self.unsaved() = Some(renewed.clone());
                Ok(())
            }
            Some(Mistake::TornStore) => {
                let torn = StoredTokens { refresh_token: previous.refresh_token.clone(), ..renewed.clone() };
                *self.unsaved() = Some(renewed.clone());
                self.file.write_in_place(&torn)
            }
            _ => self.save(renewed),
        }
    }

    /// Changes what is stored now, and nothing beside. Does nothing when nothing is stored.
    pub(crate) fn update(&self, change: impl FnOnce(&mut StoredTokens)) -> Result<(), StoreError> {
        if let Some(tokens) = self.unsaved().as_mut() {
            change(tokens);
            return Ok(());
        }
        let Some(mut tokens) = self.file.load()? else { return Ok(()) };
        change(&mut tokens);
        if self.mistake == Some(Mistake::ReadsSettingsFile) {
            *self.unsaved() = Some(tokens);
            return Ok(());
        }
        self.file.replace(&tokens)
    }

    /// An operation has ended; `resource_answered_well` when it was a call and the resource gave what was asked. Matters only
    /// to the twins that save later than they should.
    pub(crate) fn operation_ended(&self, resource_answered_well: bool) -> Result<(), StoreError> {
        let mut unsaved = self.unsaved();
        match self.mistake {
            Some(Mistake::SavesLate) if resource_answered_well => match unsaved.take() {
                Some(tokens) => self.file.replace(&tokens),
                None => Ok(()),
            },
            Some(Mistake::TornStore) => match unsaved.take() {
                Some(tokens) => self.file.write_in_place(&tokens),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Deletes the tokens: they turned out to be somebody else's. Broken twins do this on other occasions.
    pub(crate) fn forget(&self) -> Result<(), StoreError> {
        self.unsaved().take();
        self.file.delete()
    }

    fn unsaved(&self) -> MutexGuard<'_, Option<StoredTokens>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
