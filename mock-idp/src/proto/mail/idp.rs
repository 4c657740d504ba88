//! The mail side of the provider.

use std::sync::Arc;

use crate::proto::idp::Idp;
use crate::proto::mail::store::{Folders, Submission};
use crate::proto::mail::{ArmedMailFault, MailProtocol, MailSessionId, Outgoing};
use crate::proto::time::Timestamp;

impl Idp {
    /// A connection to a mail server was made; for a protocol with TLS from the first byte, after the handshake. None when the policy has
    /// no such server. What the server says first is to be [taken](Self::mail_take).
    pub fn mail_open(&mut self, now: Timestamp, via: &str, protocol: MailProtocol) -> Option<MailSessionId> {
        self.with_mail(now, |sessions, around| sessions.open(around, via, protocol))
    }

    /// Bytes came, in whatever parts.
    pub fn mail_receive(&mut self, now: Timestamp, session: MailSessionId, bytes: &[u8]) {
        self.with_mail(now, |sessions, around| sessions.receive(around, session, bytes));
    }

    /// Time passed: every session gets its say. To be called at each moment that [`mail_due`](Self::mail_due) names, and when the clock was
    /// moved.
    pub fn mail_notice(&mut self, now: Timestamp) {
        self.with_mail(now, |sessions, around| sessions.notice(around));
    }

    /// When time will have something to say to a session.
    #[must_use]
    pub fn mail_due(&self) -> Option<Timestamp> {
        self.mail_sessions().due()
    }

    /// The TLS handshake of a session is done, after [`Then::StartTls`](crate::proto::mail::Then::StartTls).
    pub fn mail_secured(&mut self, now: Timestamp, session: MailSessionId) {
        self.with_mail(now, |sessions, _| sessions.secured(session));
    }

    /// What is to be sent now, once.
    pub fn mail_take(&mut self, session: MailSessionId) -> Outgoing {
        self.mail_sessions_mut().take(session)
    }

    /// The connection is gone.
    pub fn mail_closed(&mut self, now: Timestamp, session: MailSessionId) {
        self.with_mail(now, |sessions, around| sessions.closed(now, around.journal, session));
    }

    /// Adds a fault; faults strike in the order in which they were added.
    pub fn add_mail_fault(&mut self, fault: ArmedMailFault) {
        self.mail_sessions_mut().faults.add(fault);
    }

    /// What was submitted, oldest first.
    pub fn submissions(&self) -> impl Iterator<Item = &Submission> {
        self.mail_sessions().mailboxes.submissions()
    }

    /// The folders of a mailbox, if anything was ever done with it.
    #[must_use]
    pub fn folders(&self, address: &str) -> Option<&Folders> {
        self.mail_sessions().mailboxes.get(address)
    }

    /// Puts a message into the INBOX of a mailbox, as if it had come from elsewhere. `false` when there is no such mailbox, or no room.
    pub fn deliver(&mut self, now: Timestamp, address: &str, raw: Vec<u8>) -> bool {
        let has_mailbox = self.world().has_mailbox(address);
        self.with_mail(now, |sessions, around| {
            let Some(policy) = around.policy.mail.as_ref().filter(|_| has_mailbox) else { return false };
            let message = (now, Arc::from(raw), std::collections::BTreeSet::new());
            let is_there = sessions.mailboxes.append(policy, address, super::store::INBOX, message).is_some();
            sessions.notice(around);
            is_there
        })
    }
}
