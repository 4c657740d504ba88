//! The user and the client that a realm is seeded with when nobody says otherwise.

use std::collections::BTreeMap;

use crate::proto::client::{Client, ClientId};
use crate::proto::secret::Secret;
use crate::proto::world::{User, World};

/// The TOTP secret of the demo user in Base32: 20 bytes, since authenticator libraries refuse short ones.
pub const DEMO_TOTP_SECRET_BASE32: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// The same as bytes.
const TOTP_SECRET: &[u8] = b"Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef";

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
        access: BTreeMap::new(),
        rules: Vec::new(),
    }
}
