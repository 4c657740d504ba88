//! The turns of a conversation as steps.

use std::collections::BTreeMap;

use super::draft::{ALTERNATIVES, Draft, quoted};
use super::verbs::{change_in_yaml, fault_in_yaml, plain_or_quoted};
use super::world::is_callers;
use crate::capture::{Body, Capture, CapturedExchange};
use crate::replay::params::{first, json};
use crate::replay::{Assumed, Found, PlayedTurn, Registered, TurnKind, dropped, told};
use crate::scenario::{Consent, TimeSpan, When};

/// What is shorter than this is no wait, in milliseconds.
pub(super) const WAIT: i64 = 1000;
/// Requests that come so soon after each other meet, in milliseconds.
pub(super) const MEET: i64 = 1000;
/// The names of workers, in the order in which they are met.
const WORKERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Makes the steps.
pub(super) fn steps(capture: &Capture, found: &Found) -> Vec<Draft> {
    let turns = &found.played.turns;
    let mut making = Making {
        capture,
        found,
        turns,
        used: vec![false; turns.len()],
        steps: Vec::new(),
        now: turns.first().map(|turn| turn.at).unwrap_or_default(),
        newest: BTreeMap::new(),
        origins: Vec::new(),
        redirects: 0,
        polls: false,
        signed_in: false,
    };
    for number in 0..turns.len() {
        if !making.used.get(number).copied().unwrap_or_default() {
            making.turn(number);
        }
    }
    making.steps
}

pub(super) struct Making<'c> {
    pub(super) capture: &'c Capture,
    found: &'c Found,
    pub(super) turns: &'c [PlayedTurn],
    used: Vec<bool>,
    pub(super) steps: Vec<Draft>,
    /// The moment that the steps so far have come to.
    now: i64,
    /// The newest refresh token, as recorded, and when it was issued: by the client's identifier.
    newest: BTreeMap<String, String>,
    /// Where each worker asks for tokens.
    origins: Vec<String>,
    pub(super) redirects: usize,
    polls: bool,
    /// Whether the client has had tokens, or tried to get any.
    pub(super) signed_in: bool,
}

impl Making<'_> {
    fn turn(&mut self, number: usize) {
        let Some(turn) = self.turns.get(number).cloned() else { return };
        let Some(it) = turn.exchanges.last().and_then(|place| self.capture.exchanges.get(*place)).cloned() else {
            return;
        };
        match &turn.kind {
            TurnKind::SignIn => self.sign_in(number, &turn),
            TurnKind::Connect => self.used(number),
            // Another client's affair: the step in which this one calls on its behalf has it in it.
            TurnKind::Token(_) if self.is_callers(&turn) => self.used(number),
            TurnKind::Token(grant) => match grant.as_str() {
                "refresh_token" => self.refresh(number, &turn, &it),
                "authorization_code" if !self.signed_in => {
                    let draft = Draft::new("authorize").comment("the sign-in itself is not in the recording");
                    let draft = self.ended(draft, &it, false);
                    self.signed_in = true;
                    self.add(number, &turn, draft);
                    self.issued(&turn);
                }
                "client_credentials" | "password" => {
                    self.signed_in = true;
                    let draft = self.ended(Draft::new(format!("grant: {grant}")), &it, false);
                    self.add(number, &turn, draft);
                }
                "urn:ietf:params:oauth:grant-type:device_code" => self.poll(number, &turn, &it),
                "urn:ietf:params:oauth:grant-type:jwt-bearer" => self.on_behalf(number, &turn, &it),
                _ => self.other(number, &turn, &it),
            },
            TurnKind::Request("device_authorization") => self.device(number, &turn),
            TurnKind::Request("resource" | "service") => self.call(number, &turn, &it),
            // A client reads these when it sees fit.
            TurnKind::Request("metadata" | "keys" | "userinfo") => {
                self.happened(number, &turn, 1);
                self.used(number);
            }
            TurnKind::Request(_) => self.other(number, &turn, &it),
        }
    }

    pub(super) fn used(&mut self, number: usize) {
        if let Some(used) = self.used.get_mut(number) {
            *used = true;
        }
    }

    /// Adds a step for a turn: first the time that passed, what happened meanwhile, and what goes wrong in it.
    pub(super) fn add(&mut self, number: usize, turn: &PlayedTurn, draft: Draft) {
        self.wait(turn.at);
        self.happened(number, turn, 1);
        self.steps.push(draft);
        self.used(number);
    }

    pub(super) fn wait(&mut self, at: i64) {
        let passed = at.saturating_sub(self.now);
        let passed = passed - passed % 1000;
        if passed >= WAIT
            && let Some(span) = u64::try_from(passed).ok().and_then(TimeSpan::from_milliseconds)
        {
            self.steps.push(Draft::new(format!("advance: {span}")));
            self.now += passed;
        }
    }

    /// What must have happened before a turn, and what goes wrong in it, where that is so manieth of the requests that the step makes.
    pub(super) fn happened(&mut self, number: usize, turn: &PlayedTurn, nth: usize) {
        let mut strikes = false;
        for (place, assumed) in self.found.assumed.iter().enumerate() {
            let others = self.found.others.get(place).map(Vec::as_slice).unwrap_or_default();
            let drafted = match assumed {
                Assumed::Change { before, change } if *before == number => change_in_yaml(change),
                Assumed::Fault { at, fault } if *at == number => {
                    strikes = true;
                    fault_in_yaml(fault, nth)
                }
                Assumed::Change { .. } | Assumed::Fault { .. } | Assumed::World(_) | Assumed::Setting(_) => None,
            };
            let Some(verb) = drafted else { continue };
            let entry = turn.entries.last().copied().unwrap_or_default();
            let why = format!(
                "guessed: entry {entry} was answered with {}, which this explains",
                super::write::short(&turn.recorded)
            );
            let mut draft = Draft::new(verb).comment(why);
            for other in others.iter().take(ALTERNATIVES) {
                draft = draft.comment(format!("or: {}", told(other, &self.found.played)));
            }
            if others.len() > ALTERNATIVES {
                draft = draft.comment(format!("or {} more", others.len() - ALTERNATIVES));
            }
            self.steps.push(draft);
        }
        if turn.recorded == "no answer"
            && !strikes
            && let Some(verb) = dropped(turn, When::AfterCommit).and_then(|fault| fault_in_yaml(&fault, nth))
        {
            let why = "no answer was recorded; guessed: the provider handled the request all the same";
            self.steps.push(Draft::new(verb).comment(why));
        }
    }

    /// What a step's answer must be, by what was recorded.
    pub(super) fn ended(&self, draft: Draft, it: &CapturedExchange, is_call: bool) -> Draft {
        match &it.response {
            Some(response) if is_call => draft.expect(format!("{{ status: {} }}", response.status)),
            Some(response) if response.status >= 400 => {
                draft.expect("{ error: [oauth, reauthorize, throttled, network] }")
            }
            Some(_) => draft,
            None => draft.expect("{ any: true }"),
        }
    }

    pub(super) fn exchange(&self, turn: &PlayedTurn) -> Option<&CapturedExchange> {
        turn.exchanges.last().and_then(|place| self.capture.exchanges.get(*place))
    }

    /// Notes what a token response issued.
    pub(super) fn issued(&mut self, turn: &PlayedTurn) {
        let Some(it) = self.exchange(turn) else { return };
        let issued = it.response.as_ref().and_then(json);
        let token = issued.as_ref().and_then(|it| it.get("refresh_token")?.as_str()).map(str::to_owned);
        let client = first(&it.request, "client_id").unwrap_or_default();
        if let Some(token) = token {
            self.newest.insert(client, token);
        }
    }

    fn refresh(&mut self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) {
        let presented = first(&it.request, "refresh_token").unwrap_or_default();
        let client = first(&it.request, "client_id").unwrap_or_default();
        if let Some((second, together)) = self.together(number, turn, &presented) {
            self.race(number, turn, second, &together);
            return;
        }
        let is_newest =
            it.request.body == Body::NotRecorded || self.newest.get(&client).is_none_or(|newest| *newest == presented);
        if !is_newest {
            return self.other(number, turn, it);
        }
        let mut draft = Draft::new("refresh");
        if it.request.body == Body::NotRecorded {
            draft = draft.comment("guessed: what was asked for here is not in the recording");
        }
        self.newest.entry(client).or_insert(presented);
        draft.worker = self.worker(turn);
        self.signs_in_before(60);
        self.add(number, turn, draft);
        self.issued(turn);
    }

    /// The sign-in that the recording begins after, so many minutes before.
    fn signs_in_before(&mut self, minutes: u64) {
        if std::mem::replace(&mut self.signed_in, true) {
            return;
        }
        self.steps.push(Draft::new("authorize").comment("the recording begins after the sign-in"));
        if let Some(span) = TimeSpan::from_milliseconds(minutes * 60_000) {
            let why = "guessed: how long that was before is not in the recording";
            self.steps.push(Draft::new(format!("advance: {span}")).comment(why));
        }
    }

    /// A second refresh with the same token at the same time.
    fn together(&self, number: usize, turn: &PlayedTurn, presented: &str) -> Option<(usize, PlayedTurn)> {
        let (place, next) = self.turns.iter().enumerate().nth(number + 1)?;
        let is_same = matches!(&next.kind, TurnKind::Token(grant) if grant == "refresh_token")
            && next.at - turn.at < MEET
            && self.exchange(next).is_some_and(|it| first(&it.request, "refresh_token").as_deref() == Some(presented));
        is_same.then(|| (place, next.clone()))
    }

    fn race(&mut self, number: usize, turn: &PlayedTurn, second: usize, other: &PlayedTurn) {
        let names = [self.worker(turn), self.worker(other)].map(|name| name.unwrap_or_else(|| "a".to_owned()));
        let [one, two] = names;
        let lanes = if one == two {
            format!("{one}: refresh, again: {{ worker: {one}, refresh: ~ }}")
        } else {
            format!("{one}: refresh, {two}: refresh")
        };
        let draft = Draft::new(format!("race: {{ at: token, workers: {{ {lanes} }} }}"));
        self.add(number, turn, draft.comment("two requests with the same refresh token met"));
        self.used(second);
        self.issued(turn);
        self.issued(other);
    }

    fn poll(&mut self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) {
        // All polls up to the last are one: a client polls until it comes to an end.
        let is_poll =
            |turn: &PlayedTurn| matches!(&turn.kind, TurnKind::Token(grant) if grant.ends_with("device_code"));
        self.happened(number, turn, 1);
        self.used(number);
        let again = self.turns.iter().skip(number + 1).any(is_poll);
        if !again && self.polls {
            let draft = Draft::new("poll");
            let refused = it.response.as_ref().is_none_or(|it| it.status >= 400);
            let draft = if refused { draft.expect("{ error: [oauth, reauthorize] }") } else { draft };
            self.steps.push(draft);
            self.now = self.now.max(turn.at);
            self.issued(turn);
        }
    }

    fn device(&mut self, number: usize, turn: &PlayedTurn) {
        self.signed_in = true;
        let connected = self.turns.iter().skip(number + 1).find(|turn| turn.kind == TurnKind::Connect);
        let refuses =
            connected.and_then(|turn| turn.visit.as_ref()).is_some_and(|visit| visit.owner.consent == Consent::Refuse);
        let verb = match connected {
            None => "device: { answer: none }",
            Some(_) if refuses => "device: { answer: refuse }",
            Some(_) => "device",
        };
        let draft = self.exchange(turn).cloned().map(|it| self.ended(Draft::new(verb), &it, false));
        self.add(number, turn, draft.unwrap_or_default());
        self.polls = true;
    }

    /// Whether the client of a turn is one that calls the one that the recording is about.
    pub(super) fn is_callers(&self, turn: &PlayedTurn) -> bool {
        let asked = turn.exchanges.first().and_then(|place| self.capture.exchanges.get(*place));
        asked.is_some_and(|it| is_callers(self.capture, self.turns, it))
    }

    fn on_behalf(&mut self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) {
        self.signed_in = true;
        let callers = self.turns.iter().take(number).filter(|turn| self.is_callers(turn));
        let scope =
            callers.filter_map(|turn| turn.exchanges.first()).filter_map(|place| self.capture.exchanges.get(*place));
        let scope = scope.filter_map(|it| first(&it.request, "scope")).next().unwrap_or_default();
        let draft = Draft::new(format!("grant: {{ on_behalf_of: {{ scope: {} }} }}", quoted(&scope)));
        let draft = self.ended(draft, it, false);
        self.add(number, turn, draft);
        self.issued(turn);
    }

    fn call(&mut self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) {
        let is_service = turn.kind == TurnKind::Request("service");
        let in_session = is_service && (it.request.header("cookie").is_some() || self.begins_session(number, it));
        // What began by key goes on so, also where the cookie is enough.
        let is_key = self.is_key(it) || (in_session && bearer(it).is_none() && self.has_key());
        if !is_key && bearer(it).is_some() {
            let taken = it.response.as_ref().is_some_and(|it| it.status < 400);
            self.signs_in_before(if taken { 1 } else { 60 });
        }
        let url = &it.request.url;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let line = format!("{} {path}", it.request.method);
        let mut options: Vec<String> = Vec::new();
        let body = String::from_utf8_lossy(it.request.body.bytes()).into_owned();
        if !body.is_empty() {
            let kind = it.request.header("content-type").unwrap_or("application/octet-stream");
            options.push(format!("headers: {{ Content-Type: {} }}", quoted(kind)));
            options.push(format!("body: {}", quoted(&body)));
        }
        if in_session {
            options.push("session: true".to_owned());
        }
        if is_key {
            options.push("key: true".to_owned());
        }
        let verb = if options.is_empty() {
            format!("call: {}", plain_or_quoted(&line))
        } else {
            format!("call: {{ request: {}, {} }}", quoted(&line), options.join(", "))
        };
        let Some(again) = self.again(number, turn, it) else {
            let mut draft = self.ended(Draft::new(verb), it, true);
            draft.worker = self.worker(turn);
            return self.add(number, turn, draft);
        };
        let is_call = |turn: &PlayedTurn| !matches!(turn.kind, TurnKind::Token(_));
        let refreshes = again.iter().any(|(_, turn)| !is_call(turn));
        let draft = Draft::new(verb).comment(if refreshes {
            "refused at first: the client refreshes and asks again by itself"
        } else {
            "refused at first: the client asks again by itself, with its token"
        });
        let last = again.last().and_then(|(_, turn)| self.exchange(turn)).cloned();
        let is_call_at_last = again.last().is_some_and(|(_, turn)| is_call(turn));
        let mut draft = last.map(|it| self.ended(draft.clone(), &it, is_call_at_last)).unwrap_or(draft);
        draft.worker = self.worker(turn);
        self.wait(turn.at);
        self.happened(number, turn, 1);
        let mut calls = 1;
        for (number, turn) in &again {
            calls += usize::from(is_call(turn));
            self.happened(*number, turn, if is_call(turn) { calls } else { 1 });
        }
        self.steps.push(draft);
        self.used(number);
        for (number, turn) in again {
            self.used(number);
            self.issued(&turn);
        }
    }

    /// Whether a call is made with the key that is taken to stand where the recording's first request has an access token.
    fn is_key(&self, it: &CapturedExchange) -> bool {
        let first = self.turns.first().and_then(|turn| self.exchange(turn));
        self.has_key() && bearer(it).is_some() && bearer(it) == first.and_then(bearer)
    }

    fn has_key(&self) -> bool {
        self.found.assumed.contains(&Assumed::World(Registered::ApiKey))
    }

    /// Whether a later request sends the cookie that an answer sets.
    fn begins_session(&self, number: usize, it: &CapturedExchange) -> bool {
        let headers = it.response.iter().flat_map(|response| &response.headers);
        let set = headers.filter(|field| field.name.eq_ignore_ascii_case("set-cookie"));
        let set: Vec<&str> = set.filter_map(|field| field.value.split(';').next()).collect();
        let later = self.turns.iter().skip(number + 1).filter_map(|turn| self.exchange(turn)?.request.header("cookie"));
        later.into_iter().any(|sent| sent.split("; ").any(|pair| set.contains(&pair)))
    }

    /// What a call's 401 leads to at once: a refresh, the same call with what that gave, or with a token in the place of a cookie; up to what is not
    /// answered with 401, or a refresh that is refused. Nothing where it leads to none of these, or to what no client should do.
    fn again(&self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) -> Option<Vec<(usize, PlayedTurn)>> {
        let status = |it: &CapturedExchange| it.response.as_ref().map(|response| response.status);
        let mut presented = vec![presents(it)];
        let mut all: Vec<(usize, PlayedTurn)> = Vec::new();
        let mut last = it;
        for (number, next) in self.turns.iter().enumerate().skip(number + 1) {
            if status(last) != Some(401) || next.at - turn.at >= MEET {
                break;
            }
            let answer = self.exchange(next)?;
            let is_refresh = matches!(&next.kind, TurnKind::Token(grant) if grant == "refresh_token");
            let (one, two) = (&it.request, &answer.request);
            let is_same = one.method == two.method && one.url == two.url && !presented.contains(&presents(answer));
            let has_refreshed =
                all.iter().any(|(_, turn)| matches!(&turn.kind, TurnKind::Token(grant) if grant == "refresh_token"));
            if is_refresh && !has_refreshed {
                all.push((number, next.clone()));
                if status(answer).is_none_or(|status| status >= 400) {
                    return Some(all);
                }
            } else if is_same {
                all.push((number, next.clone()));
                presented.push(presents(answer));
                last = answer;
            } else {
                break;
            }
        }
        let is_call = |(_, turn): &(usize, PlayedTurn)| !matches!(turn.kind, TurnKind::Token(_));
        all.last().is_some_and(is_call).then_some(all)
    }

    /// A request that no client would make for a step: it is kept as it is.
    fn other(&mut self, number: usize, turn: &PlayedTurn, it: &CapturedExchange) {
        let draft = super::write::http(self.capture, turn, it);
        self.add(number, turn, draft);
        self.issued(turn);
    }

    /// The worker that a turn is of, by where it asks for tokens; nothing for the first.
    pub(super) fn worker(&mut self, turn: &PlayedTurn) -> Option<String> {
        let origin = self.exchange(turn)?.request.url.origin().ascii_serialization();
        let host = self.exchange(turn)?.request.url.host_str().map(str::to_owned);
        // Only on one machine are ports workers; elsewhere another origin is another service of the provider.
        let is_local = host.as_deref() == Some("127.0.0.1") || host.as_deref() == Some("localhost");
        if !is_local {
            return None;
        }
        let place = self.origins.iter().position(|known| *known == origin).unwrap_or_else(|| {
            self.origins.push(origin);
            self.origins.len() - 1
        });
        if place == 0 { None } else { WORKERS.get(place).map(|name| (*name).to_owned()) }
    }
}

/// By what a request says who sends it.
fn presents(it: &CapturedExchange) -> (Option<&str>, Option<&str>) {
    (it.request.header("authorization"), it.request.header("cookie"))
}

/// The token of a request's header (RFC 6750 section 2.1).
fn bearer(it: &CapturedExchange) -> Option<&str> {
    let (scheme, token) = it.request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
