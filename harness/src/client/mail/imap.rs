//! IMAP (RFC 9051) from the client's side: as much as it takes to read an INBOX and to wait for messages.

use tokio_rustls::TlsConnector;

use crate::client::mail::wire::{Credential, Login, MailError, Wire, backoff, subject, xoauth2};

/// A session that is logged in.
#[derive(Debug)]
pub(crate) struct Imap {
    wire: Wire,
    tag: u32,
}

/// A session that waits for messages.
#[derive(Debug)]
pub(crate) struct Watching {
    imap: Imap,
    /// How many messages there were when it was last looked.
    seen: u32,
}

/// What came until a command was over.
#[derive(Debug, Default)]
struct Answer {
    /// Lines that begin with `*`, each with the text of its literals behind it.
    untagged: Vec<String>,
}

impl Answer {
    fn exists(&self) -> Option<u32> {
        self.untagged.iter().rev().find_map(|line| {
            let count = line.strip_prefix("* ")?.strip_suffix(" EXISTS")?;
            count.parse().ok()
        })
    }
}

/// What a line that is no success means. The login's own refusal is the caller's to tell.
fn refusal(line: &str) -> MailError {
    let text = line.split_once(' ').map_or(line, |(_, text)| text);
    if let Some(wait) = backoff(text) {
        return MailError::Throttled(wait);
    }
    if text.contains("AccessTokenExpired") {
        return MailError::Expired(text.to_owned());
    }
    MailError::Refused(text.to_owned())
}

impl Imap {
    /// Connects, and logs in.
    pub(crate) async fn log_in(address: &str, tls: &TlsConnector, login: Login<'_>) -> Result<Self, MailError> {
        let mut imap = Self { wire: Wire::connect(address, tls, true).await?, tag: 0 };
        let greeting = imap.wire.line().await?;
        if !greeting.starts_with("* OK") {
            return Err(refusal(&greeting));
        }
        let token = match login.by {
            Credential::Token(token) => token,
            Credential::Password(password) => {
                let quoted = |text: &str| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
                imap.command(&format!("LOGIN {} {}", quoted(login.user), quoted(password.expose()))).await?;
                return Ok(imap);
            }
        };
        let capabilities = imap.command("CAPABILITY").await?.untagged.join(" ").to_ascii_uppercase();
        if !capabilities.contains("AUTH=XOAUTH2") {
            return Err(MailError::Lacking("the IMAP server offers no XOAUTH2".to_owned()));
        }
        let response = xoauth2(login.user, token);
        let has_initial_response = capabilities.split(' ').any(|name| name == "SASL-IR");
        let begin = if has_initial_response {
            format!("AUTHENTICATE XOAUTH2 {response}")
        } else {
            "AUTHENTICATE XOAUTH2".to_owned()
        };
        let tag = imap.begin(&begin).await?;
        let mut response = (!has_initial_response).then_some(response);
        loop {
            let line = imap.wire.line().await?;
            if line.starts_with('+') {
                // The response, or the empty line that a challenge in JSON waits for.
                imap.wire.send(&response.take().unwrap_or_default()).await?;
            } else if let Some(end) = line.strip_prefix(&format!("{tag} ")) {
                if end.starts_with("OK") {
                    return Ok(imap);
                }
                let is_no = end.starts_with("NO");
                let error = refusal(&line);
                return Err(if let (MailError::Refused(line), true) = (&error, is_no) {
                    MailError::Login(line.clone())
                } else {
                    error
                });
            } else if line.starts_with("* BYE") {
                return Err(refusal(&line));
            }
        }
    }

    /// The subjects of all messages from a number on.
    async fn subjects(&mut self, from: u32) -> Result<Vec<String>, MailError> {
        let answer = self.command(&format!("FETCH {from}:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]")).await?;
        Ok(answer.untagged.iter().filter(|line| line.contains(" FETCH ")).map(|line| subject(line)).collect())
    }

    /// What is in the INBOX, and good bye.
    pub(crate) async fn read(mut self) -> Result<Vec<String>, MailError> {
        let count = self.command("SELECT INBOX").await?.exists().unwrap_or_default();
        let subjects = if count == 0 { Vec::new() } else { self.subjects(1).await? };
        self.command("LOGOUT").await?;
        Ok(subjects)
    }

    /// Waits from now on.
    pub(crate) async fn watch(mut self) -> Result<Watching, MailError> {
        let seen = self.command("SELECT INBOX").await?.exists().unwrap_or_default();
        self.idle().await?;
        Ok(Watching { imap: self, seen })
    }

    async fn idle(&mut self) -> Result<(), MailError> {
        let tag = self.begin("IDLE").await?;
        loop {
            let line = self.wire.line().await?;
            if line.starts_with('+') {
                return Ok(());
            }
            if line.starts_with(&tag) || line.starts_with("* BYE") {
                return Err(refusal(&line));
            }
        }
    }

    async fn begin(&mut self, command: &str) -> Result<String, MailError> {
        self.tag += 1;
        let tag = format!("A{}", self.tag);
        self.wire.send(&format!("{tag} {command}")).await?;
        Ok(tag)
    }

    async fn command(&mut self, command: &str) -> Result<Answer, MailError> {
        let tag = self.begin(command).await?;
        self.until(&tag, command == "LOGOUT").await
    }

    /// Reads until the command is over.
    async fn until(&mut self, tag: &str, is_over: bool) -> Result<Answer, MailError> {
        let mut answer = Answer::default();
        loop {
            let mut line = self.wire.line().await?;
            while let Some(length) = literal(&line) {
                let bytes = self.wire.bytes(length).await?;
                line.push('\n');
                line.push_str(&String::from_utf8_lossy(&bytes));
                line.push('\n');
                line.push_str(&self.wire.line().await?);
            }
            if let Some(end) = line.strip_prefix(&format!("{tag} ")) {
                return if end.starts_with("OK") { Ok(answer) } else { Err(refusal(&line)) };
            }
            if line.starts_with("* BYE") && !is_over {
                return Err(refusal(&line));
            }
            answer.untagged.push(line);
        }
    }
}

impl Watching {
    /// What came since it was last looked, and goes on waiting.
    pub(crate) async fn look(&mut self) -> Result<Vec<String>, MailError> {
        let tag = format!("A{}", self.imap.tag);
        // A server that has gone has said why: that is read even if nothing can be sent to it any more.
        let sent = self.imap.wire.send("DONE").await;
        let answer = match self.imap.until(&tag, false).await {
            Err(MailError::Lost(_)) if sent.is_err() => {
                return Err(sent.err().unwrap_or_else(|| MailError::Lost(String::new())));
            }
            other => other?,
        };
        let count = answer.exists().unwrap_or(self.seen);
        let subjects = if count > self.seen { self.imap.subjects(self.seen + 1).await? } else { Vec::new() };
        self.seen = count;
        self.imap.idle().await?;
        Ok(subjects)
    }

    /// How many messages there were when it was last looked.
    pub(crate) const fn seen(&self) -> u32 {
        self.seen
    }

    /// The messages that came since another session was looked at last.
    pub(crate) async fn since(imap: Imap, seen: u32) -> Result<(Self, Vec<String>), MailError> {
        let mut imap = imap;
        let count = imap.command("SELECT INBOX").await?.exists().unwrap_or_default();
        let subjects = if count > seen { imap.subjects(seen + 1).await? } else { Vec::new() };
        imap.idle().await?;
        Ok((Self { imap, seen: count }, subjects))
    }
}

/// The length of a literal that a line ends with.
fn literal(line: &str) -> Option<u64> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}
