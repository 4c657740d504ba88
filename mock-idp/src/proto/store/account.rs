//! What the provider keeps of each account beside what the world says: its second factor, its failures, its trusted devices.

use std::collections::BTreeMap;

use crate::proto::policy::LockOut;
use crate::proto::secret::Secret;
use crate::proto::store::TokenKey;
use crate::proto::time::Timestamp;
use crate::proto::world::User;

/// The second factor that a user has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Enrolment {
    /// The secret of the authenticator app.
    pub(crate) totp_secret: Option<Secret<Vec<u8>>>,
    /// Whether codes are sent by e-mail.
    pub(crate) email: bool,
    /// Backup codes that were not used.
    pub(crate) backup_codes: Vec<Secret<String>>,
}

/// A code that was sent.
#[derive(Debug, Clone)]
struct Sent {
    code: Secret<String>,
    ends: Timestamp,
}

#[derive(Debug, Default)]
struct Account {
    failures: u32,
    locked_at: Option<Timestamp>,
    /// None: as the world has it. Some(None): withdrawn.
    enrolment: Option<Option<Enrolment>>,
    sent: Option<Sent>,
    /// Trusted devices by a digest of their cookies, and until when.
    trusted: BTreeMap<TokenKey, Timestamp>,
    /// The last TOTP step that was accepted: a code is good once (RFC 6238 section 5.2).
    totp_step: Option<u64>,
}

/// The accounts of a realm, by name of the user.
#[derive(Debug, Default)]
pub(crate) struct Accounts(BTreeMap<String, Account>);

impl Accounts {
    fn entry(&mut self, user: &str) -> &mut Account {
        self.0.entry(user.to_owned()).or_default()
    }

    /// The second factor of a user, if they have one: what was set up here, or what the world began with.
    pub(crate) fn enrolment(&self, user: &User) -> Option<Enrolment> {
        if let Some(own) = self.0.get(&user.name).and_then(|account| account.enrolment.clone()) {
            return own;
        }
        let began = Enrolment {
            totp_secret: user.totp_secret.clone(),
            email: user.second_factor_by_email,
            backup_codes: user.backup_codes.clone(),
        };
        (began.totp_secret.is_some() || began.email).then_some(began)
    }

    /// The user has this second factor from now on.
    pub(crate) fn enrol(&mut self, user: &str, enrolment: Enrolment) {
        self.entry(user).enrolment = Some(Some(enrolment));
    }

    /// The user has none any more, and no device is trusted.
    pub(crate) fn withdraw(&mut self, user: &str) {
        let account = self.entry(user);
        account.enrolment = Some(None);
        account.trusted.clear();
        account.sent = None;
    }

    /// The world's word counts again: somebody changed it from outside.
    pub(crate) fn follow_world(&mut self, user: &str) {
        self.entry(user).enrolment = None;
    }

    /// A code was sent; it takes the place of an earlier one.
    pub(crate) fn send(&mut self, user: &str, code: String, ends: Timestamp) {
        self.entry(user).sent = Some(Sent { code: Secret::new(code), ends });
    }

    /// Takes the code that was sent, if this is it; it is good once.
    pub(crate) fn take_sent(&mut self, user: &str, code: &str, now: Timestamp) -> bool {
        let account = self.entry(user);
        let fits = account.sent.as_ref().is_some_and(|sent| sent.code.expose() == code && now < sent.ends);
        if fits {
            account.sent = None;
        }
        fits
    }

    /// The last TOTP step that was accepted from a user.
    pub(crate) fn totp_step(&self, user: &str) -> Option<u64> {
        self.0.get(user).and_then(|account| account.totp_step)
    }

    /// A TOTP step was accepted.
    pub(crate) fn use_totp_step(&mut self, user: &str, step: u64) {
        self.entry(user).totp_step = Some(step);
    }

    /// Trusts a device until then.
    pub(crate) fn trust(&mut self, user: &str, cookie: &str, ends: Timestamp) {
        self.entry(user).trusted.insert(TokenKey::of(cookie), ends);
    }

    /// Whether the device with this cookie is trusted for this user.
    pub(crate) fn trusts(&self, user: &str, cookie: &str, now: Timestamp) -> bool {
        let ends = self.0.get(user).and_then(|account| account.trusted.get(&TokenKey::of(cookie)));
        ends.is_some_and(|ends| now < *ends)
    }

    /// Counts a wrong factor.
    pub(crate) fn fail(&mut self, user: &str, policy: LockOut, now: Timestamp) {
        let account = self.entry(user);
        account.failures = account.failures.saturating_add(1);
        if account.failures >= policy.failures && account.locked_at.is_none() {
            account.locked_at = Some(now);
        }
    }

    /// Whether the account is locked now, and until when if that ends by itself. A lock that is over is forgotten.
    pub(crate) fn locked(&mut self, user: &str, policy: LockOut, now: Timestamp) -> Option<Option<Timestamp>> {
        let account = self.0.get_mut(user)?;
        let ends = policy.lasts.map(|span| account.locked_at.map(|at| at.plus(span)));
        match (account.locked_at, ends) {
            (None, _) => None,
            (Some(_), Some(Some(ends))) if now >= ends => {
                account.locked_at = None;
                account.failures = 0;
                None
            }
            (Some(_), ends) => Some(ends.flatten()),
        }
    }

    /// Failures are counted from zero again, and a lock is off.
    pub(crate) fn clear(&mut self, user: &str) {
        if let Some(account) = self.0.get_mut(user) {
            account.failures = 0;
            account.locked_at = None;
        }
    }
}
