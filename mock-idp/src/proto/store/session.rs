//! Browser sessions, sign-ins that are under way, and second factors that are being set up.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::client::ClientId;
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::policy::{ChainClass, Step};
use crate::proto::store::Proven;
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
    pub(crate) proven: Proven,
}

/// A sign-in under way.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) request: AuthorizationRequest,
    /// The value of the browser's cookie that the forms are bound to.
    pub(crate) browser: String,
    pub(crate) ends: Timestamp,
    pub(crate) state: InteractionState,
    /// What the resource owner proved so far.
    pub(crate) proven: Proven,
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
    consents: BTreeMap<(String, ClientId), BTreeSet<String>>,
    admin_consents: BTreeSet<ClientId>,
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

    /// Whether the user agreed to all of this; to nothing in particular where `wanted` is empty.
    pub(crate) fn has_consent(&self, user: &str, client: &ClientId, wanted: &[String]) -> bool {
        if self.admin_consents.contains(client) {
            return true;
        }
        let Some(given) = self.consents.get(&(user.to_owned(), client.clone())) else { return false };
        wanted.iter().all(|word| {
            // A resource server as a whole: what the client was registered with there, or what was agreed to there before.
            let all = word.rsplit_once('/').is_some_and(|(server, _)| given.contains(&format!("{server}/.default")));
            let any = word.strip_suffix(".default").is_some_and(|server| given.iter().any(|it| it.starts_with(server)));
            given.contains(word) || all || any
        })
    }

    /// What the user agreed to of one resource server.
    pub(crate) fn consented(&self, user: &str, client: &ClientId, server: &str) -> Vec<String> {
        let given = self.consents.get(&(user.to_owned(), client.clone()));
        let name = |word: &String| word.strip_prefix(server)?.strip_prefix('/').map(str::to_owned);
        given.into_iter().flatten().filter_map(name).collect()
    }

    pub(crate) fn consent(&mut self, user: &str, client: &ClientId, wanted: Vec<String>) {
        self.consents.entry((user.to_owned(), client.clone())).or_default().extend(wanted);
    }

    /// An administrator agreed for all users.
    pub(crate) fn consent_for_all(&mut self, client: &ClientId) {
        self.admin_consents.insert(client.clone());
    }

    pub(crate) fn withdraw(&mut self, user: &str, client: &ClientId) {
        self.consents.remove(&(user.to_owned(), client.clone()));
    }

    /// Ends the browser sessions of a user that are of these classes.
    pub(crate) fn sign_out(&mut self, user: &str, classes: &BTreeSet<ChainClass>) {
        self.sessions.change_all(|accounts| {
            accounts.retain(|account| {
                let class =
                    if account.proven.password { ChainClass::PasswordSession } else { ChainClass::OtherSession };
                account.user != user || !classes.contains(&class)
            });
        });
    }
}
