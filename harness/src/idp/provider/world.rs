//! The world of a scenario: users, clients, and how these authenticate.

use std::collections::BTreeSet;

use mock_idp::profile::Profile;
use mock_idp::proto::client::{Client, ClientId};
use mock_idp::proto::policy::{ClientAuthentication as Accepted, Policy};
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::{Mailbox, ServiceAccount, World};
use mock_idp::shell::demo_world;

use super::ProviderError;
use crate::adapter::protocol::ClientAuthentication;
use crate::scenario;

/// The public client that calls the client under test, where a scenario has one; also what the log calls its requests.
pub const CALLER: &str = "caller";

/// What the log calls requests that the harness makes itself.
pub const HARNESS: &str = "harness";

/// The redirection URI of the caller.
pub const CALLER_REDIRECT_URI: &str = "https://caller.example/callback";

/// The body, where the provider takes it; most documentation names it first.
pub(super) fn preferred(profile: &Profile) -> ClientAuthentication {
    if profile.policy.token.client_authentication.contains(&Accepted::Post) {
        ClientAuthentication::ClientSecretPost
    } else {
        ClientAuthentication::ClientSecretBasic
    }
}

/// The demo world, with what the scenario says otherwise.
pub(super) fn world(
    scenario: &scenario::Scenario,
    authentication: ClientAuthentication,
    home: Option<&str>,
) -> Result<World, ProviderError> {
    let mut world = demo_world();
    let has_caller =
        |step: &scenario::Step| matches!(step.verb, scenario::Verb::Grant(scenario::DirectGrant::OnBehalfOf(_)));
    if scenario.steps.iter().any(has_caller) {
        world.clients.push(Client {
            id: ClientId(CALLER.to_owned()),
            name: "Caller".to_owned(),
            secret: None,
            redirect_uris: vec![CALLER_REDIRECT_URI.to_owned()],
            ..Client::default()
        });
    }
    let scenario = &scenario.world;
    if let Some(user) = world.users.first_mut() {
        if let Some(name) = &scenario.user.name {
            user.name.clone_from(name);
        }
        if let Some(password) = &scenario.user.password {
            user.password = Secret::new(password.clone());
        }
        user.second_factor_by_email = scenario.user.email_codes;
        user.backup_codes = backup_codes(scenario.user.backup_codes);
        if !scenario.user.totp {
            user.totp_secret = None;
        }
        user.without_mail = !scenario.user.mail;
        user.without_mailbox = scenario.mail.no_mailbox;
        user.email.clone_from(&scenario.user.email);
    }
    if let Some(client) = world.clients.first_mut() {
        if authentication == ClientAuthentication::None {
            client.secret = None;
        }
        client.hosts = scenario.client.registered_at.as_ref().map(|host| BTreeSet::from([host.clone()]));
        client.serves.clone_from(&scenario.client.serves);
        client.tenant = home.filter(|_| scenario.client.one_tenant).map(str::to_owned);
        client.assigned = scenario.client.unassigned.then(BTreeSet::new);
        if scenario.client.in_browser {
            client.browser_uris = client.redirect_uris.iter().cloned().collect();
        }
        client.scopes = scenario.client.scopes.as_ref().map(|scopes| scopes.iter().cloned().collect());
    }
    if let Some(shared) = &scenario.mail.shared {
        let (user, client) = (world.users.first(), world.clients.first());
        let owner = |may: bool| user.filter(|_| may).map(|user| user.name.clone()).into_iter().collect();
        world.mailboxes.push(Mailbox {
            address: shared.address.clone(),
            full_access: owner(shared.full_access),
            send_as: owner(shared.send_as),
            applications: client.filter(|_| shared.application).map(|client| client.id.clone()).into_iter().collect(),
        });
    }
    let names: BTreeSet<_> = world.users.iter().map(|user| &user.name).collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err(ProviderError::World("a user needs a name".to_owned()));
    }
    Ok(world)
}

/// Gives the services beside the provider their users: those of the scenario, or the resource owner.
pub(super) fn join_services(world: &mut World, scenario: &scenario::World, policy: &Policy) {
    let Some(users) = &scenario.service_users else { return world.join_services(policy) };
    let key = world.users.first().and_then(|user| user.api_key.clone());
    let account = |service: &String, fields: &std::collections::BTreeMap<String, String>| ServiceAccount {
        service: service.clone(),
        fields: fields.clone(),
        api_key: key.clone(),
    };
    let of = |service| users.iter().map(move |fields| account(service, fields));
    world.service_accounts = policy.services.keys().flat_map(of).collect();
}

/// So many backup codes, ten apart, so that no two are mistaken for each other.
pub(crate) fn backup_codes(count: u32) -> Vec<Secret<String>> {
    (1..=count).map(|number| format!("{:08}", 13_579_246_u32 + number * 10).into()).collect()
}
