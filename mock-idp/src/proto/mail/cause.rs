//! Why mail servers refuse.

use std::fmt;

use crate::proto::cause::define::causes;
use crate::proto::time::Timestamp;
use crate::proto::token::Label;

causes! {
    /// Why a mail server refused what a client asked for.
    MailCause,
    /// The kinds of cause at mail servers: [`MailCause`] without its data. The keys of their error maps.
    MailCauseKind;

    /// A fault that was asked for.
    Injected = "injected" {
        /// What the server says.
        line: String,
    },
    /// The command is none, or its arguments are not such.
    CommandInvalid = "command_invalid" {
        /// Which, as far as it could be read.
        command: String,
    },
    /// The command comes at the wrong time.
    CommandOutOfOrder = "command_out_of_order" {
        /// Which.
        command: String,
    },
    /// The line is longer than lines are.
    LineTooLong = "line_too_long" {
        /// How long it may be, in bytes.
        limit: u64,
    },
    /// There was no EHLO since the connection, or since its TLS, began (RFC 3207 section 4.2).
    HelloMissing = "hello_missing",
    /// The command needs TLS first.
    TlsMissing = "tls_missing" {
        /// Which.
        command: String,
    },
    /// The command needs a login first.
    LoginMissing = "login_missing" {
        /// Which.
        command: String,
    },
    /// The mechanism is not offered.
    MechanismUnknown = "mechanism_unknown" {
        /// As sent.
        mechanism: String,
    },
    /// The first response stands on the command's line, where it must not.
    InitialResponseRefused = "initial_response_refused",
    /// The response is no Base64, or not what the mechanism has.
    ResponseMalformed = "response_malformed",
    /// The client broke the login off.
    LoginCancelled = "login_cancelled",
    /// Passwords are not taken.
    BasicRefused = "basic_refused" {
        /// Who wanted to log in.
        user: String,
    },
    /// Name or password is wrong.
    PasswordWrong = "password_wrong" {
        /// Who wanted to log in.
        user: String,
    },
    /// No such access token was issued.
    TokenUnknown = "token_unknown",
    /// The access token's time is over.
    TokenExpired = "token_expired" {
        /// Which.
        token: Label,
        /// Since when.
        expired_at: Timestamp,
    },
    /// The access token ended before its time.
    TokenEnded = "token_ended" {
        /// Which.
        token: Label,
        /// When.
        ended_at: Timestamp,
    },
    /// The access that the token stands for was taken back.
    TokenRevoked = "token_revoked" {
        /// Which.
        token: Label,
        /// When.
        revoked_at: Timestamp,
    },
    /// The access token is for another resource server.
    TokenForAnother = "token_for_another" {
        /// Which.
        token: Label,
        /// Whose it is.
        server: String,
    },
    /// The access token has not the scope, or the role, that this server asks for.
    ScopeMissing = "scope_missing" {
        /// Which.
        token: Label,
        /// What is missing.
        scope: String,
    },
    /// The access token is good, and somebody else's than the login says.
    UserDiffers = "user_differs" {
        /// Which.
        token: Label,
        /// Whose it is.
        owner: String,
        /// Who the login says it is.
        user: String,
    },
    /// A client that acts for itself was not given this mailbox.
    ApplicationNotAdmitted = "application_not_admitted" {
        /// Which token.
        token: Label,
        /// Whose mailbox.
        user: String,
    },
    /// There is no such mailbox.
    MailboxUnknown = "mailbox_unknown" {
        /// Whose.
        user: String,
    },
    /// This protocol is switched off for everybody.
    ProtocolOff = "protocol_off",
    /// This protocol is switched off for the mailbox.
    ProtocolOffForMailbox = "protocol_off_for_mailbox" {
        /// Whose.
        user: String,
    },
    /// The token's time was over while the session went on.
    SessionExpired = "session_expired" {
        /// Which.
        token: Label,
        /// Since when.
        expired_at: Timestamp,
    },
    /// There is no such folder.
    FolderUnknown = "folder_unknown" {
        /// Which.
        folder: String,
    },
    /// There is such a folder already, or it is one that stays.
    FolderKept = "folder_kept" {
        /// Which.
        folder: String,
    },
    /// There is no such message.
    MessageUnknown = "message_unknown" {
        /// Which, as it was asked for.
        message: String,
    },
    /// The message is larger than messages are.
    MessageTooLarge = "message_too_large" {
        /// How large it may be, in bytes.
        limit: u64,
    },
    /// The mailbox was opened for reading only.
    ReadOnly = "read_only",
    /// The sender is not the one who is logged in, nor one whom they may stand for.
    SendAsDenied = "send_as_denied" {
        /// Who is logged in.
        user: String,
        /// In whose name they send.
        sender: String,
    },
    /// The recipient's address is none.
    RecipientInvalid = "recipient_invalid" {
        /// As sent.
        recipient: String,
    },
}

/// Read as text, so that a mistake is named with what it may have meant.
#[cfg(feature = "profiles")]
impl<'de> serde::Deserialize<'de> for MailCauseKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::ALL.iter().find(|kind| kind.name() == name).copied().ok_or_else(|| {
            let nearest = Self::ALL.iter().min_by_key(|kind| strsim::damerau_levenshtein(kind.name(), &name));
            let hint = nearest.map(|kind| format!("; did you mean `{}`?", kind.name())).unwrap_or_default();
            serde::de::Error::custom(format!("mail servers know no cause `{name}`{hint}"))
        })
    }
}

impl fmt::Display for MailCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Injected { line } => write!(f, "a fault was asked for: {line}"),
            Self::CommandInvalid { command } => write!(f, "`{command}` is no command, or its arguments are none"),
            Self::CommandOutOfOrder { command } => write!(f, "{command} comes at the wrong time"),
            Self::LineTooLong { limit } => write!(f, "a line is longer than {limit} bytes"),
            Self::HelloMissing => f.write_str("there was no EHLO since the connection or its TLS began"),
            Self::TlsMissing { command } => write!(f, "{command} before STARTTLS"),
            Self::LoginMissing { command } => write!(f, "{command} before a login"),
            Self::MechanismUnknown { mechanism } => write!(f, "the mechanism {mechanism} is not offered"),
            Self::InitialResponseRefused => f.write_str("the first response must come on a line of its own"),
            Self::ResponseMalformed => f.write_str("the response is not what the mechanism has"),
            Self::LoginCancelled => f.write_str("the client broke the login off"),
            Self::BasicRefused { user } => write!(f, "{user} came with a password, and passwords are not taken"),
            Self::PasswordWrong { user } => write!(f, "wrong name or password for {user}"),
            Self::TokenUnknown => f.write_str("no such access token was issued"),
            Self::TokenExpired { token, expired_at } => write!(f, "{token} expired at {expired_at}"),
            Self::TokenEnded { token, ended_at } => write!(f, "{token} ended at {ended_at}"),
            Self::TokenRevoked { token, revoked_at } => {
                write!(f, "the access that {token} stands for was taken back at {revoked_at}")
            }
            Self::TokenForAnother { token, server } => write!(f, "{token} is for {server}"),
            Self::ScopeMissing { token, scope } => write!(f, "{token} has no {scope}"),
            Self::UserDiffers { token, owner, user } => write!(f, "{token} is {owner}'s, and the login is as {user}"),
            Self::ApplicationNotAdmitted { token, user } => {
                write!(f, "the client of {token} was not given the mailbox of {user}")
            }
            Self::MailboxUnknown { user } => write!(f, "{user} has no mailbox"),
            Self::ProtocolOff => f.write_str("this protocol is switched off for everybody"),
            Self::ProtocolOffForMailbox { user } => write!(f, "this protocol is switched off for {user}"),
            Self::SessionExpired { token, expired_at } => write!(f, "{token} expired at {expired_at} in mid-session"),
            Self::FolderUnknown { folder } => write!(f, "there is no folder {folder}"),
            Self::FolderKept { folder } => write!(f, "the folder {folder} is there and stays"),
            Self::MessageUnknown { message } => write!(f, "there is no message {message}"),
            Self::MessageTooLarge { limit } => write!(f, "the message is larger than {limit} bytes"),
            Self::ReadOnly => f.write_str("the mailbox was opened for reading only"),
            Self::SendAsDenied { user, sender } => write!(f, "{user} sends in the name of {sender}"),
            Self::RecipientInvalid { recipient } => write!(f, "`{recipient}` is no address"),
        }
    }
}
