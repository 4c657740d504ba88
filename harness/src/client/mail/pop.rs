//! POP3 (RFC 1939, RFC 5034) from the client's side.

use tokio_rustls::TlsConnector;

use crate::client::mail::wire::{Credential, Login, MailError, Wire, backoff, subject, xoauth2};

#[derive(Debug)]
struct Pop(Wire);

impl Pop {
    async fn command(&mut self, command: &str) -> Result<String, MailError> {
        self.0.send(command).await?;
        self.status().await
    }

    async fn status(&mut self) -> Result<String, MailError> {
        let line = self.0.line().await?;
        match line.strip_prefix("+OK") {
            Some(text) => Ok(text.trim().to_owned()),
            None => Err(backoff(&line).map_or_else(|| MailError::Refused(line.clone()), MailError::Throttled)),
        }
    }

    async fn by_token(&mut self, response: &str) -> Result<(), MailError> {
        // The response on a line of its own: not every server takes it on the first.
        self.0.send("AUTH XOAUTH2").await?;
        let mut response = Some(response);
        loop {
            let line = self.0.line().await?;
            if line.starts_with("+OK") {
                return Ok(());
            }
            if line.starts_with('+') {
                self.0.send(response.take().unwrap_or_default()).await?;
            } else {
                return Err(backoff(&line).map_or_else(|| MailError::Login(line.clone()), MailError::Throttled));
            }
        }
    }

    async fn lines(&mut self) -> Result<String, MailError> {
        let mut text = String::new();
        loop {
            let line = self.0.line().await?;
            if line == "." {
                return Ok(text);
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push('\n');
        }
    }
}

/// Logs in, reads the subjects of all messages, and says good bye.
pub(crate) async fn read(address: &str, tls: &TlsConnector, login: Login<'_>) -> Result<Vec<String>, MailError> {
    let mut pop = Pop(Wire::connect(address, tls, true).await?);
    pop.status().await?;
    match login.by {
        Credential::Token(token) => pop.by_token(&xoauth2(login.user, token)).await?,
        Credential::Password(password) => {
            pop.command(&format!("USER {}", login.user)).await?;
            pop.command(&format!("PASS {}", password.expose())).await?;
        }
    }
    let stat = pop.command("STAT").await?;
    let count: u32 = stat.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
    let mut subjects = Vec::new();
    for number in 1..=count {
        pop.command(&format!("TOP {number} 0")).await?;
        subjects.push(subject(&pop.lines().await?));
    }
    pop.command("QUIT").await?;
    Ok(subjects)
}
