//! The e-mail that the provider sent: nothing leaves, everything can be read.

use std::collections::VecDeque;

use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// So many are kept; the oldest goes first.
const MOST: usize = 1_000;

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// When it was sent.
    pub at: Timestamp,
    /// The name of the user whom it was sent to.
    pub user: String,
    /// Their address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The code in it.
    pub code: Secret<String>,
}

impl Mail {
    /// The text, with the code.
    #[must_use]
    pub fn text(&self) -> String {
        format!("Your verification code is {}.", self.code.expose())
    }
}

/// What was sent, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Mail>);

impl Outbox {
    pub(crate) fn send(&mut self, mail: Mail) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(mail);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mail> {
        self.0.iter()
    }
}
