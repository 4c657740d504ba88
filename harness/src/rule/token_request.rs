//! Rules on token requests that redeem codes, and on taking their answers.

use crate::adapter::protocol::FailureKind;
use crate::rule::history::{Exchange, History, number_of};
use crate::rule::registry::Judgement;
use crate::run::event::EventKind;

/// After a 429 that says how long to wait, no token request comes before that.
pub(crate) fn retry_after_kept(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for told in history.exchanges.iter().filter(|it| it.endpoint == "token" && it.status == 429) {
        let wait = told.reply_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        let (Some(arrived), Some(seconds)) = (told.arrived(), wait.and_then(|(_, value)| value.parse::<i64>().ok()))
        else {
            continue;
        };
        tested = true;
        let over = told.at_ms + seconds * 1000;
        let early = history.exchanges.iter().find(|it| {
            it.endpoint == "token" && it.sent > arrived && it.at_ms < over && history.share_store(it.from, told.from)
        });
        if let Some(early) = early {
            let why =
                format!("a token request came {} ms before the end of the wait that was asked for", over - early.at_ms);
            return Judgement::Broken { why, exchanges: vec![told.number, early.number] };
        }
    }
    Judgement::of(tested, None)
}

fn redemptions<'a, 'b>(history: &'b History<'a>) -> impl Iterator<Item = &'b Exchange<'a>> {
    history.exchanges.iter().filter(|it| it.is_grant("authorization_code"))
}

pub(crate) fn code_as_received(history: &History<'_>) -> Judgement {
    let tested = redemptions(history).next().is_some();
    let wrong =
        redemptions(history).find(|it| it.parameter("code").is_some_and(|code| number_of(code, "code").is_none()));
    Judgement::of(
        tested,
        wrong.map(|it| {
            let sent = it.parameter("code").unwrap_or_default();
            (format!("the token request carries {sent}, which is not the code as it was issued"), vec![it.number])
        }),
    )
}

pub(crate) fn code_redeemed_once(history: &History<'_>) -> Judgement {
    let mut seen: Vec<(&str, u32)> = Vec::new();
    for it in redemptions(history) {
        let Some(code) = it.parameter("code") else { continue };
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == code) {
            let why = format!("{code} was sent to the token endpoint twice");
            return Judgement::Broken { why, exchanges: vec![*first, it.number] };
        }
        seen.push((code, it.number));
    }
    Judgement::of(!seen.is_empty(), None)
}

/// Where an access token may stand in a token request: a client secret is none, and a caller's token is exchanged (RFC 7523 section 2.1, RFC
/// 8693 section 2.1).
const ALLOWED: [&str; 3] = ["client_secret", "assertion", "subject_token"];

/// Put to the test where a client got an access token alone, and so has nothing else to present.
pub(crate) fn no_access_token(history: &History<'_>) -> Judgement {
    let tested = history.events.iter().any(
        |event| matches!(&event.what, EventKind::CallbackDelivered { url, .. } if url.contains("access_token=<at:")),
    );
    let presents = |it: &&Exchange<'_>| {
        let token = it
            .parameters
            .iter()
            .find(|(name, value)| !ALLOWED.contains(&name.as_str()) && number_of(value, "at").is_some());
        it.endpoint == "token" && token.is_some()
    };
    let wrong = history.exchanges.iter().find(presents);
    Judgement::of(
        tested,
        wrong.map(|it| ("an access token was sent to the token endpoint".to_owned(), vec![it.number])),
    )
}

pub(crate) fn one_authentication_method(history: &History<'_>) -> Judgement {
    let mut requests = history.exchanges.iter().filter(|it| it.endpoint == "token").peekable();
    let tested = requests.peek().is_some();
    let double = requests.find(|it| {
        let basic = it.header("authorization").is_some_and(|value| value.to_ascii_lowercase().starts_with("basic "));
        basic && it.parameter("client_secret").is_some()
    });
    Judgement::of(
        tested,
        double.map(|it| ("the secret came by HTTP Basic and in the body at once".to_owned(), vec![it.number])),
    )
}

pub(crate) fn redirect_uri_repeated(history: &History<'_>) -> Judgement {
    let tested = redemptions(history).next().is_some();
    let wrong = redemptions(history).find(|it| it.refused == Some("redirect_uri_mismatch"));
    Judgement::of(
        tested,
        wrong.map(|it| {
            let why = match it.parameter("redirect_uri") {
                Some(sent) => {
                    format!("the token request names the redirection URI {sent}, the authorization request another")
                }
                None => "the token request leaves the redirection URI out".to_owned(),
            };
            (why, vec![it.number])
        }),
    )
}

/// A token response that arrived whole is no reason for an operation to fail.
pub(crate) fn success_taken(history: &History<'_>) -> Judgement {
    let successes: Vec<_> = history.exchanges.iter().filter(|it| it.succeeded()).collect();
    for report in &history.reports {
        // What a client does not trust is other rules' affair, and what a mail server refuses is no fault of the token response.
        if report.op == "mail" || report.failure().is_none_or(|kind| kind == FailureKind::Untrusted) {
            continue;
        }
        // The operation began after the worker's last answer, or after it was killed and started again.
        let answers = history.reports.iter().filter(|it| it.worker == report.worker).map(|it| it.seq);
        let kills = history.kills.iter().filter(|(_, worker)| *worker == report.worker).map(|(seq, _)| *seq);
        let begin = answers.chain(kills).filter(|seq| *seq < report.seq).max().unwrap_or(0);
        let within = |it: &&&Exchange<'_>| it.from == report.worker && (begin..report.seq).contains(&it.sent);
        // An ID token that was tampered with is a good reason; the rules on ID tokens judge it.
        let tampered = |it: &Exchange<'_>| it.faults.iter().any(|text| text.starts_with("issued an ID token"));
        // Another exchange of the operation may be what failed.
        let others = history
            .exchanges
            .iter()
            .filter(|it| it.from == report.worker && (begin..report.seq).contains(&it.sent))
            .any(|it| !it.succeeded() || tampered(it));
        if let Some(it) = successes.iter().find(within)
            && !others
        {
            let why = format!("the token request succeeded, and the client answered `{}` with an error", report.op);
            return Judgement::Broken { why, exchanges: vec![it.number] };
        }
    }
    Judgement::of(!successes.is_empty(), None)
}
