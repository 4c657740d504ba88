//! `authorize`: the client begins an authorization code grant (RFC 6749 section 4.1) or an implicit one (4.2), and the harness plays the resource
//! owner's browser on real pages.

use schemars::JsonSchema;
use serde::Deserialize;

use super::deliver::RedirectName;
use crate::adapter::protocol::AuthorizationGrant;

/// Runs a grant from the client's request to its answer to the redirect.
///
/// A step without `expect` must succeed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Authorize {
    /// Which grant the client begins.
    pub grant: AuthorizationGrant,
    /// What the resource owner says when asked.
    pub consent: Consent,
    /// The passwords that the resource owner tries, one after the other; the right one alone when left out.
    pub passwords: Vec<Password>,
    /// The codes that the resource owner tries where one is asked for, one after the other; the authenticator's when left out.
    pub codes: Vec<SecondFactorCode>,
    /// Whether the resource owner lets the provider trust the device.
    pub trust_device: bool,
    /// How often the redirect reaches the client.
    pub callback: Callback,
    /// What becomes of `state` on the way back (RFC 6749 section 10.12).
    pub state: State,
    /// What becomes of `code` on the way back.
    pub code: Code,
    /// What becomes of `iss` on the way back (RFC 9207).
    pub iss: Issuer,
    /// What the resource owner's browser remembers.
    pub browser: Browser,
    /// The redirect is not delivered: it is kept under this name, and a `deliver` hands it over, to whichever worker. Until then
    /// the authorization is open.
    pub keep_redirect_as: Option<RedirectName>,
}

/// The resource owner's decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Access is granted.
    #[default]
    Grant,
    /// Access is refused: the client gets `access_denied`.
    Refuse,
}

/// A password that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// The user's.
    Right,
    /// Another.
    Wrong,
}

/// A code of a second factor that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorCode {
    /// What the authenticator shows now.
    App,
    /// What the authenticator showed three minutes ago.
    AppThreeMinutesAgo,
    /// What the authenticator showed so long ago that it is no longer taken.
    AppLate,
    /// One is sent by e-mail, read there and typed.
    Email,
    /// The newest that came by e-mail, without asking for another.
    EmailAgain,
    /// The next backup code that was not typed yet.
    Backup,
    /// What was typed last, in whichever sign-in.
    Again,
    /// One that is none.
    Wrong,
}

/// The resource owner's browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Browser {
    /// The one of earlier authorizations, with its cookies.
    #[default]
    Kept,
    /// One that knows nothing, as a headless one that is started for this sign-in.
    Fresh,
}

/// How often the redirect is delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    /// Once.
    #[default]
    Once,
    /// Twice, as when a page is reloaded. The step's answer is that to the second delivery.
    Twice,
}

/// The `state` that comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As the client sent it.
    #[default]
    Kept,
    /// Another one, as in a forged request.
    Forged,
}

/// The `iss` that comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// As the provider sent it.
    #[default]
    Kept,
    /// Another one, as when a second provider answers for the first.
    Foreign,
    /// None, although the provider says that it sends one.
    Removed,
}

/// The `code` that comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// As the provider sent it.
    #[default]
    Kept,
    /// Percent-encoded once more by something on the way.
    EncodedAgain,
}

impl Authorize {
    /// The verb.
    pub const NAME: &str = "authorize";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut turns = Vec::new();
        if self.consent == Consent::Refuse {
            turns.push("consent is refused");
        }
        if self.callback == Callback::Twice {
            turns.push("the redirect is delivered twice");
        }
        if self.state == State::Forged {
            turns.push("the state is forged");
        }
        if self.code == Code::EncodedAgain {
            turns.push("the code is encoded once more");
        }
        if !self.passwords.is_empty() {
            turns.push("the resource owner tries several passwords");
        }
        if !self.codes.is_empty() {
            turns.push("the resource owner tries given codes");
        }
        if self.trust_device {
            turns.push("the device is to be trusted");
        }
        match self.iss {
            Issuer::Kept => {}
            Issuer::Foreign => turns.push("the issuer is another one"),
            Issuer::Removed => turns.push("the issuer is taken out"),
        }
        if self.browser == Browser::Fresh {
            turns.push("in a fresh browser");
        }
        let kept = self.keep_redirect_as.as_ref().map(|name| format!("the redirect is kept as \"{}\"", name.as_str()));
        turns.extend(kept.as_deref());
        let verb = match self.grant {
            AuthorizationGrant::Code => "authorize",
            AuthorizationGrant::Implicit => "authorize by the implicit grant",
        };
        if turns.is_empty() { verb.to_owned() } else { format!("{verb}; {}", turns.join(", ")) }
    }
}
