//! HTTP over reqwest: plain answers, bounded bodies, errors that read the same on every machine.

use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::adapter::protocol::Failure;
use crate::client::challenge::claims_of;
use crate::client::cookies::{SetCookie, cookies_of};
use crate::client::failure::bug;
use crate::client::secret::Secret;
use crate::client::throttle::Limits;
use crate::client::token_request::TokenRequest;

/// The longest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long an answer may take. Token responses of 35 seconds have been seen: a client that gives up sooner loses tokens that
/// the provider did issue.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests.
#[derive(Debug)]
pub(crate) struct Http(Client);

/// An answer.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) limits: Limits,
    /// The claims that a challenge asks for.
    pub(crate) challenge: Option<Value>,
    pub(crate) cookies: Vec<SetCookie>,
    pub(crate) body: Vec<u8>,
}

/// No answer, or not a whole one. Worded without addresses, so that a report is the same on every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no connection")]
    Connect,
    #[error("no answer in time")]
    Timeout,
    #[error("the connection ended before the whole answer had come")]
    Interrupted,
    #[error("the answer is longer than 1 MiB")]
    TooLong,
}

impl HttpError {
    /// Whether the request may have reached the server.
    pub(crate) fn was_sent(self) -> bool {
        match self {
            Self::Connect => false,
            Self::Timeout | Self::Interrupted | Self::TooLong => true,
        }
    }
}

/// A request to a protected resource.
#[derive(Debug)]
pub(crate) struct ResourceRequest {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<String>,
}

impl Http {
    /// # Errors
    ///
    /// When reqwest cannot be set up, which without TLS and proxies does not happen.
    pub(crate) fn new() -> Result<Self, Failure> {
        Client::builder()
            .user_agent("idp-harness-reference")
            // A token never follows a redirect, and a connection is never reused: what was lost stays lost, and nothing
            // below this client sends a request a second time.
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .map(Self)
            .map_err(|error| bug(format!("no HTTP client: {error}")))
    }

    /// Sends a token request.
    pub(crate) async fn token(&self, url: &str, request: &TokenRequest) -> Result<HttpReply, HttpError> {
        let mut builder = self.0.post(url).header(ACCEPT, "application/json");
        if let Some(credentials) = request.authorization.as_ref() {
            builder = builder.header(AUTHORIZATION, sensitive(credentials));
        }
        let builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        send(builder.body(request.body.expose().to_owned())).await
    }

    /// Gets a JSON document, with an access token where it needs one.
    pub(crate) async fn document(&self, url: &str, access_token: Option<&Secret>) -> Result<HttpReply, HttpError> {
        let mut builder = self.0.get(url).header(ACCEPT, "application/json");
        if let Some(token) = access_token {
            let credentials = Secret::new(format!("Bearer {}", token.expose()));
            builder = builder.header(AUTHORIZATION, sensitive(&credentials));
        }
        send(builder).await
    }

    /// Makes a request to a protected resource with `access_token` in the `Authorization` header (RFC 6750 section 2.1).
    pub(crate) async fn resource(
        &self,
        request: &ResourceRequest,
        access_token: &Secret,
    ) -> Result<HttpReply, HttpError> {
        let credentials = Secret::new(format!("Bearer {}", access_token.expose()));
        self.with_credentials(request, AUTHORIZATION, &credentials).await
    }

    /// Makes a request to a service with the cookie of a session, and without a token.
    pub(crate) async fn in_session(&self, request: &ResourceRequest, cookie: &Secret) -> Result<HttpReply, HttpError> {
        self.with_credentials(request, COOKIE, cookie).await
    }

    async fn with_credentials(
        &self,
        request: &ResourceRequest,
        field: HeaderName,
        credentials: &Secret,
    ) -> Result<HttpReply, HttpError> {
        let mut builder = self.0.request(request.method.clone(), request.url.as_str()).headers(request.headers.clone());
        builder = builder.header(field, sensitive(credentials));
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        send(builder).await
    }
}

/// Header names and values as given; says which one is none.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let parsed_name =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| bug(format!("`{name}` is no header name")))?;
    let parsed_value =
        HeaderValue::from_str(value).map_err(|_| bug(format!("the value of `{name}` is no header value")))?;
    Ok((parsed_name, parsed_value))
}

/// A token with control characters in it cannot be sent; an empty header gets the provider's own answer.
fn sensitive(credentials: &Secret) -> HeaderValue {
    let mut value = HeaderValue::from_str(credentials.expose()).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

async fn send(builder: RequestBuilder) -> Result<HttpReply, HttpError> {
    let response = builder.send().await.map_err(|error| classify(&error))?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let limits = Limits::read(response.headers());
    let fields = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let challenge = fields.filter_map(claims_of).next_back();
    let cookies = cookies_of(response.headers());
    Ok(HttpReply { status, retry_after, limits, challenge, cookies, body: read_body(response).await? })
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(HttpError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Seconds only: the date form would need a second clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn classify(error: &reqwest::Error) -> HttpError {
    if error.is_connect() || error.is_builder() {
        HttpError::Connect
    } else if error.is_timeout() {
        HttpError::Timeout
    } else {
        HttpError::Interrupted
    }
}
