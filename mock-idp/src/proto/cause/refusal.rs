//! The cause itself, with its data.

use crate::proto::cause::{CauseKind, ChainEnd};
use crate::proto::time::Timestamp;
use crate::proto::token::{ChainId, Label};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A parameter came more than once (RFC 6749 sections 3.1 and 3.2).
    ParameterRepeated {
        /// Which parameter.
        name: String,
    },
    /// A required parameter is missing or empty.
    ParameterMissing {
        /// Which parameter.
        name: &'static str,
    },
    /// No client of that id is registered here.
    ClientUnknown {
        /// As sent.
        client_id: String,
    },
    /// The same at the authorization endpoint, where the resource owner must be told (section 4.1.2.1).
    ClientUnknownAtAuthorization {
        /// As sent.
        client_id: String,
    },
    /// The redirection URI is not registered (section 3.1.2.4): never redirect there.
    RedirectUriNotRegistered {
        /// As sent.
        redirect_uri: String,
    },
    /// The redirection URI has scheme and host of a registered one and differs after them, at a provider that redirects all the
    /// same.
    RedirectUriPathDiffers {
        /// As sent.
        redirect_uri: String,
    },
    /// The redirection URI is not `https` where that is asked.
    RedirectUriNotHttps {
        /// As sent.
        redirect_uri: String,
    },
    /// The redirection URI is missing where it cannot be left out.
    RedirectUriMissing,
    /// The response type is not one that is offered.
    ResponseTypeUnsupported {
        /// As sent.
        response_type: String,
    },
    /// PKCE is required and there is no challenge (RFC 7636 section 4.4.1).
    CodeChallengeMissing,
    /// The challenge method is not offered (RFC 7636 section 4.4.1).
    CodeChallengeMethodUnsupported {
        /// Which.
        method: String,
    },
    /// The resource owner refused (RFC 6749 section 4.1.2.1).
    ConsentRefused,
    /// A sign-in form came that belongs to no sign-in, or to one that took too long, or to another browser.
    InteractionUnknown,
    /// Name and password do not belong together. The page says so and asks again.
    PasswordWrong {
        /// Whose account.
        user: String,
    },
    /// The authenticator code is not the one of this time. The page says so and asks again.
    TotpWrong {
        /// Whose account.
        user: String,
    },
    /// The authenticator code was accepted before (RFC 6238 section 5.2: one use).
    TotpUsedBefore {
        /// Whose account.
        user: String,
    },
    /// The endpoint does not take this method.
    MethodNotAllowed {
        /// Which.
        method: Box<str>,
        /// Those that it takes, as an `Allow` header lists them (RFC 9110 section 10.2.1).
        allow: Box<str>,
    },
    /// The body is larger than what is read.
    BodyTooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The token request is no form (section 4.1.3), or its percent-encoding is broken.
    BodyNotForm {
        /// As sent.
        content_type: String,
    },
    /// The grant type is not offered (section 5.2).
    GrantTypeUnsupported {
        /// As sent.
        grant_type: String,
    },
    /// No client authentication where it is required (section 5.2).
    ClientAuthenticationMissing,
    /// Several authentication methods in one request (section 2.3).
    ClientAuthenticationSeveral,
    /// The provider does not take this authentication method.
    ClientAuthenticationMethod {
        /// Which.
        method: &'static str,
    },
    /// The secret is not the client's.
    ClientSecretWrong {
        /// As sent.
        client_id: String,
    },
    /// What was presented cannot be a code: wrong length, alphabet or encoding.
    CodeMalformed,
    /// No such code was issued, or long ago.
    CodeUnknown,
    /// The code's time is over (section 4.1.2).
    CodeExpired {
        /// The code.
        code: Label,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The code was redeemed before (section 4.1.2).
    CodeRedeemed {
        /// The code.
        code: Label,
        /// When.
        redeemed_at: Timestamp,
    },
    /// The code was issued to another client (section 4.1.3).
    CodeOfAnotherClient {
        /// The code.
        code: Label,
    },
    /// The redirection URI is not the one of the authorization request (section 4.1.3).
    RedirectUriMismatch {
        /// The code.
        code: Label,
        /// As sent.
        redirect_uri: String,
    },
    /// A challenge was sent and there is no verifier (RFC 7636 section 4.6).
    CodeVerifierMissing {
        /// The code.
        code: Label,
    },
    /// The verifier does not fit the challenge (RFC 7636 section 4.6).
    CodeVerifierWrong {
        /// The code.
        code: Label,
    },
    /// What was presented cannot be a refresh token.
    RefreshTokenMalformed,
    /// No such refresh token was issued, or long ago.
    RefreshTokenUnknown,
    /// The refresh token was issued to another client (section 6).
    RefreshTokenOfAnotherClient {
        /// The token.
        token: Label,
    },
    /// The refresh token has been exchanged for a newer one.
    RefreshTokenSuperseded {
        /// The token.
        token: Label,
        /// What took its place.
        by: Label,
        /// When.
        superseded_at: Timestamp,
    },
    /// The refresh token's time is over.
    RefreshTokenExpired {
        /// The token.
        token: Label,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The last token response is not long enough ago.
    RefreshedTooEarly {
        /// The token.
        token: Label,
        /// When.
        last_response_at: Timestamp,
        /// From when on a request is not too early.
        allowed_at: Timestamp,
    },
    /// The chain of the refresh token has ended.
    ChainEnded {
        /// The token.
        token: Label,
        /// The chain.
        chain: ChainId,
        /// When.
        ended_at: Timestamp,
        /// Why it ended.
        why: ChainEnd,
    },
    /// No access token in the request (RFC 6750 section 3).
    AccessTokenMissing,
    /// No such access token was issued, or long ago.
    AccessTokenUnknown,
    /// The access token's time is over.
    AccessTokenExpired {
        /// The token.
        token: Label,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The access token died before its time, with its chain or its refresh token.
    AccessTokenEnded {
        /// The token.
        token: Label,
        /// When.
        ended_at: Timestamp,
    },
    /// The provider has nothing at this path.
    PathUnknown {
        /// As sent.
        path: String,
    },
    /// No resource is at this path below the base of the API.
    ResourceUnknown {
        /// As sent.
        path: String,
    },
    /// The user is shut out from all resources.
    UserRefused {
        /// Who.
        user: Box<str>,
        /// The provider's word for why.
        reason: Box<str>,
    },
    /// There is no such division.
    DivisionUnknown {
        /// As sent.
        division: String,
    },
    /// The user is not let into the division.
    DivisionNotAccessible {
        /// Which.
        division: Box<str>,
        /// The provider's word for why.
        reason: Box<str>,
    },
    /// The client was not granted the scope of the resource (RFC 6750 section 3.1).
    ScopeMissing {
        /// Which.
        scope: String,
    },
    /// The window of a rate limit has no request left.
    RateLimitExceeded {
        /// Which, by its name in the policy.
        limit: String,
        /// When its window ends.
        resets_at: Timestamp,
    },
    /// There were too many errors, and the client is shut out for a while.
    ErrorLimitExceeded {
        /// Until when.
        until: Timestamp,
    },
    /// The request must say which fields it wants, and does not.
    SelectMissing,
    /// A query parameter has a value that cannot be used.
    QueryInvalid {
        /// The parameter.
        name: String,
    },
    /// The provider is down for its daily maintenance.
    Maintenance {
        /// Until when.
        until: Timestamp,
    },
}

impl Cause {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CauseKind {
        match self {
            Self::ParameterRepeated { .. } => CauseKind::ParameterRepeated,
            Self::ParameterMissing { .. } => CauseKind::ParameterMissing,
            Self::ClientUnknown { .. } => CauseKind::ClientUnknown,
            Self::ClientUnknownAtAuthorization { .. } => CauseKind::ClientUnknownAtAuthorization,
            Self::RedirectUriNotRegistered { .. } => CauseKind::RedirectUriNotRegistered,
            Self::RedirectUriPathDiffers { .. } => CauseKind::RedirectUriPathDiffers,
            Self::RedirectUriNotHttps { .. } => CauseKind::RedirectUriNotHttps,
            Self::RedirectUriMissing => CauseKind::RedirectUriMissing,
            Self::ResponseTypeUnsupported { .. } => CauseKind::ResponseTypeUnsupported,
            Self::CodeChallengeMissing => CauseKind::CodeChallengeMissing,
            Self::CodeChallengeMethodUnsupported { .. } => CauseKind::CodeChallengeMethodUnsupported,
            Self::ConsentRefused => CauseKind::ConsentRefused,
            Self::InteractionUnknown => CauseKind::InteractionUnknown,
            Self::PasswordWrong { .. } => CauseKind::PasswordWrong,
            Self::TotpWrong { .. } => CauseKind::TotpWrong,
            Self::TotpUsedBefore { .. } => CauseKind::TotpUsedBefore,
            Self::MethodNotAllowed { .. } => CauseKind::MethodNotAllowed,
            Self::BodyTooLarge { .. } => CauseKind::BodyTooLarge,
            Self::BodyNotForm { .. } => CauseKind::BodyNotForm,
            Self::GrantTypeUnsupported { .. } => CauseKind::GrantTypeUnsupported,
            Self::ClientAuthenticationMissing => CauseKind::ClientAuthenticationMissing,
            Self::ClientAuthenticationSeveral => CauseKind::ClientAuthenticationSeveral,
            Self::ClientAuthenticationMethod { .. } => CauseKind::ClientAuthenticationMethod,
            Self::ClientSecretWrong { .. } => CauseKind::ClientSecretWrong,
            Self::CodeMalformed => CauseKind::CodeMalformed,
            Self::CodeUnknown => CauseKind::CodeUnknown,
            Self::CodeExpired { .. } => CauseKind::CodeExpired,
            Self::CodeRedeemed { .. } => CauseKind::CodeRedeemed,
            Self::CodeOfAnotherClient { .. } => CauseKind::CodeOfAnotherClient,
            Self::RedirectUriMismatch { .. } => CauseKind::RedirectUriMismatch,
            Self::CodeVerifierMissing { .. } => CauseKind::CodeVerifierMissing,
            Self::CodeVerifierWrong { .. } => CauseKind::CodeVerifierWrong,
            Self::RefreshTokenMalformed => CauseKind::RefreshTokenMalformed,
            Self::RefreshTokenUnknown => CauseKind::RefreshTokenUnknown,
            Self::RefreshTokenOfAnotherClient { .. } => CauseKind::RefreshTokenOfAnotherClient,
            Self::RefreshTokenSuperseded { .. } => CauseKind::RefreshTokenSuperseded,
            Self::RefreshTokenExpired { .. } => CauseKind::RefreshTokenExpired,
            Self::RefreshedTooEarly { .. } => CauseKind::RefreshedTooEarly,
            Self::ChainEnded { .. } => CauseKind::ChainEnded,
            Self::AccessTokenMissing => CauseKind::AccessTokenMissing,
            Self::AccessTokenUnknown => CauseKind::AccessTokenUnknown,
            Self::AccessTokenExpired { .. } => CauseKind::AccessTokenExpired,
            Self::AccessTokenEnded { .. } => CauseKind::AccessTokenEnded,
            Self::PathUnknown { .. } => CauseKind::PathUnknown,
            Self::ResourceUnknown { .. } => CauseKind::ResourceUnknown,
            Self::UserRefused { .. } => CauseKind::UserRefused,
            Self::DivisionUnknown { .. } => CauseKind::DivisionUnknown,
            Self::DivisionNotAccessible { .. } => CauseKind::DivisionNotAccessible,
            Self::ScopeMissing { .. } => CauseKind::ScopeMissing,
            Self::RateLimitExceeded { .. } => CauseKind::RateLimitExceeded,
            Self::ErrorLimitExceeded { .. } => CauseKind::ErrorLimitExceeded,
            Self::SelectMissing => CauseKind::SelectMissing,
            Self::QueryInvalid { .. } => CauseKind::QueryInvalid,
            Self::Maintenance { .. } => CauseKind::Maintenance,
        }
    }

    /// The label of the code or token that was presented, if it was known.
    #[must_use]
    pub const fn presented(&self) -> Option<Label> {
        match self {
            Self::CodeExpired { code, .. }
            | Self::CodeRedeemed { code, .. }
            | Self::CodeOfAnotherClient { code, .. }
            | Self::RedirectUriMismatch { code, .. }
            | Self::CodeVerifierMissing { code, .. }
            | Self::CodeVerifierWrong { code, .. } => Some(*code),
            Self::RefreshTokenOfAnotherClient { token, .. }
            | Self::RefreshTokenSuperseded { token, .. }
            | Self::RefreshTokenExpired { token, .. }
            | Self::RefreshedTooEarly { token, .. }
            | Self::ChainEnded { token, .. }
            | Self::AccessTokenExpired { token, .. }
            | Self::AccessTokenEnded { token, .. } => Some(*token),
            Self::ParameterRepeated { .. }
            | Self::ParameterMissing { .. }
            | Self::ClientUnknown { .. }
            | Self::ClientUnknownAtAuthorization { .. }
            | Self::RedirectUriNotRegistered { .. }
            | Self::RedirectUriPathDiffers { .. }
            | Self::RedirectUriNotHttps { .. }
            | Self::RedirectUriMissing
            | Self::ResponseTypeUnsupported { .. }
            | Self::CodeChallengeMissing
            | Self::CodeChallengeMethodUnsupported { .. }
            | Self::ConsentRefused
            | Self::InteractionUnknown
            | Self::PasswordWrong { .. }
            | Self::TotpWrong { .. }
            | Self::TotpUsedBefore { .. }
            | Self::MethodNotAllowed { .. }
            | Self::BodyTooLarge { .. }
            | Self::BodyNotForm { .. }
            | Self::GrantTypeUnsupported { .. }
            | Self::ClientAuthenticationMissing
            | Self::ClientAuthenticationSeveral
            | Self::ClientAuthenticationMethod { .. }
            | Self::ClientSecretWrong { .. }
            | Self::CodeMalformed
            | Self::CodeUnknown
            | Self::RefreshTokenMalformed
            | Self::RefreshTokenUnknown
            | Self::AccessTokenMissing
            | Self::AccessTokenUnknown
            | Self::PathUnknown { .. }
            | Self::ResourceUnknown { .. }
            | Self::UserRefused { .. }
            | Self::DivisionUnknown { .. }
            | Self::DivisionNotAccessible { .. }
            | Self::ScopeMissing { .. }
            | Self::RateLimitExceeded { .. }
            | Self::ErrorLimitExceeded { .. }
            | Self::SelectMissing
            | Self::QueryInvalid { .. }
            | Self::Maintenance { .. } => None,
        }
    }
}
