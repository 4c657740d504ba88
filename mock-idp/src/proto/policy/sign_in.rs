//! The sign-in pages.

use crate::proto::policy::{LockOut, SecondFactor};
use crate::proto::time::Span;

/// How a resource owner signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct SignIn {
    /// The path of the pages.
    pub path: String,
    /// The steps, in order. `totp` and `second_factor` are left out for a user who has none.
    pub steps: Vec<Step>,
    /// The authenticator app's codes.
    pub totp: Totp,
    /// Second factors beside a plain authenticator code; the step `second_factor` asks for them. None when absent.
    pub second_factor: Option<SecondFactor>,
    /// What too many failures do; nothing when absent.
    pub lock_out: Option<LockOut>,
    /// When consent is asked for.
    pub consent: Consent,
    /// The names of the form fields, for programs that fill the real provider's form.
    pub fields: FieldNames,
    /// The name of the session cookie.
    pub session_cookie: String,
    /// How long a session lasts after sign-in; nothing means that every authorization asks again.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub session: Span,
    /// How long a started sign-in may take.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub interaction: Span,
    /// What the pages call the provider.
    pub title: String,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            path: "/sign-in".to_owned(),
            steps: vec![Step::Password, Step::Totp],
            totp: Totp::default(),
            second_factor: None,
            lock_out: None,
            consent: Consent::FirstTime,
            fields: FieldNames::default(),
            session_cookie: "session".to_owned(),
            session: Span::from_seconds(8 * 3600),
            interaction: Span::from_seconds(1800),
            title: "Sign in".to_owned(),
        }
    }
}

/// One step of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Step {
    /// Name and password on one page.
    Password,
    /// A code from an authenticator app.
    Totp,
    /// The name alone, on a page of its own: what follows is proof enough.
    UserName,
    /// A code from the app, from an e-mail, or one of the backup codes.
    SecondFactor,
}

/// Time-based one-time passwords (RFC 6238).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Totp {
    /// Digits of a code, 6 to 8.
    pub digits: u32,
    /// The time step.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub period: Span,
    /// How many steps before and after the current one are taken too (section 5.2 recommends one).
    pub window: u32,
}

impl Default for Totp {
    fn default() -> Self {
        Self { digits: 6, period: Span::from_seconds(30), window: 1 }
    }
}

/// When the resource owner is asked to consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Consent {
    /// At every authorization.
    Always,
    /// Once for each user and client.
    FirstTime,
    /// Never.
    Never,
}

/// The names of the form fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct FieldNames {
    /// The user's name.
    pub user_name: String,
    /// The password.
    pub password: String,
    /// The authenticator code.
    pub totp: String,
    /// The code of a second factor, wherever it came from.
    pub code: String,
}

impl Default for FieldNames {
    fn default() -> Self {
        Self {
            user_name: "username".to_owned(),
            password: "password".to_owned(),
            totp: "totp".to_owned(),
            code: "code".to_owned(),
        }
    }
}
