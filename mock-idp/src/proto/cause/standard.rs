//! The form that the RFCs give to each kind of cause.

use crate::proto::cause::CauseKind;

/// The forms that RFC 6749 and RFC 6750 give to errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standard {
    /// JSON from the token endpoint (RFC 6749 section 5.2).
    Json { status: u16, error: &'static str, description: &'static str },
    /// Back to the client by redirect (section 4.1.2.1).
    Redirect { error: &'static str, description: &'static str },
    /// A page for the resource owner, because there is nowhere safe to redirect to (section 4.1.2.1).
    Page(&'static str),
    /// The same page once more, with a message.
    AskAgain(&'static str),
    /// 401 or 403 with a challenge (RFC 6750 section 3); no error code when the request carried no token.
    Bearer { error: &'static str, description: &'static str },
    /// Only a status.
    Empty(u16),
}

impl CauseKind {
    /// The RFC's form, for a policy that says nothing else.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one table, one row for each kind")]
    pub(crate) const fn standard(self) -> Standard {
        match self {
            Self::ParameterRepeated => Standard::Json {
                status: 400,
                error: "invalid_request",
                description: "A parameter came more than once.",
            },
            Self::ParameterMissing => Standard::Json {
                status: 400,
                error: "invalid_request",
                description: "A required parameter is missing.",
            },
            Self::ClientUnknown => {
                Standard::Json { status: 401, error: "invalid_client", description: "Client authentication failed." }
            }
            Self::ClientUnknownAtAuthorization => Standard::Page("Unknown client."),
            Self::RedirectUriNotRegistered => Standard::Page("The redirection URI is not registered."),
            Self::RedirectUriNotHttps => Standard::Page("The redirection URI must be https."),
            Self::RedirectUriMissing => Standard::Page("The redirection URI is missing."),
            Self::ResponseTypeUnsupported => Standard::Redirect {
                error: "unsupported_response_type",
                description: "The response type is not offered.",
            },
            Self::CodeChallengeMissing => {
                Standard::Redirect { error: "invalid_request", description: "code challenge required" }
            }
            Self::CodeChallengeMethodUnsupported => {
                Standard::Redirect { error: "invalid_request", description: "transform algorithm not supported" }
            }
            Self::ConsentRefused => {
                Standard::Redirect { error: "access_denied", description: "The resource owner denied the request." }
            }
            Self::InteractionUnknown => {
                Standard::Page("This sign-in is no longer valid. Start again from the application.")
            }
            Self::PasswordWrong => Standard::AskAgain("The user name or password is incorrect."),
            Self::TotpWrong => Standard::AskAgain("The verification code is incorrect."),
            Self::TotpUsedBefore => {
                Standard::AskAgain("The verification code was already used. Wait for the next one.")
            }
            Self::MethodNotAllowed => {
                Standard::Json { status: 405, error: "invalid_request", description: "Method not allowed." }
            }
            Self::BodyTooLarge => {
                Standard::Json { status: 413, error: "invalid_request", description: "The request body is too large." }
            }
            Self::BodyNotForm => Standard::Json {
                status: 400,
                error: "invalid_request",
                description: "The request body must be application/x-www-form-urlencoded.",
            },
            Self::GrantTypeUnsupported => Standard::Json {
                status: 400,
                error: "unsupported_grant_type",
                description: "The grant type is not supported.",
            },
            Self::ClientAuthenticationMissing => {
                Standard::Json { status: 401, error: "invalid_client", description: "Client authentication failed." }
            }
            Self::ClientAuthenticationSeveral => Standard::Json {
                status: 400,
                error: "invalid_request",
                description: "More than one client authentication method.",
            },
            Self::ClientAuthenticationMethod => {
                Standard::Json { status: 401, error: "invalid_client", description: "Client authentication failed." }
            }
            Self::ClientSecretWrong => {
                Standard::Json { status: 401, error: "invalid_client", description: "Client authentication failed." }
            }
            Self::CodeMalformed => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The authorization code is invalid.",
            },
            Self::CodeUnknown => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The authorization code is invalid.",
            },
            Self::CodeExpired => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The authorization code expired." }
            }
            Self::CodeRedeemed => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The authorization code was already used.",
            },
            Self::CodeOfAnotherClient => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The authorization code was issued to another client.",
            },
            Self::RedirectUriMismatch => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The redirection URI does not match.",
            },
            Self::CodeVerifierMissing => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The code verifier is missing." }
            }
            Self::CodeVerifierWrong => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The code verifier does not match." }
            }
            Self::RefreshTokenMalformed => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The refresh token is invalid." }
            }
            Self::RefreshTokenUnknown => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The refresh token is invalid." }
            }
            Self::RefreshTokenOfAnotherClient => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The refresh token was issued to another client.",
            },
            Self::RefreshTokenSuperseded => Standard::Json {
                status: 400,
                error: "invalid_grant",
                description: "The refresh token was already used.",
            },
            Self::RefreshTokenExpired => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The refresh token expired." }
            }
            Self::RefreshedTooEarly => {
                Standard::Json { status: 400, error: "invalid_request", description: "Too many token requests." }
            }
            Self::ChainEnded => {
                Standard::Json { status: 400, error: "invalid_grant", description: "The grant was revoked." }
            }
            Self::AccessTokenMissing => Standard::Bearer { error: "", description: "" },
            Self::AccessTokenUnknown => {
                Standard::Bearer { error: "invalid_token", description: "The access token is invalid." }
            }
            Self::AccessTokenExpired => {
                Standard::Bearer { error: "invalid_token", description: "The access token expired." }
            }
            Self::AccessTokenEnded => {
                Standard::Bearer { error: "invalid_token", description: "The access token was revoked." }
            }
            Self::PathUnknown => Standard::Empty(404),
            Self::ResourceUnknown => Standard::Empty(404),
            Self::UserRefused => Standard::Empty(403),
            Self::DivisionUnknown => Standard::Empty(404),
            Self::DivisionNotAccessible => Standard::Empty(403),
            Self::ScopeMissing => {
                Standard::Bearer { error: "insufficient_scope", description: "The client lacks a scope." }
            }
            Self::RateLimitExceeded => Standard::Empty(429),
            Self::ErrorLimitExceeded => Standard::Empty(429),
            Self::SelectMissing => {
                Standard::Json { status: 400, error: "invalid_request", description: "Select the fields." }
            }
            Self::QueryInvalid => {
                Standard::Json { status: 400, error: "invalid_request", description: "A query parameter is invalid." }
            }
        }
    }
}
