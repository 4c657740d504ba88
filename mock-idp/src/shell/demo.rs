//! The user and the client that a realm is seeded with when nobody says otherwise.

use std::collections::BTreeSet;

use crate::proto::client::{Client, ClientId};
use crate::proto::policy::{AccountKind, Policy};
use crate::proto::secret::Secret;
use crate::proto::world::{User, World};

/// The TOTP secret of the demo user in Base32: 20 bytes, since authenticator libraries refuse short ones.
pub const DEMO_TOTP_SECRET_BASE32: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// The same as bytes.
const TOTP_SECRET: &[u8] = b"Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef";

/// The same at a provider with this policy: where tokens are for resource servers, also a native client, one in the browser, and one that
/// is a resource server itself; where there are personal accounts, a user of one; and users of the services beside it.
#[must_use]
pub fn demo_world_of(policy: &Policy) -> World {
    let mut world = demo_world();
    if let Some(servers) = &policy.scopes.resource_servers {
        let client = |id: &str, name: &str, uri: &str| Client {
            id: ClientId(id.to_owned()),
            name: name.to_owned(),
            redirect_uris: vec![uri.to_owned()],
            ..Client::default()
        };
        let page = "https://client.example/page";
        world.clients.push(client("7c1e5d0a-3b42-4f8e-9a61-2d5f8b7c0e13", "Acme Desktop", "http://localhost"));
        world.clients.push(Client {
            browser_uris: BTreeSet::from([page.to_owned()]),
            ..client("e4b8a2f6-0d97-4c1b-8e35-6a9f1d2c7b40", "Acme Page", page)
        });
        world.clients.push(Client {
            secret: Some(Secret::new("demo-api-secret".to_owned())),
            serves: servers.known.keys().find(|uri| uri.starts_with("api:")).cloned(),
            ..client("6d1c9a54-2b7e-4f30-9c8d-e1f5a0b3c7d2", "Acme API", "https://api.example/callback")
        });
    }
    let personal = policy.tenants.iter().flat_map(|tenants| tenants.known.values());
    let personal = personal.filter(|tenant| tenant.accounts == AccountKind::Personal);
    if let Some(domain) = personal.flat_map(|tenant| &tenant.names).find(|name| name.contains('.')) {
        world.users.push(User {
            name: format!("jane.roe@{domain}"),
            password: Secret::new("correct horse battery staple".to_owned()),
            full_name: "Jane Roe".to_owned(),
            ..User::default()
        });
    }
    world.join_services(policy);
    world
}

/// One user with a second factor and one confidential client. None of it is secret: it is printed at start.
#[must_use]
pub fn demo_world() -> World {
    World {
        users: vec![User {
            name: "john.doe@acme.example".to_owned(),
            password: Secret::new("correct horse battery staple".to_owned()),
            totp_secret: Some(Secret::new(TOTP_SECRET.to_vec())),
            full_name: "John Doe".to_owned(),
            api_key: Some(Secret::new("demo-api-key".to_owned())),
            ..User::default()
        }],
        clients: vec![Client {
            id: ClientId("5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c".to_owned()),
            secret: Some(Secret::new("demo-client-secret".to_owned())),
            name: "Acme Bookkeeping".to_owned(),
            redirect_uris: vec!["https://client.example/callback".to_owned()],
            post_logout_redirect_uris: vec!["https://client.example/signed-out".to_owned()],
            ..Client::default()
        }],
        ..World::default()
    }
}
