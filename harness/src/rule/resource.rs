//! Rules on requests to protected resources.

use serde_json::Value;

use crate::client::claims_of;
use crate::rule::history::{Exchange, History};
use crate::rule::registry::Judgement;

pub(crate) fn token_in_header(history: &History<'_>) -> Judgement {
    let is_call = |it: &&Exchange<'_>| matches!(it.endpoint, "resource" | "service");
    let mut requests = history.exchanges.iter().filter(is_call).peekable();
    let tested = requests.peek().is_some();
    let in_url = requests.find(|it| it.target.contains("<at:") || it.target.contains("access_token="));
    Judgement::of(tested, in_url.map(|it| ("the access token stands in the URL".to_owned(), vec![it.number])))
}

pub(crate) fn expired_token_not_sent(history: &History<'_>) -> Judgement {
    let mut requests = history.exchanges.iter().filter(|it| it.endpoint == "resource").peekable();
    let tested = requests.peek().is_some();
    let expired = requests.find(|it| it.refused == Some("access_token_expired"));
    Judgement::of(
        tested,
        expired.map(|it| {
            let token = it.presented.unwrap_or("an access token");
            (format!("{token} was sent although its lifetime was over"), vec![it.number])
        }),
    )
}

/// A challenge for claims is answered with those claims, at the token endpoint or by asking the resource owner.
pub(crate) fn challenge_answered(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for challenged in history.exchanges.iter().filter(|it| it.endpoint == "resource" && it.status == 401) {
        let fields = challenged.reply_headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
        let Some(wanted) = fields.filter_map(|(_, value)| claims_of(value)).next_back() else { continue };
        let Some(arrived) = challenged.arrived() else { continue };
        let asks = |it: &&Exchange<'_>| {
            matches!(it.endpoint, "token" | "authorization") && it.sent > arrived && it.from == challenged.from
        };
        let Some(next) = history.exchanges.iter().find(asks) else { continue };
        tested = true;
        let sent: Option<Value> = next.parameter("claims").and_then(|text| serde_json::from_str(text).ok());
        if !sent.is_some_and(|sent| includes(&sent, &wanted)) {
            let why = "a challenge for claims was answered by a request without them".to_owned();
            return Judgement::Broken { why, exchanges: vec![challenged.number, next.number] };
        }
    }
    Judgement::of(tested, None)
}

/// Whether everything in `wanted` stands in `sent`.
fn includes(sent: &Value, wanted: &Value) -> bool {
    match (sent, wanted) {
        (Value::Object(sent), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| sent.get(name).is_some_and(|own| includes(own, value)))
        }
        (sent, wanted) => sent == wanted,
    }
}

/// The refusal is the evidence: a request that the same worker sent before the moment it had been told, and that the limit refused.
pub(crate) fn limit_waited_for(history: &History<'_>) -> Judgement {
    let refused = |it: &Exchange<'_>| it.endpoint == "resource" && it.refused == Some("rate_limit_exceeded");
    let mut tested = false;
    for (place, told) in history.exchanges.iter().enumerate().filter(|(_, it)| refused(it) && it.arrived().is_some()) {
        let Some(reset) = reset_ms(told) else { continue };
        tested = true;
        let later = history.exchanges.iter().skip(place + 1);
        let mut again = later.filter(|it| refused(it) && it.from == told.from && it.at_ms < reset);
        if let Some(again) = again.next() {
            let why = format!(
                "{} sent a request although the answer to #{} had said that the limit is used up for {} ms more",
                again.from,
                told.number,
                reset - again.at_ms
            );
            return Judgement::of(true, Some((why, vec![told.number, again.number])));
        }
    }
    Judgement::of(tested, None)
}

/// When the limit is reset that an answer names, in milliseconds since the start. Providers write milliseconds or seconds since 1970.
fn reset_ms(told: &Exchange<'_>) -> Option<i64> {
    let ends = |name: &str| name.to_ascii_lowercase().ends_with("-reset");
    let numbers =
        told.reply_headers.iter().filter(|(name, _)| ends(name)).filter_map(|(_, value)| value.parse::<i64>().ok());
    let reset = numbers.max()?;
    let reset = if reset >= 100_000_000_000 { reset } else { reset.saturating_mul(1000) };
    let now = told.at.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    Some(told.at_ms + (reset - now))
}
