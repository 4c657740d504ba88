//! The world in which a recording can have happened: its clients with their secrets and redirection URIs, its user.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_idp::proto::client::{Client, ClientId};
use mock_idp::proto::policy::Policy;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::World;
use mock_idp::shell::demo_world;

use super::params::{first, json};
use super::turn::{Turn, TurnKind};
use crate::capture::{CapturedExchange, CapturedRequest};

/// A secret that no recording shows.
const UNKNOWN: &str = "not-in-the-recording";

/// What a recording tells of one client.
#[derive(Debug, Default)]
struct Known {
    /// What it presented, and whether that was taken.
    secrets: Vec<(Option<String>, bool)>,
    /// Its redirection URIs.
    redirect_uris: BTreeSet<String>,
    implicit: bool,
    exchanges_for_others: bool,
}

/// How a client says who it is: in the header (RFC 6749 section 2.3.1) or in the body.
pub(super) fn client(request: &CapturedRequest) -> Option<(String, Option<String>)> {
    let basic = request.header("authorization").and_then(|value| {
        let (scheme, value) = value.split_once(' ')?;
        let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(value.trim()).ok()).flatten()?;
        let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        let plain = |text: &str| {
            form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
        };
        Some((plain(id)?, plain(secret)))
    });
    basic.or_else(|| Some((first(request, "client_id")?, first(request, "client_secret"))))
}

/// The world, and what of it was assumed.
pub(super) fn world(policy: &Policy, exchanges: &[CapturedExchange], turns: &[Turn]) -> (World, Vec<String>) {
    let mut world = demo_world();
    let mut clients: BTreeMap<String, Known> = BTreeMap::new();
    let mut assumed = Vec::new();
    for turn in turns {
        let of_turn: Vec<&CapturedExchange> = turn.exchanges.iter().filter_map(|place| exchanges.get(*place)).collect();
        let Some(began) = of_turn.first() else { continue };
        match &turn.kind {
            TurnKind::SignIn => {
                let Some(id) = first(&began.request, "client_id") else { continue };
                let known = clients.entry(id).or_default();
                let Some(visit) = &turn.visit else { continue };
                if let Some(user) = world.users.first_mut().filter(|_| visit.asked_for_mail) {
                    user.second_factor_by_email = true;
                }
                if let Some(uri) = &visit.redirect_uri {
                    known.redirect_uris.insert(uri.clone());
                }
                known.implicit |= first(&began.request, "response_type").is_some_and(|kind| kind.contains("token"));
            }
            TurnKind::Token(grant) => {
                let Some((id, secret)) = client(&began.request) else { continue };
                let known = clients.entry(id).or_default();
                let taken = began.response.as_ref().is_some_and(|it| it.status < 300);
                known.secrets.push((secret, taken));
                known.exchanges_for_others |= grant.ends_with("jwt-bearer");
                if let (Some(uri), true) = (first(&began.request, "redirect_uri"), error_of(began).is_none()) {
                    known.redirect_uris.insert(uri);
                }
                if grant == "password" {
                    user(&mut world, began);
                }
            }
            TurnKind::Request("device_authorization") => {
                let Some((id, secret)) = client(&began.request) else { continue };
                let taken = began.response.as_ref().is_some_and(|it| it.status < 300);
                clients.entry(id).or_default().secrets.push((secret, taken));
            }
            TurnKind::Connect | TurnKind::Request(_) => {}
        }
    }
    let model = world.clients.pop().unwrap_or_default();
    world.clients =
        clients.into_iter().map(|(id, known)| registered(policy, &model, id, &known, &mut assumed)).collect();
    if world.clients.is_empty() {
        world.clients.push(model);
    }
    world.join_services(policy);
    (world, assumed)
}

fn registered(policy: &Policy, model: &Client, id: String, known: &Known, assumed: &mut Vec<String>) -> Client {
    // One that was never taken may be right all the same: what was refused may have been something else.
    let taken = known.secrets.iter().find(|(_, taken)| *taken).or_else(|| known.secrets.first());
    let secret = match taken {
        Some((secret, _)) => secret.clone(),
        None => {
            assumed.push(format!("client {id} has a secret: no token request shows what it is"));
            Some(UNKNOWN.to_owned())
        }
    };
    let mut redirect_uris: Vec<String> = known.redirect_uris.iter().cloned().collect();
    if redirect_uris.is_empty() {
        redirect_uris.clone_from(&model.redirect_uris);
    }
    let servers = policy.scopes.resource_servers.as_ref();
    let own = servers.and_then(|servers| servers.known.keys().find(|uri| uri.starts_with("api:")).cloned());
    Client {
        id: ClientId(id),
        secret: secret.map(Secret::new),
        redirect_uris,
        implicit: known.implicit,
        serves: own.filter(|_| known.exchanges_for_others),
        ..model.clone()
    }
}

/// The user of a password grant (RFC 6749 section 4.3), whose password is that which was taken.
fn user(world: &mut World, it: &CapturedExchange) {
    let Some(user) = world.users.first_mut() else { return };
    if let Some(name) = first(&it.request, "username") {
        user.name = name;
    }
    if let (Some(password), None) = (first(&it.request, "password"), error_of(it)) {
        user.password = Secret::new(password);
    }
}

/// The error that an answer names (RFC 6749 section 5.2).
pub(super) fn error_of(it: &CapturedExchange) -> Option<String> {
    let body = json(it.response.as_ref()?)?;
    body.get("error").and_then(serde_json::Value::as_str).map(str::to_owned)
}

/// The tenants that the recording's paths name and the provider does not know.
pub(super) fn strange_tenants(policy: &Policy, exchanges: &[CapturedExchange]) -> BTreeSet<String> {
    let Some(tenants) = &policy.tenants else { return BTreeSet::new() };
    let is_strange = |name: &String| {
        let known = tenants.known.iter().any(|(id, tenant)| id == name || tenant.names.contains(name));
        !known && uuid_like(name)
    };
    let refused = |it: &CapturedExchange| {
        let body = it.response.as_ref().map(|it| String::from_utf8_lossy(it.body.bytes()).into_owned());
        body.is_some_and(|body| body.contains("AADSTS90002"))
    };
    let first_segment = |it: &CapturedExchange| it.request.url.path_segments()?.next().map(str::to_owned);
    exchanges.iter().filter(|it| !refused(it)).filter_map(first_segment).filter(is_strange).collect()
}

/// Whether it is written like a UUID (RFC 9562 section 4).
pub(super) fn uuid_like(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
