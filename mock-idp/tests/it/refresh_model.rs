//! A model of the refresh policy, written from the meaning of its fields: every token remembers what happened to it, and each question
//! is answered from that. It shares no code with the provider and knows no texts, journal or memory limits.

use std::collections::BTreeSet;

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::Exemption;
use mock_idp::proto::policy::{
    Absolute, AccessTokens, ChainEffect, GraceAnswer, NewGrant, Refresh, Rotation, Scope, Superseded, SupersededCheck,
};
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::proto::world::World;

/// What a refresh gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A new refresh token and a new access token.
    Rotated,
    /// A new access token only.
    Omitted,
    /// A new access token, and the refresh token that was presented.
    Repeated,
    /// These once more.
    Same { refresh: usize, access: usize },
}

#[derive(Debug)]
struct Chain {
    user: usize,
    client: usize,
    began: Timestamp,
    last_response: Timestamp,
    dead: bool,
    /// The refresh token that was exchanged last, and what it gave.
    last_exchange: Option<(usize, usize, usize)>,
}

#[derive(Debug)]
struct Token {
    chain: usize,
    issued: Timestamp,
    used: Timestamp,
    superseded: Option<Timestamp>,
    forgiven: u32,
}

#[derive(Debug)]
struct Access {
    chain: usize,
    beside: usize,
    ends: Timestamp,
    killed: bool,
}

/// The model: all chains and tokens that ever were, by number of issue.
#[derive(Debug)]
pub(crate) struct Model {
    policy: Refresh,
    new_grant: NewGrant,
    access_lifetime: Span,
    exemptions: Vec<BTreeSet<Exemption>>,
    chains: Vec<Chain>,
    tokens: Vec<Token>,
    accesses: Vec<Access>,
}

impl Model {
    pub(crate) fn new(policy: Refresh, new_grant: NewGrant, access_lifetime: Span, world: &World) -> Self {
        let exemptions = world.clients.iter().map(|client| client.exemptions.clone()).collect();
        let (chains, tokens, accesses) = (Vec::new(), Vec::new(), Vec::new());
        Self { policy, new_grant, access_lifetime, exemptions, chains, tokens, accesses }
    }

    pub(crate) fn client_of(&self, token: usize) -> usize {
        self.chains[self.tokens[token].chain].client
    }

    /// How many valid refresh tokens each living chain has.
    pub(crate) fn living(&self, now: Timestamp) -> Vec<usize> {
        let living = (0..self.chains.len()).filter(|chain| !self.chains[*chain].dead);
        let valid = |chain| self.valid(chain).into_iter().filter(|token| !self.is_over(now, *token)).count();
        living.map(valid).collect()
    }

    /// The tokens of a chain that nothing has taken the place of.
    fn valid(&self, chain: usize) -> Vec<usize> {
        let of_chain = |token: &usize| self.tokens[*token].chain == chain && self.tokens[*token].superseded.is_none();
        (0..self.tokens.len()).filter(of_chain).collect()
    }

    fn is_over(&self, now: Timestamp, token: usize) -> bool {
        let token = &self.tokens[token];
        let idle = self.policy.idle_lifetime.is_some_and(|span| now.since(token.used) >= span);
        let absolute = match self.policy.absolute_lifetime {
            None => false,
            Some(Absolute::FromIssue(span)) => now.since(token.issued) >= span,
            Some(Absolute::FromGrant(span)) => now.since(self.chains[token.chain].began) >= span,
        };
        idle || absolute
    }

    pub(crate) fn grant(&mut self, now: Timestamp, user: usize, client: usize) {
        if self.new_grant == NewGrant::EndsOtherChains {
            self.end_where(now, |chain| chain.user == user && chain.client == client);
        }
        self.chains.push(Chain { user, client, began: now, last_response: now, dead: false, last_exchange: None });
        let chain = self.chains.len() - 1;
        self.tokens.push(Token { chain, issued: now, used: now, superseded: None, forgiven: 0 });
        self.add_access(now, chain, self.tokens.len() - 1);
    }

    fn add_access(&mut self, now: Timestamp, chain: usize, beside: usize) {
        self.accesses.push(Access { chain, beside, ends: now.plus(self.access_lifetime), killed: false });
    }

    pub(crate) fn withdraw(&mut self, now: Timestamp, user: usize, client: usize) {
        self.end_where(now, |chain| chain.user == user && chain.client == client);
    }

    pub(crate) fn password_changed(&mut self, now: Timestamp, user: usize) {
        if !self.policy.revoked_by.is_empty() {
            self.end_where(now, |chain| chain.user == user);
        }
    }

    fn end_where(&mut self, now: Timestamp, which: impl Fn(&Chain) -> bool) {
        for number in 0..self.chains.len() {
            if !self.chains[number].dead && which(&self.chains[number]) {
                self.end(now, number);
            }
        }
    }

    fn end(&mut self, now: Timestamp, chain: usize) {
        self.chains[chain].dead = true;
        if self.policy.access_tokens_of_ended_chain == AccessTokens::Die {
            self.kill_accesses(now, |access| access.chain == chain);
        }
    }

    fn kill_accesses(&mut self, now: Timestamp, which: impl Fn(&Access) -> bool) {
        self.accesses
            .iter_mut()
            .filter(|access| now < access.ends && which(access))
            .for_each(|access| access.killed = true);
    }

    pub(crate) fn call(&mut self, now: Timestamp, access: usize) -> Result<(), CauseKind> {
        let Access { beside, ends, killed, .. } = self.accesses[access];
        if killed {
            return Err(CauseKind::AccessTokenEnded);
        }
        if now >= ends {
            return Err(CauseKind::AccessTokenExpired);
        }
        if !self.chains[self.tokens[beside].chain].dead && self.tokens[beside].superseded.is_none() {
            self.older_die(now, beside);
        }
        Ok(())
    }

    /// Where tokens die on the first use of a successor: those before `used` do so now, unless the client keeps them.
    fn older_die(&mut self, now: Timestamp, used: usize) {
        let chain = self.tokens[used].chain;
        let keeps = self.is_exempt(self.chains[chain].client, Exemption::KeepsSupersededTokens);
        if self.policy.superseded == Superseded::DiesOnFirstUseOfSuccessor && !keeps {
            for older in self.valid(chain) {
                if older < used {
                    self.supersede(now, older);
                }
            }
        }
    }

    fn supersede(&mut self, now: Timestamp, token: usize) {
        if self.tokens[token].superseded.is_some() {
            return;
        }
        self.tokens[token].superseded = Some(now);
        if self.policy.access_tokens_of_superseded == AccessTokens::Die {
            self.kill_accesses(now, |access| access.beside == token);
        }
    }

    pub(crate) fn refresh(&mut self, now: Timestamp, token: usize, client: usize) -> Result<Outcome, CauseKind> {
        let chain = self.tokens[token].chain;
        if self.chains[chain].client != client {
            return Err(CauseKind::RefreshTokenOfAnotherClient);
        }
        if self.chains[chain].dead {
            return Err(CauseKind::ChainEnded);
        }
        let early_goes_first = self.policy.minimum_interval.is_some_and(|it| it.superseded == SupersededCheck::Last);
        if early_goes_first {
            self.not_too_early(now, chain)?;
        }
        let forgiven =
            self.tokens[token].superseded.is_some() && !self.is_exempt(client, Exemption::KeepsSupersededTokens);
        let same = if forgiven { self.forgive(now, token)? } else { None };
        if self.is_over(now, token) {
            return Err(CauseKind::RefreshTokenExpired);
        }
        if same.is_none() && !early_goes_first {
            self.not_too_early(now, chain)?;
        }
        self.tokens[token].forgiven += u32::from(forgiven);
        Ok(same.unwrap_or_else(|| self.exchange(now, token, client)))
    }

    fn is_exempt(&self, client: usize, exemption: Exemption) -> bool {
        self.exemptions[client].contains(&exemption)
    }

    fn not_too_early(&mut self, now: Timestamp, chain: usize) -> Result<(), CauseKind> {
        let Some(interval) = self.policy.minimum_interval else { return Ok(()) };
        let Chain { user, client, last_response, .. } = self.chains[chain];
        let last = match interval.scope {
            Scope::Chain => last_response,
            Scope::ClientAndUser => {
                let alike = self.chains.iter().filter(|other| other.user == user && other.client == client);
                alike.map(|other| other.last_response).max().unwrap()
            }
        };
        if self.is_exempt(client, Exemption::NoMinimumInterval) || now >= last.plus(interval.span) {
            return Ok(());
        }
        if interval.too_early == ChainEffect::EndsChain {
            self.end(now, chain);
        }
        Err(CauseKind::RefreshedTooEarly)
    }

    /// A superseded token is presented: it is within its grace, perhaps with the same pair for an answer, or it is refused.
    fn forgive(&mut self, now: Timestamp, token: usize) -> Result<Option<Outcome>, CauseKind> {
        let Token { chain, superseded, forgiven, .. } = self.tokens[token];
        if let Some(grace) = self.policy.grace
            && now < superseded.unwrap().plus(grace.span)
            && grace.count.is_none_or(|count| forgiven < count)
        {
            match (grace.answer, self.chains[chain].last_exchange) {
                (GraceAnswer::NewTokens, _) => return Ok(None),
                (GraceAnswer::SamePair, Some((exchanged, refresh, access))) if exchanged == token => {
                    return Ok(Some(Outcome::Same { refresh, access }));
                }
                (GraceAnswer::SamePair, _) => {}
            }
        }
        if self.policy.replay == ChainEffect::EndsChain {
            self.end(now, chain);
        }
        Err(CauseKind::RefreshTokenSuperseded)
    }

    fn exchange(&mut self, now: Timestamp, token: usize, client: usize) -> Outcome {
        let chain = self.tokens[token].chain;
        self.tokens[token].used = now;
        self.older_die(now, token);
        self.chains[chain].last_response = now;
        if self.policy.rotation != Rotation::Always {
            self.add_access(now, chain, token);
            return if self.policy.rotation == Rotation::NeverOmitted { Outcome::Omitted } else { Outcome::Repeated };
        }
        self.tokens.push(Token { chain, issued: now, used: now, superseded: None, forgiven: 0 });
        let new = self.tokens.len() - 1;
        self.add_access(now, chain, new);
        self.chains[chain].last_exchange = Some((token, new, self.accesses.len() - 1));
        if self.policy.superseded == Superseded::DiesAtOnce && !self.is_exempt(client, Exemption::KeepsSupersededTokens)
        {
            self.supersede(now, token);
        }
        // Too many: siblings that nobody used give way first, oldest first; then the one that was just exchanged.
        let most = self.policy.valid_at_once.map_or(usize::MAX, |most| most as usize);
        while self.valid(chain).len() > most {
            let valid = self.valid(chain);
            let gives_way = valid.iter().find(|it| **it != token && **it != new).or(valid.first()).copied().unwrap();
            self.supersede(now, gives_way);
        }
        Outcome::Rotated
    }
}
