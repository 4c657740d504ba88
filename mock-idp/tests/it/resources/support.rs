//! A signed-in client of the shipped profile, and its provider without sockets.

use std::collections::BTreeSet;
use std::sync::Arc;

use mock_idp::proto::cause::{Cause, CauseKind};
use mock_idp::proto::journal::What;
use mock_idp::proto::message::{Request, RequestBody, Response};
use mock_idp::proto::policy::{Access, Policy};
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::proto::world::World;
use mock_idp::proto::{Change, Idp, Seed};
use mock_idp::shell::demo_world;
use serde_json::Value;

/// A whole hour and minute, not midnight.
const START: &str = "2026-03-02T10:00:00Z";

/// A signed-in client and its provider. Its access token is good for 30 days unless the settings say otherwise.
pub(crate) struct Api {
    pub(crate) idp: Idp,
    now: Timestamp,
    pub(crate) access: String,
}

impl Api {
    pub(crate) fn new(settings: &[&str]) -> Self {
        Self::with(settings, demo_world())
    }

    pub(crate) fn with(settings: &[&str], world: World) -> Self {
        let mut all = vec!["token.access_token_lifetime=30d".to_owned(), "sign_in.steps=[password]".to_owned()];
        all.extend(settings.iter().map(|setting| (*setting).to_owned()));
        let policy: Policy = mock_idp::profile::load("exact-online", &all).unwrap().policy;
        let mut api = Self {
            idp: Idp::new(Arc::new(policy), world, Seed::from_number(7)),
            now: START.parse().unwrap(),
            access: String::new(),
        };
        api.access = api.sign_in();
        api
    }

    pub(crate) fn sign_in(&mut self) -> String {
        let World { users, clients, .. } = demo_world();
        let (user, client) = (&users[0], &clients[0]);
        let uri = &client.redirect_uris[0];
        let query = form(&[("response_type", "code"), ("client_id", &client.id.0), ("redirect_uri", uri)]);
        let mut cookie = String::new();
        let mut response = self.send("GET", &format!("/api/oauth2/auth?{query}"), &[], "");
        loop {
            let set = response.headers.all("set-cookie").map(|it| it.split(';').next().unwrap().to_owned());
            cookie.extend(set.map(|it| format!("{it}; ")));
            let location = response.headers.get("location").unwrap().to_owned();
            if location.starts_with(uri) {
                let code = url::Url::parse(&location).unwrap();
                let code = code.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
                return self.exchange(&code, uri);
            }
            let page = self.send("GET", &location, &[("cookie", &cookie)], "");
            let page = String::from_utf8(page.body).unwrap();
            let (path, query) = location.split_once('?').unwrap();
            let (_, interaction) = query.split_once("i=").unwrap();
            let mut fields = vec![("i", interaction.to_owned())];
            let field = page.split("name=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let asked: Vec<&str> = field.collect();
            if asked.contains(&"LoginForm$Password") {
                let names = asked.iter().filter(|name| **name != "i" && **name != "LoginForm$Password");
                fields.extend(names.map(|name| (*name, user.name.clone())));
                fields.push(("LoginForm$Password", user.password.expose().clone()));
            } else {
                fields.push(("consent", "allow".to_owned()));
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let headers = [("cookie", cookie.as_str()), FORM];
            response = self.send("POST", path, &headers, &form(&fields));
        }
    }

    fn exchange(&mut self, code: &str, uri: &str) -> String {
        let World { clients, .. } = demo_world();
        let secret = clients[0].secret.as_ref().unwrap().expose().clone();
        let fields = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", uri),
            ("client_id", &clients[0].id.0),
            ("client_secret", &secret),
        ]);
        let response = self.send("POST", "/api/oauth2/token", &[FORM], &fields);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let request = Request {
            via: "main".to_owned(),
            method: method.to_owned(),
            origin: "https://start.exactonline.nl".to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: RequestBody::Whole(body.as_bytes().to_vec()),
        };
        self.idp.handle(self.now, &request).response
    }

    pub(crate) fn get(&mut self, target: &str) -> Response {
        let bearer = format!("Bearer {}", self.access);
        self.send("GET", target, &[("authorization", &bearer)], "")
    }

    /// The status of so many requests, which must all be the same.
    pub(crate) fn repeat(&mut self, times: u32, target: &str) -> u16 {
        let statuses: BTreeSet<u16> = (0..times).map(|_| self.get(target).status).collect();
        assert_eq!(statuses.len(), 1, "{target}: {statuses:?}");
        statuses.into_iter().next().unwrap()
    }

    pub(crate) fn advance(&mut self, span: &str) {
        self.now = self.now.plus(span.parse::<Span>().unwrap());
    }

    /// Why the last request was refused, if it was.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.idp.journal().after(0).fold(None, |last, entry| {
            if let What::Refused { cause, .. } = &entry.what {
                Some(cause.clone())
            } else if matches!(entry.what, What::Received(_)) {
                None
            } else {
                last
            }
        })
    }

    pub(crate) fn kind(&self) -> Option<CauseKind> {
        self.cause().map(|cause| cause.kind())
    }

    pub(crate) fn change(&mut self, division: Option<&str>, access: Access) {
        let user = demo_world().users[0].name.clone();
        self.idp.change(self.now, &Change::Access { user, division: division.map(str::to_owned), access });
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

/// The `X-RateLimit` fields, without their common beginning.
pub(crate) fn limits(response: &Response) -> Vec<(&str, &str)> {
    response.headers.iter().filter_map(|(name, value)| Some((name.strip_prefix("X-RateLimit-")?, value))).collect()
}
