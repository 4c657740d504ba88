//! What may have happened that no request shows.

use std::collections::BTreeSet;

use mock_idp::proto::client::Client;
use mock_idp::proto::policy::Policy;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::World;

use url::Url;

use super::played::Played;
use crate::idp::backup_codes;
use crate::scenario::{Change, Fault};

/// So many backup codes a user is given; how many in truth, no recording shows.
const BACKUP_CODES: u32 = 10;

/// Something that is taken to be so, or to have happened, though no request shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Assumed {
    /// The world was like this from the beginning.
    World(Registered),
    /// A field of the profile is otherwise, as `--set` has it.
    Setting(String),
    /// The world changed before this turn, by its number from 0.
    Change {
        /// Before which turn.
        before: usize,
        /// How.
        change: Change,
    },
    /// Something went wrong in this turn.
    Fault {
        /// In which turn, by its number from 0.
        at: usize,
        /// What.
        fault: Fault,
    },
}

/// What may be wrong with how a client or its user is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The redirection URI that it sends is not the registered one.
    AnotherRedirectUri,
    /// At another host of the provider's, as that of another country.
    Elsewhere,
    /// Its secret is another.
    AnotherSecret,
    /// As a public client, which has no secret.
    Public,
    /// As an application in the browser.
    InBrowser,
    /// For its own tenant alone.
    ForOneTenant,
    /// For assigned users, and its user is none.
    ForOthers,
    /// Its user has no second factor.
    WithoutSecondFactor,
    /// Its user types backup codes.
    BackupCodes,
    /// What it presents first, in the place of an access token, is a key of its user's.
    ApiKey,
}

impl Registered {
    /// All of them.
    pub(super) const ALL: [Self; 10] = [
        Self::AnotherRedirectUri,
        Self::Elsewhere,
        Self::AnotherSecret,
        Self::Public,
        Self::InBrowser,
        Self::ForOneTenant,
        Self::ForOthers,
        Self::WithoutSecondFactor,
        Self::BackupCodes,
        Self::ApiKey,
    ];

    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AnotherRedirectUri => "another redirection URI is registered than the client sends",
            Self::Elsewhere => "the client is registered at another host of the provider's",
            Self::AnotherSecret => "the client's secret is another than it presents",
            Self::Public => "the client is registered as a public one, without a secret",
            Self::InBrowser => "the redirection URI is registered as that of an application in the browser",
            Self::ForOneTenant => "the client is registered for its own tenant alone",
            Self::ForOthers => "the client is for assigned users, and this one is not assigned",
            Self::WithoutSecondFactor => "the user has no second factor",
            Self::BackupCodes => "the codes that the user types are backup codes",
            Self::ApiKey => "what the client presents as an access token is an API key of the user's",
        }
    }

    /// Makes it so.
    pub(super) fn apply(self, world: &mut World, policy: &Policy) {
        let each = |world: &mut World, change: &dyn Fn(&mut Client)| world.clients.iter_mut().for_each(change);
        match self {
            Self::AnotherRedirectUri => {
                each(world, &|client| client.redirect_uris.iter_mut().for_each(|uri| *uri = beside(uri)));
            }
            Self::Elsewhere => {
                each(world, &|client| client.hosts = Some(BTreeSet::from(["elsewhere.example".to_owned()])))
            }
            Self::AnotherSecret => each(world, &|client| client.secret = Some(Secret::new("another".to_owned()))),
            Self::Public => each(world, &|client| client.secret = None),
            Self::InBrowser => {
                each(world, &|client| client.browser_uris = client.redirect_uris.iter().cloned().collect());
            }
            Self::ForOneTenant => {
                let home = policy.tenants.as_ref().map(|tenants| tenants.home.clone());
                each(world, &|client| client.tenant.clone_from(&home));
            }
            Self::ForOthers => each(world, &|client| client.assigned = Some(BTreeSet::new())),
            Self::WithoutSecondFactor => world.users.iter_mut().for_each(|user| user.totp_secret = None),
            Self::BackupCodes => world.users.iter_mut().for_each(|user| user.backup_codes = backup_codes(BACKUP_CODES)),
            // The user has one, and it is put in the place of what was recorded.
            Self::ApiKey => {}
        }
    }
}

/// Another URI at the same host.
fn beside(uri: &str) -> String {
    let registered = Url::parse(uri).and_then(|url| url.join("/registered-callback"));
    registered.map_or_else(|_| "https://client.example/registered-callback".to_owned(), String::from)
}

impl Assumed {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::World(registered) => registered.text().to_owned(),
            Self::Setting(setting) => format!("the profile is set to {setting}"),
            Self::Change { change, .. } => change.describe(),
            Self::Fault { fault, .. } => fault.describe(),
        }
    }
}

/// The settings among what is assumed, as `--set` has them.
pub(crate) fn settings_of(assumed: &[Assumed]) -> Vec<String> {
    let setting = |it: &Assumed| match it {
        Assumed::Setting(setting) => Some(setting.clone()),
        Assumed::World(_) | Assumed::Change { .. } | Assumed::Fault { .. } => None,
    };
    assumed.iter().filter_map(setting).collect()
}

/// What is assumed, and at which entry of the recording.
#[must_use]
pub fn told(assumed: &Assumed, played: &Played) -> String {
    let entry =
        |number: usize| played.turns.get(number).and_then(|turn| turn.entries.last()).copied().unwrap_or_default();
    match assumed {
        Assumed::World(_) | Assumed::Setting(_) => assumed.text(),
        Assumed::Change { before, .. } => format!("{}, before entry {}", assumed.text(), entry(*before)),
        Assumed::Fault { at, .. } => format!("{}, at entry {}", assumed.text(), entry(*at)),
    }
}
