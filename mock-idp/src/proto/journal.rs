//! The journal: what happened in a realm, in order, and why.
//!
//! Append-only and bounded: the oldest entries give way, and the count of all that ever were is kept, so that a reader knows
//! what it missed.

use std::collections::VecDeque;

use crate::proto::cause::{Cause, ChainEnd};
use crate::proto::endpoint::EndpointKind;
use crate::proto::jose::{SignedToken, fill_in};
use crate::proto::mail::{MailCause, MailProtocol, MailSessionId};
use crate::proto::message::{ExchangeId, Extent, Headers};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;
use crate::proto::token::{ChainId, Label};

/// How many entries are kept.
pub const CAPACITY: usize = 4096;

/// How many bytes of a body an entry keeps.
pub const BODY_KEPT: usize = 64 * 1024;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts up from 1 in each realm.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A request was taken.
    Received(Box<Received>),
    /// A code, token or session was issued.
    Issued(Box<Issued>),
    /// A token stopped being valid before its time.
    TokenEnded {
        /// In which exchange; none when a [change](crate::proto::Change) did it.
        exchange: Option<ExchangeId>,
        /// Which.
        token: Label,
        /// Why.
        why: TokenEnd,
    },
    /// A chain ended: none of its refresh tokens is valid any more.
    ChainEnded {
        /// In which exchange; none when a [change](crate::proto::Change) did it.
        exchange: Option<ExchangeId>,
        /// Which.
        chain: ChainId,
        /// Why.
        why: ChainEnd,
    },
    /// The request was refused.
    Refused {
        /// Which.
        exchange: ExchangeId,
        /// Why.
        cause: Cause,
    },
    /// A fault took effect.
    FaultStruck {
        /// On which exchange.
        exchange: ExchangeId,
        /// What it does, in one line.
        text: String,
    },
    /// The answer is decided and everything behind it is committed.
    Committed(Box<Committed>),
    /// The answer left.
    Left {
        /// To which exchange.
        exchange: ExchangeId,
        /// How much of it.
        extent: Extent,
    },
    /// The realm was changed from outside, or a service beside the provider changed its users.
    Changed {
        /// What, in one line, without secrets.
        text: String,
    },
    /// A mail session began.
    MailOpened {
        /// Which.
        session: MailSessionId,
        /// The listener that it came through.
        via: String,
        /// What is spoken.
        protocol: MailProtocol,
    },
    /// A mail client sent a command, a response, or a message.
    MailReceived {
        /// In which session.
        session: MailSessionId,
        /// Its number.
        exchange: ExchangeId,
        /// It, without the content of messages.
        text: Secret<Vec<u8>>,
    },
    /// A mail server refused.
    MailRefused {
        /// In which exchange.
        exchange: ExchangeId,
        /// Why.
        cause: MailCause,
    },
    /// A mail server said something.
    MailSent {
        /// In which session.
        session: MailSessionId,
        /// In answer to what, or with a number of its own.
        exchange: ExchangeId,
        /// Its lines.
        text: Secret<Vec<u8>>,
    },
    /// The connection of a mail session is gone.
    MailClosed {
        /// Which.
        session: MailSessionId,
    },
    /// A CONNECT to a host that is not the profile's, or another thing that the carrier turned away.
    TurnedAway {
        /// What, in one line.
        text: String,
    },
}

/// A request that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub exchange: ExchangeId,
    /// The listener that it came through.
    pub via: String,
    /// What it was for.
    pub endpoint: EndpointKind,
    /// The method.
    pub method: String,
    /// `scheme://host:port` as addressed.
    pub origin: String,
    /// Path and query as sent.
    pub target: Secret<String>,
    /// The header fields.
    pub headers: Secret<Headers>,
    /// The first [`BODY_KEPT`] bytes of the body.
    pub body: Secret<Vec<u8>>,
}

/// A code, token or session that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// By which exchange.
    pub exchange: ExchangeId,
    /// What the journal calls it.
    pub label: Label,
    /// The text itself.
    pub text: Secret<String>,
    /// The code or refresh token that it was issued for.
    pub parent: Option<Label>,
    /// Its chain, for what belongs to one.
    pub chain: Option<ChainId>,
    /// When it ends if nothing else happens.
    pub expires_at: Option<Timestamp>,
}

/// Why a token stopped being valid before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEnd {
    /// It was redeemed; codes are good once.
    Redeemed,
    /// Another took its place.
    Superseded {
        /// Which.
        by: Label,
    },
    /// Its refresh token was superseded, and access tokens go with it.
    RefreshTokenSuperseded,
    /// Its chain ended, and access tokens go with it.
    ChainEnded,
    /// The client revoked it (RFC 7009).
    Revoked,
}

/// An answer with everything behind it committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// To which exchange.
    pub exchange: ExchangeId,
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: Secret<Headers>,
    /// The first [`BODY_KEPT`] bytes of the body.
    pub body: Secret<Vec<u8>>,
}

/// The journal of a realm.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    written: u64,
}

impl Journal {
    pub(crate) fn write(&mut self, at: Timestamp, what: What) {
        self.written += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { number: self.written, at, what });
    }

    /// Puts the tokens of an exchange that were signed by now in the place of their marks.
    pub(crate) fn fill_in(&mut self, exchange: ExchangeId, signed: &[SignedToken]) {
        for entry in self.entries.iter_mut().rev() {
            match &mut entry.what {
                What::Received(received) if received.exchange == exchange => return,
                What::Issued(issued) if issued.exchange == exchange => {
                    if let Some(text) = fill_in(issued.text.expose(), signed) {
                        issued.text = Secret::new(text);
                    }
                }
                What::Committed(committed) if committed.exchange == exchange => {
                    // What was cut may end in the middle of a mark; what was not is text.
                    let body = String::from_utf8_lossy(committed.body.expose()).into_owned();
                    if let Some(body) = fill_in(&body, signed) {
                        committed.body = Secret::new(body.into_bytes().into_iter().take(BODY_KEPT).collect());
                    }
                    let fill = |(name, value): (&str, &str)| {
                        (name.to_owned(), fill_in(value, signed).unwrap_or_else(|| value.to_owned()))
                    };
                    committed.headers = Secret::new(committed.headers.expose().iter().map(fill).collect());
                }
                What::Received(_)
                | What::Issued(_)
                | What::TokenEnded { .. }
                | What::ChainEnded { .. }
                | What::Refused { .. }
                | What::FaultStruck { .. }
                | What::Committed(_)
                | What::Left { .. }
                | What::Changed { .. }
                | What::MailOpened { .. }
                | What::MailReceived { .. }
                | What::MailRefused { .. }
                | What::MailSent { .. }
                | What::MailClosed { .. }
                | What::TurnedAway { .. } => {}
            }
        }
    }

    /// How many entries were ever written: the number of the last one.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// The entries that are kept with a number above `number`, in order. If the first has not `number + 1`, the ones between
    /// gave way.
    pub fn after(&self, number: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip_while(move |entry| entry.number <= number)
    }
}
