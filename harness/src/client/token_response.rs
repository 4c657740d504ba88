//! What the token endpoint answered (RFC 6749 sections 5.1 and 5.2), read tolerantly.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::client::http::{HttpError, HttpReply};
use crate::client::mistake::Mistake;
use crate::client::secret::Secret;
use crate::client::store::StoredTokens;
use crate::client::time::Timestamp;

/// What an answer of the token endpoint means to a client.
#[derive(Debug, PartialEq)]
pub(crate) enum TokenAnswer {
    /// Tokens.
    Issued(TokenResponse),
    /// A definite no.
    Refused(Refusal),
    /// Neither.
    Unusable(Unusable),
}

/// The token response.
#[derive(Debug, PartialEq)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: Secret,
    token_type: String,
    expires_in: Option<Duration>,
    pub(crate) refresh_token: Option<Secret>,
    /// OpenID Connect Core section 3.1.3.3.
    pub(crate) id_token: Option<Secret>,
}

/// An OAuth error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) description: Option<String>,
    /// What the provider says beside the error, where it does.
    pub(crate) suberror: Option<String>,
    /// The claims that another access token must have, as JSON.
    pub(crate) claims: Option<String>,
}

/// An answer that says nothing about the grant that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) why: String,
    /// Whether the provider may have issued tokens all the same.
    pub(crate) in_doubt: bool,
    /// Seconds of a `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
}

impl TokenAnswer {
    /// Reads an answer, or the lack of one.
    pub(crate) fn read(reply: Result<HttpReply, HttpError>, mistake: Option<Mistake>) -> Self {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return Self::unusable(format!("the token endpoint: {error}"), error.was_sent(), None),
        };
        let status = reply.status;
        match status {
            200..=299 => match TokenResponse::parse(&reply.body, mistake) {
                Ok(response) => Self::Issued(response),
                Err(why) => Self::unusable(format!("the token endpoint answered {status} {why}"), true, None),
            },
            429 => Self::unusable("the token endpoint answered 429".to_owned(), false, reply.retry_after),
            400..=499 => match Refusal::parse(&reply.body) {
                Some(refusal) if refusal.is_temporary() => {
                    Self::unusable(format!("the token endpoint answered {}", refusal.error), true, reply.retry_after)
                }
                Some(refusal) => Self::Refused(refusal),
                None => {
                    Self::unusable(format!("the token endpoint answered {status} without an OAuth error"), false, None)
                }
            },
            _ => Self::unusable(format!("the token endpoint answered {status}"), true, reply.retry_after),
        }
    }

    fn unusable(why: String, in_doubt: bool, retry_after: Option<Duration>) -> Self {
        Self::Unusable(Unusable { why, in_doubt, retry_after })
    }
}

impl TokenResponse {
    /// The error completes the sentence "the token endpoint answered 200 …".
    fn parse(body: &[u8], mistake: Option<Mistake>) -> Result<Self, String> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err("with an empty body".to_owned());
        }
        let Ok(members) = serde_json::from_slice::<Map<String, Value>>(body) else {
            return Err("with a body that is not a JSON object".to_owned());
        };
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let access_token = text("access_token").ok_or("without an access_token")?;
        let token_type = text("token_type").ok_or("without a token_type")?;
        if !token_type.eq_ignore_ascii_case("bearer") {
            return Err("with a token_type that is not bearer".to_owned());
        }
        if mistake == Some(Mistake::ExpiresInMustBeNumber) && members.get("expires_in").is_some_and(Value::is_string) {
            return Err("with an expires_in that is not a number".to_owned());
        }
        Ok(Self {
            access_token: Secret::new(access_token),
            token_type: token_type.to_owned(),
            expires_in: members.get("expires_in").and_then(lifetime),
            refresh_token: text("refresh_token").map(Secret::new),
            id_token: text("id_token").map(Secret::new),
        })
    }

    /// Reads the parameters of a fragment (RFC 6749 section 4.2.2). There is no refresh token, whatever else is there. The error
    /// completes the sentence "a fragment came back …".
    pub(crate) fn of_fragment(parameters: &BTreeMap<String, String>) -> Result<Self, String> {
        let text = |name: &str| parameters.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let token_type = text("token_type").ok_or("without a token_type")?;
        if !token_type.eq_ignore_ascii_case("bearer") {
            return Err("with a token_type that is not bearer".to_owned());
        }
        Ok(Self {
            access_token: Secret::new(text("access_token").ok_or("without an access_token")?),
            token_type: token_type.to_owned(),
            expires_in: text("expires_in").and_then(|text| lifetime(&Value::from(text))),
            refresh_token: None,
            id_token: None,
        })
    }

    /// What is to be stored. `previous` is what the refresh token came from; `sent_at` and `received_at` enclose the moment of
    /// issue, and each is used where it errs on the safe side.
    pub(crate) fn into_stored(
        self,
        previous: Option<&StoredTokens>,
        sent_at: Timestamp,
        received_at: Timestamp,
        mistake: Option<Mistake>,
    ) -> StoredTokens {
        let old = previous.and_then(|tokens| tokens.refresh_token.clone());
        let refresh_token = match mistake {
            Some(Mistake::KeepsFirstRefreshToken) if old.is_some() => old,
            // RFC 6749 section 6: a response without a new refresh token leaves the old one in use.
            // What one of the twins takes for a refresh token after the implicit grant.
            Some(Mistake::RefreshesWithAccessToken) if self.refresh_token.is_none() && old.is_none() => {
                Some(self.access_token.clone())
            }
            _ => self.refresh_token.or(old),
        };
        let expires_at = self.expires_in.map(|lifetime| match mistake {
            Some(Mistake::ExpiresInAsTimestamp) => Timestamp::from_seconds(lifetime.as_secs_f64()),
            _ => sent_at.plus(lifetime),
        });
        StoredTokens {
            access_token: self.access_token,
            token_type: self.token_type,
            refresh_token,
            obtained_at: received_at,
            expires_at,
            refresh_attempted_at: None,
            refresh_not_before: None,
            refresh_refused: None,
            owner_asked: None,
            claims_wanted: None,
            identity: previous.and_then(|tokens| tokens.identity.clone()),
        }
    }
}

/// `expires_in` as a number or as text; what is neither says nothing. Less than nothing is nothing.
pub(crate) fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    if seconds.is_nan() {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

impl Refusal {
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let members = serde_json::from_slice::<Map<String, Value>>(body).ok()?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            error: text("error")?,
            description: text("error_description"),
            suberror: text("suberror"),
            claims: text("claims"),
        })
    }

    /// The resource owner must do something, and the grant is as good as it was: consent, a second factor, a message to read. Whoever says
    /// `invalid_grant` and nothing beside it says that the grant is dead.
    pub(crate) fn asks_for_the_owner(&self) -> bool {
        matches!(self.error.as_str(), "interaction_required" | "consent_required" | "login_required")
            || self.suberror.as_deref().is_some_and(|word| {
                matches!(
                    word,
                    "basic_action"
                        | "additional_action"
                        | "message_only"
                        | "consent_required"
                        | "user_password_expired"
                )
            })
    }

    /// The refresh came too early; nothing else is wrong. Exact Online: 400 `access_denied`, "Rate limit exceeded:
    /// access_token not expired".
    pub(crate) fn is_too_early(&self) -> bool {
        let description = self.description.as_deref().unwrap_or_default();
        self.error == "access_denied" && description.starts_with("Rate limit exceeded")
    }

    /// The request is called wrong, and nothing is said of the grant (RFC 6749 section 5.2). With a description it may be about the
    /// grant all the same: Exact Online says so of a refresh token that has expired.
    pub(crate) fn is_about_the_request(&self) -> bool {
        // What is wrong with the client or the scope is wrong whatever is presented.
        let elsewhere = ["invalid_client", "invalid_scope", "invalid_target", "invalid_resource"];
        self.error == "invalid_request" && self.description.is_none() || elsewhere.contains(&self.error.as_str())
    }

    /// Codes of RFC 6749 section 4.1.2.1 that some providers use here as well, and that say nothing about the grant.
    fn is_temporary(&self) -> bool {
        matches!(self.error.as_str(), "temporarily_unavailable" | "server_error")
    }

    /// The refusal in one line.
    pub(crate) fn text(&self) -> String {
        match &self.description {
            Some(description) => format!("{}: {description}", self.error),
            None => self.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
