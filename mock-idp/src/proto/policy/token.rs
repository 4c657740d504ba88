//! The token endpoint (RFC 6749 section 3.2) and its responses (section 5.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::jose::Algorithm;
use crate::proto::policy::TokenFormat;
use crate::proto::shape::Shape;
use crate::proto::template::Template;
use crate::proto::time::Span;

/// What the token endpoint does.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Token {
    /// Its path.
    pub path: String,
    /// The grants that can be exchanged for tokens.
    pub grants: BTreeSet<GrantType>,
    /// The ways in which clients may authenticate (section 2.3).
    pub client_authentication: Vec<ClientAuthentication>,
    /// What a request that authenticates in several ways gets (section 2.3 forbids it to clients).
    pub several_methods: SeveralMethods,
    /// Whether a public client that brings credentials is told that it is public.
    pub names_public_clients: bool,
    /// What access tokens look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token: Shape,
    /// What signs access tokens that are JWTs (RFC 9068); when absent they are opaque, of the shape `access_token`.
    pub access_token_jwt: Option<Algorithm>,
    /// How long access tokens are good for; refused from the moment it ends.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token_lifetime: Span,
    /// What is added to that at most: each token lives for a drawn time of whole seconds between the two.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token_lifetime_spread: Span,
    /// What access tokens for resource servers look like, by name.
    pub formats: BTreeMap<String, TokenFormat>,
    /// Access tokens that can be taken back at any time, for clients that understand the challenge that follows; none when absent.
    pub continuous: Option<Continuous>,
    /// What too many requests that are all alike get; nothing when absent.
    pub request_loop: Option<RequestLoop>,
    /// The 200 response.
    pub response: TokenResponse,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            path: "/token".to_owned(),
            grants: BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]),
            client_authentication: vec![ClientAuthentication::Basic, ClientAuthentication::Post],
            several_methods: SeveralMethods::Refused,
            names_public_clients: false,
            access_token: Shape::base64url(43),
            access_token_jwt: None,
            access_token_lifetime: Span::from_seconds(3600),
            access_token_lifetime_spread: Span::from_seconds(0),
            formats: BTreeMap::new(),
            continuous: None,
            request_loop: None,
            response: TokenResponse::default(),
        }
    }
}

/// A way for a client to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ClientAuthentication {
    /// HTTP Basic (section 2.3.1).
    Basic,
    /// `client_id` and `client_secret` in the request body (section 2.3.1).
    Post,
    /// A JWT that the client signed with its own key (RFC 7523, OpenID Connect Core section 9).
    PrivateKeyJwt,
}

/// A grant (RFC 6749 section 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum GrantType {
    /// Section 4.1.
    AuthorizationCode,
    /// Section 6.
    RefreshToken,
    /// Section 4.4.
    ClientCredentials,
    /// Section 4.3: the resource owner's name and password.
    Password,
    /// RFC 8628.
    DeviceCode,
    /// The same by a shorter name that some libraries send.
    DeviceCodeShort,
    /// A token of the resource owner for another resource server, in exchange for one for the client itself (RFC 7523 section 2.1).
    OnBehalfOf,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::Password,
        Self::DeviceCode,
        Self::DeviceCodeShort,
        Self::OnBehalfOf,
    ];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::DeviceCodeShort => "device_code",
            Self::OnBehalfOf => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

impl ClientAuthentication {
    /// Its name (OpenID Connect Core section 9).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// What happens when a request authenticates in several ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum SeveralMethods {
    /// It is refused.
    Refused,
    /// The body counts, the header is ignored.
    BodyCounts,
}

/// The successful response (section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct TokenResponse {
    /// Its members, in this order.
    pub members: Vec<Member>,
    /// How `expires_in` is written.
    pub expires_in: ExpiresIn,
    /// The value of `token_type`; compared without case by clients.
    pub token_type: String,
    /// How the JSON is written.
    pub style: JsonStyle,
    /// The media type.
    pub content_type: String,
    /// More header fields.
    #[cfg_attr(feature = "profiles", schemars(with = "BTreeMap<String, String>"))]
    pub headers: BTreeMap<String, Template>,
}

impl Default for TokenResponse {
    fn default() -> Self {
        Self {
            members: vec![Member::AccessToken, Member::TokenType, Member::ExpiresIn, Member::RefreshToken],
            expires_in: ExpiresIn::Number,
            token_type: "Bearer".to_owned(),
            style: JsonStyle::Compact,
            content_type: "application/json".to_owned(),
            headers: [("Cache-Control", "no-store"), ("Pragma", "no-cache")]
                .map(|(name, value)| (name.to_owned(), Template::plain(value)))
                .into(),
        }
    }
}

/// A member of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum Member {
    /// `access_token`.
    AccessToken,
    /// `token_type`.
    TokenType,
    /// `expires_in`.
    ExpiresIn,
    /// `refresh_token`; left out when none is issued.
    RefreshToken,
    /// `id_token`; left out when none is issued.
    IdToken,
    /// `scope`: what was granted; left out where the policy looks at no scopes.
    Scope,
    /// `client_info`: who the user is and in which tenant, as base64url of JSON, if the request asked for it.
    ClientInfo,
    /// `ext_expires_in`: for how long the token is good while the provider cannot be reached; never less than `expires_in`.
    ExtExpiresIn,
    /// `expires_on`: the end in seconds since 1970.
    ExpiresOn,
    /// `not_before`: the beginning in seconds since 1970.
    NotBefore,
    /// `resource`: the resource server that the token is for.
    Resource,
    /// `refresh_in`: when a client ought to refresh, half the lifetime of a token that is good for two hours or more; left out for others.
    RefreshIn,
    /// `refresh_token_expires_in`: what is left to a refresh token that a browser's application was given; left out for others.
    RefreshTokenExpiresIn,
    /// `foci`: that the refresh token is one for a family of clients; left out for clients that are in none.
    Foci,
}

/// Access tokens that can be taken back at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Continuous {
    /// How long they are good for if nothing happens.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub lifetime: Span,
    /// What is added to that at most, as for other tokens.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub spread: Span,
}

/// Too many requests that are all alike: the same client, tenant, grant, scope and user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct RequestLoop {
    /// How many of them do no harm within `window`; the next one is refused.
    pub count: u32,
    /// The time in which they are counted, ending with the newest.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub window: Span,
    /// How long the client is refused from then on.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub block: Span,
}

/// How `expires_in` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum ExpiresIn {
    /// A JSON number, as the RFC has it.
    Number,
    /// A JSON string of digits.
    Text,
}

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum JsonStyle {
    /// Without blanks.
    Compact,
    /// `{ "a":"b","c":"d" }`: a blank inside the outer braces, as some gateways write it.
    BlankInBraces,
}
