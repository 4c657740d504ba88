//! Second factors, and what happens when factors are wrong too often.

use std::collections::BTreeSet;

use crate::proto::time::Span;

/// A second factor that a resource owner may have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct SecondFactor {
    /// The ways to get a code.
    pub methods: BTreeSet<SecondMethod>,
    /// One-time codes that are taken instead, at sign-in and never at set-up; none when absent.
    pub backup_codes: Option<BackupCodes>,
    /// How long a code that was sent by e-mail is good for.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub email_lifetime: Span,
    /// For how long a device can be trusted, so that no code is asked for there; the page does not offer it when absent.
    #[cfg_attr(feature = "profiles", schemars(with = "Option<String>"))]
    pub trust: Option<Span>,
    /// Of whom it is asked.
    pub asked: Asked,
    /// How a user comes by a second factor.
    pub set_up: SetUp,
    /// The path of the page where a signed-in user sets it up; none when absent.
    pub set_up_path: Option<String>,
}

impl Default for SecondFactor {
    fn default() -> Self {
        Self {
            methods: BTreeSet::from([SecondMethod::App]),
            backup_codes: None,
            email_lifetime: Span::from_seconds(600),
            trust: None,
            asked: Asked::OfEnrolled,
            set_up: SetUp::OptIn,
            set_up_path: None,
        }
    }
}

/// A way to get a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SecondMethod {
    /// From an authenticator app (RFC 6238).
    App,
    /// By e-mail, when asked for.
    Email,
}

/// Of whom a second factor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Asked {
    /// Of everybody who has one.
    OfEnrolled,
    /// Of those for whom a rule of the world asks for it.
    ByRule,
}

/// How a user comes by a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SetUp {
    /// By choice, on the set-up page. Who has none is not asked.
    OptIn,
    /// At sign-in, by e-mail, for everybody who has none.
    Automatic,
}

/// One-time backup codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct BackupCodes {
    /// How many a set has.
    pub count: u32,
    /// How many digits each has.
    pub digits: u32,
}

impl Default for BackupCodes {
    fn default() -> Self {
        Self { count: 10, digits: 8 }
    }
}

/// What too many failures do to an account. A wrong second factor counts as a wrong password does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct LockOut {
    /// The failure that locks the account, counted from the last sign-in that was right.
    pub failures: u32,
    /// How long it stays locked; until somebody unlocks it when absent.
    #[cfg_attr(feature = "profiles", serde(default), schemars(with = "Option<String>"))]
    pub lasts: Option<Span>,
}
