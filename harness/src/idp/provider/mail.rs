//! Mail servers, and what comes into a mailbox.

use mock_idp::proto::mail::MailProtocol;
use mock_idp::proto::time::Timestamp;

use super::{Provider, ProviderError};
use crate::adapter::Way;
use crate::adapter::protocol::MailServers;
use crate::idp::redact::Redactor;

impl Provider {
    /// The address of the mailbox that the client is configured with.
    #[must_use]
    pub fn mail_user(&self) -> String {
        self.mail_user.clone().unwrap_or_default()
    }

    /// Opens mail servers for a worker. None where the scenario is not about mail.
    ///
    /// # Errors
    /// [`ProviderError::Io`].
    pub async fn listen_mail(
        &self,
        via: &str,
        way: Way,
        redactor: &mut Redactor,
    ) -> Result<Option<MailServers>, ProviderError> {
        let Some(user) = self.mail_user.clone() else { return Ok(None) };
        let password = self.mail_password.clone();
        let mut servers = MailServers { user, password, imap: None, smtp: None, pop: None };
        for opened in self.idp.listen_mail(via).await? {
            let address = match (way, self.production_address(opened.protocol)) {
                (Way::ByName, Some(address)) => address,
                (_, _) => format!("localhost:{}", opened.address.port()),
            };
            redactor.place(&address, &format!("{{{}}}", opened.protocol.name()));
            match opened.protocol {
                MailProtocol::Imap => servers.imap = Some(address),
                MailProtocol::Smtp => servers.smtp = Some(address),
                MailProtocol::Pop => servers.pop = Some(address),
            }
        }
        Ok(Some(servers))
    }

    /// Host and port of a mail server as its own documentation has them.
    fn production_address(&self, protocol: MailProtocol) -> Option<String> {
        let port = protocol.server(&self.profile.policy)?.port;
        let begins = match protocol {
            MailProtocol::Smtp => "smtp.",
            MailProtocol::Imap | MailProtocol::Pop => "outlook.",
        };
        let host = self.profile.policy.hosts.iter().find(|host| host.starts_with(begins))?;
        Some(format!("{host}:{port}"))
    }
}

/// A message that comes to the resource owner.
pub(super) fn message(subject: &str, at: Timestamp) -> Vec<u8> {
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    format!("Date: {date}\r\nFrom: <sender@sender.example>\r\nSubject: {subject}\r\n\r\nHello.\r\n").into_bytes()
}
