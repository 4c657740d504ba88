//! POP3 (RFC 1939, RFC 5034) from the client's side.

use tokio_rustls::TlsConnector;

use crate::client::mail::wire::{MailError, Wire, backoff, subject, xoauth2};

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

/// Logs in with a token, reads the subjects of all messages, and says good bye.
pub(crate) async fn read(address: &str, tls: &TlsConnector, user: &str, token: &str) -> Result<Vec<String>, MailError> {
    let mut pop = Pop(Wire::connect(address, tls, true).await?);
    pop.status().await?;
    // The response on a line of its own: not every server takes it on the first.
    pop.0.send("AUTH XOAUTH2").await?;
    let mut response = Some(xoauth2(user, token));
    loop {
        let line = pop.0.line().await?;
        if line.starts_with("+OK") {
            break;
        }
        if line.starts_with('+') {
            pop.0.send(&response.take().unwrap_or_default()).await?;
        } else {
            return Err(backoff(&line).map_or_else(|| MailError::Login(line.clone()), MailError::Throttled));
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
