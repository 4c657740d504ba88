//! Browser sessions, and sign-ins that are under way.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::client::ClientId;
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::policy::Step;
use crate::proto::store::kept::Kept;
use crate::proto::time::Timestamp;

/// A signed-in browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// When its user signed in.
    pub(crate) signed_in_at: Timestamp,
    pub(crate) ends: Timestamp,
}

/// A sign-in under way.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) request: AuthorizationRequest,
    /// The value of the browser's cookie that the forms are bound to.
    pub(crate) browser: String,
    pub(crate) ends: Timestamp,
    pub(crate) state: InteractionState,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InteractionState {
    /// The resource owner must still prove `steps`; `user` is known once a password was right.
    Proving { user: Option<String>, steps: Vec<Step> },
    /// The resource owner is known and is asked for consent.
    AwaitConsent { user: String, signed_in_at: Timestamp },
}

/// Sessions, sign-ins, consents, and the TOTP steps that were used up.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: Kept<Session>,
    interactions: Kept<Interaction>,
    consents: BTreeSet<(String, ClientId)>,
    /// The last TOTP step accepted from each user: a code is good once (RFC 6238 section 5.2).
    pub(crate) totp_steps: BTreeMap<String, u64>,
}

impl Sessions {
    pub(crate) fn begin(&mut self, id: String, session: Session) {
        self.sessions.insert(id, session);
    }

    pub(crate) fn end(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    pub(crate) fn session(&self, id: &str, now: Timestamp) -> Option<&Session> {
        self.sessions.get(id).filter(|session| now < session.ends)
    }

    pub(crate) fn start(&mut self, id: String, interaction: Interaction) {
        self.interactions.insert(id, interaction);
    }

    /// Takes a sign-in out, to be put back in its next state, if it is this browser's and its time is not over.
    pub(crate) fn take(&mut self, id: &str, browser: &str, now: Timestamp) -> Option<Interaction> {
        let fits = self.interactions.get(id).is_some_and(|it| it.browser == browser && now < it.ends);
        if fits { self.interactions.remove(id) } else { None }
    }

    pub(crate) fn has_consent(&self, user: &str, client: &ClientId) -> bool {
        self.consents.contains(&(user.to_owned(), client.clone()))
    }

    pub(crate) fn consent(&mut self, user: &str, client: &ClientId) {
        self.consents.insert((user.to_owned(), client.clone()));
    }

    pub(crate) fn withdraw(&mut self, user: &str, client: &ClientId) {
        self.consents.remove(&(user.to_owned(), client.clone()));
    }
}
