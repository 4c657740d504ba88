//! The service, a client with a token, and what the journal says of a call.

use std::collections::BTreeMap;

use mock_idp::profile::load;
use mock_idp::proto::client::{Client, ClientId};
use mock_idp::proto::journal::What;
use mock_idp::proto::message::Response;
use mock_idp::proto::world::{ServiceAccount, World};
use mock_idp::shell::demo_world;

use crate::support::{FORM, Flow, encode, parameter};

pub(super) const SERVICE: &str = "/tokentest.svc/?idp=azure";
pub(super) const NAME: &str = "tokentest";
pub(super) const OTHER: &str = "0b1c2d3e-0000-4000-8000-00000000dddd";

/// A user of the service with this address, and nothing else.
pub(super) fn account(address: &str) -> ServiceAccount {
    let fields = BTreeMap::from([("emailBiz".to_owned(), address.to_owned())]);
    ServiceAccount { service: NAME.to_owned(), fields, api_key: None }
}

/// A realm whose tokens live for an hour, and whose service has a user for each of ours, or those that are given.
pub(super) fn flow_with(settings: &[&str], accounts: Option<Vec<ServiceAccount>>, change: fn(&mut World)) -> Flow {
    let fixed = ["token.access_token_lifetime_spread=0s", "token.continuous.spread=0s"];
    let settings: Vec<String> = fixed.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
    let policy = load("intrexx", &settings).unwrap().policy;
    let mut world = demo_world();
    let other = Client { id: ClientId(OTHER.to_owned()), name: "Other".to_owned(), ..world.clients[0].clone() };
    world.clients.push(other);
    change(&mut world);
    match accounts {
        Some(accounts) => world.service_accounts = accounts,
        None => world.join_services(&policy),
    }
    Flow::new(policy, world)
}

pub(super) fn flow(settings: &[&str]) -> Flow {
    flow_with(settings, None, |_| {})
}

/// The access and refresh token of a sign-in for a scope.
pub(super) fn tokens(flow: &mut Flow, scope: &str) -> (String, String) {
    let code = parameter(&flow.sign_in(&[("scope", scope)]), "code").unwrap();
    let path = flow.idp.policy().path_in("/{tenant}/oauth2/v2.0/token", None);
    let (id, uri) = (flow.client.id.0.clone(), flow.client.redirect_uris[0].clone());
    let secret = flow.client.secret.clone().unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", &*uri),
        ("client_id", &*id),
        ("client_secret", secret.expose()),
    ];
    let response = flow.send("POST", &path, &[FORM], &encode(&fields));
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

pub(super) fn token(flow: &mut Flow) -> String {
    tokens(flow, "User.Read offline_access").0
}

/// Calls the service at a target with a token.
pub(super) fn call_at(flow: &mut Flow, target: &str, token: &str) -> Response {
    flow.send("GET", target, &[("authorization", &format!("Bearer {token}"))], "")
}

pub(super) fn call(flow: &mut Flow, token: &str) -> Response {
    call_at(flow, SERVICE, token)
}

/// Calls by a cookie as it came.
pub(super) fn call_by_cookie(flow: &mut Flow, cookie: &str) -> Response {
    flow.send("GET", SERVICE, &[("cookie", cookie)], "")
}

/// Name and value of the cookie of a login.
pub(super) fn cookie(response: &Response) -> String {
    let line = response.headers.get("set-cookie").unwrap_or_else(|| panic!("no login: {response:?}"));
    line.split(';').next().unwrap().to_owned()
}

/// What the last call to the service led to, in the journal's words: `2 received resource`, `1 refused service_user_unknown`, ….
/// Exchanges are numbered from that call on.
pub(super) fn story(flow: &Flow) -> Vec<String> {
    let mut first = 0;
    let mut lines = Vec::new();
    for entry in flow.idp.journal().after(0) {
        match &entry.what {
            What::Received(it) => {
                if it.endpoint.name() == "service" {
                    first = it.exchange.0 - 1;
                    lines.clear();
                }
                lines.push(format!("{} received {} from {}", it.exchange.0 - first, it.endpoint, it.via));
            }
            What::Issued(it) => lines.push(format!("{} issued {}", it.exchange.0 - first, it.label)),
            What::Refused { exchange, cause } => lines.push(format!("{} refused {}", exchange.0 - first, cause.kind())),
            What::FaultStruck { exchange, .. } => lines.push(format!("{} struck", exchange.0 - first)),
            What::Committed(it) => lines.push(format!("{} committed {}", it.exchange.0 - first, it.status)),
            What::Left { exchange, extent } => lines.push(format!("{} left {extent:?}", exchange.0 - first)),
            What::Changed { text } => lines.push(text.clone()),
            What::TokenEnded { .. }
            | What::ChainEnded { .. }
            | What::TurnedAway { .. }
            | What::MailOpened { .. }
            | What::MailReceived { .. }
            | What::MailRefused { .. }
            | What::MailSent { .. }
            | What::MailClosed { .. } => {}
        }
    }
    lines
}
