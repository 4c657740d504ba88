//! The provider: one turn for each request.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::proto::address::Addresses;
use crate::proto::cause::ChainEnd;
use crate::proto::client::{Client, ClientId};
use crate::proto::endpoint::{self, EndpointKind, Route};
use crate::proto::fault::{self, Action, Fault, Faults};
use crate::proto::jose::{KeySet, SignedToken, Unsigned, fill_in, sign_all};
use crate::proto::journal::{BODY_KEPT, Committed, Journal, Received, What};
use crate::proto::mail::{MailSessions, Surroundings};
use crate::proto::message::{Delivery, ExchangeId, Extent, Reply, Request, Response};
use crate::proto::mint::{Mint, Seed};
use crate::proto::outbox::{Mail, Outbox};
use crate::proto::params::Params;
use crate::proto::policy::{Access, AccountEvent, ChainClass, Policy};
use crate::proto::secret::Secret;
use crate::proto::service::{ServiceSession, ServiceSessions};
use crate::proto::store::{ChainState, Sessions, Store};
use crate::proto::time::Timestamp;
use crate::proto::token::ChainId;
use crate::proto::world::{Change, User, World};

mod dispatch;
mod service;

use dispatch::Order;

/// A provider: a policy, a world and everything that happened so far.
#[derive(Debug)]
pub struct Idp {
    policy: Arc<Policy>,
    seed: Seed,
    addresses: Addresses,
    beginning: World,
    world: World,
    state: State,
}

#[derive(Debug)]
struct State {
    store: Store,
    sessions: Sessions,
    mint: Mint,
    keys: KeySet,
    journal: Journal,
    outbox: Outbox,
    faults: Faults,
    mail: MailSessions,
    services: ServiceSessions,
    last_exchange: u32,
}

/// A request that was decided, and tokens that are not signed yet.
#[derive(Debug)]
pub struct Decided {
    reply: Reply,
    unsigned: Vec<Unsigned>,
}

impl Decided {
    /// Signs. Depends on nothing else, and so can be done anywhere.
    #[must_use]
    pub fn sign(self) -> Signed {
        let Self { mut reply, unsigned } = self;
        let tokens = sign_all(unsigned);
        if !tokens.is_empty() {
            let filled = std::str::from_utf8(&reply.response.body).ok().and_then(|body| fill_in(body, &tokens));
            if let Some(body) = filled {
                reply.response.body = body.into_bytes();
            }
            let fill = |(name, value): (&str, &str)| {
                (name.to_owned(), fill_in(value, &tokens).unwrap_or_else(|| value.to_owned()))
            };
            reply.response.headers = reply.response.headers.iter().map(fill).collect();
        }
        Signed { reply, tokens }
    }
}

/// A request that was decided, with its tokens signed.
#[derive(Debug)]
pub struct Signed {
    reply: Reply,
    tokens: Vec<SignedToken>,
}

impl State {
    fn new(seed: Seed, policy: &Policy) -> Self {
        Self {
            store: Store::default(),
            sessions: Sessions::default(),
            mint: Mint::new(seed),
            keys: KeySet::new(seed, policy.keys.certified, policy.keys.ahead),
            journal: Journal::default(),
            outbox: Outbox::default(),
            faults: Faults::default(),
            mail: MailSessions::default(),
            services: ServiceSessions::default(),
            last_exchange: 0,
        }
    }
}

impl Idp {
    /// A provider at its beginning.
    #[must_use]
    pub fn new(policy: Arc<Policy>, world: World, seed: Seed) -> Self {
        let state = State::new(seed, &policy);
        Self { policy, seed, addresses: Addresses::default(), beginning: world.clone(), world, state }
    }

    /// The same, known by these addresses.
    #[must_use]
    pub fn with_addresses(self, addresses: Addresses) -> Self {
        Self { addresses, ..self }
    }

    /// Puts everything back to the beginning: world, tokens, journal, faults and seed.
    pub fn reset(&mut self) {
        self.world = self.beginning.clone();
        self.state = State::new(self.seed, &self.policy);
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The world as it is now.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// What happened so far.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.state.journal
    }

    /// The e-mail that was sent, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = &Mail> {
        self.state.outbox.iter()
    }

    /// The session that a cookie's value stands for at a service beside the provider, if it has not ended.
    #[must_use]
    pub fn service_session(&self, now: Timestamp, service: &str, cookie: &str) -> Option<&ServiceSession> {
        self.state.services.find(service, cookie, now)
    }

    /// What a request is for.
    #[must_use]
    pub fn classify(&self, request: &Request) -> EndpointKind {
        EndpointKind::of(&self.policy, request)
    }

    /// How many refresh tokens are valid now, their chains alive and their time not over.
    #[must_use]
    pub fn valid_refresh_tokens(&self, now: Timestamp) -> usize {
        self.alive_chains().map(|chain| self.valid_in(chain, now)).sum()
    }

    /// The chains that have not ended, and how many refresh tokens of each are valid now.
    #[must_use]
    pub fn living_chains(&self, now: Timestamp) -> Vec<(ChainId, usize)> {
        self.alive_chains().map(|chain| (chain.id, self.valid_in(chain, now))).collect()
    }

    fn alive_chains(&self) -> impl Iterator<Item = &crate::proto::store::Chain> {
        self.state.store.chains().filter(|chain| chain.state == ChainState::Alive)
    }

    fn valid_in(&self, chain: &crate::proto::store::Chain, now: Timestamp) -> usize {
        let lives = |number: &&u32| {
            self.state.store.refresh_tokens.get(**number).is_some_and(|record| {
                crate::proto::grant::issue::end_of(&self.policy.refresh, record, chain.began, chain.granted.to_browser)
                    .is_none_or(|end| now < end)
            })
        };
        chain.valid.iter().filter(lives).count()
    }

    /// Handles a request at this moment. Time handed in must not run backwards; if it does, tokens merely live longer.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Reply {
        let signed = self.decide(now, request).sign();
        self.settle(signed)
    }

    /// The first part of [`handle`](Self::handle): decides and commits everything but the signatures of tokens. They take far longer than
    /// all else and need nothing of the provider, so that others can be served meanwhile: call [`Decided::sign`], then
    /// [`settle`](Self::settle), before the reply is sent.
    pub fn decide(&mut self, now: Timestamp, request: &Request) -> Decided {
        self.state.store.forget(now);
        self.state.last_exchange += 1;
        let exchange = ExchangeId(self.state.last_exchange);
        let policy = Arc::clone(&self.policy);
        let route = Route::of(&policy, request);
        let kind = route.kind;
        self.note_request(now, exchange, kind, request);
        let form = endpoint::params_of(kind, request);
        let empty = Params::default();
        let struck = self.state.faults.strike(kind, request, form.as_ref().unwrap_or(&empty));
        if let Some(action) = &struck {
            fault::note(&mut self.state.journal, now, exchange, action);
        }
        let (mut unsigned, mut not_before) = (Vec::new(), None);
        let mut dispatch = |idp: &mut Self, order: Order<'_>| {
            let dispatched = idp.dispatch(now, exchange, route, request, &form, order);
            (unsigned, not_before) = (dispatched.unsigned, dispatched.not_before);
            dispatched.outcome.unwrap_or_else(|(cause, response)| {
                idp.state.journal.write(now, What::Refused { exchange, cause });
                response
            })
        };
        let (mut response, mut delivery) = match struck {
            Some(Action::Refuse(wire)) => (dispatch(self, Order::Refuse(&wire)), Delivery::default()),
            Some(action @ (Action::AnswerBefore(_) | Action::DropBefore)) => {
                let mut response = Response::empty(502);
                let delivery = fault::after(&action, &mut response, now);
                (response, delivery)
            }
            Some(
                action @ (Action::AnswerAfter(_)
                | Action::Deliver(_)
                | Action::Delay(_)
                | Action::Members(_)
                | Action::Parameters(_)),
            ) => {
                let mut response = dispatch(self, Order::Serve(None));
                let delivery = fault::after(&action, &mut response, now);
                (response, delivery)
            }
            Some(Action::IdToken(tampering)) => (dispatch(self, Order::Serve(Some(&tampering))), Delivery::default()),
            None => (dispatch(self, Order::Serve(None)), Delivery::default()),
        };
        delivery.not_before = delivery.not_before.max(not_before);
        if response.headers.get("date").is_none() {
            response.headers.push("Date", now.http_date());
        }
        self.note_commit(now, exchange, &response);
        Decided { reply: Reply { exchange, response, delivery }, unsigned }
    }

    /// The last part: the signed tokens take their places in the provider, in the journal and in the reply.
    pub fn settle(&mut self, signed: Signed) -> Reply {
        let Signed { reply, tokens } = signed;
        if !tokens.is_empty() {
            for token in &tokens {
                if let Some(number) = token.access_token {
                    self.state.store.access_token_signed(number, &token.mark, &token.text);
                }
            }
            self.state.journal.fill_in(reply.exchange, &tokens);
        }
        reply
    }

    fn note_request(&mut self, now: Timestamp, exchange: ExchangeId, endpoint: EndpointKind, request: &Request) {
        let received = Received {
            exchange,
            via: request.via.clone(),
            endpoint,
            method: request.method.clone(),
            origin: request.origin.clone(),
            target: Secret::new(request.target()),
            headers: Secret::new(request.headers.clone()),
            body: Secret::new(request.body.bytes().iter().take(BODY_KEPT).copied().collect()),
        };
        self.state.journal.write(now, What::Received(Box::new(received)));
    }

    fn note_commit(&mut self, now: Timestamp, exchange: ExchangeId, response: &Response) {
        let committed = Committed {
            exchange,
            status: response.status,
            headers: Secret::new(response.headers.clone()),
            body: Secret::new(response.body.iter().take(BODY_KEPT).copied().collect()),
        };
        self.state.journal.write(now, What::Committed(Box::new(committed)));
    }

    pub(in crate::proto) const fn mail_sessions(&self) -> &MailSessions {
        &self.state.mail
    }

    pub(in crate::proto) const fn mail_sessions_mut(&mut self) -> &mut MailSessions {
        &mut self.state.mail
    }

    /// Does something with the mail sessions, which see the rest of the provider.
    pub(in crate::proto) fn with_mail<T>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut MailSessions, &mut Surroundings<'_>) -> T,
    ) -> T {
        let State { store, mint, journal, mail, last_exchange, .. } = &mut self.state;
        store.forget(now);
        let (policy, world, tokens) = (&*self.policy, &self.world, &*store);
        work(mail, &mut Surroundings { now, policy, world, tokens, mint, journal, last_exchange })
    }

    /// Says how a reply left, or that it did not.
    pub fn left(&mut self, now: Timestamp, exchange: ExchangeId, extent: Extent) {
        self.state.journal.write(now, What::Left { exchange, extent });
    }

    /// Notes something that the carrier turned away without asking.
    pub fn turned_away(&mut self, now: Timestamp, text: String) {
        self.state.journal.write(now, What::TurnedAway { text });
    }

    /// Adds a fault; faults strike in the order in which they were added.
    pub fn add_fault(&mut self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Changes the world from outside.
    pub fn change(&mut self, now: Timestamp, change: &Change) {
        let text = match change {
            Change::Password { user, password } => {
                self.each_user(user, |account| {
                    account.password = password.clone();
                    account.password_expired = false;
                });
                self.account_event(now, user, AccountEvent::PasswordChanged);
                format!("{user} has a new password")
            }
            Change::TotpSecret { user, secret } => {
                self.each_user(user, |account| account.totp_secret.clone_from(secret));
                self.state.sessions.accounts.follow_world(user);
                let what = if secret.is_some() { "a new TOTP secret" } else { "no TOTP secret any more" };
                format!("{user} has {what}")
            }
            Change::Account { user, event } => {
                if *event == AccountEvent::PasswordExpired {
                    self.each_user(user, |account| account.password_expired = true);
                }
                self.account_event(now, user, *event);
                format!("{user}: {}", event.name().replace('_', " "))
            }
            Change::Disabled { user, disabled } => {
                self.each_user(user, |account| account.disabled = *disabled);
                format!("the account of {user} is {}", if *disabled { "disabled" } else { "enabled again" })
            }
            Change::ClientDisabled { client, disabled } => {
                self.each_client(client, |known| known.disabled = *disabled);
                format!("client {client} is {}", if *disabled { "disabled" } else { "enabled again" })
            }
            Change::ClientSecretExpired { client } => {
                self.each_client(client, |known| known.secret_ends = Some(now));
                format!("the secret of client {client} expired")
            }
            Change::RuleAdded(rule) => {
                self.world.rules.retain(|known| known.id != rule.id);
                self.world.rules.push(rule.clone());
                format!("there is a rule {}", rule.id)
            }
            Change::RuleRemoved { id } => {
                self.world.rules.retain(|known| known.id != *id);
                format!("there is no rule {id} any more")
            }
            Change::Unlocked { user } => {
                self.state.sessions.accounts.clear(user);
                format!("the account of {user} was unlocked")
            }
            Change::ConsentWithdrawn { user, client } => {
                self.state.sessions.withdraw(user, client);
                self.end_chains(now, ChainEnd::ConsentWithdrawn, |chain| {
                    chain.user.as_ref() == Some(user) && chain.client == *client
                });
                format!("{user} took back their consent to {client}")
            }
            Change::RefreshTokensRevoked { client } => {
                self.end_chains(now, ChainEnd::Revoked, |chain| chain.client == *client);
                format!("the refresh tokens of {client} were revoked")
            }
            Change::Exempted { client, exemptions } => {
                self.exempt(client, exemptions.iter().copied());
                format!("{client} was exempted from rules")
            }
            Change::MailProtocol { mailbox, protocol, open } => {
                self.world.switch_mail(mailbox.as_deref(), *protocol, *open)
            }
            Change::KeysRolled => {
                self.state.keys.roll(now);
                "the signing keys were rolled over".to_owned()
            }
            Change::Access { user, division, access } => {
                self.world.access.insert((user.clone(), division.clone()), access.clone());
                let place =
                    division.as_ref().map_or_else(|| "the resources".to_owned(), |name| format!("division {name}"));
                match access {
                    Access::Open => format!("{user} is let into {place}"),
                    Access::Refused(reason) => format!("{user} is shut out from {place}: {reason}"),
                }
            }
        };
        self.state.journal.write(now, What::Changed { text });
    }

    fn each_user(&mut self, name: &str, change: impl Fn(&mut User)) {
        self.world.users.iter_mut().filter(|user| user.name == name).for_each(change);
    }

    fn each_client(&mut self, id: &ClientId, change: impl Fn(&mut Client)) {
        self.world.clients.iter_mut().filter(|client| client.id == *id).for_each(change);
    }

    /// Ends what the policy says that this ends.
    fn account_event(&mut self, now: Timestamp, user: &str, event: AccountEvent) {
        let Some(classes) = self.policy.refresh.revoked_by.get(&event).cloned() else { return };
        self.state.sessions.sign_out(user, &classes);
        let public: BTreeSet<ClientId> =
            self.world.clients.iter().filter(|client| client.is_public()).map(|client| client.id.clone()).collect();
        let why = match event {
            AccountEvent::PasswordExpired
            | AccountEvent::PasswordChanged
            | AccountEvent::PasswordRecovered
            | AccountEvent::PasswordReset
            | AccountEvent::PasswordResetAtCentre => ChainEnd::PasswordChanged,
            AccountEvent::RevokedByUser | AccountEvent::RevokedByAdministrator | AccountEvent::SignedOut => {
                ChainEnd::Revoked
            }
        };
        self.end_chains(now, why, |chain| {
            let class = match (public.contains(&chain.client), chain.granted.proven.password) {
                (false, _) => ChainClass::ConfidentialToken,
                (true, true) => ChainClass::PasswordToken,
                (true, false) => ChainClass::OtherToken,
            };
            chain.user.as_deref() == Some(user) && classes.contains(&class)
        });
    }

    fn exempt(&mut self, id: &ClientId, exemptions: impl Iterator<Item = crate::proto::client::Exemption>) {
        if let Some(client) = self.world.clients.iter_mut().find(|client| client.id == *id) {
            client.exemptions.extend(exemptions);
        }
    }

    fn end_chains(&mut self, now: Timestamp, why: ChainEnd, which: impl Fn(&crate::proto::store::Chain) -> bool) {
        let chains: Vec<ChainId> = self.alive_chains().filter(|chain| which(chain)).map(|chain| chain.id).collect();
        let access_tokens = self.policy.refresh.access_tokens_of_ended_chain;
        for chain in chains {
            self.state.store.end_chain(chain, why, access_tokens, now, None, &mut self.state.journal);
        }
    }
}
