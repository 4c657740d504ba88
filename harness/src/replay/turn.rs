//! Which of a recording's requests belong together: a sign-in is one turn, whatever pages it has.

use mock_idp::proto::EndpointKind;
use mock_idp::proto::message::Request;
use mock_idp::proto::policy::Policy;
use url::Url;

use super::params::{first, form, location};
use crate::capture::{Body, CapturedExchange, CapturedRequest};
use crate::run::form::Form;

/// What a turn of a conversation is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TurnKind {
    /// A resource owner is asked, from the authorization request to the redirect (RFC 6749 section 4.1).
    SignIn,
    /// The code of a device is typed at a page (RFC 8628 section 3.3).
    Connect,
    /// A token request, with its `grant_type`.
    Token(String),
    /// A request to any other endpoint, by the endpoint's name.
    Request(&'static str),
}

impl TurnKind {
    /// In a word or two.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::SignIn => "sign-in",
            Self::Connect => "device page",
            Self::Token(grant) => match grant.as_str() {
                "authorization_code" => "code exchange",
                "refresh_token" => "refresh",
                "urn:ietf:params:oauth:grant-type:device_code" => "device poll",
                "urn:ietf:params:oauth:grant-type:jwt-bearer" => "on behalf of",
                "" => "token request",
                grant => grant,
            },
            Self::Request("unknown") => "request",
            Self::Request(name) => name,
        }
    }
}

/// A turn.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) kind: TurnKind,
    /// Its exchanges, by their places in the recording, in order.
    pub(super) exchanges: Vec<usize>,
    /// What a person did, where one took part.
    pub(super) visit: Option<Visit>,
}

/// What a person did at a provider's pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit {
    /// Where the client waits.
    pub(super) redirect_uri: Option<String>,
    pub(super) state: Option<String>,
    /// Where the browser was sent at last: to the client. Nothing where it never was.
    pub(super) end: Option<Url>,
    /// The code of a device, as recorded.
    pub(super) user_code: Option<String>,
    /// How often a password was typed, and then the codes of a second factor.
    pub(super) passwords: usize,
    pub(super) codes: Vec<TypedCode>,
    /// Whether a code was asked for by e-mail.
    pub(super) asked_for_mail: bool,
    /// The page that was shown last, where the recording has it.
    pub(super) shown: Option<Shown>,
    pub(super) trusts: bool,
    pub(super) refuses: bool,
}

/// A code of a second factor, as it was typed.
#[derive(Debug, Clone)]
pub(super) struct TypedCode {
    /// As recorded.
    pub(super) code: String,
    /// Whether it was asked for by e-mail before.
    pub(super) mailed: bool,
}

/// What a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The password.
    Password,
    /// A code of a second factor.
    Code,
    /// Something else, or nothing.
    Other,
}

/// The endpoint that a recorded request is for.
pub(super) fn endpoint(policy: &Policy, request: &CapturedRequest) -> EndpointKind {
    EndpointKind::of(policy, &bare(request))
}

/// The request as the core takes it, without what it says.
pub(super) fn bare(request: &CapturedRequest) -> Request {
    Request {
        via: "replay".to_owned(),
        method: request.method.clone(),
        origin: request.url.origin().ascii_serialization(),
        path: request.url.path().to_owned(),
        query: request.url.query().map(str::to_owned),
        headers: mock_idp::proto::message::Headers::new(),
        body: mock_idp::proto::message::RequestBody::Whole(Vec::new()),
    }
}

/// The turns of a conversation with a provider that has these endpoints, by where they end; and how many exchanges are none of its.
pub(super) fn turns(policy: &Policy, exchanges: &[CapturedExchange]) -> (Vec<Turn>, usize) {
    let mut reading = Reading { policy, turns: Vec::new(), foreign: 0, origins: Vec::new() };
    for it in exchanges {
        let is_known = endpoint(policy, &it.request) != EndpointKind::Unknown;
        let origin = it.request.url.origin();
        if is_known && !reading.origins.contains(&origin) {
            reading.origins.push(origin);
        }
    }
    for (place, it) in exchanges.iter().enumerate() {
        reading.add(place, it);
    }
    let mut turns = reading.turns;
    turns.sort_by_key(|turn| turn.exchanges.last().copied());
    (turns, reading.foreign)
}

struct Reading<'p> {
    policy: &'p Policy,
    turns: Vec<Turn>,
    foreign: usize,
    /// Where the provider is.
    origins: Vec<url::Origin>,
}

impl Reading<'_> {
    fn add(&mut self, place: usize, it: &CapturedExchange) {
        let kind = endpoint(self.policy, &it.request);
        let is_here = self.origins.contains(&it.request.url.origin());
        match kind {
            EndpointKind::Authorization => self.authorization(place, it),
            EndpointKind::DevicePage => self.page(place, it, true),
            EndpointKind::SignIn | EndpointKind::SetUp | EndpointKind::AdminConsent | EndpointKind::EndSession => {
                self.page(place, it, false);
            }
            EndpointKind::Unknown if !is_here && !is_oauth(&it.request) => self.foreign += 1,
            EndpointKind::Unknown if self.open(it).is_some() => self.page(place, it, false),
            EndpointKind::Token => {
                let grant = first(&it.request, "grant_type").unwrap_or_else(|| self.likely_grant(it));
                self.plain(place, TurnKind::Token(grant));
            }
            EndpointKind::Resource
            | EndpointKind::Metadata
            | EndpointKind::Keys
            | EndpointKind::Userinfo
            | EndpointKind::Revocation
            | EndpointKind::Introspection
            | EndpointKind::PushedAuthorization
            | EndpointKind::DeviceAuthorization
            | EndpointKind::Registration
            | EndpointKind::Service
            | EndpointKind::Unknown => self.plain(place, TurnKind::Request(kind.name())),
        }
    }

    /// The grant of a token request whose body was not recorded: a client redeems a code first, and refreshes from then on.
    fn likely_grant(&self, it: &CapturedExchange) -> String {
        let is_token = |turn: &Turn| matches!(turn.kind, TurnKind::Token(_));
        match it.request.body {
            Body::NotRecorded if self.turns.iter().any(is_token) => "refresh_token".to_owned(),
            Body::NotRecorded => "authorization_code".to_owned(),
            Body::Absent | Body::Bytes(_) => String::new(),
        }
    }

    fn plain(&mut self, place: usize, kind: TurnKind) {
        self.turns.push(Turn { kind, exchanges: vec![place], visit: None });
    }

    fn authorization(&mut self, place: usize, it: &CapturedExchange) {
        let state = first(&it.request, "state");
        let goes_on =
            |turn: &&mut Turn| turn.visit.as_ref().is_some_and(|visit| visit.end.is_none() && visit.state == state);
        // Some providers lead back to the authorization endpoint in the middle.
        if state.is_some()
            && let Some(turn) = self.turns.iter_mut().rev().find(goes_on)
        {
            turn.exchanges.push(place);
            note(self.policy, turn, it);
            return;
        }
        let redirect_uri = first(&it.request, "redirect_uri");
        let visit = Visit { redirect_uri, state, ..Visit::default() };
        let mut turn = Turn { kind: TurnKind::SignIn, exchanges: vec![place], visit: Some(visit) };
        note(self.policy, &mut turn, it);
        self.turns.push(turn);
    }

    /// The turn that a page belongs to: that which it ends, else the one in which the same page was seen, else the last that is open.
    fn open(&self, it: &CapturedExchange) -> Option<usize> {
        let is_open = |turn: &Turn| turn.visit.as_ref().is_some_and(|visit| visit.end.is_none());
        let ends = |turn: &Turn| {
            let mut ended = turn.clone();
            note(self.policy, &mut ended, it);
            ended.visit.is_some_and(|visit| visit.end.is_some())
        };
        let last = |which: &dyn Fn(&Turn) -> bool| self.turns.iter().rposition(|turn| is_open(turn) && which(turn));
        last(&ends).or_else(|| last(&|_| true))
    }

    fn page(&mut self, place: usize, it: &CapturedExchange, of_device: bool) {
        if let Some(turn) = self.open(it).and_then(|found| self.turns.get_mut(found))
            && (!of_device || turn.kind == TurnKind::Connect)
        {
            turn.exchanges.push(place);
            note(self.policy, turn, it);
            return;
        }
        let kind = if of_device { TurnKind::Connect } else { TurnKind::SignIn };
        let mut turn = Turn { kind, exchanges: vec![place], visit: Some(Visit::default()) };
        note(self.policy, &mut turn, it);
        self.turns.push(turn);
    }
}

/// Whether it is a request of OAuth's, wherever it goes.
pub(super) fn is_oauth(request: &CapturedRequest) -> bool {
    first(request, "grant_type").is_some()
        || (first(request, "response_type").is_some() && first(request, "client_id").is_some())
}

/// What a person did here.
fn note(policy: &Policy, turn: &mut Turn, it: &CapturedExchange) {
    let Some(visit) = &mut turn.visit else { return };
    let fields = &policy.sign_in.fields;
    let sent = form(&it.request);
    let asks_for_mail = sent.iter().any(|(name, value)| name == "send" && value == "email");
    visit.asked_for_mail |= asks_for_mail;
    // What else the form has was not typed then.
    for (name, value) in sent.into_iter().filter(|_| !asks_for_mail) {
        if name == fields.password {
            visit.passwords += 1;
        } else if name == "user_code" {
            visit.user_code = Some(value);
        } else if name == fields.totp || name == fields.code {
            visit.codes.push(TypedCode { code: value, mailed: visit.asked_for_mail });
        } else if name == "trust" {
            visit.trusts = true;
        } else if name == "consent" && value == "refuse" {
            visit.refuses = true;
        }
    }
    let Some(response) = &it.response else { return };
    let form = Form::read(&String::from_utf8_lossy(response.body.bytes()));
    if let Some(form) = &form {
        visit.shown = Some(match form {
            form if form.has(&fields.password) => Shown::Password,
            form if form.has(&fields.totp) || form.has(&fields.code) => Shown::Code,
            _ => Shown::Other,
        });
    } else if !(300..400).contains(&response.status) {
        visit.shown = (response.body != Body::NotRecorded).then_some(Shown::Other);
    }
    let client = visit.redirect_uri.as_deref().unwrap_or("\n");
    let state = visit.state.clone();
    let is_own = |url: &Url| {
        let shown = super::params::of_url(url).into_iter().find(|(name, _)| name == "state").map(|(_, state)| state);
        url.as_str().starts_with(client) && (shown.is_none() || state.is_none() || shown == state)
    };
    visit.end =
        location(&it.request, response).filter(is_own).or_else(|| form.as_ref().and_then(posted).filter(is_own));
}

/// Where a page's form posts an authorization response to (OAuth 2.0 Form Post Response Mode section 2), with its fields as a query.
pub(super) fn posted(form: &Form) -> Option<Url> {
    if !form.has("code") && !form.has("error") && !form.has("id_token") && !form.has("access_token") {
        return None;
    }
    let mut url = Url::parse(&form.action).ok()?;
    url.query_pairs_mut().extend_pairs(form.fields.iter().map(|field| (&field.name, &field.value)));
    Some(url)
}
