//! A web application, a native one, one in the browser and an API, in a tenant of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use mock_idp::profile::load;
use mock_idp::proto::client::{Client, ClientId};
use mock_idp::proto::message::Response;
use mock_idp::proto::policy::Policy;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::{User, World};
use mock_idp::shell::demo_world;
use serde_json::Value;

use crate::openid::support::body;
use crate::support::{FORM, Flow, encode, parameter};

pub(super) const HOME: &str = "4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90";
pub(super) const PARTNER: &str = "b8d0e6a3-1f47-4c92-a5e8-0d7b9f3c2e16";
pub(super) const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
pub(super) const NATIVE: &str = "0b1c2d3e-0000-4000-8000-00000000aaaa";
pub(super) const BROWSER: &str = "0b1c2d3e-0000-4000-8000-00000000bbbb";
pub(super) const API: &str = "0b1c2d3e-0000-4000-8000-00000000cccc";
pub(super) const PERSON: &str = "jane.roe@outlook.example";

/// Tokens that live for an hour, so that moments can be told.
pub(super) const PLAIN: [&str; 2] = ["token.access_token_lifetime_spread=0s", "token.continuous.spread=0s"];

pub(super) fn world() -> World {
    let mut world = demo_world();
    let client = |id: &str, uri: &str| Client {
        id: ClientId(id.to_owned()),
        name: "Acme".to_owned(),
        redirect_uris: vec![uri.to_owned()],
        ..Client::default()
    };
    let browser = "https://spa.example/app";
    world.clients.push(client(NATIVE, "http://localhost/callback"));
    world.clients.push(Client { browser_uris: BTreeSet::from([browser.to_owned()]), ..client(BROWSER, browser) });
    world.clients.push(Client {
        secret: Some(Secret::new("api-secret".to_owned())),
        serves: Some("api://acme-api".to_owned()),
        ..client(API, "https://api.example/callback")
    });
    world.users.push(User {
        name: PERSON.to_owned(),
        password: Secret::new("hunter2".to_owned()),
        full_name: "Jane Roe".to_owned(),
        ..User::default()
    });
    world
}

pub(super) fn flow(settings: &[&str]) -> Flow {
    let settings: Vec<String> = PLAIN.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
    Flow::new(policy(settings), world())
}

/// The policy with these settings, read once: it has a hundred quirks.
fn policy(settings: Vec<String>) -> Policy {
    static READ: Mutex<BTreeMap<Vec<String>, Policy>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap();
    read.entry(settings).or_insert_with_key(|settings| load("entra", settings).unwrap().policy).clone()
}

/// The same, played by another of the clients.
pub(super) fn flow_of(client: &str, settings: &[&str]) -> Flow {
    let mut flow = flow(settings);
    let known = flow.idp.world().clients.iter().find(|known| known.id.0 == client).cloned();
    flow.client = known.unwrap();
    flow
}

/// The user of another account signs in from now on.
pub(super) fn as_person(mut flow: Flow) -> Flow {
    flow.user = flow.idp.world().users[1].clone();
    flow
}

/// Signs in for a scope and redeems the code; `origin` is that of a browser.
pub(super) fn tokens(flow: &mut Flow, scope: &str, more: &[(&str, &str)]) -> Value {
    let code = parameter(&flow.sign_in(&[&[("scope", scope)], more].concat()), "code").unwrap();
    body(&redeem(flow, &code, &[]))
}

pub(super) fn redeem(flow: &mut Flow, code: &str, more: &[(&str, &str)]) -> Response {
    let redirect_uri = flow.client.redirect_uris[0].clone();
    let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &*redirect_uri)];
    post(flow, &[&fields, more].concat(), &[])
}

/// A token request with the credentials that the client has.
pub(super) fn post(flow: &mut Flow, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
    let path = flow.idp.policy().path_in("/{tenant}/oauth2/v2.0/token", flow.tenant);
    post_to(flow, &path, fields, headers)
}

pub(super) fn post_to(flow: &mut Flow, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
    let (id, secret) = (flow.client.id.0.clone(), flow.client.secret.clone());
    let mut fields = fields.to_vec();
    if !fields.iter().any(|(name, _)| *name == "client_id") {
        fields.push(("client_id", &id));
        if let Some(secret) = &secret {
            fields.push(("client_secret", secret.expose()));
        }
    }
    let headers: Vec<(&str, &str)> = std::iter::once(FORM).chain(headers.iter().copied()).collect();
    flow.send("POST", path, &headers, &encode(&fields))
}

pub(super) fn refresh(flow: &mut Flow, token: &Value, scope: &str) -> Response {
    let token = token["refresh_token"].as_str().unwrap().to_owned();
    post(flow, &[("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)], &[])
}

pub(super) fn me(flow: &mut Flow, token: &Value) -> Response {
    let token = token["access_token"].as_str().unwrap();
    flow.send("GET", "/v1.0/me", &[("authorization", &format!("Bearer {token}"))], "")
}

/// The code of an error, as it stands in both places.
pub(super) fn code(response: &Response) -> u64 {
    let error = body(response);
    let text = error["error_description"].as_str().unwrap_or_else(|| panic!("no error: {error}"));
    let code = error["error_codes"][0].as_u64().unwrap();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    code
}
