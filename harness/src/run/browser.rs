//! The resource owner with their browser: follows redirects, fills the real forms, keeps cookies.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use url::Url;

use crate::adapter::Way;
use crate::idp::{Credentials, Provider};
use crate::run::form::Form;
use crate::scenario::{Authorize, Consent, Password, SecondFactorCode};

/// So many pages and redirects at most; a sign-in has less than ten.
const MOST_STEPS: usize = 20;

/// The field of a device's code.
const USER_CODE: &str = "user_code";

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
    /// The code of a second factor that was typed last.
    typed: Option<String>,
    /// The backup codes that were typed.
    backup_typed: BTreeSet<String>,
}

/// What the resource owner still has to try in one sign-in.
struct Tries {
    passwords: VecDeque<Password>,
    codes: VecDeque<SecondFactorCode>,
    /// Whether an e-mail was asked for.
    asked: bool,
    /// The code of a device, until it was typed.
    user_code: Option<String>,
}

impl Tries {
    fn of(owner: &Authorize) -> Self {
        let (passwords, codes) = (owner.passwords.iter().copied(), owner.codes.iter().copied());
        Self { passwords: passwords.collect(), codes: codes.collect(), asked: false, user_code: None }
    }
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
        Ok(Self { http, origin, way, cookies: BTreeMap::new(), host: None, typed: None, backup_typed: BTreeSet::new() })
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
        let tries = Tries { user_code: Some(user_code.to_owned()), ..Tries::of(owner) };
        self.visit(provider, page, None, tries, owner).await
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
            let Some(filled) = self.fill(&form, provider, owner, &mut tries, &page.body) else { return Ok(stuck) };
            url = url.join(&form.action).map_err(|_| BrowserError::NotAUrl(form.action.clone()))?;
            body = Some(filled);
        }
        Err(BrowserError::Circle)
    }

    /// Fills a page's form; nothing if there is nothing that this resource owner could fill in, or if the page says that the last
    /// try was wrong and there is no other.
    fn fill(
        &mut self,
        form: &Form,
        provider: &Provider,
        owner: &Authorize,
        tries: &mut Tries,
        page: &str,
    ) -> Option<String> {
        let known = provider.credentials();
        let is_wrong = page.contains("id=\"message\"");
        let fields = &known.fields;
        if form.has(USER_CODE) {
            return Some(form.filled(&[(USER_CODE, &tries.user_code.take()?)], None));
        }
        if form.has(&fields.password) {
            let password = match tries.passwords.pop_front() {
                Some(Password::Wrong) => "not the password",
                Some(Password::Right) => &known.password,
                None if is_wrong => return None,
                None => &known.password,
            };
            return Some(form.filled(&[(&fields.name, &known.name), (&fields.password, password)], None));
        }
        let is_second_factor = !form.has(&fields.totp) && form.has(&fields.code);
        if is_second_factor || form.has(&fields.totp) {
            let next = match tries.codes.front().copied() {
                Some(next) => next,
                None if is_wrong => return None,
                None if known.totp.is_none() => SecondFactorCode::Email,
                None => SecondFactorCode::App,
            };
            if next == SecondFactorCode::Email && !std::mem::replace(&mut tries.asked, true) {
                return Some(form.filled(&[], Some(("send", "email"))));
            }
            tries.codes.pop_front();
            tries.asked = false;
            let code = self.code(next, &known)?;
            self.typed = Some(code.clone());
            let field = if is_second_factor { &fields.code } else { &fields.totp };
            let trust = owner.trust_device.then_some(("trust", "yes"));
            return Some(form.filled_without(&[(field, &code)], trust, &["trust"]));
        }
        if is_wrong {
            return None;
        }
        if form.has(&fields.name) {
            return Some(form.filled(&[(&fields.name, &known.name)], None));
        }
        let wanted = match owner.consent {
            Consent::Grant => "allow",
            Consent::Refuse => "refuse",
        };
        let (name, value) = form.buttons.iter().find(|(_, value)| value == wanted)?;
        Some(form.filled(&[], Some((name, value))))
    }

    fn code(&mut self, which: SecondFactorCode, known: &Credentials) -> Option<String> {
        match which {
            SecondFactorCode::App => known.totp.clone(),
            SecondFactorCode::AppThreeMinutesAgo => known.earlier_totp.clone(),
            SecondFactorCode::AppLate => known.late_totp.clone(),
            SecondFactorCode::Email | SecondFactorCode::EmailAgain => known.mailed.clone(),
            SecondFactorCode::Again => self.typed.clone(),
            SecondFactorCode::Wrong => Some("000000".to_owned()),
            SecondFactorCode::Backup => {
                let code = known.backup_codes.iter().find(|code| !self.backup_typed.contains(*code)).cloned();
                self.backup_typed.extend(code.clone());
                code
            }
        }
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

/// What a page says, without its markup.
fn text_of(page: &str) -> String {
    let body = page.rsplit_once("</style>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}
