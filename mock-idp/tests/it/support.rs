//! `Flow`: a provider, virtual time, a browser and a client, all through the public surface.

use std::sync::Arc;

use mock_idp::profile::load;
use mock_idp::proto::cause::{Cause, CauseKind};
use mock_idp::proto::client::Client;
use mock_idp::proto::journal::{Entry, What};
use mock_idp::proto::message::{Headers, Reply, Request, RequestBody, Response};
use mock_idp::proto::policy::Policy;
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::proto::world::{User, World};
use mock_idp::proto::{Change, Idp, Seed, totp};
use mock_idp::shell::demo_world;

use crate::browser::{Cookies, Form};

/// When every flow begins.
pub(crate) const START: &str = "2021-11-15T02:00:00Z";

/// Where the client sends its form-encoded requests from.
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Names and values of a form or a query.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// A provider, its time, one browser and one client.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) idp: Idp,
    pub(crate) now: Timestamp,
    pub(crate) cookies: Cookies,
    pub(crate) client: Client,
    pub(crate) user: User,
    /// The tenant in paths, where it is not the home of all.
    pub(crate) tenant: Option<&'static str>,
    /// The listener that requests come through.
    pub(crate) via: &'static str,
    /// Every request that was sent, when, and its reply.
    pub(crate) log: Vec<(Timestamp, Request, Reply)>,
}

/// The tokens of a token response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
}

impl Pair {
    pub(crate) fn of(response: &Response) -> Self {
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        let text = |name: &str| body.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        Self { access: text("access_token").unwrap(), refresh: text("refresh_token") }
    }

    /// The refresh token, which must be there.
    pub(crate) fn rt(&self) -> &str {
        self.refresh.as_deref().unwrap()
    }
}

impl Flow {
    /// A shipped profile with the demo world.
    pub(crate) fn of(profile: &str) -> Self {
        Self::with(profile, &[])
    }

    /// The same with settings like those of `--set`.
    pub(crate) fn with(profile: &str, settings: &[&str]) -> Self {
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Self::new(load(profile, &settings).unwrap().policy, demo_world())
    }

    /// The RFC's behaviour, changed by policy fields written as in a quirk's `set`. One resource answers at `/me`.
    pub(crate) fn rfc(set: &str) -> Self {
        Self::new(policy(set), demo_world())
    }

    pub(crate) fn new(policy: Policy, world: World) -> Self {
        let (client, user) = (world.clients[0].clone(), world.users[0].clone());
        let idp = Idp::new(Arc::new(policy), world, Seed::from_number(1));
        let now = START.parse().unwrap();
        Self { idp, now, cookies: Cookies::default(), client, user, tenant: None, via: "main", log: Vec::new() }
    }

    /// Lets time pass, written as `9m 30s`.
    pub(crate) fn advance(&mut self, span: &str) {
        self.now = self.now.plus(span.parse::<Span>().unwrap());
    }

    /// Sends a request as it stands.
    pub(crate) fn reply(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = request(method, target, headers, body);
        self.via.clone_into(&mut request.via);
        let reply = self.idp.handle(self.now, &request);
        self.idp.left(self.now, reply.exchange, reply.delivery.extent);
        self.log.push((self.now, request, reply.clone()));
        reply
    }

    pub(crate) fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.reply(method, target, headers, body).response
    }

    /// The browser gets a page.
    pub(crate) fn visit(&mut self, target: &str) -> Response {
        let cookies = self.cookies.header();
        let headers: Vec<(&str, &str)> = cookies.iter().map(|line| ("cookie", line.as_str())).collect();
        let response = self.send("GET", target, &headers, "");
        self.cookies.keep(&response);
        response
    }

    /// The browser posts a form.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let cookies = self.cookies.header();
        let headers: Vec<(&str, &str)> =
            cookies.iter().map(|line| ("cookie", line.as_str())).chain(std::iter::once(FORM)).collect();
        let response = self.send("POST", path, &headers, &encode(fields));
        self.cookies.keep(&response);
        response
    }

    /// The browser posts a form with its hidden fields and these.
    pub(crate) fn submit(&mut self, form: &Form, fields: &[(&str, &str)]) -> Response {
        let hidden = form.hidden();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        self.post(&form.action, &fields)
    }

    /// The URL that the client sends the browser to; a field of `more` takes the place of the usual one of that name.
    pub(crate) fn authorization_url(&self, more: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", self.client.id.0.as_str()),
            ("redirect_uri", self.client.redirect_uris[0].as_str()),
        ];
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend_from_slice(more);
        let policy = self.idp.policy();
        format!("{}?{}", policy.path_in(&policy.authorization.path, self.tenant), encode(&fields))
    }

    /// Follows the redirects of the provider to its next page.
    pub(crate) fn follow(&mut self, mut response: Response) -> Response {
        while response.status == 303 {
            let location = response.headers.get("location").unwrap().to_owned();
            response = self.visit(&location);
        }
        response
    }

    /// Fills in the form of this page as the user would, and follows to the next page or back to the client.
    pub(crate) fn fill(&mut self, page: &Response) -> Response {
        let form = form(page);
        let (name, password) = (self.user.name.clone(), self.user.password.expose().clone());
        let totp = self.totp(0);
        let fields: Vec<(&str, &str)> = if let Some(field) = form.field("password") {
            vec![(form.field("username").unwrap().name.as_str(), &name), (field.name.as_str(), &password)]
        } else if let Some(field) = form.field("one-time-code") {
            vec![(field.name.as_str(), &totp)]
        } else {
            vec![("consent", "allow")]
        };
        let response = self.submit(&form, &fields);
        self.follow(response)
    }

    /// The authenticator's code of now, or of so many steps later.
    pub(crate) fn totp(&self, drift: i64) -> String {
        let secret = self.user.totp_secret.as_ref().map(|secret| secret.expose().clone()).unwrap_or_default();
        totp::code(&self.idp.policy().sign_in.totp, &secret, self.now, drift)
    }

    /// Goes to the authorization endpoint and through every page, until the browser is sent back to the client.
    pub(crate) fn sign_in(&mut self, more: &[(&str, &str)]) -> Response {
        let response = self.visit(&self.authorization_url(more));
        let mut response = self.follow(response);
        for _ in 0..4 {
            // A form that goes elsewhere is the way back to the client.
            if response.status != 200 || !form(&response).action.starts_with('/') {
                break;
            }
            response = self.fill(&response);
        }
        response
    }

    /// Signs in and gives the code.
    pub(crate) fn authorize(&mut self) -> String {
        let response = self.sign_in(&[]);
        parameter(&response, "code").unwrap_or_else(|| panic!("no code: {response:?} {:?}", self.cause()))
    }

    /// A request to the token endpoint with the client's secret in the body.
    pub(crate) fn token(&mut self, fields: &[(&str, &str)]) -> Response {
        let secret = self.client.secret.as_ref().map(|secret| secret.expose().clone()).unwrap_or_default();
        let id = self.client.id.0.clone();
        let mut fields = fields.to_vec();
        fields.extend([("client_id", id.as_str()), ("client_secret", secret.as_str())]);
        let path = self.idp.policy().path_in(&self.idp.policy().token.path, self.tenant);
        self.send("POST", &path, &[FORM], &encode(&fields))
    }

    /// Redeems a code.
    pub(crate) fn exchange(&mut self, code: &str) -> Response {
        let redirect_uri = self.client.redirect_uris[0].clone();
        self.token(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &redirect_uri)])
    }

    /// Signs in and redeems the code.
    pub(crate) fn grant(&mut self) -> Pair {
        let code = self.authorize();
        Pair::of(&self.exchange(&code))
    }

    /// Redeems a refresh token.
    pub(crate) fn refresh(&mut self, refresh_token: &str) -> Response {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    /// The same: the tokens, or why there are none.
    pub(crate) fn try_refresh(&mut self, refresh_token: &str) -> Result<Pair, CauseKind> {
        let response = self.refresh(refresh_token);
        self.refused().map_or_else(|| Ok(Pair::of(&response)), Err)
    }

    /// Calls the first resource.
    pub(crate) fn call(&mut self, access_token: &str) -> Response {
        let resource = self.idp.policy().resources.values().next().unwrap();
        let (method, path) = (resource.method.clone(), resource.path.clone());
        self.send(&method, &path, &[("authorization", &format!("Bearer {access_token}"))], "")
    }

    /// The same: nothing, or why it was refused.
    pub(crate) fn try_call(&mut self, access_token: &str) -> Result<(), CauseKind> {
        self.call(access_token);
        self.refused().map_or(Ok(()), Err)
    }

    pub(crate) fn change(&mut self, change: &Change) {
        self.idp.change(self.now, change);
    }

    /// Why the last request was refused, if it was.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let last = self.log.last()?.2.exchange;
        self.idp.journal().after(0).find_map(|entry| {
            let What::Refused { exchange, cause } = &entry.what else { return None };
            (*exchange == last).then(|| cause.clone())
        })
    }

    pub(crate) fn refused(&self) -> Option<CauseKind> {
        self.cause().map(|cause| cause.kind())
    }

    /// The journal entries that are kept.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.idp.journal().after(0).cloned().collect()
    }
}

/// The RFC's policy changed by fields written as in a quirk's `set`, and one resource at `/me`.
pub(crate) fn policy(set: &str) -> Policy {
    let me = "resources: { me: { method: GET, path: /me, response: { content_type: text/plain, body: '{{ user_name }}' } } }";
    serde_yaml::from_str(&format!("{me}\n{set}")).unwrap()
}

/// A request as the carrier would hand it in.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    Request {
        via: "main".to_owned(),
        method: method.to_owned(),
        origin: "http://127.0.0.1:8080".to_owned(),
        path: path.to_owned(),
        query,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Headers>(),
        body: RequestBody::Whole(body.as_bytes().to_vec()),
    }
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A parameter of the URL that a response sends the browser to.
pub(crate) fn parameter(response: &Response, name: &str) -> Option<String> {
    let location = response.headers.get("location")?;
    let (_, parameters) = location.split_once('#').or_else(|| location.split_once('?'))?;
    form_urlencoded::parse(parameters.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The form of a page.
pub(crate) fn form(page: &Response) -> Form {
    let body = text(page);
    Form::of(&body).unwrap_or_else(|| panic!("no form on this page: {body}"))
}

/// The body as text.
pub(crate) fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}
