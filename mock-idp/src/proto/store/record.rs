//! The records of codes and tokens, and how long they are kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::cause::ChainEnd;
use crate::proto::client::ClientId;
use crate::proto::journal::{Journal, TokenEnd, What};
use crate::proto::message::ExchangeId;
use crate::proto::pkce::Challenge;
use crate::proto::policy::AccessTokens;
use crate::proto::scope::Scope;
use crate::proto::secret::Secret;
use crate::proto::store::kept::Kept;
use crate::proto::store::{Chain, ChainState, Devices, Granted, Pushed, RequestLoops, TokenKey, Windows};
use crate::proto::time::{Span, Timestamp};
use crate::proto::token::{ChainId, Label, TokenKind};

/// How long a record is kept after its token's end, so that a late request is told "expired" and not "unknown".
const REFRESH_KEPT: Span = Span::from_seconds(60 * 86_400);
const OTHERS_KEPT: Span = Span::from_seconds(86_400);

/// The most records of each kind; the oldest gives way. A realm never grows without bound, whatever it is asked.
const MOST: usize = 200_000;

/// A code.
#[derive(Debug, Clone)]
pub(crate) struct CodeRecord {
    pub(crate) label: Label,
    pub(crate) client: ClientId,
    pub(crate) user: String,
    /// As it stood in the authorization request; none when it was left out there.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// The tenant, or what stood in its place, in the path of the authorization request.
    pub(crate) authority: Option<String>,
    pub(crate) granted: Granted,
    pub(crate) ends: Timestamp,
    pub(crate) state: CodeState,
}

/// Whether a code was redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeState {
    Fresh,
    Redeemed { at: Timestamp, chain: ChainId },
}

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct AccessRecord {
    pub(crate) label: Label,
    pub(crate) chain: ChainId,
    /// The refresh token that was issued with it.
    pub(crate) beside: Option<u32>,
    /// What it is good for; none where the policy looks at no scopes.
    pub(crate) scope: Option<Scope>,
    /// The resource server that it is for, by URI; none where tokens are for all.
    pub(crate) server: Option<String>,
    /// Whether it can be taken back at any time.
    pub(crate) continuous: bool,
    pub(crate) ends: Timestamp,
    pub(crate) state: AccessState,
}

/// Whether an access token still lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessState {
    Alive,
    Ended { at: Timestamp },
}

/// A refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshRecord {
    pub(crate) label: Label,
    pub(crate) chain: ChainId,
    pub(crate) issued: Timestamp,
    /// When it was last used, for idle lifetimes that use prolongs.
    pub(crate) last_used: Timestamp,
    pub(crate) state: RefreshState,
    /// How often it was answered within its grace.
    pub(crate) graced: u32,
}

/// Whether a refresh token is still good, its lifetime aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshState {
    Valid,
    Superseded { by: u32, at: Timestamp },
}

/// One kind of record, by number and by text.
#[derive(Debug)]
pub(crate) struct Shelf<R> {
    numbers: BTreeMap<TokenKey, u32>,
    records: BTreeMap<u32, Shelved<R>>,
    /// When each record may be forgotten.
    ends: BTreeSet<(Timestamp, u32)>,
    last: u32,
}

#[derive(Debug)]
struct Shelved<R> {
    key: TokenKey,
    forget: Timestamp,
    record: R,
}

impl<R> Default for Shelf<R> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), records: BTreeMap::new(), ends: BTreeSet::new(), last: 0 }
    }
}

impl<R> Shelf<R> {
    /// The number that the next record gets.
    pub(crate) const fn next(&self) -> u32 {
        self.last + 1
    }

    fn insert(&mut self, text: &str, record: R, forget: Timestamp) {
        self.last += 1;
        let key = TokenKey::of(text);
        self.numbers.insert(key, self.last);
        self.records.insert(self.last, Shelved { key, forget, record });
        self.ends.insert((forget, self.last));
    }

    /// The text of a record is another from now on.
    fn rename(&mut self, number: u32, text: &str) {
        if let Some(kept) = self.records.get_mut(&number) {
            let key = TokenKey::of(text);
            self.numbers.remove(&kept.key);
            self.numbers.insert(key, number);
            kept.key = key;
        }
    }

    pub(crate) fn find(&self, text: &str) -> Option<&R> {
        self.numbers.get(&TokenKey::of(text)).and_then(|number| self.get(*number))
    }

    pub(crate) fn get(&self, number: u32) -> Option<&R> {
        self.records.get(&number).map(|kept| &kept.record)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut R> {
        self.records.get_mut(&number).map(|kept| &mut kept.record)
    }

    fn keep_until(&mut self, number: u32, forget: Timestamp) {
        if let Some(kept) = self.records.get_mut(&number) {
            self.ends.remove(&(kept.forget, number));
            kept.forget = forget;
            self.ends.insert((forget, number));
        }
    }

    /// Takes out one record whose time is over at `now`, or the oldest when there are too many.
    fn pop_stale(&mut self, now: Timestamp) -> Option<R> {
        let number = match self.ends.first() {
            Some((forget, number)) if *forget <= now => *number,
            Some(_) | None if self.records.len() > MOST => *self.records.first_key_value()?.0,
            Some(_) | None => return None,
        };
        let kept = self.records.remove(&number)?;
        self.ends.remove(&(kept.forget, number));
        self.numbers.remove(&kept.key);
        Some(kept.record)
    }
}

/// All records of a realm.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) codes: Shelf<CodeRecord>,
    pub(crate) access_tokens: Shelf<AccessRecord>,
    pub(crate) refresh_tokens: Shelf<RefreshRecord>,
    access_tokens_of: BTreeSet<(ChainId, u32)>,
    chains: BTreeMap<ChainId, Chain>,
    last_chain: u32,
    /// Authorization requests that were pushed.
    pub(crate) pushed: Kept<Pushed>,
    /// The identifiers of client assertions that were taken: each is good once (RFC 7523 section 3).
    pub(crate) assertions: Kept<()>,
    /// Devices that wait for an answer.
    pub(crate) devices: Devices,
    /// What limits count.
    pub(crate) windows: Windows,
    /// Token requests that are all alike.
    pub(crate) loops: RequestLoops,
}

impl Store {
    pub(crate) fn add_code(&mut self, text: &str, record: CodeRecord) {
        let forget = record.ends.plus(OTHERS_KEPT);
        self.codes.insert(text, record, forget);
    }

    pub(crate) fn add_access_token(&mut self, text: &str, record: AccessRecord) {
        let forget = record.ends.plus(OTHERS_KEPT);
        self.count(record.chain);
        self.access_tokens_of.insert((record.chain, record.label.number));
        self.access_tokens.insert(text, record, forget);
    }

    /// An access token was signed, and has its text now.
    pub(crate) fn access_token_signed(&mut self, number: u32, mark: &str, text: &str) {
        self.access_tokens.rename(number, text);
        let chain = self.access_tokens.get(number).map(|record| record.chain);
        if let Some(pair) = chain.and_then(|id| self.chains.get_mut(&id)).and_then(|chain| chain.last_pair.as_mut())
            && pair.access_token.expose() == mark
        {
            pair.access_token = Secret::new(text.to_owned());
        }
    }

    /// `ends` is the token's own end; a token that use prolongs is kept as if it were never used, and its chain knows better.
    pub(crate) fn add_refresh_token(&mut self, text: &str, record: RefreshRecord, ends: Option<Timestamp>) {
        let forget = ends.unwrap_or(Timestamp::from_millis(i64::MAX)).plus(REFRESH_KEPT);
        self.count(record.chain);
        if let Some(chain) = self.chains.get_mut(&record.chain) {
            chain.valid.insert(record.label.number);
        }
        self.refresh_tokens.insert(text, record, forget);
    }

    /// A refresh token was used and is good for longer: it is kept for longer.
    pub(crate) fn prolong(&mut self, number: u32, ends: Timestamp) {
        self.refresh_tokens.keep_until(number, ends.plus(REFRESH_KEPT));
    }

    fn count(&mut self, chain: ChainId) {
        if let Some(chain) = self.chains.get_mut(&chain) {
            chain.records += 1;
        }
    }

    pub(crate) fn begin_chain(
        &mut self,
        client: ClientId,
        user: Option<String>,
        granted: Granted,
        now: Timestamp,
    ) -> ChainId {
        self.last_chain += 1;
        let id = ChainId(self.last_chain);
        let chain = Chain {
            id,
            client,
            user,
            granted,
            began: now,
            last_response: now,
            state: ChainState::Alive,
            valid: BTreeSet::new(),
            records: 0,
            last_pair: None,
        };
        self.chains.insert(id, chain);
        id
    }

    pub(crate) fn chain(&self, id: ChainId) -> Option<&Chain> {
        self.chains.get(&id)
    }

    pub(crate) fn chain_mut(&mut self, id: ChainId) -> Option<&mut Chain> {
        self.chains.get_mut(&id)
    }

    pub(crate) fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.values()
    }

    /// Forgets what is long over. Each call forgets at most a few records of each kind, so that none takes long.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.windows.forget(now);
        for _ in 0..4 {
            self.codes.pop_stale(now);
            if let Some(record) = self.access_tokens.pop_stale(now) {
                self.access_tokens_of.remove(&(record.chain, record.label.number));
                self.uncount(record.chain, None);
            }
            if let Some(record) = self.refresh_tokens.pop_stale(now) {
                self.uncount(record.chain, Some(record.label.number));
            }
        }
    }

    fn uncount(&mut self, id: ChainId, refresh_token: Option<u32>) {
        let Some(chain) = self.chains.get_mut(&id) else { return };
        chain.records = chain.records.saturating_sub(1);
        if let Some(number) = refresh_token {
            chain.valid.remove(&number);
        }
        if chain.records == 0 {
            self.chains.remove(&id);
        }
    }

    /// Ends a chain, once: none of its refresh tokens is good any more, and its access tokens as `access_tokens` says.
    pub(crate) fn end_chain(
        &mut self,
        id: ChainId,
        why: ChainEnd,
        access_tokens: AccessTokens,
        now: Timestamp,
        exchange: Option<ExchangeId>,
        journal: &mut Journal,
    ) {
        let Some(chain) = self.chains.get_mut(&id) else { return };
        if chain.state != ChainState::Alive {
            return;
        }
        chain.state = ChainState::Ended { at: now, why };
        chain.valid.clear();
        chain.last_pair = None;
        journal.write(now, What::ChainEnded { exchange, chain: id, why });
        if access_tokens == AccessTokens::Die {
            self.end_access_tokens(id, |_| true, TokenEnd::ChainEnded, now, exchange, journal);
        }
    }

    /// Supersedes a valid refresh token.
    pub(crate) fn supersede(
        &mut self,
        number: u32,
        by: u32,
        access_tokens: AccessTokens,
        now: Timestamp,
        exchange: ExchangeId,
        journal: &mut Journal,
    ) {
        let Some(record) = self.refresh_tokens.get_mut(number) else { return };
        if record.state != RefreshState::Valid {
            return;
        }
        record.state = RefreshState::Superseded { by, at: now };
        let (label, chain) = (record.label, record.chain);
        if let Some(chain) = self.chains.get_mut(&chain) {
            chain.valid.remove(&number);
        }
        let why = TokenEnd::Superseded { by: Label { kind: TokenKind::RefreshToken, number: by } };
        journal.write(now, What::TokenEnded { exchange: Some(exchange), token: label, why });
        if access_tokens == AccessTokens::Die {
            let beside = |token: &AccessRecord| token.beside == Some(number);
            self.end_access_tokens(chain, beside, TokenEnd::RefreshTokenSuperseded, now, Some(exchange), journal);
        }
    }

    /// Ends one access token before its time.
    pub(crate) fn end_access_token(
        &mut self,
        number: u32,
        now: Timestamp,
        exchange: ExchangeId,
        journal: &mut Journal,
    ) {
        let Some(token) = self.access_tokens.get_mut(number) else { return };
        if token.state == AccessState::Alive && now < token.ends {
            token.state = AccessState::Ended { at: now };
            let ended = What::TokenEnded { exchange: Some(exchange), token: token.label, why: TokenEnd::Revoked };
            journal.write(now, ended);
        }
    }

    fn end_access_tokens(
        &mut self,
        chain: ChainId,
        which: impl Fn(&AccessRecord) -> bool,
        why: TokenEnd,
        now: Timestamp,
        exchange: Option<ExchangeId>,
        journal: &mut Journal,
    ) {
        for (_, number) in self.access_tokens_of.range((chain, 0)..=(chain, u32::MAX)) {
            let Some(token) = self.access_tokens.get_mut(*number) else { continue };
            if token.state == AccessState::Alive && now < token.ends && which(token) {
                token.state = AccessState::Ended { at: now };
                journal.write(now, What::TokenEnded { exchange, token: token.label, why });
            }
        }
    }
}
