//! Issuing tokens within a chain.

use crate::proto::address::Bases;
use crate::proto::client::Client;
use crate::proto::endpoint::EndpointKind;
use crate::proto::jose::{Draft, KeySet, Unsigned};
use crate::proto::journal::{Issued, Journal, What};
use crate::proto::message::ExchangeId;
use crate::proto::mint::{Mint, Purpose};
use crate::proto::openid::{self, Tampering};
use crate::proto::outbox::Outbox;
use crate::proto::params::Params;
use crate::proto::policy::{Absolute, AccountKind, GraceAnswer, Policy, Refresh};
use crate::proto::scope::Scope;
use crate::proto::secret::Secret;
use crate::proto::store::{AccessRecord, AccessState, LastPair, RefreshRecord, RefreshState, Sessions, Store};
use crate::proto::target::Target;
use crate::proto::template::{Context, Medium};
use crate::proto::tenant::{Authority, home_of};
use crate::proto::time::{Span, Timestamp};
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
    /// The tenant that the path names; none where there are no tenants, or where the path names none.
    pub(crate) authority: Option<Authority<'a>>,
    /// Whether the request came to an endpoint where clients name a resource server and no scopes.
    pub(crate) by_resource: bool,
    /// What the request is for.
    pub(crate) endpoint: EndpointKind,
    /// The `grant_type` of the request; empty where it has none.
    pub(crate) grant: &'a str,
    /// Identifiers of the request.
    pub(crate) trace: Trace,
    /// Where the request says that it comes from, if a browser sent it for a script.
    pub(crate) origin: Option<&'a str>,
    /// Tokens that are to be signed when the turn is over.
    pub(crate) unsigned: Vec<Unsigned>,
    /// A client that registered itself in this turn.
    pub(crate) registered: Option<Client>,
    /// What a fault does to ID tokens of this response.
    pub(crate) tampering: Option<&'a Tampering>,
    pub(crate) journal: &'a mut Journal,
    pub(crate) outbox: &'a mut Outbox,
}

/// Identifiers of a request; empty where the policy has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// The provider's own.
    pub(crate) id: String,
    /// The client's, or one in its place.
    pub(crate) correlation: String,
}

/// The tokens of a token response.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The chain that they belong to.
    pub(crate) chain: ChainId,
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) expires_at: Timestamp,
    /// What the access token is good for, as the response says it; none where the policy looks at no scopes.
    pub(crate) scope: Option<Scope>,
    /// The resource server that the access token is for, by URI.
    pub(crate) server: Option<String>,
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
    pub(crate) fn issue(
        &mut self,
        chain: ChainId,
        parent: Option<Label>,
        successor: Successor,
        target: Target,
    ) -> Tokens {
        let refresh = match successor {
            Successor::New if self.policy.refresh.issued && self.may_refresh(chain) => {
                Some(self.issue_refresh_token(chain, parent))
            }
            Successor::New | Successor::None => None,
        };
        let beside = refresh.as_ref().map(|(label, _)| label.number).or_else(|| parent.and_then(refresh_number));
        let (access_token, expires_at) = self.issue_access_token(chain, parent, beside, &target);
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
        let refresh_token = refresh.map(|(_, token)| token);
        Tokens { chain, access_token, refresh_token, expires_at, scope: target.shown, server: target.server }
    }

    /// Whether the chain's scope has what the policy asks of a chain with refresh tokens.
    fn may_refresh(&self, chain: ChainId) -> bool {
        let Some(needed) = self.policy.scopes.refresh_token_needs.as_ref().filter(|_| !self.by_resource) else {
            return true;
        };
        let scope = self.store.chain(chain).and_then(|chain| chain.granted.scope.as_ref());
        scope.is_none_or(|scope| scope.contains(needed))
    }

    fn issue_access_token(
        &mut self,
        chain: ChainId,
        parent: Option<Label>,
        beside: Option<u32>,
        target: &Target,
    ) -> (AccessToken, Timestamp) {
        let continuous = self.is_continuous(chain, target);
        let ends = self.now.plus(self.access_token_lifetime(continuous));
        let label = Label { kind: TokenKind::AccessToken, number: self.store.access_tokens.next() };
        let text = match self.draft_access_token(chain, target, ends) {
            Ok(draft) => self.sign_later(draft, Some(label.number)),
            Err(drawn) => drawn,
        };
        let (scope, server) = (target.scope.clone(), target.server.clone());
        let record = AccessRecord { label, chain, beside, scope, server, continuous, ends, state: AccessState::Alive };
        self.store.add_access_token(&text, record);
        self.note(label, &text, parent, Some(chain), Some(ends));
        (AccessToken(Secret::new(text)), ends)
    }

    /// The access token as a draft, or its text where it is opaque.
    fn draft_access_token(&mut self, chain: ChainId, target: &Target, ends: Timestamp) -> Result<Draft, String> {
        let policy = self.policy;
        let server = target.server.as_ref().and_then(|uri| policy.scopes.resource_servers.as_ref()?.known.get(uri));
        let Some(server) = server else {
            let drawn = policy.token.access_token.mint(self.mint, Purpose::AccessToken);
            let Some(algorithm) = policy.token.access_token_jwt else { return Err(drawn) };
            let scope = target.scope.as_ref();
            return openid::access_token(self, algorithm, chain, scope, &drawn, ends).ok_or(drawn);
        };
        let personal = |name: &String| {
            let tenants = policy.tenants.as_ref();
            tenants.is_some_and(|tenants| home_of(tenants, name).1 == AccountKind::Personal)
        };
        let is_personal = self.store.chain(chain).and_then(|chain| chain.user.as_ref()).is_some_and(personal);
        let shape = server.personal.as_ref().filter(|_| is_personal);
        let format = server.format.as_ref().filter(|_| shape.is_none()).and_then(|name| policy.token.formats.get(name));
        let draft = format.and_then(|format| openid::formatted_access_token(self, format, chain, target, ends));
        draft.ok_or_else(|| shape.unwrap_or(&policy.token.access_token).mint(self.mint, Purpose::AccessToken))
    }

    /// Leaves a mark in the place of a token, which is signed when the turn is over.
    pub(crate) fn sign_later(&mut self, draft: Draft, access_token: Option<u32>) -> String {
        let mark = format!("unsigned-{}", self.mint.identifier(Purpose::Unsigned));
        self.unsigned.push(Unsigned { mark: mark.clone(), draft, access_token });
        mark
    }

    /// Whether an access token can be taken back at any time: where provider, resource server and client all know how.
    fn is_continuous(&self, chain: ChainId, target: &Target) -> bool {
        let servers = self.policy.scopes.resource_servers.as_ref();
        let server = target.server.as_ref().and_then(|uri| servers?.known.get(uri));
        self.policy.token.continuous.is_some()
            && server.is_some_and(|server| server.continuous)
            && self.store.chain(chain).is_some_and(|chain| chain.granted.continuous && chain.user.is_some())
    }

    fn access_token_lifetime(&mut self, continuous: bool) -> Span {
        let policy = &self.policy.token;
        let (least, spread) = match policy.continuous.filter(|_| continuous) {
            Some(continuous) => (continuous.lifetime, continuous.spread),
            None => (policy.access_token_lifetime, policy.access_token_lifetime_spread),
        };
        Span::from_millis(least.as_millis() + self.mint.seconds(Purpose::Lifetime, spread).as_millis())
    }

    /// Whether the client says that it understands challenges for claims: `claims` with `xms_cc` of `cp1`, which is documented in small
    /// letters and sent in capitals by a library of the provider's own.
    pub(crate) fn understands_challenges(&self, params: &Params) -> bool {
        self.policy.token.continuous.is_some()
            && params
                .first("claims")
                .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
                .and_then(|claims| claims.pointer("/access_token/xms_cc/values").cloned())
                .is_some_and(|values| values.as_array().is_some_and(|all| all.iter().any(is_cp1)))
    }

    /// The tenant that a user's tokens are issued in: the one that the path names, else their own.
    pub(crate) fn tenant_of(&self, user: &str) -> Option<String> {
        let tenants = self.policy.tenants.as_ref()?;
        Some(match self.authority {
            Some(Authority::One { id, .. }) => id.to_owned(),
            Some(Authority::Shared { .. }) | None => home_of(tenants, user).0.to_owned(),
        })
    }

    /// What every template knows of a request.
    pub(crate) fn context(&self) -> Context {
        let context = Context::default().at("now", self.now);
        if self.policy.tracing.is_none() && self.policy.tenants.is_none() {
            return context;
        }
        context
            .with("trace_id", self.trace.id.clone())
            .with("correlation_id", self.trace.correlation.clone())
            .with("endpoint", self.endpoint.name())
            .with("grant", self.grant)
            .with("by_resource", self.by_resource)
            .with("authority", self.authority.map_or("", |authority| authority.name()))
            .with("base", self.bases.server)
            .with("browser_base", self.bases.browser)
    }

    /// The issuer of tokens and documents about this tenant.
    pub(crate) fn issuer_of(&self, tenant: Option<&str>) -> String {
        match self.policy.openid.as_ref().and_then(|openid| openid.issuer.as_ref()) {
            Some(issuer) => {
                let context = self.context().with("issuer", self.bases.issuer);
                let context = context.with("tenant", tenant.unwrap_or_default().to_owned());
                issuer.render(Medium::Plain, &context.with("by_resource", self.by_resource))
            }
            None => self.bases.issuer.to_owned(),
        }
    }

    /// When a refresh token ends of itself.
    pub(crate) fn end_of(&self, record: &RefreshRecord, began: Timestamp) -> Option<Timestamp> {
        let to_browser = self.store.chain(record.chain).is_some_and(|chain| chain.granted.to_browser);
        end_of(&self.policy.refresh, record, began, to_browser)
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
        let ends = self.end_of(&record, began);
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

fn is_cp1(value: &serde_json::Value) -> bool {
    value.as_str().is_some_and(|name| name.eq_ignore_ascii_case("cp1"))
}

/// The number of a refresh token; codes have none of that kind.
fn refresh_number(label: Label) -> Option<u32> {
    (label.kind == TokenKind::RefreshToken).then_some(label.number)
}

/// When a refresh token ends of itself: the first of its idle and absolute ends. `began` is its chain's beginning, and `to_browser` says
/// that it was given to the application of a browser.
pub(crate) fn end_of(
    policy: &Refresh,
    record: &RefreshRecord,
    began: Timestamp,
    to_browser: bool,
) -> Option<Timestamp> {
    if let Some(span) = policy.browser_lifetime.filter(|_| to_browser) {
        return Some(began.plus(span));
    }
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
