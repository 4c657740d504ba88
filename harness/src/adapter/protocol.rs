//! The adapter protocol: what the harness and an adapter say to one another.
//!
//! One JSON object a line, UTF-8, over the adapter's stdin (requests) and stdout (replies and events). Owns the message
//! types and their schemas. Never touches processes or clients. `docs/adapter-protocol.md` is the author's guide.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::adapter::grant::{AuthorizationGrant, DirectGrant};
pub use crate::adapter::mail::{MailProtocol, MailServers, MailTask};

/// The protocol's version, `major.minor`. An adapter with another major version is refused.
pub const VERSION: &str = "1.4";

/// The exit status by which an adapter says that it does not implement what it was started for.
pub const EXIT_NOT_IMPLEMENTED: i32 = 89;

/// One line from the harness to the adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Names the request; the reply carries the same number. Counts up from 1.
    pub id: u64,
    /// What is asked.
    pub command: Command,
}

/// What the harness asks of an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// The first message. The adapter answers with [`Outcome::Hello`].
    Hello {
        /// The protocol version that the harness speaks.
        protocol: String,
    },
    /// Everything the client needs to know before it starts. Sent once, after `hello`.
    Configure(Box<Configuration>),
    /// Begin a grant: make the authorization request and answer with its URL ([`Outcome::Authorize`]). The harness plays the
    /// resource owner's browser.
    Authorize {
        /// Which grant. Left out, it is the authorization code grant; only an adapter that declares `implicit` is asked for that
        /// one. Since protocol 1.1.
        #[serde(default, skip_serializing_if = "AuthorizationGrant::is_code")]
        grant: AuthorizationGrant,
    },
    /// The browser arrived at the redirection URI: `url` is the whole of it, with the response parameters in its query or, for
    /// the implicit grant, in its fragment. Redeem the code if there is one, store the tokens, answer [`Outcome::Done`]. Where
    /// OpenID Connect is spoken, check the ID token as well, ask the UserInfo endpoint who it is, and answer
    /// [`Outcome::SignedIn`].
    Callback {
        /// The full redirection URI, as the browser would request it.
        url: String,
    },
    /// Get tokens by a grant in which no browser takes part, store them, answer [`Outcome::Done`]. Since protocol 1.3.
    Grant(DirectGrant),
    /// Begin the device authorization grant (RFC 8628) and answer [`Outcome::Device`] as soon as the codes are there. Only an adapter
    /// that declares `device_code` is asked for it. Since protocol 1.3.
    Device,
    /// The resource owner has answered for the device, or will not any more: poll as the client does until it comes to an end, and
    /// answer [`Outcome::Done`] when there are tokens. Since protocol 1.3.
    Poll,
    /// Make a request to a protected resource as the client normally would, refreshing if it sees fit. Answer
    /// [`Outcome::Call`], whatever the resource's status was.
    Call {
        /// The HTTP method.
        method: String,
        /// The absolute URL.
        url: String,
        /// Headers beside `Authorization`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// The body, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// Whether the resource is a collection that is to be read to its end, page after page. Only asked of a client with the
        /// capability `pages`, which counts what it read in `rows`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        all_pages: bool,
        /// Whether the client keeps the cookies that it is given, and goes on by them in place of a token until it is answered with 401.
        /// Only asked of a client with the capability `cookies`. Since protocol 1.4.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        session: bool,
        /// A key to send in the place of an access token. Only for a client with the capability `keys`. Since protocol 1.4.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Do something at a mail server with an access token, refreshing if the client sees fit. Answer [`Outcome::Mail`] where something was
    /// read, else [`Outcome::Done`]. Since protocol 1.4.
    Mail(MailTask),
    /// Use the refresh token now, as the client does when told that it must. Answer [`Outcome::Done`].
    Refresh,
    /// Make sure that there is an access token that the client believes usable, and tell when it ends
    /// ([`Outcome::Token`]). The token itself is never sent.
    Token,
    /// The time is now this. The adapter hands it to the library if it can, and answers with the time the *library*
    /// now reads ([`Outcome::Clock`]): the harness compares.
    Clock {
        /// Seconds since 1970-01-01T00:00:00Z; fractions are milliseconds.
        now: f64,
    },
    /// Leave. The adapter answers [`Outcome::Done`] and exits with status 0.
    Quit,
}

/// What a client is configured with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Which worker of the client this process is. Workers of one installation share `storage`.
    pub worker: String,
    /// The provider's endpoints, for a client that is configured by hand.
    pub endpoints: Endpoints,
    /// The registered client.
    pub client: ClientRegistration,
    /// A folder that outlives this process: the client's token store. Shared by all workers of an installation, and a
    /// scenario has one unless it says otherwise.
    pub storage: String,
    /// A file with the CA certificates to trust, in PEM, when the endpoints are `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The time to start at, as in [`Command::Clock`].
    pub now: f64,
    /// What the provider's documentation tells every client author. A client may use it or not.
    pub documented: Documented,
    /// What a client needs to speak OpenID Connect. Only sent to a client with the capability `openid`, and only where a scenario is
    /// about it. Since protocol 1.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenId>,
    /// The mail servers. Only sent where a scenario is about mail. Since protocol 1.4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailServers>,
}

/// What a client needs to speak OpenID Connect: it discovers the rest (OpenID Connect Discovery 1.0 section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenId {
    /// The issuer, whose configuration is to be discovered in place of `endpoints`.
    pub issuer: String,
    /// `id_token_signed_response_alg`: what the client registered for its ID tokens.
    pub id_token_algorithm: String,
    /// `max_age`: how long ago the resource owner may have signed in at most, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
}

/// The provider's endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// The authorization endpoint (RFC 6749 section 3.1).
    pub authorization: String,
    /// The token endpoint (RFC 6749 section 3.2).
    pub token: String,
    /// The device authorization endpoint (RFC 8628 section 3.1). Only sent where a scenario is about it. Since protocol 1.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization: Option<String>,
}

/// A client as the provider knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientRegistration {
    /// `client_id`.
    pub id: String,
    /// `client_secret`; absent for a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How the provider wants it: in the request body, or by HTTP Basic.
    pub authentication: ClientAuthentication,
    /// The registered redirection URI.
    pub redirect_uri: String,
    /// The scope to ask for; absent where the provider takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What the client declares that it understands, such as `cp1` for challenges for claims; absent where it declares nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
}

/// Where the client puts its credentials (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` in the request body.
    ClientSecretPost,
    /// HTTP Basic.
    ClientSecretBasic,
    /// A public client: `client_id` in the body, no secret.
    None,
}

/// What the provider publishes about its limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Documented {
    /// The least number of seconds between two token responses; absent when there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_interval: Option<u64>,
}

/// One line from the adapter to the harness. Tagged by `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Message {
    /// The answer to a request.
    Reply {
        /// The request's `id`.
        id: u64,
        /// How it went.
        outcome: Outcome,
    },
    /// Something worth knowing while a request runs.
    Event {
        /// What happened.
        event: AdapterEvent,
    },
}

/// How a request went. `error` is a result like any other; a client that refuses is not a broken adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// To [`Command::Hello`].
    Hello(Box<Hello>),
    /// To [`Command::Authorize`].
    Authorize {
        /// The authorization request to open in a browser.
        url: String,
    },
    /// To [`Command::Device`]: what the client would show. Since protocol 1.3.
    Device {
        /// What the resource owner types.
        user_code: String,
        /// Where. The address with the code in it is never given.
        verification_uri: String,
    },
    /// To [`Command::Call`].
    Call {
        /// The HTTP status of the resource's last answer.
        status: u16,
        /// Its body, when it is text of at most 64 KiB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// How many rows were read of a collection that was read to its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    /// To [`Command::Mail`], where something was read. Since protocol 1.4.
    Mail {
        /// The subjects of the messages, oldest first.
        subjects: Vec<String>,
    },
    /// To [`Command::Token`].
    Token {
        /// When the client believes that its access token ends, in seconds since 1970; absent when it does not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<f64>,
    },
    /// To [`Command::Callback`], where OpenID Connect is spoken: who signed in. Since protocol 1.2.
    SignedIn {
        /// `sub` of the ID token.
        subject: String,
    },
    /// To [`Command::Clock`].
    Clock {
        /// The time that the library reads, in seconds since 1970.
        now: f64,
    },
    /// To everything else that went well.
    Done,
    /// It did not go well.
    Error(Failure),
}

/// Who the adapter is and what it can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The protocol version that the adapter speaks.
    pub protocol: String,
    /// The adapter.
    pub adapter: Named,
    /// The library under test.
    pub library: Library,
    /// What the adapter and its library can do. Unknown names are kept and ignored.
    pub capabilities: Vec<String>,
    /// How the library's clock is moved.
    pub clock: ClockControl,
}

/// A name and a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name, also the folder of its snapshots: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// The version.
    pub version: String,
}

/// The library under test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// The name in its package registry.
    pub name: String,
    /// The version.
    pub version: String,
    /// The programming language.
    pub language: String,
    /// Where to report what is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<String>,
}

/// How an adapter moves its library's clock. The harness believes it only after a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockControl {
    /// The adapter hands the library the time of [`Command::Clock`].
    Inject,
    /// The library reads the machine's clock.
    Real,
}

/// What an adapter may say unasked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AdapterEvent {
    /// The client waits for something another worker holds, and sends nothing until it gets it. In a race this saves
    /// the harness a quiet time. A client that polls may wait for the time to pass: the harness then lets it pass.
    Waiting {
        /// What it waits for, in a word: `lock`, `clock`.
        on: String,
    },
    /// A line for the report.
    Log {
        /// The text. Must not hold secrets; what the harness knows to be one is redacted.
        text: String,
    },
}

/// Why the client could not do what was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Our word for it.
    pub kind: FailureKind,
    /// The library's own words.
    pub message: String,
    /// `error` of an OAuth error response, when there was one; for [`FailureKind::Untrusted`] the check that failed, if that can be told:
    /// `id_token_issuer`, `userinfo_subject`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The client says that the resource owner must authorize again; it will not try by itself.
    Reauthorize,
    /// The provider answered with an OAuth error and the client passes it on.
    Oauth,
    /// No usable answer (connection, 5xx, not the expected format); the client still has its tokens and may try later.
    Network,
    /// The provider's rate limit is used up, and the client sends nothing until it has been reset; it still has its tokens.
    Throttled,
    /// What came is not to be trusted: an ID token, a document or a redirect that fails a check. Since protocol 1.2.
    Untrusted,
    /// A mail server refuses what the client asks, and no token would help; the message has the server's words. Since protocol 1.4.
    Refused,
    /// The library cannot do this.
    Unsupported,
    /// The adapter or the library failed in a way that is none of the above.
    Bug,
}
