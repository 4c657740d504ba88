//! The token endpoint (RFC 6749 section 3.2) and its responses (section 5.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::proto::jose::Algorithm;
use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What the token endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What access tokens look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token: Shape,
    /// What signs access tokens that are JWTs (RFC 9068); when absent they are opaque, of the shape `access_token`.
    pub access_token_jwt: Option<Algorithm>,
    /// How long access tokens are good for; refused from the moment it ends.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token_lifetime: Span,
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
            access_token: Shape::base64url(43),
            access_token_jwt: None,
            access_token_lifetime: Span::from_seconds(3600),
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
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Password, Self::DeviceCode];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
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
    pub headers: BTreeMap<String, String>,
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
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
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
