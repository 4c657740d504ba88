//! The provider: one turn for each request.

use std::sync::Arc;

use crate::proto::address::{Addresses, Bases};
use crate::proto::cause::{Cause, ChainEnd};
use crate::proto::client::ClientId;
use crate::proto::endpoint::{self, EndpointKind};
use crate::proto::fault::{self, Action, Fault, Faults};
use crate::proto::grant::issue::Turn;
use crate::proto::jose::KeySet;
use crate::proto::journal::{BODY_KEPT, Committed, Journal, Received, What};
use crate::proto::message::{Delivery, ExchangeId, Extent, Reply, Request, Response};
use crate::proto::mint::{Mint, Seed};
use crate::proto::openid::Tampering;
use crate::proto::outbox::{Mail, Outbox};
use crate::proto::params::Params;
use crate::proto::policy::{Access, ChainEffect, Policy};
use crate::proto::secret::Secret;
use crate::proto::store::{ChainState, Sessions, Store};
use crate::proto::time::Timestamp;
use crate::proto::token::ChainId;
use crate::proto::world::{Change, User, World};

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
    last_exchange: u32,
}

impl State {
    fn new(seed: Seed) -> Self {
        Self {
            store: Store::default(),
            sessions: Sessions::default(),
            mint: Mint::new(seed),
            keys: KeySet::new(seed),
            journal: Journal::default(),
            outbox: Outbox::default(),
            faults: Faults::default(),
            last_exchange: 0,
        }
    }
}

impl Idp {
    /// A provider at its beginning.
    #[must_use]
    pub fn new(policy: Arc<Policy>, world: World, seed: Seed) -> Self {
        Self { policy, seed, addresses: Addresses::default(), beginning: world.clone(), world, state: State::new(seed) }
    }

    /// The same, known by these addresses.
    #[must_use]
    pub fn with_addresses(self, addresses: Addresses) -> Self {
        Self { addresses, ..self }
    }

    /// Puts everything back to the beginning: world, tokens, journal, faults and seed.
    pub fn reset(&mut self) {
        self.world = self.beginning.clone();
        self.state = State::new(self.seed);
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
                crate::proto::grant::issue::end_of(&self.policy.refresh, record, chain.began)
                    .is_none_or(|end| now < end)
            })
        };
        chain.valid.iter().filter(lives).count()
    }

    /// Handles a request at this moment. Time handed in must not run backwards; if it does, tokens merely live longer.
    pub fn handle(&mut self, now: Timestamp, request: &Request) -> Reply {
        self.state.store.forget(now);
        self.state.last_exchange += 1;
        let exchange = ExchangeId(self.state.last_exchange);
        let kind = self.classify(request);
        self.note_request(now, exchange, kind, request);
        let form = endpoint::params_of(kind, request);
        let empty = Params::default();
        let struck = self.state.faults.strike(kind, request, form.as_ref().unwrap_or(&empty));
        if let Some(action) = &struck {
            fault::note(&mut self.state.journal, now, exchange, action);
        }
        let (mut response, delivery) = match struck {
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
                let mut response = self.dispatch(now, exchange, kind, request, &form, None);
                let delivery = fault::after(&action, &mut response, now);
                (response, delivery)
            }
            Some(Action::IdToken(tampering)) => {
                (self.dispatch(now, exchange, kind, request, &form, Some(&tampering)), Delivery::default())
            }
            None => (self.dispatch(now, exchange, kind, request, &form, None), Delivery::default()),
        };
        if response.headers.get("date").is_none() {
            response.headers.push("Date", now.http_date());
        }
        self.note_commit(now, exchange, &response);
        Reply { exchange, response, delivery }
    }

    fn dispatch(
        &mut self,
        now: Timestamp,
        exchange: ExchangeId,
        kind: EndpointKind,
        request: &Request,
        form: &Result<Params, Cause>,
        tampering: Option<&Tampering>,
    ) -> Response {
        let policy = Arc::clone(&self.policy);
        let State { store, sessions, mint, keys, journal, outbox, .. } = &mut self.state;
        let mut turn = Turn {
            now,
            exchange,
            policy: &policy,
            world: &self.world,
            store,
            sessions,
            mint,
            keys,
            bases: Bases::of(&self.addresses, request),
            journal,
            outbox,
            registered: None,
            tampering,
        };
        let outcome = endpoint::serve(&mut turn, kind, request, form);
        let registered = turn.registered.take();
        let response = match outcome {
            Ok(response) => response,
            Err((cause, response)) => {
                turn.journal.write(now, What::Refused { exchange, cause });
                response
            }
        };
        self.world.clients.extend(registered);
        response
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
                self.each_user(user, |account| account.password = password.clone());
                if self.policy.refresh.password_change == ChainEffect::EndsChain {
                    self.end_chains(now, ChainEnd::PasswordChanged, |chain| chain.user.as_ref() == Some(user));
                }
                format!("{user} has a new password")
            }
            Change::TotpSecret { user, secret } => {
                self.each_user(user, |account| account.totp_secret.clone_from(secret));
                self.state.sessions.accounts.follow_world(user);
                let what = if secret.is_some() { "a new TOTP secret" } else { "no TOTP secret any more" };
                format!("{user} has {what}")
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
