//! Mail in the adapter protocol: what a client does at mail servers with its access token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A mail protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailProtocol {
    /// IMAP, with TLS from the first byte.
    Imap,
    /// Submission, with STARTTLS.
    Smtp,
    /// POP3, with TLS from the first byte.
    Pop,
}

impl MailProtocol {
    /// Its name, which is also the capability of an adapter that speaks it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
            Self::Pop => "pop",
        }
    }
}

/// What a client does at a mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
pub enum MailTask {
    /// Log in, read what is in the INBOX, log out.
    Read {
        /// By which protocol.
        protocol: MailProtocol,
    },
    /// Log in to the submission server, send a message, log out.
    Send {
        /// The address in `From`.
        from: String,
        /// The address in `To`.
        to: String,
        /// The subject.
        subject: String,
    },
    /// Log in by IMAP and stay, waiting for messages (IDLE, RFC 2177). Answer `done` once the server has agreed to that.
    Watch,
    /// Tell what came since `watch`, or since this was last asked. A client whose session was ended meanwhile does now what it would have
    /// done then.
    Look,
}

/// The mail servers of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailServers {
    /// Who the mailbox is configured for: what the user of the client typed. Not always who signs in.
    pub user: String,
    /// The user's password, where the client is configured with that in place of OAuth: it logs in by it (LOGIN, AUTH LOGIN, USER and PASS) and
    /// never asks for a token. Only sent to an adapter that declares `mail_password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `host:port` of the IMAP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imap: Option<String>,
    /// `host:port` of the submission server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    /// `host:port` of the POP3 server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pop: Option<String>,
}
