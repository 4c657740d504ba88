//! What the resource owner knows and has: name, password, authenticator, e-mail, backup codes.

use mock_idp::proto::time::Timestamp;
use mock_idp::proto::{Idp, totp};

use super::Provider;

/// What the resource owner knows and has at this moment.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// The name.
    pub(crate) name: String,
    /// The password.
    pub(crate) password: String,
    /// The authenticator code of this moment.
    pub(crate) totp: Option<String>,
    /// The authenticator code of three minutes ago.
    pub(crate) earlier_totp: Option<String>,
    /// The newest authenticator code that is no longer taken.
    pub(crate) late_totp: Option<String>,
    /// The newest code in the user's e-mail.
    pub(crate) mailed: Option<String>,
    /// The backup codes that the user was given, used ones too.
    pub(crate) backup_codes: Vec<String>,
    /// The names of the form fields.
    pub(crate) fields: Fields,
}

/// The names of the form fields.
#[derive(Debug)]
pub(crate) struct Fields {
    /// Of the name.
    pub(crate) name: String,
    /// Of the password.
    pub(crate) password: String,
    /// Of the authenticator code.
    pub(crate) totp: String,
    /// Of the code of any second factor.
    pub(crate) code: String,
}

impl Provider {
    /// What the resource owner knows and has now.
    pub(crate) fn credentials(&self) -> Credentials {
        let now = self.now();
        self.idp.realm().with(|idp| Credentials::of(idp, &self.user, now))
    }
}

impl Credentials {
    /// What a user of a provider knows and has at a moment.
    pub(crate) fn of(idp: &Idp, name: &str, now: Timestamp) -> Self {
        let user = idp.world().users.iter().find(|user| user.name == name);
        let policy = &idp.policy().sign_in;
        let secret = user.and_then(|user| user.totp_secret.as_ref());
        let code = |drift| secret.map(|secret| totp::code(&policy.totp, secret.expose(), now, drift));
        let mails: Vec<_> = idp.outbox().filter(|mail| mail.user == name).collect();
        Self {
            name: name.to_owned(),
            password: user.map(|user| user.password.expose().clone()).unwrap_or_default(),
            totp: code(0),
            earlier_totp: code(-i64::try_from(180_000 / policy.totp.period.as_millis().max(1)).unwrap_or_default()),
            late_totp: code(-i64::from(policy.totp.window) - 1),
            mailed: mails.last().map(|mail| mail.code.expose().clone()),
            backup_codes: user
                .map(|user| user.backup_codes.iter().map(|code| code.expose().clone()).collect())
                .unwrap_or_default(),
            fields: Fields {
                name: policy.fields.user_name.clone(),
                password: policy.fields.password.clone(),
                totp: policy.fields.totp.clone(),
                code: policy.fields.code.clone(),
            },
        }
    }
}
