//! The challenges and responses of a login, the same for every protocol that carries them.

use crate::proto::mail::login::Outcome;
use crate::proto::mail::room::Room;
use crate::proto::mail::sasl::{decode, encode, parse};
use crate::proto::mail::{Credentials, MailCause, SaslMechanism};
use crate::proto::policy::SaslChallenge;
use crate::proto::secret::Secret;

/// A login that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SaslExchange {
    mechanism: SaslMechanism,
    /// The name that LOGIN was told.
    user: Option<String>,
    /// What is wrong, once that was said in a challenge.
    refused: Option<MailCause>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SaslStep {
    /// Another response is asked for, by this challenge in Base64.
    Ask(String),
    /// The login was decided.
    Decided(Result<Outcome, MailCause>),
}

impl SaslExchange {
    pub(super) const fn new(mechanism: SaslMechanism) -> Self {
        Self { mechanism, user: None, refused: None }
    }

    pub(super) const fn mechanism(&self) -> SaslMechanism {
        self.mechanism
    }

    /// The challenge that comes first, in Base64: empty where the client begins.
    pub(super) fn first_challenge(&self) -> String {
        match self.mechanism {
            SaslMechanism::Login => encode(b"Username:"),
            SaslMechanism::OauthBearer | SaslMechanism::Plain | SaslMechanism::Xoauth2 => String::new(),
        }
    }

    /// Takes a response as it came, in Base64 and without the end of its line.
    pub(super) fn respond(&mut self, room: &mut Room<'_>, line: &[u8]) -> SaslStep {
        if let Some(cause) = self.refused.take() {
            return SaslStep::Decided(Err(cause));
        }
        if line == b"*" {
            return SaslStep::Decided(Err(MailCause::LoginCancelled));
        }
        let Some(response) = decode(line) else { return SaslStep::Decided(Err(MailCause::ResponseMalformed)) };
        let credentials = if self.mechanism == SaslMechanism::Login {
            let Ok(text) = String::from_utf8(response) else {
                return SaslStep::Decided(Err(MailCause::ResponseMalformed));
            };
            match self.user.take() {
                None => {
                    self.user = Some(text);
                    return SaslStep::Ask(encode(b"Password:"));
                }
                Some(user) => Some(Credentials::Password { user, password: Secret::new(text) }),
            }
        } else {
            parse(self.mechanism, &response)
        };
        let Some(credentials) = credentials else { return SaslStep::Decided(Err(MailCause::ResponseMalformed)) };
        match room.admit(&credentials) {
            Err(cause) if self.explains(room) => {
                self.refused = Some(cause);
                SaslStep::Ask(encode(self.explanation(room).as_bytes()))
            }
            decided => SaslStep::Decided(decided),
        }
    }

    /// Whether a refusal is said in a challenge first.
    fn explains(&self, room: &Room<'_>) -> bool {
        let is_by_token = matches!(self.mechanism, SaslMechanism::Xoauth2 | SaslMechanism::OauthBearer);
        is_by_token && room.mail.challenge == SaslChallenge::Always
    }

    /// What is wrong, in JSON: RFC 7628 section 3.2.2, and what Google wrote down for XOAUTH2.
    fn explanation(&self, room: &Room<'_>) -> String {
        let scope = room.server.scope.clone().unwrap_or_default();
        match self.mechanism {
            SaslMechanism::OauthBearer => {
                serde_json::json!({ "status": "invalid_token", "schemes": "bearer", "scope": scope }).to_string()
            }
            SaslMechanism::Login | SaslMechanism::Plain | SaslMechanism::Xoauth2 => {
                serde_json::json!({ "status": "400", "schemes": "Bearer", "scope": scope }).to_string()
            }
        }
    }
}
