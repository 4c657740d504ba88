//! A request to a protected resource: at most two, with at most one refresh between them. None while a rate limit is used up.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use crate::adapter::protocol::{Failure, Outcome};
use crate::client::events::Events;
use crate::client::failure::{bug, network, unsupported};
use crate::client::http::{HttpReply, ResourceRequest, header};
use crate::client::mistake::Mistake;
use crate::client::refresh::Trigger;
use crate::client::secret::Secret;
use crate::client::time::Clock;
use crate::client::worker::{Worker, store_failure};

/// The longest body that is reported.
const REPORTED_BODY: usize = 64 * 1024;

/// What a call goes by beside the access token.
#[derive(Debug, Default)]
pub(crate) struct CallWay {
    /// Whether the client goes on by the cookies that it is given.
    pub(crate) session: bool,
    /// A key in the place of the token.
    pub(crate) key: Option<Secret>,
}

impl Worker {
    /// Makes the request and reports the last answer.
    pub(crate) async fn call(
        &self,
        request: ResourceRequest,
        way: &CallWay,
        clock: &Clock,
        events: &Events,
    ) -> Result<Outcome, Failure> {
        let answered = if way.session {
            self.call_in_session(&request, way, clock, events).await
        } else {
            self.call_with_credentials(&request, way, clock, events).await
        };
        self.operation_ended(answered.as_ref().is_ok_and(|reply| reply.status < 400))?;
        let reply = answered?;
        let body = String::from_utf8(reply.body).ok().filter(|body| body.len() <= REPORTED_BODY);
        Ok(Outcome::Call { status: reply.status, body, rows: None })
    }

    /// Goes by the cookie while there is one, and by other credentials when there is none, or no longer.
    async fn call_in_session(
        &self,
        request: &ResourceRequest,
        way: &CallWay,
        clock: &Clock,
        events: &Events,
    ) -> Result<HttpReply, Failure> {
        if let Some(cookie) = self.cookies.for_url(&request.url) {
            let sent = self.http.in_session(request, &cookie).await;
            let mut reply = sent.map_err(|error| network(format!("the resource: {error}")))?;
            if reply.status != 401 || self.mistake == Some(Mistake::KeepsDeadSession) {
                self.cookies.keep(&request.url, std::mem::take(&mut reply.cookies));
                return Ok(reply);
            }
            self.cookies.forget(&request.url);
        }
        let mut reply = self.call_with_credentials(request, way, clock, events).await?;
        self.cookies.keep(&request.url, std::mem::take(&mut reply.cookies));
        Ok(reply)
    }

    async fn call_with_credentials(
        &self,
        request: &ResourceRequest,
        way: &CallWay,
        clock: &Clock,
        events: &Events,
    ) -> Result<HttpReply, Failure> {
        match &way.key {
            Some(key) => self.send(request, key).await,
            None => self.call_with_usable_token(request, clock, events).await,
        }
    }

    pub(crate) async fn call_with_usable_token(
        &self,
        request: &ResourceRequest,
        clock: &Clock,
        events: &Events,
    ) -> Result<HttpReply, Failure> {
        self.throttle.check(clock)?;
        let reply = self.call_twice_at_most(request, clock, events).await?;
        if reply.status == 429 {
            self.throttle.note(&reply.limits, clock, self.mistake);
        }
        Ok(reply)
    }

    async fn call_twice_at_most(
        &self,
        request: &ResourceRequest,
        clock: &Clock,
        events: &Events,
    ) -> Result<HttpReply, Failure> {
        let tokens = self.usable_tokens(clock, events).await?;
        let first = self.send(request, &tokens.access_token).await?;
        if first.status != 401 {
            return Ok(first);
        }
        let rejected = tokens.access_token.clone();
        self.take_challenge(&first)?;
        let renewed = self.renew(Trigger::Rejected, tokens, clock, events).await?;
        if renewed.access_token == rejected {
            return Ok(first);
        }
        self.send(request, &renewed.access_token).await
    }

    /// Keeps what a challenge asks for, where this client declares that it understands it.
    fn take_challenge(&self, reply: &HttpReply) -> Result<(), Failure> {
        let understands = !self.configuration.client.capabilities.is_empty();
        let Some(claims) = reply.challenge.as_ref().filter(|_| understands) else { return Ok(()) };
        if self.mistake == Some(Mistake::IgnoresClaimsChallenge) {
            return Ok(());
        }
        let claims = claims.to_string();
        self.store.update(|stored| stored.claims_wanted = Some(claims)).map_err(store_failure)
    }

    async fn send(&self, request: &ResourceRequest, access_token: &Secret) -> Result<HttpReply, Failure> {
        let sent = match self.mistake {
            Some(Mistake::TokenInQuery) => {
                self.http.resource(&with_token_in_query(request, access_token), access_token).await
            }
            Some(_) | None => self.http.resource(request, access_token).await,
        };
        sent.map_err(|error| network(format!("the resource: {error}")))
    }
}

impl ResourceRequest {
    /// Checks what the harness asks for.
    pub(crate) fn new(
        method: &str,
        url: &str,
        headers: &BTreeMap<String, String>,
        body: Option<String>,
    ) -> Result<Self, Failure> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| bug(format!("`{method}` is no HTTP method")))?;
        let parsed = Url::parse(url).map_err(|error| bug(format!("the resource's URL: {error}")))?;
        if parsed.scheme() != "http" {
            return Err(unsupported("this client speaks no TLS"));
        }
        let headers = headers.iter().map(|(name, value)| header(name, value)).collect::<Result<HeaderMap, _>>()?;
        Ok(Self { method, url: url.to_owned(), headers, body })
    }
}

fn with_token_in_query(request: &ResourceRequest, access_token: &Secret) -> ResourceRequest {
    let (method, headers, body) = (request.method.clone(), request.headers.clone(), request.body.clone());
    let url = Url::parse(&request.url).map_or_else(
        |_| request.url.clone(),
        |mut url| {
            url.query_pairs_mut().append_pair("access_token", access_token.expose());
            url.into()
        },
    );
    ResourceRequest { method, url, headers, body }
}
