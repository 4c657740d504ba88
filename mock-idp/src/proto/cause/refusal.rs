//! The cause itself, with its data and its sentence.

use std::fmt;

use crate::proto::cause::{CauseKind, ChainEnd};
use crate::proto::template::Context;
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
        method: String,
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
            | Self::PathUnknown { .. } => None,
        }
    }

    /// The data for templates, under the names of the fields.
    pub(crate) fn context(&self) -> Context {
        let context = Context::default();
        match self {
            Self::ParameterRepeated { name } => context.with("name", name.as_str()),
            Self::ParameterMissing { name } => context.with("name", *name),
            Self::ClientUnknown { client_id } => context.with("client_id", client_id.as_str()),
            Self::ClientUnknownAtAuthorization { client_id } => context.with("client_id", client_id.as_str()),
            Self::RedirectUriNotRegistered { redirect_uri } => context.with("redirect_uri", redirect_uri.as_str()),
            Self::RedirectUriNotHttps { redirect_uri } => context.with("redirect_uri", redirect_uri.as_str()),
            Self::ResponseTypeUnsupported { response_type } => context.with("response_type", response_type.as_str()),
            Self::CodeChallengeMethodUnsupported { method } => context.with("method", method.as_str()),
            Self::PasswordWrong { user } => context.with("user", user.as_str()),
            Self::TotpWrong { user } => context.with("user", user.as_str()),
            Self::TotpUsedBefore { user } => context.with("user", user.as_str()),
            Self::MethodNotAllowed { method } => context.with("method", method.as_str()),
            Self::BodyTooLarge { limit } => context.with("limit", *limit),
            Self::BodyNotForm { content_type } => context.with("content_type", content_type.as_str()),
            Self::GrantTypeUnsupported { grant_type } => context.with("grant_type", grant_type.as_str()),
            Self::ClientAuthenticationMethod { method } => context.with("method", *method),
            Self::ClientSecretWrong { client_id } => context.with("client_id", client_id.as_str()),
            Self::CodeExpired { expired_at, .. } => context.at("expired_at", *expired_at),
            Self::CodeRedeemed { redeemed_at, .. } => context.at("redeemed_at", *redeemed_at),
            Self::RedirectUriMismatch { redirect_uri, .. } => context.with("redirect_uri", redirect_uri.as_str()),
            Self::RefreshTokenSuperseded { superseded_at, .. } => context.at("superseded_at", *superseded_at),
            Self::RefreshTokenExpired { expired_at, .. } => context.at("expired_at", *expired_at),
            Self::RefreshedTooEarly { last_response_at, allowed_at, .. } => {
                context.at("last_response_at", *last_response_at).at("allowed_at", *allowed_at)
            }
            Self::ChainEnded { ended_at, .. } => context.at("ended_at", *ended_at),
            Self::AccessTokenExpired { expired_at, .. } => context.at("expired_at", *expired_at),
            Self::AccessTokenEnded { ended_at, .. } => context.at("ended_at", *ended_at),
            Self::PathUnknown { path } => context.with("path", path.as_str()),
            Self::RedirectUriMissing
            | Self::CodeChallengeMissing
            | Self::ConsentRefused
            | Self::InteractionUnknown
            | Self::ClientAuthenticationMissing
            | Self::ClientAuthenticationSeveral
            | Self::CodeMalformed
            | Self::CodeUnknown
            | Self::CodeOfAnotherClient { .. }
            | Self::CodeVerifierMissing { .. }
            | Self::CodeVerifierWrong { .. }
            | Self::RefreshTokenMalformed
            | Self::RefreshTokenUnknown
            | Self::RefreshTokenOfAnotherClient { .. }
            | Self::AccessTokenMissing
            | Self::AccessTokenUnknown => context,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParameterRepeated { name } => write!(f, "parameter `{name}` came more than once"),
            Self::ParameterMissing { name } => write!(f, "parameter `{name}` is missing"),
            Self::ClientUnknown { client_id } => write!(f, "client `{client_id}` is not registered here"),
            Self::ClientUnknownAtAuthorization { client_id } => {
                write!(f, "client `{client_id}` is not registered here")
            }
            Self::RedirectUriNotRegistered { redirect_uri } => {
                write!(f, "redirection URI `{redirect_uri}` is not registered")
            }
            Self::RedirectUriNotHttps { redirect_uri } => write!(f, "redirection URI `{redirect_uri}` is not https"),
            Self::RedirectUriMissing => f.write_str("redirect_uri is missing"),
            Self::ResponseTypeUnsupported { response_type } => {
                write!(f, "response_type `{response_type}` is not offered")
            }
            Self::CodeChallengeMissing => f.write_str("code_challenge is missing"),
            Self::CodeChallengeMethodUnsupported { method } => {
                write!(f, "code_challenge_method `{method}` is not offered")
            }
            Self::ConsentRefused => f.write_str("the resource owner refused"),
            Self::InteractionUnknown => f.write_str("no such sign-in, or it took too long"),
            Self::PasswordWrong { user } => write!(f, "wrong name or password for `{user}`"),
            Self::TotpWrong { user } => write!(f, "wrong authenticator code for `{user}`"),
            Self::TotpUsedBefore { user } => write!(f, "authenticator code of `{user}` was used before"),
            Self::MethodNotAllowed { method } => write!(f, "method {method} is not taken here"),
            Self::BodyTooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Self::BodyNotForm { content_type } => {
                write!(f, "the body is not application/x-www-form-urlencoded (`{content_type}`)")
            }
            Self::GrantTypeUnsupported { grant_type } => write!(f, "grant_type `{grant_type}` is not offered"),
            Self::ClientAuthenticationMissing => f.write_str("the client did not authenticate"),
            Self::ClientAuthenticationSeveral => f.write_str("the client authenticated in several ways at once"),
            Self::ClientAuthenticationMethod { method } => write!(f, "client authentication by {method} is not taken"),
            Self::ClientSecretWrong { client_id } => write!(f, "wrong secret for client `{client_id}`"),
            Self::CodeMalformed => f.write_str("this cannot be an authorization code; is it still percent-encoded?"),
            Self::CodeUnknown => f.write_str("no such authorization code was issued"),
            Self::CodeExpired { code, expired_at } => write!(f, "{code} expired at {expired_at}"),
            Self::CodeRedeemed { code, redeemed_at } => write!(f, "{code} was redeemed before, at {redeemed_at}"),
            Self::CodeOfAnotherClient { code } => write!(f, "{code} was issued to another client"),
            Self::RedirectUriMismatch { code, redirect_uri } => {
                write!(f, "redirect_uri `{redirect_uri}` is not the one that {code} was issued for")
            }
            Self::CodeVerifierMissing { code } => write!(f, "{code} needs a code_verifier"),
            Self::CodeVerifierWrong { code } => write!(f, "the code_verifier does not fit the challenge of {code}"),
            Self::RefreshTokenMalformed => f.write_str("this cannot be a refresh token"),
            Self::RefreshTokenUnknown => f.write_str("no such refresh token was issued"),
            Self::RefreshTokenOfAnotherClient { token } => write!(f, "{token} was issued to another client"),
            Self::RefreshTokenSuperseded { token, by, superseded_at } => {
                write!(f, "{token} was superseded by {by} at {superseded_at}")
            }
            Self::RefreshTokenExpired { token, expired_at } => write!(f, "{token} expired at {expired_at}"),
            Self::RefreshedTooEarly { token, last_response_at, allowed_at } => write!(
                f,
                "{token} came too early: the last token response was at {last_response_at}, the next is allowed at {allowed_at}"
            ),
            Self::ChainEnded { token, chain, ended_at, why } => {
                write!(f, "{token} belongs to {chain}, which ended at {ended_at}: {why}")
            }
            Self::AccessTokenMissing => f.write_str("no access token came with the request"),
            Self::AccessTokenUnknown => f.write_str("no such access token was issued"),
            Self::AccessTokenExpired { token, expired_at } => write!(f, "{token} expired at {expired_at}"),
            Self::AccessTokenEnded { token, ended_at } => write!(f, "{token} was ended at {ended_at}"),
            Self::PathUnknown { path } => write!(f, "nothing is at `{path}`"),
        }
    }
}
