//! What holds for all protected resources: divisions, rate limits, and the limit on errors.

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::time::Span;

/// What holds for all protected resources. By default there are no divisions and no limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Api {
    /// Where the resources with a division are, such as `/api/{division}`. Below it, a path without a resource is refused only
    /// after the token was looked at, and it counts in limits; elsewhere nothing is known of such a path.
    pub base: Option<String>,
    /// The header field that an API key of a user may come in, instead of a token; none where there are no API keys.
    pub key_header: Option<String>,
    /// The divisions by name, and whether users are let in; the world may say otherwise for one user. Without any, every name
    /// is a division and open.
    pub divisions: BTreeMap<String, Access>,
    /// Rate limits by name. Their header fields stand in the order of the names.
    pub limits: BTreeMap<String, Limit>,
    /// The limit on errors; none when absent.
    pub error_limit: Option<ErrorLimit>,
}

/// Whether somebody is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Access {
    /// They are.
    Open,
    /// They are not, and the provider's word for why.
    Refused(String),
}

/// A rate limit: so many requests in each window of the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Limit {
    /// The length of a window. Windows lie end to end from 1970 on, in UTC: `1m` is the clock minute, `1d` the day.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub window: Span,
    /// How many requests are served in one window.
    pub count: u32,
    /// What has a count of its own.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub per: BTreeSet<Per>,
    /// Which requests count.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub covers: Covers,
    /// The names of its header fields. A request that is over the limit gets the fields of that limit and of no other.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub headers: LimitHeaders,
    /// How the end of the window is written.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub reset_unit: ResetUnit,
}

/// What has a count of its own. Nothing named: one count for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Per {
    /// Each client.
    Client,
    /// Each user.
    User,
    /// Each division.
    Division,
    /// Each resource. All paths without a resource are one.
    Endpoint,
}

/// Which requests count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Covers {
    /// All.
    #[default]
    Everything,
    /// Those whose path names a division that there is.
    WithDivision,
    /// Those whose path begins like one of these, such as `/api/{division}/bulk`.
    Under(Vec<String>),
}

/// The names of header fields; none is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct LimitHeaders {
    /// How many requests a window has.
    pub limit: Option<String>,
    /// How many are left of it after this one.
    pub remaining: Option<String>,
    /// When the window ends.
    pub reset: Option<String>,
}

/// How the end of a window is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ResetUnit {
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// Seconds since 1970.
    #[default]
    EpochSeconds,
    /// Seconds from now on, rounded up.
    DeltaSeconds,
}

/// The limit on errors: whoever gets too many is shut out for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct ErrorLimit {
    /// The statuses that count.
    pub statuses: BTreeSet<u16>,
    /// How many of them in one window do no harm; the next one shuts out.
    pub count: u32,
    /// The length of a window, which lies as those of [`Limit::window`].
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub window: Span,
    /// What has a count of its own and is shut out.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub per: BTreeSet<Per>,
    /// Which requests count.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub covers: Covers,
    /// How long the first time is.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub block: Span,
    /// How many times as long as the last one each further time is; 1 for always the same.
    pub growth: u32,
    /// How long after its end a time counts as the last one.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub remembered: Span,
}
