//! Which recorded answer a request gets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::fill::{Places, Visit, filled, holds};
use super::meaning::{Asked, Kind, TokenKind, What, first_label, fits};
use crate::capture::{Body, Capture, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField};
use crate::record::Names;

/// A recording, and how far a client has come in it.
#[derive(Debug, Default)]
pub struct Script {
    entries: Vec<Recorded>,
    lineage: Lineage,
    places: Places,
    visits: Vec<Visit>,
    answered: usize,
    unmatched: Vec<String>,
    left_out: Vec<String>,
    told: BTreeSet<&'static str>,
}

/// What became of the requests and of the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// How many requests had an answer in the recording, also where that was none.
    pub answered: usize,
    /// The requests that had none, in order.
    pub unmatched: Vec<String>,
    /// The entries that nobody asked for.
    pub unasked: Vec<String>,
}

#[derive(Debug)]
struct Recorded {
    exchange: CapturedExchange,
    asked: Asked,
    /// After how many others it was last given; none if never.
    given: Option<usize>,
}

/// What a client gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The recorded answer; cut where the provider broke off in it.
    Answer { status: u16, headers: Vec<HeaderField>, body: Vec<u8>, is_cut: bool },
    /// None, as in the recording: the connection ends.
    Nothing,
    /// It is not in the recording; what to say of that.
    Unmatched(String),
}

/// The entry that was found.
struct Found {
    at: usize,
    is_again: bool,
    is_borrowed: bool,
}

impl Script {
    /// Takes a recording apart. What the client's own server was asked in it, and what is not HTTP, is left out.
    #[must_use]
    pub fn new(capture: Capture) -> Self {
        let none = Names::default();
        let mut entries: Vec<Recorded> = capture
            .exchanges
            .into_iter()
            .map(|exchange| Recorded { asked: Asked::of(&exchange.request, &none), exchange, given: None })
            .collect();
        let providers: BTreeSet<String> =
            entries.iter().filter(|it| it.asked.kind.is_of_provider()).map(|it| it.asked.origin.clone()).collect();
        let redirects = entries.iter().filter_map(|it| url::Url::parse(it.asked.value("redirect_uri")?).ok());
        let clients: BTreeSet<String> = redirects.map(|url| url.origin().ascii_serialization()).collect();
        let mut left_out = Vec::new();
        entries.retain(|it| {
            let is_client = clients.contains(&it.asked.origin) && !providers.contains(&it.asked.origin);
            let is_http = matches!(it.exchange.request.url.scheme(), "http" | "https");
            let why = if is_client { "is of the client's own server" } else { "is not HTTP" };
            if is_client || !is_http {
                left_out.push(format!("entry {} {why} and is left out", it.exchange.entry));
            }
            is_http && !is_client
        });
        let lineage = Lineage::of(&entries);
        Self { entries, lineage, left_out, ..Self::default() }
    }

    /// The recorded origins: first those of providers, then the others, each in order of its first request.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let mut origins: Vec<(bool, &str)> = Vec::new();
        for entry in &self.entries {
            match origins.iter_mut().find(|(_, origin)| *origin == entry.asked.origin) {
                Some((is_other, _)) => *is_other &= !entry.asked.kind.is_of_provider(),
                None => origins.push((!entry.asked.kind.is_of_provider(), &entry.asked.origin)),
            }
        }
        origins.sort_by_key(|(is_other, _)| *is_other);
        origins.into_iter().map(|(_, origin)| origin.to_owned()).collect()
    }

    /// What of the recording is left out.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Takes note of where each recorded origin is reached now.
    pub(super) fn listens(&mut self, pairs: Vec<(String, String)>) {
        self.places = Places::new(pairs);
    }

    /// Answers a request, whose URL is that of the recorded origin, and says in a line what it did.
    pub(super) fn answer(&mut self, request: &CapturedRequest) -> (Reply, String) {
        let live = Asked::of(request, &self.places.names);
        let found = match self.find(&live) {
            Ok(found) => found,
            Err(why) => {
                self.unmatched.push(live.to_string());
                let line = format!("{live} → not in the recording: {why}");
                return (Reply::Unmatched(format!("{live} is not in the recording: {why}")), line);
            }
        };
        let number = self.answered;
        self.answered += 1;
        let Some(entry) = self.entries.get_mut(found.at) else { return (Reply::Nothing, String::new()) };
        entry.given = Some(number);
        if let Kind::Authorization { .. } = live.kind {
            let value = |asked: &Asked, name: &str| asked.value(name).map(str::to_owned);
            self.visits.push(Visit {
                recorded_state: value(&entry.asked, "state"),
                state: value(&live, "state"),
                recorded_redirect: value(&entry.asked, "redirect_uri"),
                redirect: value(&live, "redirect_uri"),
                has_other_nonce: value(&live, "nonce") != value(&entry.asked, "nonce"),
            });
        }
        let place = format!("{live} → entry {}", entry.exchange.entry);
        let Some(response) = &entry.exchange.response else {
            let why = entry.exchange.error.as_deref().unwrap_or("the recording does not say why");
            return (Reply::Nothing, format!("{place}: no answer, as recorded ({why})"));
        };
        let mut line = format!("{place}: {}{}", response.status, error_of(response));
        let is_cut = entry.exchange.error.is_some();
        let notes = [
            is_cut.then_some("it breaks off, as recorded"),
            found.is_again.then_some("again: the recording has no further answer"),
            found.is_borrowed.then_some("recorded with another access token"),
            (response.body == Body::NotRecorded).then_some("its body is not in the recording"),
            id_token_note(response, &self.visits).filter(|note| self.told.insert(note)),
        ];
        for note in notes.into_iter().flatten() {
            line = line + "; " + note;
        }
        let (headers, body) = filled(response, &self.visits, &self.places);
        (Reply::Answer { status: response.status, headers, body, is_cut }, line)
    }

    /// What became of it all.
    #[must_use]
    pub fn end(&self) -> Answered {
        let never = self.entries.iter().filter(|entry| entry.given.is_none());
        Answered {
            answered: self.answered,
            unmatched: self.unmatched.clone(),
            unasked: never.map(|it| format!("entry {}: {}", it.exchange.entry, it.asked)).collect(),
        }
    }

    /// The recorded request that a live one stands for, or why there is none.
    fn find(&mut self, live: &Asked) -> Result<Found, String> {
        let is_there = |it: &Recorded| {
            let asked = &it.asked;
            asked.origin == live.origin && asked.method == live.method && asked.kind == live.kind
        };
        let here = || self.entries.iter().enumerate().filter(|(_, it)| is_there(it));
        let mut there: Vec<usize> = here().filter(|(_, it)| it.asked.path == live.path).map(|(at, _)| at).collect();
        if there.is_empty() {
            there = here().filter(|(_, it)| fits(&it.asked.path, &live.path)).map(|(at, _)| at).collect();
        }
        if there.is_empty() {
            return Err(self.nearest(live));
        }
        let first = there.first().copied();
        if live.kind == Kind::Other {
            there.retain(|at| self.asked(*at).is_some_and(|asked| live.distance(asked, What::Query) == 0));
        }
        if there.is_empty() {
            return Err(self.but(first, "with another query"));
        }
        let is_borrowed = self.by_token(live, &mut there).map_err(|why| self.but(first, &why))?;
        let far =
            |at: &usize| self.asked(*at).map(|it| (live.distance(it, What::All), std::cmp::Reverse(live.echoes(it))));
        let nearest = there.iter().filter_map(far).min();
        there.retain(|at| far(at) == nearest);
        let given = |at: usize| self.entries.get(at).and_then(|it| it.given);
        let next = there.iter().copied().find(|at| given(*at).is_none());
        let last = || there.iter().copied().max_by_key(|at| given(*at));
        let at = next.or_else(last).ok_or_else(|| self.nearest(live))?;
        Ok(Found { at, is_again: next.is_none(), is_borrowed })
    }

    /// Keeps the entries that were asked with the same token; whether it had to be another.
    fn by_token(&mut self, live: &Asked, there: &mut Vec<usize>) -> Result<bool, String> {
        let Some((kind, value)) = &live.token else {
            there.retain(|at| self.asked(*at).is_some_and(|asked| asked.token.is_none()));
            return if there.is_empty() { Err("with a token".to_owned()) } else { Ok(false) };
        };
        let recorded = self.lineage.recorded(*kind, value, &self.entries);
        let is_same = |asked: &Asked| match (&asked.token, &recorded) {
            (Some((it, value)), Some(recorded)) => it == kind && value == recorded,
            (None, _) | (_, None) => false,
        };
        let same: Vec<usize> = there.iter().copied().filter(|at| self.asked(*at).is_some_and(is_same)).collect();
        if !same.is_empty() {
            *there = same;
            return Ok(false);
        }
        if *kind == TokenKind::Access {
            // A client of today refreshes at other times: what was given to one token is right for another of the same recording, but
            // a refusal is about the token that was refused.
            there.retain(|at| {
                self.entries.get(*at).is_some_and(|it| {
                    let is_refusal = it.exchange.response.as_ref().is_none_or(|response| response.status == 401);
                    !is_refusal && (recorded.is_some() || it.asked.token.is_none())
                })
            });
            if !there.is_empty() {
                return Ok(true);
            }
        }
        Err(match recorded {
            Some(_) => format!("with another {kind}"),
            None => format!("with a {kind} of the recording, of which this is none"),
        })
    }

    fn asked(&self, at: usize) -> Option<&Asked> {
        self.entries.get(at).map(|it| &it.asked)
    }

    fn but(&self, at: Option<usize>, how: &str) -> String {
        let entry = at.and_then(|at| self.entries.get(at)).map_or(0, |it| it.exchange.entry);
        format!("it was recorded {how}, first as entry {entry}")
    }

    fn nearest(&self, live: &Asked) -> String {
        let text = live.to_string();
        let alike = |it: &&Recorded| {
            let by_text = strsim::normalized_levenshtein(&it.asked.to_string(), &text);
            if it.asked.origin == live.origin { by_text + 1.0 } else { by_text }
        };
        let nearest = self.entries.iter().max_by(|one, other| alike(one).total_cmp(&alike(other)));
        nearest.map_or_else(
            || "nothing is".to_owned(),
            |it| format!("the nearest is entry {}: {}", it.exchange.entry, it.asked),
        )
    }
}

/// Which recorded token a live one stands for.
#[derive(Debug, Default)]
struct Lineage {
    /// Those that were issued before the recording began, in order of their first use.
    roots: VecDeque<(TokenKind, String)>,
    used: BTreeSet<String>,
    bound: BTreeMap<(TokenKind, String), String>,
}

impl Lineage {
    fn of(entries: &[Recorded]) -> Self {
        let mut it = Self::default();
        for (kind, value) in entries.iter().filter_map(|entry| entry.asked.token.as_ref()) {
            if it.used.insert(value.clone()) && !is_issued(entries, value) {
                it.roots.push_back((*kind, value.clone()));
            }
        }
        it
    }

    /// A token of the recording stands for itself, another one for the next that the client had before the recording began.
    fn recorded(&mut self, kind: TokenKind, live: &str, entries: &[Recorded]) -> Option<String> {
        if self.used.contains(live) {
            self.roots.retain(|(_, root)| root != live);
            return Some(live.to_owned());
        }
        if let Some(recorded) = self.bound.get(&(kind, live.to_owned())) {
            return Some(recorded.clone());
        }
        if is_issued(entries, live) {
            return Some(live.to_owned());
        }
        let at = self.roots.iter().position(|(it, _)| *it == kind)?;
        let (_, root) = self.roots.remove(at)?;
        self.bound.insert((kind, live.to_owned()), root.clone());
        Some(root)
    }
}

/// Whether an answer of the recording has it.
fn is_issued(entries: &[Recorded], value: &str) -> bool {
    entries.iter().filter_map(|entry| entry.exchange.response.as_ref()).any(|response| {
        let body = String::from_utf8_lossy(response.body.bytes());
        holds(&body, value) || response.header("location").is_some_and(|location| holds(location, value))
    })
}

/// The value of a member of the body, or of a parameter of the redirect.
fn told(response: &CapturedResponse, name: &str) -> Option<String> {
    let body: Option<serde_json::Value> = serde_json::from_slice(response.body.bytes()).ok();
    let member = body.as_ref().and_then(|body| body.get(name)?.as_str()).map(str::to_owned);
    let pairs =
        response.header("location").and_then(|location| location.split_once(['?', '#'])).map(|(_, pairs)| pairs);
    let mut pairs = form_urlencoded::parse(pairs.unwrap_or_default().as_bytes());
    member.or_else(|| pairs.find(|(it, _)| it == name).map(|(_, value)| value.into_owned()))
}

fn error_of(response: &CapturedResponse) -> String {
    let error = told(response, "error").filter(|it| it.len() < 64 && !it.contains(char::is_control));
    error.map(|error| format!(" {error}")).unwrap_or_default()
}

/// What of an ID token cannot be as a client expects it: nobody but the provider can sign one.
fn id_token_note(response: &CapturedResponse, visits: &[Visit]) -> Option<&'static str> {
    let token = told(response, "id_token")?;
    if first_label(&token).is_some() {
        return Some("its ID token is a label, which a client that checks it refuses");
    }
    let is_other = visits.last().is_some_and(|visit| visit.has_other_nonce);
    is_other.then_some("its ID token has the nonce and the times of the recording")
}
