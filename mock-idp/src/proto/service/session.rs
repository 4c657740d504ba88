//! The sessions of services, by the values of their cookies.

use crate::proto::secret::Secret;
use crate::proto::store::Kept;
use crate::proto::time::Timestamp;
use crate::proto::token::Label;

/// A session at a service beside the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSession {
    /// What the journal calls it.
    pub label: Label,
    /// The name of the service.
    pub service: String,
    /// The value by which the user was found.
    pub user: String,
    /// When it ends; never when absent.
    pub ends: Option<Timestamp>,
    /// The access token, or key, of the login, where the service keeps it.
    pub access_token: Option<Secret<String>>,
    /// The refresh token that came along, where the service keeps it.
    pub refresh_token: Option<Secret<String>>,
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct ServiceSessions {
    by_cookie: Kept<ServiceSession>,
    last: u32,
}

impl ServiceSessions {
    /// The session of a cookie at a service, if it has not ended.
    pub(crate) fn find(&self, service: &str, cookie: &str, now: Timestamp) -> Option<&ServiceSession> {
        let found = self.by_cookie.get(cookie)?;
        (found.service == service && found.ends.is_none_or(|ends| now < ends)).then_some(found)
    }

    /// The number of the next one.
    pub(super) const fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    pub(super) fn insert(&mut self, cookie: String, session: ServiceSession) {
        self.by_cookie.insert(cookie, session);
    }
}
