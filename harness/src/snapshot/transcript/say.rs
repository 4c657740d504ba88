//! The wording of single events.

use serde_json::{Map, Value};

use crate::adapter::protocol::{FailureKind, Outcome as ClientOutcome};
use crate::run::event::{Delivery, ProcessChange};
use crate::run::outcome::{Level, Outcome, RuleResult, RuleVerdict};
use crate::snapshot::time::clock_text;
use crate::snapshot::wire::{body_lines, visible};

/// What is needed to print a time that a client reads.
#[derive(Debug)]
pub(super) struct Reading {
    /// The scenario's start in milliseconds since 1970.
    pub(super) start: Option<i64>,
    /// Whether the client reads the realm's clock. Otherwise its readings change from run to run.
    pub(super) clock_moves: bool,
}

impl Reading {
    fn text(&self, seconds: f64) -> Option<String> {
        let start = self.start.filter(|_| self.clock_moves)?;
        // Seconds as a float are exact to far below a millisecond for any date that a scenario can have.
        let text = format!("{:.0}", seconds * 1000.0);
        let ms: i64 = text.parse().ok()?;
        Some(clock_text(ms.saturating_sub(start)))
    }
}

/// RFC 3339 to milliseconds since 1970.
pub(super) fn epoch_ms(at: &str) -> Option<i64> {
    at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// What a client said: the first line, and more when there is a text.
pub(super) fn outcome(outcome: &ClientOutcome, reading: &Reading, known_body: Option<&str>) -> Vec<String> {
    match outcome {
        ClientOutcome::Hello(_) => vec!["hello".to_owned()],
        ClientOutcome::Authorize { url } => {
            // The parameters are shown where the resource owner follows it.
            let place = url.split_once('?').map_or(url.as_str(), |(place, _)| place);
            vec![format!("go to {}", visible(place))]
        }
        ClientOutcome::Device { user_code, verification_uri } => {
            vec![format!("type {} at {}", visible(user_code), visible(verification_uri))]
        }
        ClientOutcome::Call { rows: Some(rows), .. } => vec![format!("read {rows} rows")],
        ClientOutcome::Call { status, body, rows: None } => {
            let mut lines = vec![status.to_string()];
            if let Some(body) = body.as_deref().filter(|body| known_body != Some(*body)) {
                lines.extend(body_lines(body));
            }
            lines
        }
        ClientOutcome::Token { expires_at: None } => vec!["has one and does not know when it ends".to_owned()],
        ClientOutcome::Token { expires_at: Some(at) } => {
            let end = reading.text(*at).unwrap_or_else(|| "a time on its own clock".to_owned());
            vec![format!("has one that it believes to end at {end}")]
        }
        ClientOutcome::Clock { now } => {
            vec![format!("reads {}", reading.text(*now).unwrap_or_else(|| "its own clock".to_owned()))]
        }
        ClientOutcome::Mail { subjects } if subjects.is_empty() => vec!["no message".to_owned()],
        ClientOutcome::Mail { subjects } => {
            vec![format!(
                "messages: {}",
                subjects.iter().map(|subject| visible(subject)).collect::<Vec<_>>().join(", ")
            )]
        }
        ClientOutcome::SignedIn { subject } => vec![format!("signed in {}", visible(subject))],
        ClientOutcome::Done => vec!["done".to_owned()],
        ClientOutcome::Error(failure) => {
            let code = failure.code.as_deref().map_or_else(String::new, |code| format!(" ({})", visible(code)));
            let gloss = match failure.kind {
                FailureKind::Reauthorize => ": somebody must sign in again",
                FailureKind::Throttled => ": it sends nothing until then",
                FailureKind::Untrusted => ": it does not trust what came",
                FailureKind::Refused => ": the mail server said",
                FailureKind::Oauth | FailureKind::Network | FailureKind::Unsupported | FailureKind::Bug => "",
            };
            let mut lines = vec![format!("error {}{code}{gloss}", failure_kind(failure.kind))];
            lines.extend(body_lines(&failure.message));
            lines
        }
    }
}

fn failure_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Reauthorize => "reauthorize",
        FailureKind::Oauth => "oauth",
        FailureKind::Network => "network",
        FailureKind::Throttled => "throttled",
        FailureKind::Untrusted => "untrusted",
        FailureKind::Refused => "refused",
        FailureKind::Unsupported => "unsupported",
        FailureKind::Bug => "bug",
    }
}

pub(super) fn process(change: ProcessChange, store: Option<&str>) -> String {
    let store = store.map_or_else(String::new, |store| format!(", with the store \"{}\"", visible(store)));
    match change {
        ProcessChange::Started => format!("process started{store}"),
        ProcessChange::Killed => "process KILLED".to_owned(),
        ProcessChange::Ended => "process ended".to_owned(),
    }
}

/// Only what went wrong: that an answer left is the rule, and when it left is not the same in every run.
pub(super) fn delivery(delivery: Delivery) -> Option<&'static str> {
    match delivery {
        Delivery::Sent => None,
        Delivery::Cut => Some("CUT: half of this body was sent, then the connection was closed"),
        Delivery::Dropped => Some("DROPPED: nothing of this answer was sent, the connection was closed"),
    }
}

/// An ID token: header and claims as they stand in it.
pub(super) fn id_token(label: &str, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let members = |of: &Map<String, Value>| {
        let shown = of.iter().map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                format!("{name}={value}")
            }
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    visible(&format!("+ id token {label}: {}; {}", members(header), members(claims)))
}

pub(super) fn issued(label: &str, token: &str, parent: Option<&str>, chain: Option<u32>, end: Option<i64>) -> String {
    let mut text = format!("+ {} {}", visible(&token.replace('_', " ")), visible(label));
    if let Some(parent) = parent {
        text.push_str(" for ");
        text.push_str(&visible(parent));
    }
    if let Some(chain) = chain {
        text.push_str(", chain ");
        text.push_str(&chain.to_string());
    }
    if let Some(end) = end {
        text.push_str(", until ");
        text.push_str(&clock_text(end));
    }
    text
}

/// What became of a token or a chain, for people who do not know the words of the RFCs.
pub(super) fn ended(label: &str, why: &str, by: Option<&str>) -> String {
    let successor = by.map_or_else(|| "another one".to_owned(), visible);
    let text = match why {
        "redeemed" => "is used up: a code is good once".to_owned(),
        "superseded" => format!("is old from now on: {successor} has taken its place"),
        "refresh_token_superseded" => "ends: its refresh token is old".to_owned(),
        "chain_ended" => "ends with its chain".to_owned(),
        "newer_grant" => "ends: the user has signed in again, and that ends older links".to_owned(),
        "refreshed_too_early" => "ends: a refresh came too early".to_owned(),
        "refresh_token_replayed" => "ends: an old refresh token was presented".to_owned(),
        "code_replayed" => "ends: its code was presented again".to_owned(),
        "consent_withdrawn" => "ends: the user took back their consent".to_owned(),
        "password_changed" => "ends: the user changed their password".to_owned(),
        "revoked" => "ends: the provider revoked it".to_owned(),
        why => format!("ends: {}", visible(&why.replace('_', " "))),
    };
    format!("- {} {text}", visible(label))
}

/// What a refusal means to somebody who does not know OAuth; nothing where the cause says it as well.
pub(super) fn meaning(cause: &str) -> Option<&'static str> {
    Some(match cause {
        "refresh_token_superseded" => {
            "the client presents a refresh token that it has exchanged for a newer one before; only the newest is good"
        }
        "refreshed_too_early" => {
            "the provider lets so much time pass between two token requests, and this one came sooner"
        }
        "chain_ended" => "nothing that came of that sign-in is good any more; only a new sign-in helps",
        "refresh_token_expired" => "the link was not used for too long; only a new sign-in helps",
        "refresh_token_unknown" | "refresh_token_malformed" => {
            "what was presented is no refresh token of this provider"
        }
        "code_redeemed" => "a code is good once, and this one was used before",
        "code_expired" => "a code is good for a few minutes, and they are over",
        "code_malformed" => "this is not the code as the provider sent it: it was changed, or encoded, on the way",
        "redirect_uri_mismatch" => "the token request must name the address to which the code was sent",
        "access_token_expired" => "the access token's time is over; the client needs a new one",
        "user_refused" | "division_not_accessible" => "the token is good; it is the user who is not let in",
        "rate_limit_exceeded" => "too many requests; the next ones are answered when the window has ended",
        _ => return None,
    })
}

/// A text with every RFC 3339 time in it as the conversation counts time.
pub(super) fn with_clock(text: &str, start: Option<i64>) -> String {
    let Some(start) = start else { return text.to_owned() };
    let told = |word: &str| {
        let time = word.trim_end_matches([',', ';', ':', '.', ')']);
        let since = epoch_ms(time).filter(|_| time.ends_with('Z'))?.saturating_sub(start);
        Some(word.replacen(time, &clock_text(since), 1))
    };
    let words: Vec<String> = text.split(' ').map(|word| told(word).unwrap_or_else(|| word.to_owned())).collect();
    words.join(" ")
}

pub(super) fn rule(result: &RuleResult) -> String {
    let verdict = match (result.verdict, result.level) {
        (RuleVerdict::Kept, Level::Must | Level::Should) => "kept   ",
        (RuleVerdict::Broken, Level::Must) => "BROKEN ",
        (RuleVerdict::Broken, Level::Should) => "warning",
    };
    let shown_by = exchanges(&result.exchanges);
    let why = if result.why.is_empty() { String::new() } else { format!(": {}", visible(&result.why)) };
    format!("{verdict} {}{shown_by}{why}", visible(&result.rule))
}

/// What a rule that was broken asks for.
pub(super) fn asked(result: &RuleResult) -> Option<String> {
    let rule = crate::rule::find(&result.rule).filter(|_| result.verdict == RuleVerdict::Broken)?;
    Some(format!("the rule: {}", rule.requirement))
}

/// ` (#3, #5)`, or nothing.
fn exchanges(numbers: &[u32]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let list: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
    format!(" ({})", list.join(", "))
}

/// The verdict as the client earned it, and what is not said above it already. What the known-failures file makes of a
/// failure is left out: a snapshot must not change when only that file does.
pub(super) fn verdict(outcome: &Outcome, failed: bool) -> (&'static str, &[String]) {
    match outcome {
        Outcome::Pass => ("pass", &[]),
        Outcome::Fail { .. } | Outcome::KnownFailure { .. } => ("fail", &[]),
        Outcome::UnexpectedPass { .. } => (if failed { "fail" } else { "pass" }, &[]),
        Outcome::Inconclusive { missing } => ("inconclusive", missing),
        Outcome::NotSupported { missing } => ("not supported", missing),
        Outcome::Broken { why } => ("broken", std::slice::from_ref(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::{ended, meaning, with_clock};
    use crate::idp::Provider;

    #[test]
    fn times_of_the_provider_are_told_by_the_clock_of_the_conversation() {
        let start = super::epoch_ms("2021-11-15T02:00:00Z");
        let cases = [
            ("old since 2021-11-15T02:09:31.000Z", "old since 00:09:31"),
            (
                "last at 2021-11-15T02:00:00Z, next at 2021-11-15T02:09:30.000Z: wait",
                "last at 00:00:00, next at 00:09:30: wait",
            ),
            ("2021 is no time, nor is Z", "2021 is no time, nor is Z"),
        ];
        for (text, want) in cases {
            assert_eq!(with_clock(text, start), want);
            assert_eq!(with_clock(text, None), text);
        }
    }

    #[test]
    fn what_ends_says_why() {
        assert_eq!(ended("rt:1", "superseded", Some("rt:2")), "- rt:1 is old from now on: rt:2 has taken its place");
        assert_eq!(ended("chain:1", "something_new", None), "- chain:1 ends: something new");
    }

    #[test]
    fn the_common_refusals_of_the_token_endpoint_are_explained() {
        let known: Vec<&str> = Provider::causes().collect();
        let explained = |names: &[&str]| names.iter().all(|name| known.contains(name) && meaning(name).is_some());
        assert!(explained(&[
            "refresh_token_superseded",
            "refreshed_too_early",
            "chain_ended",
            "refresh_token_expired"
        ]));
        assert!(explained(&[
            "code_redeemed",
            "code_expired",
            "code_malformed",
            "access_token_expired",
            "user_refused"
        ]));
        assert_eq!(meaning("method_not_allowed"), None);
    }
}
