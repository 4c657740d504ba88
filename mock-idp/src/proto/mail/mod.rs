//! Mail servers: IMAP, submission and POP3 as dialogues without sockets, let in by the provider's access tokens.
//!
//! Owns sessions from their greeting to their end, logins, and mailboxes. Never touches sockets or TLS: whoever carries the bytes says
//! when a handshake is done. Issues no token.

mod cause;
mod exchange;
mod fault;
mod idp;
mod imap;
mod login;
mod pop;
mod room;
pub mod sasl;
mod session;
mod smtp;
pub mod store;

pub use cause::{MailCause, MailCauseKind};
pub use fault::{ArmedMailFault, MailFault, MailPoint};
pub use login::Login;
pub use sasl::{Credentials, SaslMechanism};
pub use session::{MailProtocol, MailSessionId, Outgoing, Then};
pub(crate) use session::{MailSessions, Surroundings};
