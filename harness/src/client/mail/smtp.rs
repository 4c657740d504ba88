//! Submission (RFC 6409) from the client's side.

use tokio_rustls::TlsConnector;

use crate::client::mail::wire::{Credential, Login, MailError, Wire, backoff, base64, xoauth2};
use crate::client::mistake::Mistake;

/// A message to send.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) subject: &'a str,
}

/// A reply: the code, and its lines without it.
#[derive(Debug)]
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// Code and text of the first line, as they stood there.
    fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.first().map_or("", String::as_str))
    }
}

#[derive(Debug)]
struct Smtp(Wire);

impl Smtp {
    async fn reply(&mut self) -> Result<Reply, MailError> {
        let mut reply = Reply { code: 0, lines: Vec::new() };
        loop {
            let line = self.0.line().await?;
            let (code, rest) = line.split_at_checked(3).unwrap_or((&line, ""));
            reply.code = code.parse().map_err(|_| MailError::Lost("the answer is no SMTP".to_owned()))?;
            let goes_on = rest.starts_with('-');
            reply.lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !goes_on {
                return Ok(reply);
            }
        }
    }

    async fn command(&mut self, command: &str) -> Result<Reply, MailError> {
        self.0.send(command).await?;
        self.reply().await
    }

    /// The reply that ends the login.
    async fn auth(&mut self, login: Login<'_>) -> Result<Reply, MailError> {
        match login.by {
            Credential::Token(token) => {
                let reply = self.command(&format!("AUTH XOAUTH2 {}", xoauth2(login.user, token))).await?;
                // A challenge that says what is wrong, and waits for an empty line.
                if reply.code == 334 { self.command("").await } else { Ok(reply) }
            }
            Credential::Password(password) => {
                let mut reply = self.command("AUTH LOGIN").await?;
                for asked in [login.user, password.expose()] {
                    if reply.code == 334 {
                        reply = self.command(&base64(asked)).await?;
                    }
                }
                Ok(reply)
            }
        }
    }

    async fn must(&mut self, command: &str, code: u16) -> Result<Reply, MailError> {
        let reply = self.command(command).await?;
        if reply.code == code { Ok(reply) } else { Err(refusal(&reply)) }
    }
}

fn refusal(reply: &Reply) -> MailError {
    let text = reply.text();
    match backoff(&text) {
        Some(wait) => MailError::Throttled(wait),
        None if (400..500).contains(&reply.code) => MailError::Lost(text),
        None => MailError::Refused(text),
    }
}

/// Whether a refused login may be the token's fault. What is switched off, or forbidden, no token changes.
fn is_about_token(text: &str) -> bool {
    text.starts_with("535 ") && !text.starts_with("535 5.7.139 ")
}

/// Logs in, sends a message, and says good bye.
pub(crate) async fn send(
    address: &str,
    tls: &TlsConnector,
    login: Login<'_>,
    letter: &Letter<'_>,
    mistake: Option<Mistake>,
) -> Result<(), MailError> {
    let mut smtp = Smtp(Wire::connect(address, tls, false).await?);
    let greeting = smtp.reply().await?;
    if greeting.code != 220 {
        return Err(refusal(&greeting));
    }
    smtp.must("EHLO client.example", 250).await?;
    smtp.must("STARTTLS", 220).await?;
    smtp.0.secure(tls).await?;
    if mistake != Some(Mistake::NoSecondEhlo) {
        let extensions = smtp.must("EHLO client.example", 250).await?.lines;
        let offered = extensions.iter().any(|line| {
            let mut words = line.split(' ');
            words.next() == Some("AUTH") && words.any(|name| name.eq_ignore_ascii_case(login.by.mechanism()))
        });
        if !offered {
            return Err(MailError::Lacking(format!("the submission server offers no {}", login.by.mechanism())));
        }
    }
    let reply = smtp.auth(login).await?;
    if reply.code != 235 {
        let error = refusal(&reply);
        return Err(match &error {
            MailError::Refused(text) if is_about_token(text) => MailError::Login(text.clone()),
            MailError::Refused(_)
            | MailError::Login(_)
            | MailError::Expired(_)
            | MailError::Throttled(_)
            | MailError::Lost(_)
            | MailError::Lacking(_) => error,
        });
    }
    smtp.must(&format!("MAIL FROM:<{}>", letter.from), 250).await?;
    smtp.must(&format!("RCPT TO:<{}>", letter.to), 250).await?;
    smtp.must("DATA", 354).await?;
    let Letter { from, to, subject } = letter;
    let message = format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\nHello.\r\n.");
    smtp.must(&message, 250).await?;
    smtp.command("QUIT").await?;
    Ok(())
}
