//! The realm that a recording is played in, and the person at its pages.

use std::collections::BTreeMap;

use mock_idp::proto::Idp;
use mock_idp::proto::message::{Headers, Request, RequestBody};
use mock_idp::proto::time::Timestamp;
use url::Url;

use super::answer::response;
use super::params::location;
use super::turn::posted;
use crate::capture::{Body, CapturedRequest, CapturedResponse};
use crate::idp::Credentials;
use crate::run::browser::MOST_STEPS;
use crate::run::form::Form;
use crate::run::person::{Person, Tries};
use crate::scenario::Authorize;

/// A provider, and a browser at its pages.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) idp: Idp,
    user: String,
    cookies: BTreeMap<String, String>,
    person: Person,
}

/// Where a visit ended.
#[derive(Debug)]
pub(super) enum Arrival {
    /// At the client.
    Redirected(Url),
    /// At a page.
    Page(CapturedResponse),
    /// Nowhere: no answer came.
    Nothing,
}

impl Live {
    pub(super) fn new(idp: Idp) -> Self {
        let user = idp.world().users.first().map(|user| user.name.clone()).unwrap_or_default();
        Self { idp, user, cookies: BTreeMap::new(), person: Person::default() }
    }

    /// The user's name.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Makes a request.
    pub(super) fn ask(&mut self, now: Timestamp, request: &Request) -> Option<CapturedResponse> {
        let reply = self.idp.handle(now, request);
        let (exchange, extent) = (reply.exchange, reply.delivery.extent);
        self.idp.left(now, exchange, extent);
        response(reply)
    }

    /// Whether the browser has cookies.
    pub(super) fn knows_anything(&self) -> bool {
        !self.cookies.is_empty()
    }

    /// Forgets all cookies of the browser.
    pub(super) fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Opens a page and goes on, form by form, until the client is reached or there is no way on.
    pub(super) fn visit(
        &mut self,
        now: Timestamp,
        first: Request,
        redirect_uri: Option<&str>,
        owner: &Authorize,
        mut tries: Tries,
    ) -> Arrival {
        let mut request = first;
        let is_client = |url: &Url| redirect_uri.is_some_and(|client| url.as_str().starts_with(client));
        for _ in 0..MOST_STEPS {
            let Some(page) = self.load(now, &request) else { return Arrival::Nothing };
            let Some(here) = asked(&request) else { return Arrival::Nothing };
            if let Some(url) = location(&here, &page) {
                if is_client(&url) {
                    return Arrival::Redirected(url);
                }
                request = get(&url);
                continue;
            }
            let text = String::from_utf8_lossy(page.body.bytes()).into_owned();
            let Some(form) = Form::read(&text) else { return Arrival::Page(page) };
            if let Some(url) = posted(&form).filter(is_client) {
                return Arrival::Redirected(url);
            }
            let known = Credentials::of(&self.idp, &self.user, now);
            let Some(filled) = self.person.fill(&form, &known, owner, &mut tries, &text) else {
                return Arrival::Page(page);
            };
            let Ok(url) = here.url.join(&form.action) else { return Arrival::Page(page) };
            request = get(&url);
            "POST".clone_into(&mut request.method);
            request.headers.push("Content-Type", "application/x-www-form-urlencoded");
            request.body = RequestBody::Whole(filled.into_bytes());
        }
        Arrival::Nothing
    }

    fn load(&mut self, now: Timestamp, request: &Request) -> Option<CapturedResponse> {
        let mut request = request.clone();
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers.set("Cookie", pairs.join("; "));
        }
        let page = self.ask(now, &request)?;
        for field in page.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("set-cookie")) {
            if let Some((name, value)) = field.value.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Some(page)
    }
}

/// A request for a page.
pub(super) fn get(url: &Url) -> Request {
    Request {
        via: "replay".to_owned(),
        method: "GET".to_owned(),
        origin: url.origin().ascii_serialization(),
        path: url.path().to_owned(),
        query: url.query().map(str::to_owned),
        headers: Headers::new(),
        body: RequestBody::Whole(Vec::new()),
    }
}

fn asked(request: &Request) -> Option<CapturedRequest> {
    let url = Url::parse(&format!("{}{}", request.origin, request.target())).ok()?;
    Some(CapturedRequest { method: request.method.clone(), url, headers: Vec::new(), body: Body::Absent })
}
