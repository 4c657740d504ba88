//! Rules on authorization requests and their answers.

use crate::rule::history::History;
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
    let states: Vec<(&str, u32)> = history
        .exchanges
        .iter()
        .filter(|it| it.endpoint == "authorization")
        .filter_map(|it| it.parameter("state").map(|state| (state, it.number)))
        .collect();
    let mut earlier: Vec<(&str, u32)> = Vec::new();
    for (state, number) in &states {
        if let Some((_, first)) = earlier.iter().find(|(other, _)| other == state) {
            let why = format!("two authorization requests carry the same state, {state}");
            return Judgement::Broken { why, exchanges: vec![*first, *number] };
        }
        earlier.push((state, *number));
    }
    Judgement::of(states.len() > 1, None)
}

pub(crate) fn state_compared(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for event in history.events {
        let EventKind::CallbackDelivered { url, tampered: Some(what), .. } = &event.what else { continue };
        if what != "state" {
            continue;
        }
        tested = true;
        let redeems = |code: &str| url.contains(&format!("code={code}"));
        let redeemed = history
            .exchanges
            .iter()
            .filter(|it| it.sent > event.seq && it.is_grant("authorization_code"))
            .find(|it| it.parameter("code").is_some_and(redeems));
        if let Some(it) = redeemed {
            let why = "the redirect carried a state that the client had not sent, and the client redeemed its code"
                .to_owned();
            return Judgement::Broken { why, exchanges: vec![it.number] };
        }
    }
    Judgement::of(tested, None)
}
