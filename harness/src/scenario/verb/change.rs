//! `change`: something in the world becomes different behind the client's back.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::adapter::protocol::MailProtocol;
use crate::scenario::located::{Located, checked, text};
use crate::scenario::problem::Problem;
use crate::scenario::yaml::exactly_one_of;

/// One change of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The resource owner's password is now this.
    Password(String),
    /// The resource owner enrolled a new second factor with this secret, in Base32 (RFC 4648 section 6).
    TotpSecret(String),
    /// The resource owner took back the consent: every token of the client ends.
    ConsentWithdrawn,
    /// The provider revoked every refresh token of the client.
    RefreshTokensRevoked,
    /// Every signing key of the provider's gave way to a new one.
    KeysRolled,
    /// Something happened to the resource owner's account.
    Account(Account),
    /// Something happened to the client's registration.
    Registration(Registration),
    /// There is a rule about who gets tokens from now on.
    Rule(Rule),
    /// There is none any more.
    NoRule,
    /// The provider exempts the client from one of its policies.
    Exempt(Exemption),
    /// The resource owner is let into protected resources from now on, or no longer.
    Access(Access),
    /// A message with this subject comes to the resource owner's INBOX.
    MailArrives(String),
    /// A mail protocol is switched off.
    MailOff(MailOff),
}

/// A mail protocol that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailOff {
    /// Which.
    pub protocol: MailProtocol,
    /// Whether for all mailboxes, and not for the resource owner's alone.
    #[serde(default)]
    pub everybody: bool,
}

/// What happens to the resource owner's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Somebody unlocked it, which too many failures had locked.
    Unlocked,
    /// It is disabled.
    Disabled,
    /// It is enabled again.
    Enabled,
    /// Its password expired.
    PasswordExpired,
    /// Its user changed the password.
    PasswordChanged,
    /// Its user forgot the password and set another.
    PasswordRecovered,
    /// An administrator set another password.
    PasswordReset,
    /// An administrator did so at the newer of the provider's two sites.
    PasswordResetAtCentre,
    /// Its user revoked all sessions.
    RevokedByUser,
    /// An administrator did.
    RevokedByAdministrator,
    /// Its user signed out everywhere.
    SignedOut,
}

impl Account {
    const fn describe(self) -> &'static str {
        match self {
            Self::Unlocked => "the account is unlocked",
            Self::Disabled => "the account is disabled",
            Self::Enabled => "the account is enabled again",
            Self::PasswordExpired => "the password expires",
            Self::PasswordChanged => "the user changes the password",
            Self::PasswordRecovered => "the user sets a forgotten password anew",
            Self::PasswordReset => "an administrator resets the password",
            Self::PasswordResetAtCentre => "an administrator resets the password in the admin centre",
            Self::RevokedByUser => "the user revokes all sessions",
            Self::RevokedByAdministrator => "an administrator revokes all sessions of the user",
            Self::SignedOut => "the user signs out everywhere",
        }
    }
}

/// What happens to the client's registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// It is disabled.
    Disabled,
    /// It is enabled again.
    Enabled,
    /// Its secret's time is over.
    SecretExpired,
}

/// What a rule about who gets tokens asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A sign-in with a second factor.
    SecondFactor,
    /// What nobody can give: access is blocked.
    Impossible,
}

/// Who is let in where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Which division; nothing stands for all resources.
    pub division: Option<String>,
    /// The provider's word for why not; nothing when they are let in.
    pub refused: Option<String>,
}

/// A policy from which a client can be exempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// Superseded refresh tokens stay valid.
    KeepsSupersededTokens,
    /// Token requests may follow one another at any speed.
    NoMinimumInterval,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum WithdrawnOnly {
    Withdrawn,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RevokedOnly {
    Revoked,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RolledOnly {
    Rolled,
}

/// A rule, or that there is none any more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RuleOrNone {
    SecondFactor,
    Impossible,
    Removed,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OpenOnly {
    Open,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct AccessFields {
    /// Which division; left out, all resources.
    division: Option<Filled>,
    /// The provider's word for why the resource owner is not let in.
    refused: Option<Located<Filled>>,
    /// They are let in again: `open`.
    again: Option<Located<OpenOnly>>,
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = ["refused", "again"];
        checked(deserializer, |AccessFields { division, refused, again }: AccessFields| {
            let division = division.map(|Filled(division)| division);
            match (refused, again) {
                (Some(refused), None) => Ok(Self { division, refused: Some(refused.value.0) }),
                (None, Some(Located { value: OpenOnly::Open, .. })) => Ok(Self { division, refused: None }),
                (None, None) => Err(exactly_one_of(&names, &[])),
                (Some(_), Some(again)) => Err(exactly_one_of(&names, &names).at(&again)),
            }
        })
    }
}

impl JsonSchema for Access {
    fn schema_name() -> Cow<'static, str> {
        "Access".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        AccessFields::json_schema(generator)
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
struct Fields {
    /// The resource owner's password is now this.
    password: Option<Located<Filled>>,
    /// The resource owner's TOTP secret is now this, in Base32.
    totp_secret: Option<Located<Base32>>,
    /// The resource owner took back the consent.
    consent: Option<Located<WithdrawnOnly>>,
    /// The provider revoked every refresh token of the client.
    refresh_tokens: Option<Located<RevokedOnly>>,
    /// The provider's signing keys gave way to new ones.
    keys: Option<Located<RolledOnly>>,
    /// Something happened to the resource owner's account.
    account: Option<Located<Account>>,
    /// Something happened to the client's registration.
    registration: Option<Located<Registration>>,
    /// There is a rule about who gets tokens, or none any more.
    rule: Option<Located<RuleOrNone>>,
    /// The provider exempts the client from this policy.
    exempt: Option<Located<Exemption>>,
    /// The resource owner is let into protected resources, or no longer.
    access: Option<Located<Access>>,
    /// A message with this subject comes to the resource owner's INBOX.
    mail_arrives: Option<Located<Filled>>,
    /// A mail protocol is switched off.
    mail_off: Option<Located<MailOff>>,
}

/// A text with something in it.
#[derive(Debug, JsonSchema)]
struct Filled(#[schemars(length(min = 1))] String);

impl<'de> Deserialize<'de> for Filled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |password| match password {
            "" => Err(Problem::new("an empty password")),
            _ => Ok(Self(password.to_owned())),
        })
    }
}

/// A TOTP secret of at least 80 bits, as the providers in the field hand them out.
#[derive(Debug, JsonSchema)]
struct Base32(#[schemars(regex(pattern = "^[A-Z2-7]{16,}$"))] String);

impl<'de> Deserialize<'de> for Base32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |secret| {
            let help = "write 16 or more of the letters `A` to `Z` and the digits `2` to `7`, without `=`";
            match secret.chars().position(|c| !matches!(c, 'A'..='Z' | '2'..='7')) {
                Some(index) => Err(Problem::new("not Base32").help(help).within(index, 1)),
                None if secret.len() < 16 => Err(Problem::new("too short a secret").help(help)),
                None => Ok(Self(secret.to_owned())),
            }
        })
    }
}

impl Change {
    /// The verb.
    pub const NAME: &str = "change";
    /// A complete step, for messages.
    pub(in crate::scenario) const EXAMPLE: &str = "change: { consent: withdrawn }";
    const NAMES: [&str; 12] = [
        "password",
        "totp_secret",
        "consent",
        "refresh_tokens",
        "keys",
        "account",
        "registration",
        "rule",
        "exempt",
        "access",
        "mail_arrives",
        "mail_off",
    ];

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let whole = match self {
            Self::Access(Access { division, refused }) => {
                let place = division.as_ref().map_or("all resources".to_owned(), |it| format!("division {it}"));
                return match refused {
                    Some(why) => format!("the user is shut out from {place}: {why}"),
                    None => format!("the user is let into {place} again"),
                };
            }
            Self::MailArrives(subject) => return format!("a message comes: {subject}"),
            Self::MailOff(MailOff { protocol, everybody }) => {
                let whom = if *everybody { "everybody" } else { "the mailbox" };
                return format!("{} is switched off for {whom}", protocol.name().to_ascii_uppercase());
            }
            Self::Password(_) => "the password is changed",
            Self::TotpSecret(_) => "the second factor is enrolled anew",
            Self::ConsentWithdrawn => "the consent is withdrawn",
            Self::RefreshTokensRevoked => "all refresh tokens are revoked",
            Self::KeysRolled => "the signing keys give way to new ones",
            Self::Account(event) => event.describe(),
            Self::Registration(Registration::Disabled) => "the client is disabled",
            Self::Registration(Registration::Enabled) => "the client is enabled again",
            Self::Registration(Registration::SecretExpired) => "the client's secret expires",
            Self::Rule(Rule::SecondFactor) => "a rule asks for a second factor",
            Self::Rule(Rule::Impossible) => "a rule blocks the access",
            Self::NoRule => "the rule is gone",
            Self::Exempt(Exemption::KeepsSupersededTokens) => {
                "the client is exempt: superseded refresh tokens stay valid"
            }
            Self::Exempt(Exemption::NoMinimumInterval) => "the client is exempt: no minimum interval between refreshes",
        };
        whole.to_owned()
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        checked(deserializer, |fields: Fields| {
            let Fields {
                password,
                totp_secret,
                consent,
                refresh_tokens,
                keys,
                account,
                registration,
                rule,
                exempt,
                access,
                mail_arrives,
                mail_off,
            } = fields;
            let changes = [
                password.map(|found| found.map(|Filled(password)| Self::Password(password))),
                totp_secret.map(|found| found.map(|Base32(secret)| Self::TotpSecret(secret))),
                consent.map(|found| found.map(|WithdrawnOnly::Withdrawn| Self::ConsentWithdrawn)),
                refresh_tokens.map(|found| found.map(|RevokedOnly::Revoked| Self::RefreshTokensRevoked)),
                keys.map(|found| found.map(|RolledOnly::Rolled| Self::KeysRolled)),
                account.map(|found| found.map(Self::Account)),
                registration.map(|found| found.map(Self::Registration)),
                rule.map(|found| {
                    found.map(|rule| match rule {
                        RuleOrNone::SecondFactor => Self::Rule(Rule::SecondFactor),
                        RuleOrNone::Impossible => Self::Rule(Rule::Impossible),
                        RuleOrNone::Removed => Self::NoRule,
                    })
                }),
                exempt.map(|found| found.map(Self::Exempt)),
                access.map(|found| found.map(Self::Access)),
                mail_arrives.map(|found| found.map(|Filled(subject)| Self::MailArrives(subject))),
                mail_off.map(|found| found.map(Self::MailOff)),
            ];
            let names: Vec<&str> = Self::NAMES
                .into_iter()
                .zip(&changes)
                .filter(|(_, found)| found.is_some())
                .map(|(name, _)| name)
                .collect();
            let mut given = changes.into_iter().flatten();
            match (given.next(), given.next()) {
                (Some(change), None) => Ok(change.value),
                (Some(first), Some(second)) => {
                    let later = if second.position > first.position { second } else { first };
                    Err(exactly_one_of(&Self::NAMES, &names).at(&later))
                }
                (None, _) => Err(exactly_one_of(&Self::NAMES, &names)),
            }
        })
    }
}

impl JsonSchema for Change {
    fn schema_name() -> Cow<'static, str> {
        "Change".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Fields::json_schema(generator)
    }
}
