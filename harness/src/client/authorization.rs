//! The authorization request (RFC 6749 sections 4.1.1 and 4.2.1), the response that comes back (4.1.2 and 4.2.2), and what is
//! remembered between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::adapter::protocol::{AuthorizationGrant, ClientRegistration, Failure};
use crate::client::failure::{bug, oauth};
use crate::client::json_file::{JsonFile, StoreError, open_lock_file};
use crate::client::mistake::Mistake;
use crate::client::openid::Binding;
use crate::client::secret::Secret;
use crate::client::time::Timestamp;
use crate::client::token_response::TokenResponse;

/// How many open requests, and how many spent codes, are remembered. The oldest are forgotten first.
const REMEMBERED: usize = 64;

/// Makes the URL of the authorization request.
pub(crate) fn request_url(
    endpoint: &str,
    client: &ClientRegistration,
    state: &str,
    grant: AuthorizationGrant,
    more: &[(&str, String)],
    mistake: Option<Mistake>,
) -> Result<String, Failure> {
    let mut url =
        Url::parse(endpoint).map_err(|error| bug(format!("the authorization endpoint is not a URL: {error}")))?;
    let mut query = url.query_pairs_mut();
    query.append_pair("response_type", grant.response_type()).append_pair("client_id", &client.id);
    query.append_pair("redirect_uri", &client.redirect_uri);
    if mistake != Some(Mistake::OmitsState) {
        query.append_pair("state", state);
    }
    if let Some(scope) = &client.scope {
        query.append_pair("scope", scope);
    }
    query.extend_pairs(more);
    drop(query);
    Ok(url.into())
}

/// 256 bits that nobody can guess (RFC 6749 section 10.10).
pub(crate) fn fresh_state(mistake: Option<Mistake>) -> Result<String, Failure> {
    if mistake == Some(Mistake::ConstantState) {
        return Ok("always-the-same".to_owned());
    }
    random()
}

/// 256 bits in base64url.
pub(crate) fn random() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| bug("the system has no randomness to give"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the browser brought back.
#[derive(Debug, PartialEq)]
pub(crate) struct AuthorizationResponse {
    pub(crate) state: Option<String>,
    /// Who says that it answers (RFC 9207).
    pub(crate) issuer: Option<String>,
    pub(crate) result: Result<Granted, ErrorResponse>,
}

/// What the authorization endpoint gave.
#[derive(Debug, PartialEq)]
pub(crate) enum Granted {
    /// A code, which is to be redeemed.
    Code(String),
    /// An access token, which is all that there is (RFC 6749 section 4.2.2).
    Token(Box<TokenResponse>),
}

impl Granted {
    /// The grant that is answered like this.
    pub(crate) fn grant(&self) -> AuthorizationGrant {
        match self {
            Self::Code(_) => AuthorizationGrant::Code,
            Self::Token(_) => AuthorizationGrant::Implicit,
        }
    }

    /// The secret in it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Code(code) => code,
            Self::Token(response) => response.access_token.expose(),
        }
    }
}

/// An error response of the authorization endpoint (RFC 6749 sections 4.1.2.1 and 4.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    pub(crate) error: String,
    pub(crate) description: Option<String>,
}

impl AuthorizationResponse {
    /// Reads the parameters in the query of `url` and in its fragment, decoding each exactly once. An access token counts in the
    /// fragment alone: a query is sent on, and written down, by everything on the way.
    pub(crate) fn parse(url: &str, mistake: Option<Mistake>) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(|error| bug(format!("the redirection URI is not a URL: {error}")))?;
        let fragment: Vec<_> = form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()).collect();
        let has_token = fragment.iter().any(|(name, _)| name == "access_token");
        let mut parameters = BTreeMap::new();
        for (name, value) in url.query_pairs().chain(fragment) {
            // RFC 6749 section 3.1: parameters must not be included more than once.
            if parameters.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(oauth("invalid_response", format!("the parameter `{name}` came twice")));
            }
        }
        let state = parameters.remove("state");
        let issuer = parameters.remove("iss");
        if let Some(error) = parameters.remove("error") {
            let description = parameters.remove("error_description");
            return Ok(Self { state, issuer, result: Err(ErrorResponse { error, description }) });
        }
        if has_token {
            let response = TokenResponse::of_fragment(&parameters);
            let response = response.map_err(|why| oauth("invalid_response", format!("a fragment came back {why}")))?;
            return Ok(Self { state, issuer, result: Ok(Granted::Token(Box::new(response))) });
        }
        let code = match mistake {
            Some(Mistake::EncodesCodeTwice) => undecoded(&url, "code"),
            _ => parameters.remove("code"),
        };
        match code.filter(|code| !code.is_empty()) {
            Some(code) => Ok(Self { state, issuer, result: Ok(Granted::Code(code)) }),
            None => Err(oauth("invalid_response", "neither `code` nor `access_token` nor `error` came back")),
        }
    }
}

/// The value of a query parameter as it stands in the URL.
fn undecoded(url: &Url, name: &str) -> Option<String> {
    let pairs = url.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Which authorization requests are open and which codes are spent, in the storage folder: a worker that is started again
/// can finish what it began.
#[derive(Debug)]
pub(crate) struct AuthorizationLog {
    folder: PathBuf,
    file: JsonFile<Remembered>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    open: Vec<Open>,
    /// SHA-256 of each code, and of each access token that came alone, so that the file is of no use to a thief.
    spent: Vec<String>,
    /// What one of the broken twins keeps. Always empty in the correct client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saved: Option<Secret>,
}

/// An authorization request that waits for its response.
#[derive(Debug, Serialize, Deserialize)]
struct Open {
    state: String,
    grant: AuthorizationGrant,
    begun_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binding: Option<Binding>,
}

/// What may be done with an authorization response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The state is ours; it is now used up, and so is the code. Absent when a broken twin does not look at the state.
    Redeem {
        begun_at: Option<Timestamp>,
        /// What the answer is tied to, where OpenID Connect is spoken.
        binding: Option<Binding>,
    },
    /// The code was redeemed before.
    Spent,
    /// We sent no such state, or for another grant, or it has been answered.
    ForeignState,
}

impl AuthorizationLog {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: JsonFile::new(folder, "authorizations.json") }
    }

    /// Remembers that a request with `state` was made.
    pub(crate) fn opened(
        &self,
        state: &str,
        grant: AuthorizationGrant,
        binding: Option<Binding>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(|remembered| {
            remembered.open.retain(|open| open.state != state);
            push(&mut remembered.open, Open { state: state.to_owned(), grant, begun_at: now, binding });
        })
    }

    /// Uses up `state`, and says whether it was open.
    pub(crate) fn close(&self, state: Option<&str>) -> Result<bool, StoreError> {
        self.change(|remembered| remembered.close(state, None).is_some())
    }

    /// Decides about a code or an access token that came with `state`, and marks both as used *before* anything is sent: a crash may lose a code,
    /// but never redeems it twice.
    pub(crate) fn admit(
        &self,
        state: Option<&str>,
        granted: &Granted,
        mistake: Option<Mistake>,
    ) -> Result<Admission, StoreError> {
        let print = URL_SAFE_NO_PAD.encode(digest(&SHA256, granted.text().as_bytes()));
        self.change(|remembered| {
            if remembered.spent.contains(&print) {
                return match mistake {
                    Some(Mistake::RedeemsCodeTwice) => Admission::Redeem { begun_at: None, binding: None },
                    _ => Admission::Spent,
                };
            }
            let forgiven = match mistake {
                Some(Mistake::IgnoresState) => true,
                Some(Mistake::OmitsState) => state.is_none(),
                Some(_) | None => false,
            };
            let closed = remembered.close(state, Some(granted.grant()));
            if closed.is_none() && !forgiven {
                return Admission::ForeignState;
            }
            push(&mut remembered.spent, print);
            let (begun_at, binding) = closed.map_or((None, None), |open| (Some(open.begun_at), open.binding));
            Admission::Redeem { begun_at, binding }
        })
    }

    /// The first code that was ever shown to this method, which is how one of the broken twins redeems the wrong one.
    pub(crate) fn first_ever(&self, code: &str) -> Result<Secret, StoreError> {
        self.change(|remembered| remembered.saved.get_or_insert_with(|| Secret::new(code)).clone())
    }

    /// Under its own lock, which is held for the length of one read and one write and never across an await.
    fn change<T>(&self, change: impl FnOnce(&mut Remembered) -> T) -> Result<T, StoreError> {
        let lock = open_lock_file(&self.folder, LOCK)?;
        lock.lock().map_err(|source| StoreError::Io { file: LOCK, action: "lock", source })?;
        let mut remembered = self.file.load()?.unwrap_or_default();
        let result = change(&mut remembered);
        self.file.replace(&remembered)?;
        Ok(result)
    }
}

const LOCK: &str = "authorizations.lock";

impl Remembered {
    /// Forgets an open request for this grant, or for any; gives it back, if there was one.
    fn close(&mut self, state: Option<&str>, grant: Option<AuthorizationGrant>) -> Option<Open> {
        let fits = |open: &Open| Some(open.state.as_str()) == state && grant.is_none_or(|grant| grant == open.grant);
        let at = self.open.iter().position(fits)?;
        Some(self.open.remove(at))
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.len() >= REMEMBERED {
        list.remove(0);
    }
    list.push(entry);
}

#[cfg(test)]
mod tests;
