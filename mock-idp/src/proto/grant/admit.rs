//! Whether a user gets tokens by a client: their account, their assignment, and the rules of the world.

use crate::proto::cause::{Cause, Facts};
use crate::proto::client::Client;
use crate::proto::grant::issue::Turn;
use crate::proto::store::Proven;
use crate::proto::world::{AccessRule, Asks, User};

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admission<'a> {
    pub(crate) user: &'a User,
    pub(crate) client: &'a Client,
    /// The resource servers, by URI.
    pub(crate) servers: &'a [String],
    pub(crate) proven: Proven,
}

/// Refuses who gets no tokens, for the first reason that there is.
pub(crate) fn admit(turn: &Turn<'_>, asked: &Admission<'_>) -> Result<(), Cause> {
    let user = &asked.user.name;
    if asked.user.disabled {
        return Err(Cause::UserDisabled { user: user.clone() });
    }
    if asked.client.assigned.as_ref().is_some_and(|assigned| !assigned.contains(user)) {
        let client = asked.client;
        let facts = [("user", user.as_str()), ("client_id", &client.id.0), ("client_name", &client.name)];
        return Err(Cause::UserNotAssigned { facts: Facts::new(facts) });
    }
    for rule in rules(turn, asked) {
        if rule.asks == Asks::Impossible {
            return Err(Cause::AccessBlocked { user: user.as_str().into(), rule: rule.id.as_str().into() });
        }
    }
    match rules(turn, asked).find(|rule| rule.asks == Asks::SecondFactor) {
        Some(rule) if !asked.proven.second_factor => {
            let resource = asked.servers.first().and_then(|uri| {
                let servers = turn.policy.scopes.resource_servers.as_ref()?;
                servers.known.get(uri).map(|server| server.id.clone())
            });
            let resource = resource.unwrap_or_default();
            let facts = Facts::new([("user", user.as_str()), ("rule", &rule.id), ("resource", &resource)]);
            Err(if turn.sessions.accounts.enrolment(asked.user).is_some() {
                Cause::SecondFactorRequired { facts }
            } else {
                Cause::SecondFactorNotEnrolled { facts }
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a rule asks for a second factor.
pub(crate) fn asks_second_factor(turn: &Turn<'_>, asked: &Admission<'_>) -> bool {
    rules(turn, asked).any(|rule| rule.asks == Asks::SecondFactor)
}

fn rules<'w>(turn: &Turn<'w>, asked: &Admission<'_>) -> impl Iterator<Item = &'w AccessRule> {
    turn.world.rules.iter().filter(|rule| {
        (rule.users.is_empty() || rule.users.contains(&asked.user.name))
            && (rule.clients.is_empty() || rule.clients.contains(&asked.client.id))
            && (rule.servers.is_empty() || asked.servers.iter().any(|uri| rule.servers.contains(uri)))
    })
}
