//! Refreshing an access token (RFC 6749 section 6), under the policy that real providers differ in most.
//!
//! The order of the checks is the order in which providers are seen to answer: is it ours, is it yours, does its chain live,
//! is it the newest, has it expired, is it too early. The invariants, which a property test holds against random clients:
//!
//! - at most `valid_at_once` refresh tokens of a chain are valid, or one where rotation kills at once and no grace or exemption
//!   lets a dead one be exchanged again;
//! - no refresh token is good after its chain ended;
//! - lineage is a forest: every refresh token has at most one parent, issued before it, of the same chain;
//! - the same seed, times and requests give the same bytes.

use crate::proto::cause::{Cause, ChainEnd};
use crate::proto::client::{Client, Exemption};
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::admit::{Admission, admit};
use crate::proto::grant::authorization_code::check_cross_origin;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::policy::{ChainEffect, GraceAnswer, MinimumInterval, Rotation, Scope, Superseded, SupersededCheck};
use crate::proto::resource;
use crate::proto::scope;
use crate::proto::secret::Secret;
use crate::proto::store::{ChainState, RefreshRecord, RefreshState};
use crate::proto::target::{self, Target};
use crate::proto::tenant::Authority;
use crate::proto::time::Timestamp;
use crate::proto::token::{AccessToken, ChainId, Label, RefreshToken, TokenKind};
use crate::proto::world::World;

/// What a good refresh token gets.
enum Verdict {
    /// A new answer.
    Fresh,
    /// A new answer, although it was superseded.
    Graced,
    /// The answer of its exchange once more.
    SamePair(Tokens),
}

/// Redeems the refresh token of a request.
pub(crate) fn redeem(
    turn: &mut Turn<'_>,
    world: &World,
    client: &AuthenticatedClient<'_>,
    params: &Params,
) -> Result<Tokens, Cause> {
    let presented = params.required("refresh_token")?;
    let client = client.client();
    let Some(record) = turn.store.refresh_tokens.find(presented).cloned() else {
        let fits = turn.policy.refresh.shape.fits(presented);
        return Err(if fits { Cause::RefreshTokenUnknown } else { Cause::RefreshTokenMalformed });
    };
    check_chain(turn, client, &record)?;
    check_access(turn, world, &record)?;
    let to_browser = turn.store.chain(record.chain).is_some_and(|chain| chain.granted.to_browser);
    check_cross_origin(turn, to_browser)?;
    let interval = turn.policy.refresh.minimum_interval;
    let early_first = interval.is_some_and(|interval| interval.superseded == SupersededCheck::Last);
    if early_first {
        check_interval(turn, client, &record)?;
    }
    let verdict = check_newest(turn, client, &record)?;
    check_lifetime(turn, &record)?;
    let target = target(turn, client, &record, params)?;
    let continuous = turn.understands_challenges(params);
    // The same answer once more is no new token response, so no interval is asked of it.
    let graced = match verdict {
        Verdict::SamePair(tokens) => {
            turn.count_grace(record.label.number);
            return Ok(tokens);
        }
        Verdict::Graced => true,
        Verdict::Fresh => false,
    };
    if !early_first {
        check_interval(turn, client, &record)?;
    }
    if graced {
        turn.count_grace(record.label.number);
    }
    turn.first_use(client, record.label.number);
    if continuous && let Some(chain) = turn.store.chain_mut(record.chain) {
        chain.granted.continuous = true;
    }
    Ok(exchange(turn, client, presented, &record, target))
}

/// The chain lives, and is this client's.
fn check_chain(turn: &Turn<'_>, client: &Client, record: &RefreshRecord) -> Result<(), Cause> {
    let token = record.label;
    let chain = turn.store.chain(record.chain).ok_or(Cause::RefreshTokenUnknown)?;
    if chain.client != client.id {
        return Err(Cause::RefreshTokenOfAnotherClient { token });
    }
    match chain.state {
        ChainState::Alive => Ok(()),
        ChainState::Ended { at, why } => {
            let (chain, ended_at, issued_at) = (chain.id, at, record.issued);
            Err(Cause::ChainEnded { token, chain, ended_at, why, issued_at })
        }
    }
}

/// What the new access token is for. A request may ask for a smaller scope: nothing in it may be new (section 6). Where there are
/// resource servers, whatever was agreed to may be asked for.
fn target(turn: &Turn<'_>, client: &Client, record: &RefreshRecord, params: &Params) -> Result<Target, Cause> {
    let chain = turn.store.chain(record.chain).ok_or(Cause::RefreshTokenUnknown)?;
    let granted = &chain.granted;
    if let Some(servers) = &turn.policy.scopes.resource_servers {
        let shared = matches!(turn.authority, Some(Authority::Shared { .. }));
        if servers.shared_refresh_needs_scope && shared && !turn.by_resource {
            params.required("scope")?;
        }
        let target = target::of_grant(turn, client, chain.user.as_deref(), granted, Some(params))?;
        if let Some(name) = &chain.user
            && let Some(user) = turn.world.users.iter().find(|known| known.name == *name)
        {
            let servers: Vec<String> = target.server.iter().cloned().collect();
            admit(turn, &Admission { user, client, servers: &servers, proven: granted.proven })?;
        }
        return Ok(target);
    }
    let plain = |scope: Option<scope::Scope>| Target { server: None, scope: scope.clone(), shown: scope };
    let (Some(own), Some(asked)) = (&granted.scope, params.first("scope")) else {
        return Ok(plain(granted.scope.clone()));
    };
    let asked = scope::Scope::parse(asked);
    let new = asked.words().find(|word| !own.contains(word)).map(str::to_owned);
    new.map_or_else(|| Ok(plain(Some(asked))), |scope| Err(Cause::ScopeWidened { scope }))
}

/// The user is let into the resources, where the policy looks at that here already.
fn check_access(turn: &Turn<'_>, world: &World, record: &RefreshRecord) -> Result<(), Cause> {
    if !turn.policy.refresh.checks_access {
        return Ok(());
    }
    match turn.store.chain(record.chain) {
        Some(chain) => chain.user.as_ref().map_or(Ok(()), |user| resource::check_user(world, user)),
        None => Ok(()),
    }
}

/// The token has not been superseded, or is forgiven for it.
fn check_newest(turn: &mut Turn<'_>, client: &Client, record: &RefreshRecord) -> Result<Verdict, Cause> {
    let RefreshState::Superseded { by, at } = record.state else { return Ok(Verdict::Fresh) };
    if client.exemptions.contains(&Exemption::KeepsSupersededTokens) {
        return Ok(Verdict::Fresh);
    }
    if let Some(grace) = turn.policy.refresh.grace
        && turn.now.since(at) < grace.span
        && grace.count.is_none_or(|count| record.graced < count)
    {
        match grace.answer {
            GraceAnswer::NewTokens => return Ok(Verdict::Graced),
            GraceAnswer::SamePair => {
                if let Some(tokens) = same_pair(turn, record) {
                    return Ok(Verdict::SamePair(tokens));
                }
            }
        }
    }
    if turn.policy.refresh.replay == ChainEffect::EndsChain {
        turn.end_chain(record.chain, ChainEnd::RefreshTokenReplayed);
    }
    let by = Label { kind: TokenKind::RefreshToken, number: by };
    Err(Cause::RefreshTokenSuperseded { token: record.label, by, superseded_at: at })
}

/// The token's time is not over.
fn check_lifetime(turn: &Turn<'_>, record: &RefreshRecord) -> Result<(), Cause> {
    let chain = turn.store.chain(record.chain);
    let began = chain.map_or(turn.now, |chain| chain.began);
    let to_browser = chain.is_some_and(|chain| chain.granted.to_browser);
    let token = record.label;
    match turn.end_of(record, began) {
        Some(expired_at) if turn.now >= expired_at && to_browser && turn.policy.refresh.browser_lifetime.is_some() => {
            Err(Cause::BrowserTokenExpired { token, issued_at: began, expired_at })
        }
        Some(expired_at) if turn.now >= expired_at => {
            Err(Cause::RefreshTokenExpired { token, expired_at, issued_at: record.issued })
        }
        Some(_) | None => Ok(()),
    }
}

/// The last token response is long enough ago.
fn check_interval(turn: &mut Turn<'_>, client: &Client, record: &RefreshRecord) -> Result<(), Cause> {
    let Some(interval) = turn.policy.refresh.minimum_interval else { return Ok(()) };
    if client.exemptions.contains(&Exemption::NoMinimumInterval) {
        return Ok(());
    }
    let Some(last_response_at) = last_response(turn, record.chain, &interval) else { return Ok(()) };
    if turn.now.since(last_response_at) >= interval.span {
        return Ok(());
    }
    if interval.too_early == ChainEffect::EndsChain {
        turn.end_chain(record.chain, ChainEnd::RefreshedTooEarly);
    }
    let allowed_at = last_response_at.plus(interval.span);
    Err(Cause::RefreshedTooEarly { token: record.label, last_response_at, allowed_at })
}

fn last_response(turn: &Turn<'_>, chain: ChainId, interval: &MinimumInterval) -> Option<Timestamp> {
    let chain = turn.store.chain(chain)?;
    match interval.scope {
        Scope::Chain => Some(chain.last_response),
        Scope::ClientAndUser => turn
            .store
            .chains()
            .filter(|other| other.client == chain.client && other.user == chain.user)
            .map(|other| other.last_response)
            .max(),
    }
}

/// The tokens that the exchange of this one gave, if they are still the last of the chain.
fn same_pair(turn: &Turn<'_>, record: &RefreshRecord) -> Option<Tokens> {
    let pair = turn.store.chain(record.chain)?.last_pair.clone()?;
    let scope = turn.store.chain(record.chain)?.granted.scope.clone();
    let server = turn.store.access_tokens.find(pair.access_token.expose()).and_then(|token| token.server.clone());
    (pair.exchanged == record.label.number).then_some(Tokens {
        chain: record.chain,
        access_token: AccessToken(pair.access_token),
        refresh_token: Some(RefreshToken(pair.refresh_token)),
        expires_at: pair.access_ends,
        scope,
        server,
    })
}

/// Issues what the exchange gives, and lets the policy have its way with the token that was used.
fn exchange(turn: &mut Turn<'_>, client: &Client, presented: &str, record: &RefreshRecord, target: Target) -> Tokens {
    let rotation = turn.policy.refresh.rotation;
    let successor = match rotation {
        Rotation::Always => Successor::New,
        Rotation::NeverOmitted | Rotation::NeverRepeated => Successor::None,
    };
    let new = turn.store.refresh_tokens.next();
    let mut tokens = turn.issue(record.chain, Some(record.label), successor, target);
    match rotation {
        Rotation::Always => turn.retire(client, record, new),
        Rotation::NeverOmitted => {}
        Rotation::NeverRepeated => tokens.refresh_token = Some(RefreshToken(Secret::new(presented.to_owned()))),
    }
    tokens
}

impl Turn<'_> {
    pub(crate) fn end_chain(&mut self, chain: ChainId, why: ChainEnd) {
        let access_tokens = self.policy.refresh.access_tokens_of_ended_chain;
        self.store.end_chain(chain, why, access_tokens, self.now, Some(self.exchange), self.journal);
    }

    /// A superseded token is answered for its grace, and not only would have been.
    fn count_grace(&mut self, number: u32) {
        if let Some(record) = self.store.refresh_tokens.get_mut(number) {
            record.graced += 1;
        }
    }

    /// A refresh token is used with success, or the access token beside it is: if successors kill on first use, those before
    /// it die now. Its idle time begins anew.
    pub(crate) fn first_use(&mut self, client: &Client, number: u32) {
        let Some(record) = self.store.refresh_tokens.get_mut(number) else { return };
        record.last_used = self.now;
        let record = record.clone();
        let Some(chain) = self.store.chain(record.chain) else { return };
        if let Some(end) = self.end_of(&record, chain.began) {
            self.store.prolong(number, end);
        }
        self.kill_older(client, &record);
    }

    /// The access token beside a refresh token was used.
    pub(crate) fn access_token_used(&mut self, client: &Client, beside: u32) {
        if let Some(record) = self.store.refresh_tokens.get(beside).cloned()
            && record.state == RefreshState::Valid
        {
            self.kill_older(client, &record);
        }
    }

    fn kill_older(&mut self, client: &Client, record: &RefreshRecord) {
        if self.policy.refresh.superseded != Superseded::DiesOnFirstUseOfSuccessor
            || client.exemptions.contains(&Exemption::KeepsSupersededTokens)
        {
            return;
        }
        let Some(chain) = self.store.chain(record.chain) else { return };
        let number = record.label.number;
        let older: Vec<u32> = chain.valid.range(..number).copied().collect();
        for old in older {
            self.supersede(old, number);
        }
    }

    /// The refresh token `used` was exchanged for number `new`.
    fn retire(&mut self, client: &Client, used: &RefreshRecord, new: u32) {
        // Only the token itself: within a grace its siblings must live, else the grace would not save the one who came first.
        if self.policy.refresh.superseded == Superseded::DiesAtOnce
            && !client.exemptions.contains(&Exemption::KeepsSupersededTokens)
        {
            self.supersede(used.label.number, new);
        }
        self.keep_at_most(used, new);
    }

    /// Where too many are valid, unused successors of the same token give way first, then the oldest.
    fn keep_at_most(&mut self, used: &RefreshRecord, new: u32) {
        let Some(most) = self.policy.refresh.valid_at_once else { return };
        while let Some(chain) = self.store.chain(used.chain)
            && chain.valid.len() > most.max(1) as usize
        {
            let spare = |number: &&u32| **number != new && **number != used.label.number;
            let Some(gives_way) = chain.valid.iter().find(spare).or_else(|| chain.valid.first()).copied() else {
                return;
            };
            self.supersede(gives_way, new);
        }
    }

    fn supersede(&mut self, number: u32, by: u32) {
        let access_tokens = self.policy.refresh.access_tokens_of_superseded;
        self.store.supersede(number, by, access_tokens, self.now, self.exchange, self.journal);
    }
}
