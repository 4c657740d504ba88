//! Who is let in to a mailbox, and by what.

use crate::proto::cause::Cause;
use crate::proto::client::ClientId;
use crate::proto::mail::{Credentials, MailCause, MailProtocol};
use crate::proto::policy::{BasicLogin, Mail, MailServer, Policy};
use crate::proto::resource::check_token_at;
use crate::proto::secret::Secret;
use crate::proto::store::{AccessRecord, Store};
use crate::proto::time::Timestamp;
use crate::proto::token::Label;
use crate::proto::world::{User, World};

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The address of the mailbox.
    pub mailbox: String,
    /// Who it is: the name of a user; of nobody where a client acts for itself.
    pub user: Option<String>,
    /// Whose token it was; none with a password.
    pub client: Option<ClientId>,
    /// The token; none with a password.
    pub token: Option<Label>,
    /// When the session is over; none with a password.
    pub ends: Option<Timestamp>,
}

/// What a login is decided from.
#[derive(Debug)]
pub(crate) struct Door<'a> {
    pub(crate) now: Timestamp,
    pub(crate) policy: &'a Policy,
    pub(crate) mail: &'a Mail,
    pub(crate) server: &'a MailServer,
    pub(crate) protocol: MailProtocol,
    pub(crate) world: &'a World,
    pub(crate) tokens: &'a Store,
}

/// What came of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The mailbox is open.
    In(Login),
    /// The credentials are good; every command after this is refused, for there is no mailbox for them.
    Nowhere(MailCause),
}

impl Door<'_> {
    /// Decides. The token comes first, then what it is good for, then whose it is, then whether there is a mailbox for it.
    pub(crate) fn admit(&self, credentials: &Credentials) -> Result<Outcome, MailCause> {
        if self.world.mail_closed.contains(&(None, self.protocol)) {
            return Err(MailCause::ProtocolOff);
        }
        match credentials {
            Credentials::Bearer { user, token } => self.by_token(user.as_deref(), token),
            Credentials::Password { user, password } => self.by_password(user, password),
        }
    }

    fn by_password(&self, name: &str, password: &Secret<String>) -> Result<Outcome, MailCause> {
        let user = name.to_owned();
        match self.mail.basic {
            BasicLogin::Refused => return Err(MailCause::BasicRefused { user }),
            BasicLogin::Allowed => {}
        }
        let known = self.user(name).filter(|known| known.password == *password && !known.disabled);
        let known = known.ok_or(MailCause::PasswordWrong { user: user.clone() })?;
        let mailbox = known.address().filter(|_| !known.without_mailbox).ok_or(MailCause::MailboxUnknown { user })?;
        self.check_open(mailbox)?;
        Ok(Outcome::In(Login {
            mailbox: mailbox.to_owned(),
            user: Some(known.name.clone()),
            client: None,
            token: None,
            ends: None,
        }))
    }

    fn by_token(&self, wanted: Option<&str>, token: &Secret<String>) -> Result<Outcome, MailCause> {
        let record = self.tokens.access_tokens.find(token.expose()).ok_or(MailCause::TokenUnknown)?;
        check_token_at(self.now, self.tokens, self.world, record).map_err(|cause| of_token(&cause))?;
        let label = record.label;
        if let Some(server) = record
            .server
            .as_ref()
            .filter(|server| !self.mail.servers.is_empty() && !self.mail.servers.contains(*server))
        {
            return Err(MailCause::TokenForAnother { token: label, server: server.clone() });
        }
        let chain = self.tokens.chain(record.chain).ok_or(MailCause::TokenUnknown)?;
        match &chain.user {
            Some(_) => self.check_scope(record, self.server.scope.as_ref())?,
            None => self.check_role(record)?,
        }
        let owner = chain.user.as_deref().and_then(|owner| self.world.users.iter().find(|known| known.name == owner));
        let wanted = match (wanted, owner) {
            (Some(wanted), _) => wanted,
            (None, Some(owner)) => owner.address().unwrap_or(&owner.name),
            (None, None) => "",
        };
        let found = match owner {
            Some(owner) => self.mailbox_for(label, owner, wanted),
            None => self.mailbox_of_client(label, &chain.client, wanted),
        };
        let found = found.and_then(|mailbox| self.check_open(&mailbox).map(|()| mailbox));
        match found {
            Ok(mailbox) => Ok(Outcome::In(Login {
                mailbox,
                user: chain.user.clone(),
                client: Some(chain.client.clone()),
                token: Some(label),
                ends: Some(record.ends),
            })),
            Err(cause) if self.mail.finds_mailbox_late && self.protocol == MailProtocol::Imap => {
                Ok(Outcome::Nowhere(cause))
            }
            Err(cause) => Err(cause),
        }
    }

    fn check_scope(&self, record: &AccessRecord, wanted: Option<&String>) -> Result<(), MailCause> {
        let Some(wanted) = wanted else { return Ok(()) };
        if record.scope.as_ref().is_some_and(|scope| scope.contains(wanted)) {
            return Ok(());
        }
        Err(MailCause::ScopeMissing { token: record.label, scope: wanted.clone() })
    }

    /// A client that acts for itself has the roles that its resource server knows.
    fn check_role(&self, record: &AccessRecord) -> Result<(), MailCause> {
        let missing = || MailCause::ScopeMissing {
            token: record.label,
            scope: self.server.role.clone().unwrap_or_else(|| "a user".to_owned()),
        };
        let wanted = self.server.role.as_ref().ok_or_else(missing)?;
        let servers = self.policy.scopes.resource_servers.as_ref();
        let server = servers.and_then(|servers| servers.known.get(record.server.as_ref()?));
        if server.is_none_or(|server| server.roles.contains(wanted)) { Ok(()) } else { Err(missing()) }
    }

    /// The mailbox that the owner of a token means: their own, or one that they were given.
    fn mailbox_for(&self, token: Label, owner: &User, wanted: &str) -> Result<String, MailCause> {
        let own = owner.address().unwrap_or(&owner.name);
        if wanted.eq_ignore_ascii_case(own) || wanted.eq_ignore_ascii_case(&owner.name) {
            if owner.without_mailbox {
                return Err(MailCause::MailboxUnknown { user: wanted.to_owned() });
            }
            return Ok(own.to_ascii_lowercase());
        }
        let given = self.world.mailboxes.iter().find(|given| given.address.eq_ignore_ascii_case(wanted));
        match given {
            Some(given) if given.full_access.contains(&owner.name) => Ok(given.address.to_ascii_lowercase()),
            Some(_) | None => Err(MailCause::UserDiffers { token, owner: owner.name.clone(), user: wanted.to_owned() }),
        }
    }

    fn mailbox_of_client(&self, token: Label, client: &ClientId, wanted: &str) -> Result<String, MailCause> {
        let user = wanted.to_owned();
        let given = self.world.mailboxes.iter().find(|given| given.address.eq_ignore_ascii_case(wanted));
        match given {
            Some(given) if given.applications.contains(client) => Ok(given.address.to_ascii_lowercase()),
            Some(_) => Err(MailCause::ApplicationNotAdmitted { token, user }),
            None if self.world.has_mailbox(wanted) => Err(MailCause::ApplicationNotAdmitted { token, user }),
            None => Err(MailCause::MailboxUnknown { user }),
        }
    }

    fn check_open(&self, mailbox: &str) -> Result<(), MailCause> {
        let key = (Some(mailbox.to_ascii_lowercase()), self.protocol);
        if self.world.mail_closed.contains(&key) {
            return Err(MailCause::ProtocolOffForMailbox { user: mailbox.to_owned() });
        }
        Ok(())
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.world.users.iter().find(|known| {
            known.name.eq_ignore_ascii_case(name) || known.address().is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
    }
}

/// What is wrong with a token, as mail servers say it.
fn of_token(cause: &Cause) -> MailCause {
    if let Cause::AccessTokenExpired { token, expired_at } = *cause {
        MailCause::TokenExpired { token, expired_at }
    } else if let Cause::AccessTokenEnded { token, ended_at } = *cause {
        MailCause::TokenEnded { token, ended_at }
    } else if let Cause::AccessRevoked { token, revoked_at } = *cause {
        MailCause::TokenRevoked { token, revoked_at }
    } else {
        MailCause::TokenUnknown
    }
}
