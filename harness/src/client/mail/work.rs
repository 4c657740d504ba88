//! Mail with usable tokens: at most two logins in one operation, with at most one refresh between them.

use std::future::Future;

use crate::adapter::protocol::{Failure, MailProtocol, MailTask, Outcome};
use crate::client::events::Events;
use crate::client::failure::{bug, unsupported};
use crate::client::mail::imap::{Imap, Watching};
use crate::client::mail::pop;
use crate::client::mail::smtp::{Letter, send};
use crate::client::mail::wire::{Credential, Login, MailError, connector};
use crate::client::mistake::Mistake;
use crate::client::refresh::Trigger;
use crate::client::secret::Secret;
use crate::client::time::Clock;
use crate::client::worker::Worker;

/// How often the twin that does not listen logs in with what was refused.
const STUBBORN: usize = 4;

impl Worker {
    /// Does something at a mail server.
    pub(crate) async fn mail(&self, task: &MailTask, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        let done = self.mail_task(task, clock, events).await;
        self.operation_ended(done.is_ok())?;
        done
    }

    async fn mail_task(&self, task: &MailTask, clock: &Clock, events: &Events) -> Result<Outcome, Failure> {
        if self.mistake != Some(Mistake::IgnoresMailBackoff) {
            self.throttle.check(clock)?;
        }
        let tls = &connector(self.configuration.ca_file.as_deref())?;
        let servers = self.configuration.mail.as_ref().ok_or_else(|| bug("no mail servers are configured"))?;
        let user = servers.user.as_str();
        let lacks = |protocol: MailProtocol| unsupported(format!("there is no {} server", protocol.name()));
        let address = |protocol| {
            let address = match protocol {
                MailProtocol::Imap => servers.imap.as_deref(),
                MailProtocol::Smtp => servers.smtp.as_deref(),
                MailProtocol::Pop => servers.pop.as_deref(),
            };
            address.ok_or_else(|| lacks(protocol))
        };
        match task {
            MailTask::Read { protocol: MailProtocol::Pop } => {
                let address = address(MailProtocol::Pop)?;
                let read = |by| async move { pop::read(address, tls, Login { user, by: &by }).await };
                let subjects = self.logged_in(clock, events, read).await?;
                Ok(Outcome::Mail { subjects })
            }
            MailTask::Read { protocol: MailProtocol::Imap } => {
                let address = address(MailProtocol::Imap)?;
                let read = |by| async move { Imap::log_in(address, tls, Login { user, by: &by }).await?.read().await };
                let subjects = self.logged_in(clock, events, read).await?;
                Ok(Outcome::Mail { subjects })
            }
            MailTask::Read { protocol: MailProtocol::Smtp } => Err(unsupported("nothing is read by SMTP")),
            MailTask::Send { from, to, subject } => {
                let (address, letter) = (address(MailProtocol::Smtp)?, &Letter { from, to, subject });
                let sends = |by| async move { send(address, tls, Login { user, by: &by }, letter, self.mistake).await };
                self.logged_in(clock, events, sends).await?;
                Ok(Outcome::Done)
            }
            MailTask::Watch => {
                let address = address(MailProtocol::Imap)?;
                let watch =
                    |by| async move { Imap::log_in(address, tls, Login { user, by: &by }).await?.watch().await };
                *self.watching.lock().await = Some(self.logged_in(clock, events, watch).await?);
                Ok(Outcome::Done)
            }
            MailTask::Look => {
                let address = address(MailProtocol::Imap)?;
                let mut watching = self.watching.lock().await;
                let session = watching.as_mut().ok_or_else(|| bug("nothing is watched"))?;
                let seen = session.seen();
                match session.look().await {
                    Ok(subjects) => return Ok(Outcome::Mail { subjects }),
                    Err(MailError::Expired(_) | MailError::Lost(_)) => {}
                    Err(other) => return Err(self.failed(other, clock)),
                }
                // The server ended it: a new session, with a token that is good now.
                let again = |by| async move {
                    Watching::since(Imap::log_in(address, tls, Login { user, by: &by }).await?, seen).await
                };
                let (session, subjects) = self.logged_in(clock, events, again).await?;
                *watching = Some(session);
                Ok(Outcome::Mail { subjects })
            }
        }
    }

    /// Does something that begins with a login. A refused one gets one more token, if there is another, and one more try.
    async fn logged_in<T, F>(
        &self,
        clock: &Clock,
        events: &Events,
        attempt: impl Fn(Credential) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, MailError>>,
    {
        if let Some(password) = self.configuration.mail.as_ref().and_then(|mail| mail.password.clone()) {
            let ended = attempt(Credential::Password(Secret::new(password))).await;
            return ended.map_err(|error| self.failed(error, clock));
        }
        let tokens = self.usable_tokens(clock, events).await?;
        let mut ended = attempt(Credential::Token(tokens.access_token.clone())).await;
        if self.mistake == Some(Mistake::RepeatsRefusedMailLogin) {
            for _ in 1..STUBBORN {
                if matches!(ended, Err(MailError::Login(_) | MailError::Refused(_))) {
                    ended = attempt(Credential::Token(tokens.access_token.clone())).await;
                }
            }
        } else if matches!(ended, Err(MailError::Login(_) | MailError::Expired(_))) && tokens.refresh_token.is_some() {
            let rejected = tokens.access_token.clone();
            let renewed = self.renew(Trigger::Rejected, tokens, clock, events).await?;
            if renewed.access_token != rejected {
                ended = attempt(Credential::Token(renewed.access_token.clone())).await;
            }
        }
        ended.map_err(|error| self.failed(error, clock))
    }

    /// Notes what a server asks for, and says what went wrong.
    fn failed(&self, error: MailError, clock: &Clock) -> Failure {
        if let MailError::Throttled(wait) = &error {
            self.throttle.wait(*wait, clock);
        }
        error.failure()
    }
}
