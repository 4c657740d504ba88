//! Rules on authorization requests and their answers.

use crate::adapter::protocol::Outcome;
use crate::rule::history::{Exchange, History, number_of};
use crate::rule::registry::Judgement;
use crate::run::event::EventKind;

pub(crate) fn csrf_protected(history: &History<'_>) -> Judgement {
    let mut requests = history.exchanges.iter().filter(|it| it.endpoint == "authorization").peekable();
    let tested = requests.peek().is_some();
    let bare = requests.find(|it| ["state", "code_challenge", "nonce"].iter().all(|name| it.parameter(name).is_none()));
    Judgement::of(
        tested,
        bare.map(|it| ("the request has neither state nor code_challenge nor nonce".to_owned(), vec![it.number])),
    )
}

pub(crate) fn state_fresh(history: &History<'_>) -> Judgement {
    repeated(history, "state")
}

/// Whether two authorization requests carry the same value of a parameter.
fn repeated(history: &History<'_>, name: &str) -> Judgement {
    let values: Vec<(&str, u32)> = history
        .exchanges
        .iter()
        .filter(|it| it.endpoint == "authorization")
        .filter_map(|it| it.parameter(name).map(|value| (value, it.number)))
        .collect();
    let mut earlier: Vec<(&str, u32)> = Vec::new();
    for (value, number) in &values {
        if let Some((_, first)) = earlier.iter().find(|(other, _)| other == value) {
            let why = format!("two authorization requests carry the same {name}, {value}");
            return Judgement::Broken { why, exchanges: vec![*first, *number] };
        }
        earlier.push((value, *number));
    }
    Judgement::of(values.len() > 1, None)
}

pub(crate) fn nonce_fresh(history: &History<'_>) -> Judgement {
    repeated(history, "nonce")
}

pub(crate) fn challenge_hashed(history: &History<'_>) -> Judgement {
    let challenged = |it: &&Exchange<'_>| it.endpoint == "authorization" && it.parameter("code_challenge").is_some();
    let mut requests = history.exchanges.iter().filter(challenged).peekable();
    let tested = requests.peek().is_some();
    let plain = requests.find(|it| it.parameter("code_challenge_method") != Some("S256"));
    Judgement::of(tested, plain.map(|it| ("the code verifier itself is the challenge".to_owned(), vec![it.number])))
}

/// A redirect whose issuer was changed is not redeemed, and one of the others is.
pub(crate) fn issuer_compared(history: &History<'_>) -> Judgement {
    let (mut tested, mut control) = (false, false);
    for it in redirects(history) {
        let Some(code) = it.parameter("code") else { continue };
        let redeems = |sent: &&Exchange<'_>| {
            sent.is_grant("authorization_code") && sent.sent > it.seq && sent.parameter("code") == Some(&code)
        };
        let redeemed = history.exchanges.iter().find(redeems);
        if it.tampered != Some("iss") {
            control |= redeemed.is_some();
            continue;
        }
        tested = true;
        if let Some(sent) = redeemed {
            let why = match it.parameter("iss") {
                Some(_) => "the redirect named another issuer, and the client redeemed its code",
                None => "the redirect named no issuer although this provider does, and the client redeemed its code",
            };
            return Judgement::Broken { why: why.to_owned(), exchanges: vec![sent.number] };
        }
    }
    Judgement::of(tested && control, None)
}

pub(crate) fn state_compared(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for it in redirects(history) {
        let why = if it.tampered == Some("state") {
            "the redirect carried a state that the client had not sent, and the client took what it brought"
        } else if it.parameter("state").is_some_and(|state| !began(history, &it, &state)) {
            "the redirect belongs to an authorization that another installation began, and the client took what it brought"
        } else {
            continue;
        };
        tested = true;
        let (code, token) = (it.parameter("code"), it.parameter("access_token"));
        let taken = history
            .exchanges
            .iter()
            .filter(|sent| sent.sent > it.seq && history.share_store(sent.from, it.worker))
            .find(|sent| {
                let redeems =
                    code.is_some() && sent.is_grant("authorization_code") && sent.parameter("code") == code.as_deref();
                let uses = |token: &String| {
                    sent.endpoint == "resource" && sent.header("authorization").is_some_and(|it| it.contains(token))
                };
                redeems || token.as_ref().is_some_and(uses)
            });
        if let Some(taken) = taken {
            return Judgement::Broken { why: why.to_owned(), exchanges: vec![taken.number] };
        }
    }
    Judgement::of(tested, None)
}

/// What is redeemed while the client takes a redirect is the code of that redirect.
pub(crate) fn own_code(history: &History<'_>) -> Judgement {
    let mut tested = 0;
    for it in redirects(history) {
        let Some(code) = it.parameter("code") else { continue };
        let answered = history.reports.iter().find(|report| report.seq > it.seq && report.worker == it.worker);
        let until = answered.map_or(u32::MAX, |report| report.seq);
        let mut redeemed = history
            .exchanges
            .iter()
            .filter(|sent| sent.from == it.worker && (it.seq..until).contains(&sent.sent))
            .filter(|sent| sent.is_grant("authorization_code"))
            .peekable();
        tested += u32::from(redeemed.peek().is_some());
        // Another code of the realm's; one that was spoilt on the way is another rule's affair.
        let other = |sent: &str| number_of(sent, "code").is_some() && sent != code;
        if let Some(wrong) = redeemed.find(|sent| sent.parameter("code").is_some_and(other)) {
            let sent = wrong.parameter("code").unwrap_or_default();
            let why = format!("the redirect brought {code}, and the client redeemed {sent}");
            return Judgement::Broken { why, exchanges: vec![wrong.number] };
        }
    }
    Judgement::of(tested > 1, None)
}

/// A redirect that reached the client.
struct Redirect<'a> {
    seq: u32,
    worker: &'a str,
    url: &'a str,
    /// What was changed in it on purpose.
    tampered: Option<&'a str>,
}

impl Redirect<'_> {
    /// A parameter of the query or, for the implicit grant, of the fragment. Labels stand where secrets were, so nothing is left
    /// to be decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let (_, parameters) = self.url.split_once(['?', '#'])?;
        let mut pairs = parameters.split(['&', '#']).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }
}

fn redirects<'a>(history: &History<'a>) -> impl Iterator<Item = Redirect<'a>> {
    history.events.iter().filter_map(|event| {
        let EventKind::CallbackDelivered { worker, url, tampered } = &event.what else { return None };
        Some(Redirect { seq: event.seq, worker, url, tampered: tampered.as_deref() })
    })
}

/// Whether a worker that shares the store of the one that got the redirect had begun an authorization with this state.
fn began(history: &History<'_>, redirect: &Redirect<'_>, state: &str) -> bool {
    history.reports.iter().any(|report| {
        report.seq < redirect.seq
            && history.share_store(report.worker, redirect.worker)
            && matches!(report.outcome, Outcome::Authorize { url } if url.contains(&format!("state={state}")))
    })
}
