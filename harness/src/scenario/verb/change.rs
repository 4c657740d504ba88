//! `change`: something in the world becomes different behind the client's back.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

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
    /// Somebody unlocked the resource owner's account, which too many failures had locked.
    Unlocked,
    /// The provider exempts the client from one of its policies.
    Exempt(Exemption),
    /// The resource owner is let into protected resources from now on, or no longer.
    Access(Access),
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UnlockedOnly {
    Unlocked,
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
    /// Somebody unlocked the resource owner's account.
    account: Option<Located<UnlockedOnly>>,
    /// The provider exempts the client from this policy.
    exempt: Option<Located<Exemption>>,
    /// The resource owner is let into protected resources, or no longer.
    access: Option<Located<Access>>,
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
    const NAMES: [&str; 8] =
        ["password", "totp_secret", "consent", "refresh_tokens", "keys", "account", "exempt", "access"];

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
            Self::Password(_) => "the password is changed",
            Self::TotpSecret(_) => "the second factor is enrolled anew",
            Self::ConsentWithdrawn => "the consent is withdrawn",
            Self::RefreshTokensRevoked => "all refresh tokens are revoked",
            Self::KeysRolled => "the signing keys give way to new ones",
            Self::Unlocked => "the account is unlocked",
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
            let Fields { password, totp_secret, consent, refresh_tokens, keys, account, exempt, access } = fields;
            let changes = [
                password.map(|found| found.map(|Filled(password)| Self::Password(password))),
                totp_secret.map(|found| found.map(|Base32(secret)| Self::TotpSecret(secret))),
                consent.map(|found| found.map(|WithdrawnOnly::Withdrawn| Self::ConsentWithdrawn)),
                refresh_tokens.map(|found| found.map(|RevokedOnly::Revoked| Self::RefreshTokensRevoked)),
                keys.map(|found| found.map(|RolledOnly::Rolled| Self::KeysRolled)),
                account.map(|found| found.map(|UnlockedOnly::Unlocked| Self::Unlocked)),
                exempt.map(|found| found.map(Self::Exempt)),
                access.map(|found| found.map(Self::Access)),
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
