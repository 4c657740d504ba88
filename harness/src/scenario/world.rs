//! What the world is like when a scenario begins. What is left out is the profile's own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::by_profile::ByProfile;
use super::duration::TimeSpan;
use super::id::ProfileName;
use super::located::text;
use super::problem::Problem;
use super::stores::Stores;
use crate::adapter::protocol::ClientAuthentication;

/// 2021-11-15T02:00:00Z: a Monday night, the hour of the report that the first scenarios come from.
const DEFAULT_START: Timestamp = Timestamp::constant(1_636_941_600, 0);

/// The world at the start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// The realm's time when the first step begins, RFC 3339 in UTC, ending in `Z`.
    #[serde(deserialize_with = "timestamp")]
    #[schemars(with = "String", extend("format" = "date-time", "pattern" = "Z$"))]
    pub start: Timestamp,
    /// The resource owner.
    pub user: User,
    /// How the client is registered.
    pub client: Client,
    /// Fields of the profile's policy that are otherwise in this scenario, as `--set` of `mock-idp serve` has them:
    /// `api.limits.minutely.count=2`.
    #[schemars(inner(regex(pattern = "^[a-z_.]+=")))]
    pub settings: Vec<String>,
    /// Which workers share which store; left out, all workers share one. Workers in different stores are different
    /// installations of the same client, with the same user: neither knows what the other holds.
    pub stores: Stores,
    /// Mail, where the provider has any.
    pub mail: Mail,
    /// The users of the service beside the provider, by the fields that the profile has for them; left out, the resource owner is one.
    pub service_users: Option<Vec<BTreeMap<String, String>>>,
    /// What is otherwise for one of the `profiles` of the scenario.
    pub by_profile: BTreeMap<ProfileName, ByProfile>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            start: DEFAULT_START,
            user: User::default(),
            client: Client::default(),
            settings: Vec::new(),
            stores: Stores::default(),
            mail: Mail::default(),
            service_users: None,
            by_profile: BTreeMap::new(),
        }
    }
}

/// The resource owner's account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// The sign-in name.
    pub name: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// Whether a second factor by TOTP (RFC 6238) is enrolled.
    pub totp: bool,
    /// Whether codes of a second factor are sent by e-mail.
    pub email_codes: bool,
    /// How many backup codes the user was given.
    pub backup_codes: u32,
    /// Whether an e-mail address of theirs is known.
    pub mail: bool,
    /// The address, where it is not the sign-in name.
    pub email: Option<String>,
}

impl Default for User {
    fn default() -> Self {
        Self { name: None, password: None, totp: true, email_codes: false, backup_codes: 0, mail: true, email: None }
    }
}

/// The client's registration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// Where the client puts its credentials (RFC 6749 section 2.3.1).
    pub authentication: Option<ClientAuthentication>,
    /// The provider's host at which it is registered, for a client of another country; left out, it is at all of them.
    pub registered_at: Option<String>,
    /// The scopes that it was granted when it was registered; left out, all.
    pub scopes: Option<Vec<String>>,
    /// The scope that it asks for, where it does not speak OpenID Connect; left out, it names none.
    pub scope: Option<String>,
    /// Whose endpoints it uses, where they name a tenant: its identifier, a name of it, or a word such as `common`; left out, the home
    /// tenant's.
    pub tenant: Option<String>,
    /// The URI of the resource server that it is itself, as the profile knows it.
    pub serves: Option<String>,
    /// The client speaks OpenID Connect, and discovers the provider; left out, it speaks OAuth and is configured by hand.
    pub openid: Option<SpeaksOpenId>,
    /// What it declares that it understands, such as `cp1` for challenges for claims.
    pub capabilities: Vec<String>,
    /// Whether it is registered as the application of a browser.
    pub in_browser: bool,
    /// Whether it is registered for its own tenant alone.
    pub one_tenant: bool,
    /// Whether it is for users who are assigned to it, and the resource owner is not.
    pub unassigned: bool,
    /// What the client was configured with by mistake, where that is not what it is registered with.
    pub misconfigured: Misconfigured,
}

/// How a client speaks OpenID Connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpeaksOpenId {
    /// The scope that it asks for; left out, who it is, a refresh token, and the API.
    pub scope: Option<String>,
    /// How long ago the resource owner may have signed in at most.
    pub max_age: Option<TimeSpan>,
}

/// A client's configuration where it is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Misconfigured {
    /// `client_id`.
    pub id: Option<String>,
    /// `client_secret`.
    pub secret: Option<String>,
    /// The redirection URI.
    pub redirect_uri: Option<String>,
}

/// Mailboxes, and what the client was told of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The address that the client is configured with; left out, the resource owner's.
    pub user: Option<String>,
    /// Whether the client is configured with the resource owner's password in place of OAuth.
    pub password: bool,
    /// The subjects of the messages that are in the resource owner's INBOX, oldest first.
    pub messages: Vec<String>,
    /// Whether the resource owner has no mailbox.
    pub no_mailbox: bool,
    /// A mailbox that is nobody's own.
    pub shared: Option<SharedMailbox>,
}

/// A mailbox that is nobody's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedMailbox {
    /// Its address.
    pub address: String,
    /// Whether the resource owner may open it.
    #[serde(default)]
    pub full_access: bool,
    /// Whether the resource owner may send in its name.
    #[serde(default)]
    pub send_as: bool,
    /// Whether the client may use it on its own behalf.
    #[serde(default)]
    pub application: bool,
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    text(deserializer, |text| match text.parse::<Timestamp>() {
        Ok(time) if text.ends_with('Z') => Ok(time),
        Ok(_) | Err(_) => Err(Problem::new(format!("`{text}` is no time in UTC"))
            .help("write it as RFC 3339 has it, ending in `Z`: `2021-11-15T02:00:00Z`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_start_is_what_its_name_says() {
        assert_eq!(DEFAULT_START.to_string(), "2021-11-15T02:00:00Z");
    }
}
