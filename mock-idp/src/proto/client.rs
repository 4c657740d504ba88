//! Clients as the provider knows them (RFC 6749 section 2).

use std::collections::BTreeSet;
use std::fmt;

use crate::proto::jose::Algorithm;
use crate::proto::policy::AccountKind;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// `client_id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClientId(pub String);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// `client_secret`; none makes it a public client (section 2.1).
    pub secret: Option<Secret<String>>,
    /// The name that the consent page shows.
    pub name: String,
    /// The registered redirection URIs (section 3.1.2), raw text.
    pub redirect_uris: Vec<String>,
    /// The rules of the provider that do not hold for this client.
    pub exemptions: BTreeSet<Exemption>,
    /// The provider's hosts at which it is registered; none stands for all. A client of another country is unknown here.
    pub hosts: Option<BTreeSet<String>>,
    /// The scopes that it was granted when it was registered; none stands for all.
    pub scopes: Option<BTreeSet<String>>,
    /// Its public keys (RFC 7517), by which it signs what it says of itself (RFC 7523).
    pub jwks: Vec<serde_json::Value>,
    /// Where it may have the browser sent after signing out (RP-Initiated Logout 1.0 section 3).
    pub post_logout_redirect_uris: Vec<String>,
    /// What signs its ID tokens, where it registered something else than is usual.
    pub id_token_algorithm: Option<Algorithm>,
    /// The tenant that it is registered for; none stands for all.
    pub tenant: Option<String>,
    /// The kinds of accounts that it is registered for; none stands for all.
    pub accounts: Option<BTreeSet<AccountKind>>,
    /// Those of its redirection URIs that belong to an application in the browser.
    pub browser_uris: BTreeSet<String>,
    /// When its secret's time is over.
    pub secret_ends: Option<Timestamp>,
    /// Whether it was disabled.
    pub disabled: bool,
    /// The users who may use it; none stands for all.
    pub assigned: Option<BTreeSet<String>>,
    /// Whether tokens in authorization responses were allowed to it when it was registered.
    pub implicit: bool,
    /// The URI of the resource server that it is itself, where it is one.
    pub serves: Option<String>,
    /// Whether its refresh tokens are those of a family of clients.
    pub in_family: bool,
}

impl Client {
    /// Whether it has nothing to prove who it is with (RFC 6749 section 2.1).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.secret.is_none() && self.jwks.is_empty()
    }

    /// Whether it is registered at this host of the provider's.
    pub(crate) fn is_registered_at(&self, host: Option<&str>) -> bool {
        match (&self.hosts, host) {
            (Some(hosts), Some(host)) => hosts.contains(host),
            (Some(_) | None, _) => true,
        }
    }
}

/// A rule that a provider may suspend for one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Exemption {
    /// Superseded refresh tokens stay usable.
    KeepsSupersededTokens,
    /// No minimum interval between token responses.
    NoMinimumInterval,
}
