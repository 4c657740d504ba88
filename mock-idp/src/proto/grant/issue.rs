//! Issuing tokens within a chain.

use crate::proto::address::Bases;
use crate::proto::client::Client;
use crate::proto::jose::KeySet;
use crate::proto::journal::{Issued, Journal, What};
use crate::proto::message::ExchangeId;
use crate::proto::mint::{Mint, Purpose};
use crate::proto::openid::{self, Tampering};
use crate::proto::outbox::Outbox;
use crate::proto::policy::{Absolute, GraceAnswer, Policy, Refresh};
use crate::proto::scope::Scope;
use crate::proto::secret::Secret;
use crate::proto::store::{AccessRecord, AccessState, LastPair, RefreshRecord, RefreshState, Sessions, Store};
use crate::proto::time::Timestamp;
use crate::proto::token::{AccessToken, ChainId, Label, RefreshToken, TokenKind};
use crate::proto::world::World;

/// One request being handled: when, which, and all state that it may change.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) now: Timestamp,
    pub(crate) exchange: ExchangeId,
    pub(crate) policy: &'a Policy,
    pub(crate) world: &'a World,
    pub(crate) store: &'a mut Store,
    pub(crate) sessions: &'a mut Sessions,
    pub(crate) mint: &'a mut Mint,
    pub(crate) keys: &'a mut KeySet,
    /// Where the provider is, as this request has it.
    pub(crate) bases: Bases<'a>,
    /// A client that registered itself in this turn.
    pub(crate) registered: Option<Client>,
    /// What a fault does to ID tokens of this response.
    pub(crate) tampering: Option<&'a Tampering>,
    pub(crate) journal: &'a mut Journal,
    pub(crate) outbox: &'a mut Outbox,
}

/// The tokens of a token response.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The chain that they belong to.
    pub(crate) chain: ChainId,
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) expires_at: Timestamp,
    /// What the access token is good for; none where the policy looks at no scopes.
    pub(crate) scope: Option<Scope>,
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
    /// The issuer, where authorization responses name it (RFC 9207).
    pub(crate) fn issuer_to_name(&self) -> Option<&str> {
        self.policy.authorization.names_issuer.then_some(self.bases.issuer)
    }

    /// Issues an access token of the chain, and a refresh token beside it if `successor` says so. `parent` is the refresh token
    /// or the code that was redeemed; the implicit grant has none.
    ///
    /// `narrowed` is a scope that is smaller than the chain's (section 6).
    pub(crate) fn issue(
        &mut self,
        chain: ChainId,
        parent: Option<Label>,
        successor: Successor,
        narrowed: Option<Scope>,
    ) -> Tokens {
        let scope = narrowed.or_else(|| self.store.chain(chain).and_then(|chain| chain.granted.scope.clone()));
        let refresh = match successor {
            Successor::New if self.policy.refresh.issued && self.may_refresh(chain) => {
                Some(self.issue_refresh_token(chain, parent))
            }
            Successor::New | Successor::None => None,
        };
        let beside = refresh.as_ref().map(|(label, _)| label.number).or_else(|| parent.and_then(refresh_number));
        let (access_token, expires_at) = self.issue_access_token(chain, parent, beside, scope.as_ref());
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
        Tokens { chain, access_token, refresh_token: refresh.map(|(_, token)| token), expires_at, scope }
    }

    /// Whether the chain's scope has what the policy asks of a chain with refresh tokens.
    fn may_refresh(&self, chain: ChainId) -> bool {
        let Some(needed) = &self.policy.scopes.refresh_token_needs else { return true };
        let scope = self.store.chain(chain).and_then(|chain| chain.granted.scope.as_ref());
        scope.is_none_or(|scope| scope.contains(needed))
    }

    fn issue_access_token(
        &mut self,
        chain: ChainId,
        parent: Option<Label>,
        beside: Option<u32>,
        scope: Option<&Scope>,
    ) -> (AccessToken, Timestamp) {
        let ends = self.now.plus(self.policy.token.access_token_lifetime);
        let label = Label { kind: TokenKind::AccessToken, number: self.store.access_tokens.next() };
        let drawn = self.policy.token.access_token.mint(self.mint, Purpose::AccessToken);
        let text = match self.policy.token.access_token_jwt {
            Some(algorithm) => openid::access_token(self, algorithm, chain, scope, &drawn, ends).unwrap_or(drawn),
            None => drawn,
        };
        let scope = scope.cloned();
        let record = AccessRecord { label, chain, beside, scope, ends, state: AccessState::Alive };
        self.store.add_access_token(&text, record);
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
