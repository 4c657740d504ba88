//! Rules on ID tokens: a wrong one must not end in success.
//!
//! The client says whether an operation went well, so silence proves nothing here. A rule counts as tested only where the same client
//! also took a right token in the same cell: one that takes none is not careful but broken.

use serde_json::{Map, Value};

use crate::rule::history::{Exchange, History, IdToken};
use crate::rule::openid_provider;
use crate::rule::registry::Judgement;

/// So long after its end a token counts as expired, in seconds: clients may allow for clocks that differ.
const LEEWAY: f64 = 3600.0;

/// What is wrong with an ID token, in the order in which it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Signature,
    Issuer,
    Audience,
    Claims,
    Expiry,
    Nonce,
    AccessTokenHash,
}

pub(crate) fn signature(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Signature, "that no key of the issuer's verifies")
}

pub(crate) fn issuer(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Issuer, "of another issuer")
}

pub(crate) fn audience(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Audience, "that was not issued to this client")
}

pub(crate) fn claims(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Claims, "without a subject or a time of issue")
}

pub(crate) fn expiry(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Expiry, "whose time is over")
}

pub(crate) fn nonce(history: &History<'_>) -> Judgement {
    judge(history, Flaw::Nonce, "whose nonce was never sent")
}

pub(crate) fn access_token_hash(history: &History<'_>) -> Judgement {
    judge(history, Flaw::AccessTokenHash, "that belongs to another access token")
}

/// Those of sign-ins; what comes with a refresh follows other rules (OpenID Connect Core section 12.2).
fn issued<'a, 'b>(history: &'b History<'a>) -> impl Iterator<Item = (&'b Exchange<'a>, IdToken<'a>)> {
    let of_codes = history.exchanges.iter().filter(|it| it.is_grant("authorization_code"));
    of_codes.filter_map(|it| Some((it, it.id_token?)))
}

fn judge(history: &History<'_>, flaw: Flaw, which: &str) -> Judgement {
    let mut tested = false;
    for (exchange, token) in issued(history) {
        if flaw_of(history, exchange, token) != Some(flaw) || exchange.arrived().is_none() {
            continue;
        }
        tested = true;
        if history.went_well(exchange) {
            let why = format!("the client took an ID token {which}");
            return Judgement::Broken { why, exchanges: vec![exchange.number] };
        }
    }
    Judgement::of(tested && takes_right_ones(history), None)
}

/// Whether a right token was taken.
pub(super) fn takes_right_ones(history: &History<'_>) -> bool {
    issued(history).any(|(it, token)| flaw_of(history, it, token).is_none() && history.went_well(it))
}

/// Whether nothing is wrong with the token of an exchange.
pub(super) fn is_right(history: &History<'_>, exchange: &Exchange<'_>) -> bool {
    exchange.id_token.is_some_and(|token| flaw_of(history, exchange, token).is_none())
}

fn flaw_of(history: &History<'_>, exchange: &Exchange<'_>, token: IdToken<'_>) -> Option<Flaw> {
    let text = |name: &str| token.claims.get(name).and_then(Value::as_str);
    let number = |name: &str| token.claims.get(name).and_then(Value::as_f64);
    let asked = |name: &'static str| {
        let requests = history.exchanges.iter().filter(|it| it.endpoint == "authorization");
        requests.filter_map(move |it| it.parameter(name))
    };
    let is_client = |audience: &str| asked("client_id").any(|id| id == audience);
    let meant = match token.claims.get("aud") {
        Some(Value::String(audience)) => is_client(audience),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(is_client),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    };
    let now = exchange.at.parse::<jiff::Timestamp>().map_or(0.0, |now| now.as_second() as f64);
    let issuer = openid_provider::issuer(history);
    let nonce_is_sent = text("nonce").is_some_and(|nonce| asked("nonce").any(|sent| sent == nonce));
    let flaws = [
        (Flaw::Signature, is_badly_signed(exchange)),
        (Flaw::Issuer, issuer.is_some_and(|issuer| !is_of(&issuer, token.claims))),
        (Flaw::Audience, !meant),
        (Flaw::Claims, text("sub").is_none() || number("iat").is_none()),
        (Flaw::Expiry, number("exp").is_none_or(|end| end + LEEWAY <= now)),
        (Flaw::Nonce, !nonce_is_sent && asked("nonce").next().is_some()),
        (Flaw::AccessTokenHash, text("at_hash") == Some("wrong")),
    ];
    flaws.into_iter().find(|(_, there)| *there).map(|(flaw, _)| flaw)
}

/// What stands for the tenant in the issuer of a document that is for several (docs/facts/entra.md section 1.5).
const PLACEHOLDER: &str = "{tenantid}";

/// Whether the issuer of a document is that of the claims. One with a placeholder is, if the tenant of the claims (`tid`) stands in its
/// place.
fn is_of(issuer: &Value, claims: &Map<String, Value>) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match issuer.as_str().filter(|issuer| issuer.contains(PLACEHOLDER)) {
        Some(template) => {
            text("tid").is_some_and(|tenant| text("iss") == Some(template.replace(PLACEHOLDER, tenant).as_str()))
        }
        None => claims.get("iss") == Some(issuer),
    }
}

/// The log holds no signatures, but what the fault did to this one.
fn is_badly_signed(exchange: &Exchange<'_>) -> bool {
    let words = ["a damaged signature", "without a signature", "a key that is not published"];
    exchange.faults.iter().any(|text| words.iter().any(|word| text.contains(word)))
}

/// The ID token of a refresh is of the same issuer and about the same user as the one before.
pub(crate) fn refreshed(history: &History<'_>) -> Judgement {
    let of = |it: &Exchange<'_>, name: &str| it.id_token.and_then(|token| token.claims.get(name).cloned());
    let mut tested = false;
    for exchange in history.refreshes().filter(|it| it.id_token.is_some() && it.arrived().is_some()) {
        let earlier = history.exchanges.iter().filter(|it| it.number < exchange.number && it.id_token.is_some());
        let Some(before) = earlier.rev().find(|it| is_right(history, it)) else { continue };
        let Some(name) = ["iss", "sub"].into_iter().find(|name| of(exchange, name) != of(before, name)) else {
            continue;
        };
        tested = true;
        if history.went_well(exchange) {
            let why = format!("the client took a refreshed ID token with another {name}");
            return Judgement::Broken { why, exchanges: vec![before.number, exchange.number] };
        }
    }
    Judgement::of(tested && takes_right_ones(history), None)
}
