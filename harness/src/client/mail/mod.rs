//! Mail: IMAP, submission and POP3 with an access token in place of a password.
//!
//! Owns the dialogues from the client's side. Gets its tokens like any other operation; never keeps one.

mod imap;
mod pop;
mod smtp;
mod wire;
mod work;

pub(crate) use imap::Watching;
