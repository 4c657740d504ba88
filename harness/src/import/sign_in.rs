//! A sign-in as steps: what the resource owner did, and what becomes of the code.

use super::draft::{Draft, quoted};
use super::steps::{MEET, Making, WAIT};
use super::verbs::owner_in_yaml;
use super::world::code_of;
use crate::replay::params::first;
use crate::replay::{PersonAsked, PlayedTurn, TurnKind, aadsts};

/// What becomes of the code of a sign-in.
struct Redemption {
    /// The turn in which it is redeemed, with its number.
    first: Option<(usize, PlayedTurn)>,
    /// That in which it is redeemed once more at the same time, as when a page is loaded again.
    again: Option<(usize, PlayedTurn)>,
    /// What the redirect is kept as until then, where that is later.
    kept_as: Option<String>,
}

impl Making<'_> {
    pub(super) fn sign_in(&mut self, number: usize, turn: &PlayedTurn) {
        let Some(visit) = &turn.visit else { return self.used(number) };
        self.signed_in = true;
        if self.is_callers(turn) {
            return self.used(number);
        }
        let code = self.redemption(number, turn, visit);
        let draft = self.asked(turn, visit, &code);
        self.wait(turn.at);
        self.happened(number, turn, 1);
        if let (Some((place, redeemed)), None) = (&code.first, &code.kept_as) {
            self.happened(*place, redeemed, 1);
        }
        if let Some((place, again)) = &code.again {
            self.happened(*place, again, 1);
            self.used(*place);
        }
        self.steps.push(draft);
        self.used(number);
        self.delivered(code);
    }

    /// The step in which the resource owner is asked.
    fn asked(&mut self, turn: &PlayedTurn, visit: &PersonAsked, code: &Redemption) -> Draft {
        let mut options: Vec<String> = Vec::new();
        let asked = turn.exchanges.first().and_then(|place| self.capture.exchanges.get(*place));
        let kind = asked.and_then(|it| first(&it.request, "response_type")).unwrap_or_default();
        let is_implicit = kind.split(' ').any(|word| word == "token") && !kind.contains("code");
        if is_implicit {
            options.push("grant: implicit".to_owned());
        }
        options.extend(owner_in_yaml(&visit.owner));
        if code.again.is_some() {
            options.push("callback: twice".to_owned());
        }
        options.extend(code.kept_as.iter().map(|name| format!("keep_redirect_as: {name}")));
        let mut draft = if options.is_empty() {
            Draft::new("authorize")
        } else {
            Draft::new(format!("authorize: {{ {} }}", options.join(", ")))
        };
        draft.worker = self.worker(code.first.as_ref().map_or(turn, |(_, redeemed)| redeemed));
        let Some(end) = &visit.end else {
            return match page_text(turn) {
                Some(text) => draft.expect(format!("{{ page: {} }}", quoted(&text))),
                None => {
                    let why = "guessed: the recording does not show how the sign-in ends";
                    draft.expect("{ any: true }").comment(why)
                }
            };
        };
        if end.query_pairs().any(|(name, _)| name == "error") {
            return draft.expect("{ error: [oauth, reauthorize] }");
        }
        if code.again.is_some() {
            // What a client makes of a code that comes twice is its own affair; that it must not lose its tokens is the rules'.
            return draft.expect("{ any: true }");
        }
        match code.first.as_ref().and_then(|(_, redeemed)| self.exchange(redeemed)) {
            Some(it) if code.kept_as.is_none() => self.ended(draft, it, false),
            Some(_) => draft,
            None if is_implicit => draft,
            None => draft.comment(
                "the code's exchange is not in the recording: a server's requests are in no browser's. The client makes it here",
            ),
        }
    }

    /// What becomes of the code that a sign-in gave.
    fn redemption(&mut self, number: usize, turn: &PlayedTurn, visit: &PersonAsked) -> Redemption {
        let code = visit.end.as_ref().and_then(code_of);
        let mut turns = code.as_deref().map(|code| self.redeeming(code, number)).unwrap_or_default().into_iter();
        let first = turns.next();
        let is_later = first.as_ref().is_some_and(|(_, redeemed)| redeemed.at - turn.at >= WAIT);
        let kept_as = is_later.then(|| {
            self.redirects += 1;
            format!("sign-in-{}", self.redirects)
        });
        let meets = |(_, again): &(usize, PlayedTurn)| {
            first.as_ref().is_some_and(|(_, redeemed)| again.at - redeemed.at < MEET)
        };
        let again = turns.next().filter(|again| !is_later && meets(again));
        Redemption { first, again, kept_as }
    }

    /// The turns in which a code is redeemed.
    fn redeeming(&self, code: &str, after: usize) -> Vec<(usize, PlayedTurn)> {
        let of_code = |turn: &PlayedTurn| {
            matches!(&turn.kind, TurnKind::Token(grant) if grant == "authorization_code")
                && self.exchange(turn).is_some_and(|it| first(&it.request, "code").as_deref() == Some(code))
        };
        let later = self.turns.iter().enumerate().skip(after + 1);
        later.filter(|(_, turn)| of_code(turn)).map(|(place, turn)| (place, turn.clone())).collect()
    }

    /// The step in which a redirect that was kept reaches the client.
    fn delivered(&mut self, code: Redemption) {
        let Some((place, redeemed)) = code.first else { return };
        if let Some(name) = code.kept_as {
            let mut deliver = Draft::new(format!("deliver: {name}"));
            deliver.worker = self.worker(&redeemed);
            if let Some(token) = self.exchange(&redeemed) {
                deliver = self.ended(deliver, token, false);
            }
            self.add(place, &redeemed, deliver);
        }
        self.used(place);
        self.issued(&redeemed);
    }
}

/// What the page says where a sign-in ended, as far as it is the same each time.
fn page_text(turn: &PlayedTurn) -> Option<String> {
    let (_, says) = turn.here.split_once(": ").filter(|_| turn.here.starts_with("page "))?;
    if let Some(code) = aadsts(says) {
        return Some(code);
    }
    let says = turn.visit.as_ref().and_then(|visit| visit.message.as_deref()).unwrap_or(says);
    let changing = |c: char| c.is_ascii_digit() || matches!(c, '&' | '\'' | ';' | '<' | '"');
    let longest = says.split(changing).map(str::trim).max_by_key(|part| part.len())?;
    let text: String = longest.chars().take(60).collect();
    (text.len() > 5).then(|| text.trim().to_owned())
}
