//! Services beside the provider that take its tokens and cannot read them.

use std::collections::BTreeMap;

use crate::proto::policy::ResourceBody;
use crate::proto::template::Template;
use crate::proto::time::Span;

/// A service beside the provider. It knows nothing of tokens: it asks a resource of the provider with the token that it was given, takes
/// who that is out of the answer, and from then on goes by a cookie of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Service {
    /// Where it is. A slash at the end makes no difference.
    pub path: String,
    /// The query parameter that says who vouches for the token.
    pub voucher_parameter: String,
    /// Who does where the parameter is empty or left out; nobody when absent.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub default_voucher: Option<String>,
    /// Who can vouch for tokens, by what the parameter says.
    pub vouchers: BTreeMap<String, Voucher>,
    /// The header field in which a refresh token may come along; none where none is taken.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    pub refresh_token_header: Option<String>,
    /// By what its own users are known.
    pub users: ServiceUsers,
    /// Its sessions.
    pub session: ServiceSessions,
    /// The answer to a request that is let in. The templates know `origin`, `path`, `now`, and `user`, the value by which the user was found.
    pub response: ResourceBody,
}

/// Who vouches for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Voucher {
    /// A resource of the provider: what it answers is taken for the user.
    Asks(AskedResource),
    /// Nobody but the service: the token is a key of one of its own users.
    OwnKeys,
}

/// A resource that is asked who a token belongs to, by GET and with the token as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct AskedResource {
    /// Its path.
    pub validate_at: String,
    /// Its host.
    pub host: String,
    /// Whether the status is looked at: anything but a 2xx is then a refusal. Otherwise every body counts as a user.
    pub checks_status: bool,
}

/// By what the users of a service are known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct ServiceUsers {
    /// The member of the answer that says who it is.
    pub claim: String,
    /// The field of the service's users that it is compared with.
    pub field: String,
    /// Whether the comparison passes over upper and lower case.
    pub ignores_case: bool,
    /// Users that are not there yet.
    pub registration: ServiceScript,
    /// Users that are.
    pub update: ServiceScript,
}

/// What happens to a user of the service at a login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct ServiceScript {
    /// Whether it happens.
    pub enabled: bool,
    /// The fields that are set. The templates know the members of the answer that are texts, and `now`.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub fields: BTreeMap<String, Template>,
}

/// The sessions of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct ServiceSessions {
    /// The name of the cookie.
    pub cookie: String,
    /// How long a session lives; for ever when absent. The life of the token has no part in it.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "Option::is_none"))]
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub lifetime: Option<Span>,
    /// Whether the tokens of a login are kept in its session.
    pub keeps_tokens: bool,
}
