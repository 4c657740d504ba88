//! Issuing tokens within a chain.

use crate::proto::journal::{Issued, Journal, What};
use crate::proto::message::ExchangeId;
use crate::proto::mint::{Mint, Purpose};
use crate::proto::policy::{Absolute, GraceAnswer, Policy, Refresh};
use crate::proto::secret::Secret;
use crate::proto::store::{AccessRecord, AccessState, LastPair, RefreshRecord, RefreshState, Sessions, Store};
use crate::proto::time::Timestamp;
use crate::proto::token::{AccessToken, ChainId, Label, RefreshToken, TokenKind};

/// One request being handled: when, which, and all state that it may change.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) exchange: ExchangeId,
    pub(crate) policy: &'a Policy,
    pub(crate) store: &'a mut Store,
    pub(crate) sessions: &'a mut Sessions,
    pub(crate) mint: &'a mut Mint,
    pub(crate) journal: &'a mut Journal,
}

/// The tokens of a token response.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) expires_at: Timestamp,
}

/// What a refresh token of a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Successor {
    /// A new one.
    New,
    /// None: the client keeps what it has.
    None,
}

impl Turn<'_> {
    /// Issues an access token of the chain, and a refresh token beside it if `successor` says so. `parent` is the refresh token
    /// or the code that was redeemed; the implicit grant has none.
    pub(crate) fn issue(&mut self, chain: ChainId, parent: Option<Label>, successor: Successor) -> Tokens {
        let refresh = match successor {
            Successor::New if self.policy.refresh.issued => Some(self.issue_refresh_token(chain, parent)),
            Successor::New | Successor::None => None,
        };
        let beside = refresh.as_ref().map(|(label, _)| label.number).or_else(|| parent.and_then(refresh_number));
        let (access_token, expires_at) = self.issue_access_token(chain, parent, beside);
        let keeps_pair = matches!(&self.policy.refresh.grace, Some(grace) if grace.answer == GraceAnswer::SamePair);
        if let Some(record) = self.store.chain_mut(chain) {
            record.last_response = self.now;
            if keeps_pair && let (Some((_, token)), Some(exchanged)) = (&refresh, parent.and_then(refresh_number)) {
                record.last_pair = Some(LastPair {
                    exchanged,
                    access_token: access_token.0.clone(),
                    refresh_token: token.0.clone(),
                    access_ends: expires_at,
                });
            }
        }
        Tokens { access_token, refresh_token: refresh.map(|(_, token)| token), expires_at }
    }

    fn issue_access_token(
        &mut self,
        chain: ChainId,
        parent: Option<Label>,
        beside: Option<u32>,
    ) -> (AccessToken, Timestamp) {
        let text = self.policy.token.access_token.mint(self.mint, Purpose::AccessToken);
        let ends = self.now.plus(self.policy.token.access_token_lifetime);
        let label = Label { kind: TokenKind::AccessToken, number: self.store.access_tokens.next() };
        self.store.add_access_token(&text, AccessRecord { label, chain, beside, ends, state: AccessState::Alive });
        self.note(label, &text, parent, Some(chain), Some(ends));
        (AccessToken(Secret::new(text)), ends)
    }

    fn issue_refresh_token(&mut self, chain: ChainId, parent: Option<Label>) -> (Label, RefreshToken) {
        let policy = &self.policy.refresh;
        let text = policy.shape.mint(self.mint, Purpose::RefreshToken);
        let label = Label { kind: TokenKind::RefreshToken, number: self.store.refresh_tokens.next() };
        let record = RefreshRecord {
            label,
            chain,
            issued: self.now,
            last_used: self.now,
            state: RefreshState::Valid,
            graced: 0,
        };
        let began = self.store.chain(chain).map_or(self.now, |chain| chain.began);
        let ends = end_of(policy, &record, began);
        self.store.add_refresh_token(&text, record, ends);
        self.note(label, &text, parent, Some(chain), ends);
        (label, RefreshToken(Secret::new(text)))
    }

    /// Writes into the journal that something was issued.
    pub(crate) fn note(
        &mut self,
        label: Label,
        text: &str,
        parent: Option<Label>,
        chain: Option<ChainId>,
        expires_at: Option<Timestamp>,
    ) {
        let text = Secret::new(text.to_owned());
        let issued = Issued { exchange: self.exchange, label, text, parent, chain, expires_at };
        self.journal.write(self.now, What::Issued(Box::new(issued)));
    }
}

/// The number of a refresh token; codes have none of that kind.
fn refresh_number(label: Label) -> Option<u32> {
    (label.kind == TokenKind::RefreshToken).then_some(label.number)
}

/// When a refresh token ends of itself: the first of its idle and absolute ends. `began` is its chain's beginning.
pub(crate) fn end_of(policy: &Refresh, record: &RefreshRecord, began: Timestamp) -> Option<Timestamp> {
    let idle = policy.idle_lifetime.map(|span| record.last_used.plus(span));
    let absolute = policy.absolute_lifetime.map(|absolute| match absolute {
        Absolute::FromIssue(span) => record.issued.plus(span),
        Absolute::FromGrant(span) => began.plus(span),
    });
    match (idle, absolute) {
        (Some(idle), Some(absolute)) => Some(idle.min(absolute)),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}
