//! The token endpoint (RFC 6749 section 3.2) and its responses (section 5.1).

use std::collections::BTreeMap;

use crate::proto::shape::Shape;
use crate::proto::time::Span;

/// What the token endpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Token {
    /// Its path.
    pub path: String,
    /// The ways in which clients may authenticate (section 2.3).
    pub client_authentication: Vec<ClientAuthentication>,
    /// What a request that authenticates in several ways gets (section 2.3 forbids it to clients).
    pub several_methods: SeveralMethods,
    /// What access tokens look like.
    #[cfg_attr(feature = "profiles", schemars(with = "String"))]
    pub access_token: Shape,
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
            client_authentication: vec![ClientAuthentication::Basic, ClientAuthentication::Post],
            several_methods: SeveralMethods::Refused,
            access_token: Shape::base64url(43),
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
