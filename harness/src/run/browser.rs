//! The resource owner with their browser: follows redirects, fills the real forms, keeps cookies.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use url::Url;

use crate::adapter::Way;
use crate::idp::Provider;
use crate::run::form::Form;
use crate::run::person::{Person, Tries, text_of};
use crate::scenario::Authorize;

/// So many pages and redirects at most; a sign-in has less than ten.
pub(crate) const MOST_STEPS: usize = 20;

/// A browser of one cell.
#[derive(Debug)]
pub(crate) struct Browser {
    http: reqwest::Client,
    /// Its own way to the provider, by which the log knows it.
    origin: Url,
    way: Way,
    cookies: BTreeMap<String, String>,
    /// What the client calls the provider, whose name in answers is the one that it was called by (RFC 9207 section 2).
    host: Option<String>,
    person: Person,
}

/// Where an authorization ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// At the client's redirection URI.
    Redirected(String),
    /// At a page that says something and has no way on.
    Stuck {
        /// Its status.
        status: u16,
        /// What it says.
        says: String,
        /// Whether it has a form, which this resource owner could not fill in.
        asks: bool,
    },
}

/// Why the browser could not go on at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrowserError {
    #[error("the authorization request is no URL: {0}")]
    NotAUrl(String),
    #[error("the browser got no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the sign-in went round in circles")]
    Circle,
}

impl Browser {
    pub(crate) fn new(origin: &str, way: Way) -> Result<Self, BrowserError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(10));
        let http = match way {
            Way::ByAddress => http,
            Way::ByName => http.proxy(reqwest::Proxy::http(origin)?),
        };
        let http = http.build()?;
        let origin = Url::parse(origin).map_err(|_| BrowserError::NotAUrl(origin.to_owned()))?;
        Ok(Self { http, origin, way, cookies: BTreeMap::new(), host: None, person: Person::default() })
    }

    /// Forgets all cookies.
    pub(crate) fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Opens an authorization request and signs in until the client's redirection URI is reached.
    pub(crate) async fn authorize(
        &mut self,
        provider: &Provider,
        request: &str,
        redirect_uri: &str,
        owner: &Authorize,
    ) -> Result<Arrival, BrowserError> {
        self.visit(provider, request, Some(redirect_uri), Tries::of(owner), owner).await
    }

    /// Types the code of a device at the provider's page, signs in, and answers (RFC 8628 section 3.3).
    pub(crate) async fn connect(
        &mut self,
        provider: &Provider,
        page: &str,
        user_code: &str,
        owner: &Authorize,
    ) -> Result<Arrival, BrowserError> {
        let tries = Tries::with_user_code(owner, user_code);
        self.visit(provider, page, None, tries, owner).await
    }

    /// Makes a request as a program would, and gives status and body of the answer.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        url: &Url,
        headers: &[(String, String)],
        body: Option<String>,
    ) -> Result<(u16, String), BrowserError> {
        let mut here = url.clone();
        if self.way == Way::ByAddress {
            let _ = here.set_port(self.origin.port());
        } else {
            let _ = here.set_scheme("http");
        }
        let method = method.parse().map_err(|_| BrowserError::NotAUrl(method.to_owned()))?;
        let mut request = self.http.request(method, here).header(HOST, url.authority());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = match body {
            Some(body) => request.body(body).send().await?,
            None => request.send().await?,
        };
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Posts a form as a program would, and gives status and body of the answer.
    pub(crate) async fn post(&mut self, url: &Url, form: String) -> Result<(u16, String), BrowserError> {
        if self.way == Way::ByAddress {
            self.host = Some(url.authority().to_owned());
        }
        let page = self.load(url, Some(form)).await?;
        Ok((page.status, page.body))
    }

    /// Opens a page and goes on, form by form, until the client's redirection URI is reached or there is no way on.
    async fn visit(
        &mut self,
        provider: &Provider,
        request: &str,
        redirect_uri: Option<&str>,
        mut tries: Tries,
        owner: &Authorize,
    ) -> Result<Arrival, BrowserError> {
        let mut url = Url::parse(request).map_err(|_| BrowserError::NotAUrl(request.to_owned()))?;
        match self.way {
            // The same provider by the browser's own port.
            Way::ByAddress => self.host = Some(url.authority().to_owned()),
            Way::ByName => {
                if let Some(stuck) = elsewhere(&url, provider) {
                    return Ok(stuck);
                }
            }
        }
        let mut body: Option<String> = None;
        for _ in 0..MOST_STEPS {
            let page = self.load(&url, body.take()).await?;
            if let Some(location) = page.location {
                if redirect_uri.is_some_and(|client| location.starts_with(client)) {
                    return Ok(Arrival::Redirected(location));
                }
                url = url.join(&location).map_err(|_| BrowserError::NotAUrl(location))?;
                continue;
            }
            let form = Form::read(&page.body);
            let stuck = Arrival::Stuck { status: page.status, says: text_of(&page.body), asks: form.is_some() };
            let Some(form) = form else { return Ok(stuck) };
            let Some(filled) = self.person.fill(&form, &provider.credentials(), owner, &mut tries, &page.body) else {
                return Ok(stuck);
            };
            url = url.join(&form.action).map_err(|_| BrowserError::NotAUrl(form.action.clone()))?;
            body = Some(filled);
        }
        Err(BrowserError::Circle)
    }

    async fn load(&mut self, url: &Url, body: Option<String>) -> Result<Page, BrowserError> {
        let mut url = url.clone();
        if self.way == Way::ByAddress {
            let _ = url.set_port(self.origin.port());
        } else {
            // The proxy is asked for the page itself, not for a tunnel: what this browser trusts is not what is tested.
            let _ = url.set_scheme("http");
        }
        let mut request = match body {
            Some(body) => self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body),
            None => self.http.get(url),
        };
        if let Some(host) = &self.host {
            request = request.header(HOST, host);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status();
        let location = location.filter(|_| status.is_redirection());
        Ok(Page { status: status.as_u16(), location, body: response.text().await? })
    }
}

/// Where the browser ends that is sent to a host which is not the provider's. It does not go there.
fn elsewhere(url: &Url, provider: &Provider) -> Option<Arrival> {
    let host = url.host_str().unwrap_or_default();
    let known = url.scheme() == "https" && provider.hosts().iter().any(|name| name.eq_ignore_ascii_case(host));
    let says = format!("the client sends its user to {}://{host}, where the provider is not", url.scheme());
    (!known).then_some(Arrival::Stuck { status: 0, says, asks: false })
}

struct Page {
    status: u16,
    location: Option<String>,
    body: String,
}
