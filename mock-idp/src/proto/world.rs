//! The world that a realm starts with, and the ways in which it changes from outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::client::{Client, ClientId, Exemption};
use crate::proto::mail::MailProtocol;
use crate::proto::policy::{Access, AccountEvent, Policy};
use crate::proto::secret::Secret;

/// Users and clients of a realm.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// The accounts.
    pub users: Vec<User>,
    /// The registered clients.
    pub clients: Vec<Client>,
    /// Who is let into protected resources: by name of the user and division, where it is not as the policy says. Without a
    /// division it holds for all resources.
    pub access: BTreeMap<(String, Option<String>), Access>,
    /// Rules about who gets tokens.
    pub rules: Vec<AccessRule>,
    /// The mailboxes that more than their owner may use, and those without an owner.
    pub mailboxes: Vec<Mailbox>,
    /// The protocols by which mailboxes cannot be reached: one, by its address in lower case, or without an address all of them.
    pub mail_closed: BTreeSet<(Option<String>, MailProtocol)>,
    /// The users of services beside the provider. They are other accounts than those of `users`.
    pub service_accounts: Vec<ServiceAccount>,
}

impl World {
    /// Gives each service that has no users yet one for each user here whose address is known.
    pub fn join_services(&mut self, policy: &Policy) {
        for (name, service) in &policy.services {
            if self.service_accounts.iter().any(|account| account.service == *name) {
                continue;
            }
            let known = self.users.iter().filter_map(|user| Some((user, user.address()?)));
            let accounts: Vec<ServiceAccount> = known
                .map(|(user, address)| ServiceAccount {
                    service: name.clone(),
                    fields: BTreeMap::from([(service.users.field.clone(), address.to_owned())]),
                    api_key: user.api_key.clone(),
                })
                .collect();
            self.service_accounts.extend(accounts);
        }
    }

    /// Lets a mailbox, or all, be reached by a protocol, or no longer; what happened, in one line.
    pub(crate) fn switch_mail(&mut self, mailbox: Option<&str>, protocol: MailProtocol, open: bool) -> String {
        let key = (mailbox.map(str::to_ascii_lowercase), protocol);
        if open {
            self.mail_closed.remove(&key);
        } else {
            self.mail_closed.insert(key);
        }
        let whose = mailbox.unwrap_or("everybody");
        format!("{} is switched {} for {whose}", protocol.name(), if open { "on" } else { "off" })
    }

    /// Whether mail to this address ends in a mailbox here.
    #[must_use]
    pub fn has_mailbox(&self, address: &str) -> bool {
        let is = |own: &str| own.eq_ignore_ascii_case(address);
        self.mailboxes.iter().any(|mailbox| is(&mailbox.address))
            || self.users.iter().any(|user| !user.without_mailbox && user.address().is_some_and(is))
    }
}

/// A mailbox that more than its owner may use. A user's own needs none of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Its address.
    pub address: String,
    /// The users who may open it, by name.
    pub full_access: BTreeSet<String>,
    /// The users who may send in its name.
    pub send_as: BTreeSet<String>,
    /// The clients that may use it on their own behalf.
    pub applications: BTreeSet<ClientId>,
}

/// A user of a service beside the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceAccount {
    /// The name of the service.
    pub service: String,
    /// What the service knows of them.
    pub fields: BTreeMap<String, String>,
    /// A key that they can use in place of a token, where the service takes keys of its own.
    pub api_key: Option<Secret<String>>,
}

/// A rule about who gets tokens, and on what condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// Its identifier, a UUID.
    pub id: String,
    /// For which users; all when empty.
    pub users: BTreeSet<String>,
    /// For which clients; all when empty.
    pub clients: BTreeSet<ClientId>,
    /// For which resource servers, by URI; all when empty.
    pub servers: BTreeSet<String>,
    /// What it asks.
    pub asks: Asks,
}

/// What a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Asks {
    /// A sign-in with a second factor.
    SecondFactor,
    /// What nobody can give.
    Impossible,
}

/// A resource owner's account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts about a user, each on its own")]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The password.
    pub password: Secret<String>,
    /// The TOTP secret as bytes (RFC 6238), when a second factor is enrolled.
    pub totp_secret: Option<Secret<Vec<u8>>>,
    /// The name for people.
    pub full_name: String,
    /// Their e-mail address, where it is not the name.
    pub email: Option<String>,
    /// Whether codes of a second factor are sent to it.
    pub second_factor_by_email: bool,
    /// The backup codes that are left to them.
    pub backup_codes: Vec<Secret<String>>,
    /// The key that programs of the user call resources with, where the provider takes such keys.
    pub api_key: Option<Secret<String>>,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether the password must be changed before it lets anybody in.
    pub password_expired: bool,
    /// Whether nobody knows an e-mail address of theirs.
    pub without_mail: bool,
    /// Whether they have no mailbox, though they have an address.
    pub without_mailbox: bool,
    /// The tenants that they are guests in, beside their own, by identifier.
    pub guest_in: BTreeSet<String>,
}

impl User {
    /// The e-mail address; the name, where that is one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        if self.without_mail {
            return None;
        }
        self.email.as_deref().or_else(|| self.name.contains('@').then_some(&self.name))
    }
}

/// A change from outside, made by an administrator or the resource owner at another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The user has a new password. Refresh tokens live on or not, as the policy says.
    Password {
        /// Who.
        user: String,
        /// The new one.
        password: Secret<String>,
    },
    /// The user has a new TOTP secret, or none.
    TotpSecret {
        /// Who.
        user: String,
        /// The new one.
        secret: Option<Secret<Vec<u8>>>,
    },
    /// The account is unlocked, and failures are counted from zero.
    Unlocked {
        /// Whose.
        user: String,
    },
    /// The user took back their consent to a client: its chains end.
    ConsentWithdrawn {
        /// Who.
        user: String,
        /// From which client.
        client: ClientId,
    },
    /// The provider revoked every refresh token of a client.
    RefreshTokensRevoked {
        /// Whose.
        client: ClientId,
    },
    /// The provider excepts a client from rules, beside those that it is excepted from already.
    Exempted {
        /// Which.
        client: ClientId,
        /// From what.
        exemptions: BTreeSet<Exemption>,
    },
    /// Something happened to an account: sessions and chains end as the policy says.
    Account {
        /// Whose.
        user: String,
        /// What.
        event: AccountEvent,
    },
    /// The account is disabled, or no longer.
    Disabled {
        /// Whose.
        user: String,
        /// Whether it is.
        disabled: bool,
    },
    /// A client is disabled, or no longer.
    ClientDisabled {
        /// Which.
        client: ClientId,
        /// Whether it is.
        disabled: bool,
    },
    /// The time of a client's secret is over from now on.
    ClientSecretExpired {
        /// Whose.
        client: ClientId,
    },
    /// There is a rule more; it takes the place of one with the same identifier.
    RuleAdded(AccessRule),
    /// There is a rule less.
    RuleRemoved {
        /// Its identifier.
        id: String,
    },
    /// Mailboxes can be reached by a protocol from now on, or no longer.
    MailProtocol {
        /// Which mailbox, by its address; all where there is none.
        mailbox: Option<String>,
        /// Which protocol.
        protocol: MailProtocol,
        /// Whether it can be used.
        open: bool,
    },
    /// Every signing key gives way to a new one. The old ones stay published for as long as the policy says.
    KeysRolled,
    /// A user is let into protected resources from now on, or no longer.
    Access {
        /// Who.
        user: String,
        /// Which division; none stands for all resources.
        division: Option<String>,
        /// Whether they are let in.
        access: Access,
    },
}
