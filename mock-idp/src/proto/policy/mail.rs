//! Mail servers beside the provider, which let users in by its access tokens.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::mail::{MailCauseKind, MailFault, SaslMechanism};
use crate::proto::template::Template;

/// The mail service: whose tokens it takes, and its servers.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Mail {
    /// The resource servers, by URI, whose access tokens it takes; any token when empty.
    pub servers: BTreeSet<String>,
    /// Logins with a password.
    pub basic: BasicLogin,
    /// What comes before the refusal of a token.
    pub challenge: SaslChallenge,
    /// Whether a login as somebody without a mailbox here succeeds, and the first command after it fails.
    pub finds_mailbox_late: bool,
    /// The largest message in bytes.
    pub message_limit: usize,
    /// The mailboxes of a new account beside INBOX, with their special use (RFC 6154) if they have one, such as `\Sent`.
    pub folders: BTreeMap<String, Option<String>>,
    /// What is known to go wrong at its servers now and then, by name. Nothing of it happens until somebody asks for it.
    pub faults: BTreeMap<String, MailFault>,
    /// IMAP with TLS from the first byte (RFC 9051, RFC 8314).
    pub imap: Option<Imap>,
    /// Submission with STARTTLS (RFC 6409, RFC 3207).
    pub smtp: Option<Smtp>,
    /// POP3 with TLS from the first byte (RFC 1939, RFC 8314).
    pub pop: Option<Pop>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            servers: BTreeSet::new(),
            basic: BasicLogin::Refused,
            challenge: SaslChallenge::Always,
            finds_mailbox_late: false,
            message_limit: 16 * 1024 * 1024,
            folders: BTreeMap::new(),
            faults: BTreeMap::new(),
            imap: None,
            smtp: None,
            pop: None,
        }
    }
}

/// Logins with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum BasicLogin {
    /// They are refused, whatever the password.
    Refused,
    /// They are let in with the right one.
    Allowed,
}

/// What comes before the refusal of a token (RFC 7628 section 3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SaslChallenge {
    /// Nothing.
    Never,
    /// A challenge that says in JSON what is wrong, which the client answers.
    Always,
}

/// What all mail servers have.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct MailServer {
    /// The port that it has in production: a tunnel to it leads here.
    pub port: u16,
    /// What it calls itself. Like every template here it can use `session`, which is 16 characters of this session alone, and `now`.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub name: Template,
    /// Its first words, after what the protocol begins with. It can use `server`, its name.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub greeting: Template,
    /// How clients can log in.
    pub mechanisms: BTreeSet<SaslMechanism>,
    /// Whether the first response can stand on the line of the command.
    pub initial_response: bool,
    /// The scope that a user's access token must have, without the URI of its resource server; any will do when absent.
    pub scope: Option<String>,
    /// The role that the access token of a client must have which acts for itself; no client can when absent.
    pub role: Option<String>,
    /// The longest line in bytes that is read, without what ends it.
    pub longest_line: usize,
    /// How causes look on the wire, after the tag of the command in IMAP, where that is not as the protocol has it. A second line,
    /// after a line feed, is said without being asked for, and the connection is closed after it.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub errors: BTreeMap<MailCauseKind, Template>,
    /// Texts of answers that are no errors, where they are not as the protocol's specification has them.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<MailText, String>"))]
    pub texts: BTreeMap<MailText, Template>,
}

impl Default for MailServer {
    fn default() -> Self {
        Self {
            port: 0,
            name: Template::plain("localhost"),
            greeting: Template::plain("ready"),
            mechanisms: BTreeSet::from([SaslMechanism::Xoauth2, SaslMechanism::OauthBearer]),
            initial_response: true,
            scope: None,
            role: None,
            longest_line: 64 * 1024,
            errors: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }
}

/// A text of an answer that is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum MailText {
    /// A login by token succeeded.
    Authenticated,
    /// A login by password succeeded.
    LoggedIn,
    /// The end of a session.
    Bye,
    /// What invites to a TLS handshake.
    TlsReady,
    /// What a client hears after its greeting: `client` is what it said.
    Hello,
    /// A message was taken: `queue_id` names it.
    Queued,
}

/// An IMAP server.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Imap {
    /// What all servers have.
    pub server: MailServer,
    /// The capabilities before a login, in order.
    pub capabilities: Vec<String>,
    /// The capabilities after it, in order.
    pub capabilities_after_login: Vec<String>,
    /// What it says of itself when asked by ID (RFC 2971).
    pub id: BTreeMap<String, String>,
}

/// A submission server.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Smtp {
    /// What all servers have.
    pub server: MailServer,
    /// The service extensions, in order. `STARTTLS` gives way to `AUTH` with the mechanisms once there is TLS.
    pub extensions: Vec<String>,
}

/// A POP3 server.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Pop {
    /// What all servers have.
    pub server: MailServer,
    /// The capabilities (RFC 2449), in order.
    pub capabilities: Vec<String>,
}
