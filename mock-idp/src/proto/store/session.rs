//! Browser sessions, sign-ins that are under way, and second factors that are being set up.

use std::collections::BTreeSet;

use crate::proto::client::ClientId;
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::policy::Step;
use crate::proto::store::account::{Accounts, Enrolment};
use crate::proto::store::kept::Kept;
use crate::proto::time::Timestamp;

/// A user who signed in with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) user: String,
    /// When its user signed in.
    pub(crate) at: Timestamp,
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
    /// The browser has accounts, and one is to be picked.
    Picking,
    /// The resource owner must still prove `steps`; `user` is known once the first was right.
    Proving { user: Option<String>, steps: Vec<Step> },
    /// The resource owner is known and is asked for consent.
    AwaitConsent { user: String, signed_in_at: Timestamp },
}

/// A second factor that is being set up: nothing of it holds yet.
#[derive(Debug, Clone)]
pub(crate) struct SettingUp {
    pub(crate) user: String,
    pub(crate) stage: SetUpStage,
    pub(crate) draft: Enrolment,
    pub(crate) ends: Timestamp,
}

/// How far the set-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetUpStage {
    /// The password is asked for, or a code where a second factor is there already.
    Proving,
    /// Methods and backup codes are chosen.
    Choosing,
    /// A code by one of the chosen methods is asked for.
    Confirming,
}

/// Sessions, sign-ins, consents and accounts.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    sessions: Kept<Vec<SignedIn>>,
    interactions: Kept<Interaction>,
    consents: BTreeSet<(String, ClientId)>,
    /// By the session that it belongs to.
    pub(crate) set_ups: Kept<SettingUp>,
    pub(crate) accounts: Accounts,
}

impl Sessions {
    /// A user signed in with the browser that had this session, or none: the new session has their accounts too, the newest last.
    pub(crate) fn begin(&mut self, older: Option<&str>, id: String, signed_in: SignedIn) {
        let mut all = older.and_then(|id| self.sessions.remove(id)).unwrap_or_default();
        all.retain(|other| other.user != signed_in.user);
        all.push(signed_in);
        self.sessions.insert(id, all);
    }

    pub(crate) fn end(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    /// The accounts of a session that are signed in now.
    pub(crate) fn accounts_of(&self, id: &str, now: Timestamp) -> Vec<SignedIn> {
        let all = self.sessions.get(id).into_iter().flatten();
        all.filter(|signed_in| now < signed_in.ends).cloned().collect()
    }

    pub(crate) fn start(&mut self, id: String, interaction: Interaction) {
        self.interactions.insert(id, interaction);
    }

    /// Takes a sign-in out, to be put back in its next state, if it is this browser's and its time is not over.
    pub(crate) fn take(&mut self, id: &str, browser: &str, now: Timestamp) -> Option<Interaction> {
        self.interactions.take_fitting(id, |it| it.browser == browser && now < it.ends)
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
