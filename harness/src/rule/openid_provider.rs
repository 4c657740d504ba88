//! Rules on what an OpenID Connect client asks its provider beside the token endpoint: documents, keys, UserInfo.

use serde_json::Value;

use crate::rule::history::{Exchange, History};
use crate::rule::id_token::{is_right, takes_right_ones};
use crate::rule::registry::Judgement;

/// The span in which one fetch in vain is enough, in milliseconds.
const REST_MS: i64 = 30_000;
/// So long a client may go by the keys that it has, whatever comes, in milliseconds: libraries rest for up to five minutes.
const KEPT_MS: i64 = 5 * 60_000;

/// A document that names another issuer is not gone by.
pub(crate) fn discovery(history: &History<'_>) -> Judgement {
    let issuer = issuer(history);
    let is_foreign = |it: &&Exchange<'_>| {
        it.endpoint == "metadata" && it.status == 200 && issuer.is_some() && member(it, "issuer") != issuer
    };
    let mut foreign = history.exchanges.iter().filter(is_foreign).peekable();
    let tested = foreign.peek().is_some() && takes_right_ones(history);
    let taken = foreign.find(|it| history.went_well(it));
    Judgement::of(
        tested,
        taken.map(|it| ("the client went by a discovery document of another issuer".to_owned(), vec![it.number])),
    )
}

/// The issuer: what the provider says of itself where nothing was done to it, in a document or in an ID token.
pub(super) fn issuer(history: &History<'_>) -> Option<Value> {
    let untouched = || history.exchanges.iter().filter(|it| !it.struck);
    let document = untouched().filter(|it| it.endpoint == "metadata").find_map(|it| member(it, "issuer"));
    document.or_else(|| untouched().find_map(|it| it.id_token?.claims.get("iss").cloned()))
}

/// A UserInfo response about somebody else is not taken.
pub(crate) fn userinfo(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for asked in history.exchanges.iter().filter(|it| it.endpoint == "userinfo" && it.status == 200) {
        let before = history.exchanges.iter().filter(|it| it.from == asked.from && it.number < asked.number);
        let Some(token) = before.rev().find_map(|it| it.id_token) else { continue };
        if member(asked, "sub").as_ref() == token.claims.get("sub") {
            continue;
        }
        tested = true;
        if history.went_well(asked) {
            let why = "the client took a UserInfo response about somebody else".to_owned();
            return Judgement::Broken { why, exchanges: vec![asked.number] };
        }
    }
    Judgement::of(tested && takes_right_ones(history), None)
}

/// A right token by a key that is newer than the fetched ones is a reason to fetch them again, and not to turn somebody away.
pub(crate) fn keys_refetched(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for exchange in history.exchanges.iter().filter(|it| is_right(history, it)) {
        let kid = exchange.id_token.and_then(|token| token.header.get("kid").cloned());
        let (Some((fetched_at, known)), Some(kid)) = (known_keys(history, exchange), kid) else { continue };
        if known.contains(&kid) || exchange.at_ms - fetched_at < KEPT_MS {
            continue;
        }
        tested = true;
        if !history.went_well(exchange) {
            let why = format!("the client turned an ID token away that is signed by the new key {kid}");
            return Judgement::Broken { why, exchanges: vec![exchange.number] };
        }
    }
    Judgement::of(tested, None)
}

/// Tokens by keys that nobody published do not make the client fetch the keys again and again.
pub(crate) fn keys_left_alone(history: &History<'_>) -> Judgement {
    let unpublished = |it: &&Exchange<'_>| it.faults.iter().any(|text| text.contains("a key that is not published"));
    let tokens: Vec<&Exchange<'_>> = history.exchanges.iter().filter(unpublished).collect();
    for first in &tokens {
        let asked: Vec<u32> = tokens
            .iter()
            .filter(|it| it.from == first.from && (0..REST_MS).contains(&(it.at_ms - first.at_ms)))
            .flat_map(|token| fetched_for(history, token))
            .collect();
        if asked.len() > 1 {
            let why = format!("the keys were fetched {} times for ID tokens whose key nobody published", asked.len());
            return Judgement::Broken { why, exchanges: asked };
        }
    }
    Judgement::of(tokens.len() > 1, None)
}

/// The fetches of the keys between a token and the end of its operation.
fn fetched_for(history: &History<'_>, token: &Exchange<'_>) -> Vec<u32> {
    let until = history.answer_to(token).map_or(u32::MAX, |answer| answer.seq);
    let within = |it: &&Exchange<'_>| {
        it.endpoint == "keys" && it.from == token.from && it.number > token.number && it.sent < until
    };
    history.exchanges.iter().filter(within).map(|it| it.number).collect()
}

/// When a worker had last fetched the keys before it got this, and their names.
fn known_keys(history: &History<'_>, before: &Exchange<'_>) -> Option<(i64, Vec<Value>)> {
    let fetched = |it: &&Exchange<'_>| it.endpoint == "keys" && it.from == before.from && it.number < before.number;
    let last = history.exchanges.iter().rev().find(fetched)?;
    let set = member(last, "keys")?;
    Some((last.at_ms, set.as_array()?.iter().filter_map(|key| key.get("kid").cloned()).collect()))
}

/// A member of a JSON body.
fn member(exchange: &Exchange<'_>, name: &str) -> Option<Value> {
    serde_json::from_str::<Value>(exchange.body).ok()?.get(name).cloned()
}
