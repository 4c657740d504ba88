//! Browser sessions, and sign-ins that are under way.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::client::ClientId;
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::policy::Step;
use crate::proto::time::Timestamp;

/// The most sessions, and the most sign-ins under way, that are kept: anyone may start one. The oldest gives way.
const MOST: usize = 10_000;

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

/// A map that forgets its oldest entries.
#[derive(Debug)]
struct Kept<T> {
    entries: BTreeMap<String, (u64, T)>,
    order: BTreeMap<u64, String>,
    next: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<T> Kept<T> {
    fn insert(&mut self, id: String, value: T) {
        self.remove(&id);
        if self.order.len() >= MOST
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.order.insert(self.next, id.clone());
        self.entries.insert(id, (self.next, value));
        self.next += 1;
    }

    fn get(&self, id: &str) -> Option<&T> {
        self.entries.get(id).map(|(_, value)| value)
    }

    fn remove(&mut self, id: &str) -> Option<T> {
        let (number, value) = self.entries.remove(id)?;
        self.order.remove(&number);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way_when_there_are_too_many() {
        let mut kept = Kept::default();
        for number in 0..=MOST {
            kept.insert(number.to_string(), number);
        }
        assert_eq!(kept.get("0"), None);
        assert_eq!(kept.get("1"), Some(&1));
        assert_eq!((kept.entries.len(), kept.order.len()), (MOST, MOST));
    }
}
