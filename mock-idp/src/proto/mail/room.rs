//! What a dialogue may use in a turn.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::proto::journal::{Journal, What};
use crate::proto::mail::fault::{MailFaults, MailPoint};
use crate::proto::mail::login::{Door, Login, Outcome};
use crate::proto::mail::store::{Folders, MailStore, Message, Submission};
use crate::proto::mail::{Credentials, MailCause, MailCauseKind, MailProtocol};
use crate::proto::message::ExchangeId;
use crate::proto::policy::{Mail, MailServer, MailText, Policy};
use crate::proto::store::Store;
use crate::proto::template::{Context, Medium};
use crate::proto::time::Timestamp;
use crate::proto::world::World;

/// What a dialogue may use in a turn: the moment, the provider as it is, and the mailboxes.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    pub(crate) now: Timestamp,
    pub(crate) policy: &'a Policy,
    pub(crate) mail: &'a Mail,
    pub(crate) server: &'a MailServer,
    pub(crate) protocol: MailProtocol,
    pub(crate) world: &'a World,
    pub(crate) tokens: &'a Store,
    pub(crate) mailboxes: &'a mut MailStore,
    pub(crate) journal: &'a mut Journal,
    /// The exchange of this turn: a command and what is answered.
    pub(crate) exchange: ExchangeId,
    /// 16 characters of this session alone.
    pub(crate) session: &'a str,
    /// Whether the connection has TLS.
    pub(crate) is_secured: bool,
    pub(crate) faults: &'a mut MailFaults,
    /// The listener that the session came through.
    pub(crate) via: &'a str,
    /// The command at hand, for templates.
    pub(crate) command: String,
}

impl Room<'_> {
    /// Data for templates.
    pub(crate) fn context(&self) -> Context {
        Context::default()
            .with("session", self.session)
            .at("now", self.now)
            .with("server", self.name())
            .with("command", self.command.as_str())
    }

    /// What the server calls itself.
    pub(crate) fn name(&self) -> String {
        self.server.name.render(Medium::Plain, &Context::default().with("session", self.session).at("now", self.now))
    }

    /// The server's first words.
    pub(crate) fn greeting(&self) -> String {
        self.server.greeting.render(Medium::Plain, &self.context())
    }

    /// A text of the policy, or this one.
    pub(crate) fn text(&self, which: MailText, otherwise: &str, context: &Context) -> String {
        match self.server.texts.get(&which) {
            Some(text) => text.render(Medium::Plain, context),
            None => otherwise.to_owned(),
        }
    }

    /// Notes a refusal, and gives its line as the policy has it, or this one.
    pub(crate) fn refuse(&mut self, cause: MailCause, otherwise: impl FnOnce(MailCauseKind) -> &'static str) -> String {
        let kind = cause.kind();
        let line = match (&cause, self.server.errors.get(&kind)) {
            (MailCause::Injected { line }, _) => line.clone(),
            (_, Some(text)) => text.render(Medium::Plain, &self.context().and(cause.context())),
            (_, None) => otherwise(kind).to_owned(),
        };
        self.journal.write(self.now, What::MailRefused { exchange: self.exchange, cause });
        line
    }

    /// Decides a login.
    pub(crate) fn admit(&mut self, credentials: &Credentials) -> Result<Outcome, MailCause> {
        let Room { now, policy, mail, server, protocol, world, tokens, .. } = *self;
        self.faults.strike(protocol, MailPoint::Login, self.via)?;
        Door { now, policy, mail, server, protocol, world, tokens }.admit(credentials)
    }

    /// Whether a command can be served: the session of its login is not over by now, and no fault strikes it.
    pub(crate) fn check_session(&mut self, login: &Login) -> Result<(), MailCause> {
        self.faults.strike(self.protocol, MailPoint::Command, self.via)?;
        self.check_time(login)
    }

    /// Whether the session of a login is over by now.
    pub(crate) fn check_time(&self, login: &Login) -> Result<(), MailCause> {
        match (login.token, login.ends) {
            (Some(token), Some(ends)) if self.now >= ends => Err(MailCause::SessionExpired { token, expired_at: ends }),
            (_, _) => Ok(()),
        }
    }

    /// The mailbox of a login.
    pub(crate) fn folders(&mut self, login: &Login) -> &mut Folders {
        self.mailboxes.open(self.mail, &login.mailbox)
    }

    /// Puts a message into a folder of a login's mailbox; its number, or none when there is no such folder or no room.
    pub(crate) fn append(
        &mut self,
        login: &Login,
        folder: &str,
        message: (Timestamp, Arc<[u8]>, BTreeSet<String>),
    ) -> Option<u32> {
        self.mailboxes.append(self.mail, &login.mailbox, folder, message)
    }

    /// Takes messages out of a folder of a login's mailbox, and gives their numbers.
    pub(crate) fn remove(&mut self, login: &Login, folder: &str, which: impl Fn(&Message) -> bool) -> Vec<u32> {
        self.mailboxes.remove(self.mail, &login.mailbox, folder, which)
    }

    /// Whether who is logged in may send in the name of this address: their own mailbox's, or one that they were given for it.
    pub(crate) fn may_send_as(&self, login: &Login, sender: &str) -> bool {
        let own = self.world.users.iter().find(|user| login.user.as_ref() == Some(&user.name));
        let is_own = own.is_some_and(|user| {
            user.name.eq_ignore_ascii_case(sender) || user.address().is_some_and(|own| own.eq_ignore_ascii_case(sender))
        });
        let is_mailbox = login.user.is_none() && login.mailbox.eq_ignore_ascii_case(sender);
        let is_given = self.world.mailboxes.iter().any(|given| {
            given.address.eq_ignore_ascii_case(sender)
                && login.user.as_ref().is_some_and(|user| given.send_as.contains(user))
        });
        is_own || is_mailbox || is_given
    }

    /// Takes a message that was submitted: it is kept, and put into the INBOX of each recipient who has a mailbox here. Whoever has none
    /// hears nothing: nothing ever leaves.
    pub(crate) fn submit(&mut self, login: &Login, from: &str, to: &[String], raw: Arc<[u8]>) {
        let mut delivered = Vec::new();
        for recipient in to {
            if self.world.has_mailbox(recipient) && !delivered.contains(recipient) {
                let message = (self.now, Arc::clone(&raw), BTreeSet::new());
                if self.mailboxes.append(self.mail, recipient, super::store::INBOX, message).is_some() {
                    delivered.push(recipient.clone());
                }
            }
        }
        self.mailboxes.submitted(Submission {
            at: self.now,
            user: login.user.clone().unwrap_or_else(|| login.mailbox.clone()),
            client: login.client.clone(),
            from: from.to_owned(),
            to: to.to_vec(),
            raw,
            delivered,
        });
    }
}
