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

const fn json(status: u16, error: &'static str, description: &'static str) -> Standard {
    Standard::Json { status, error, description }
}

const fn redirect(error: &'static str, description: &'static str) -> Standard {
    Standard::Redirect { error, description }
}

const fn bearer(error: &'static str, description: &'static str) -> Standard {
    Standard::Bearer { error, description }
}

impl CauseKind {
    /// Whether the page of a sign-in is shown again with a message, since something else can be typed.
    pub(crate) const fn asks_again(self) -> bool {
        matches!(self.standard(), Standard::AskAgain(_))
    }

    /// The RFC's form, for a policy that says nothing else.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: a row for each cause")]
    pub(crate) const fn standard(self) -> Standard {
        match self {
            Self::ParameterRepeated => json(400, "invalid_request", "A parameter came more than once."),
            Self::ParameterMissing => json(400, "invalid_request", "A required parameter is missing."),
            Self::ClientUnknown => json(401, "invalid_client", "Client authentication failed."),
            Self::ClientUnknownAtAuthorization => Standard::Page("Unknown client."),
            Self::RedirectUriNotRegistered => Standard::Page("The redirection URI is not registered."),
            Self::RedirectUriPathDiffers => redirect("invalid_request", "The redirection URI is not registered."),
            Self::RedirectUriNotHttps => Standard::Page("The redirection URI must be https."),
            Self::RedirectUriMissing => Standard::Page("The redirection URI is missing."),
            Self::ResponseTypeUnsupported => redirect("unsupported_response_type", "The response type is not offered."),
            Self::CodeChallengeMissing => redirect("invalid_request", "code challenge required"),
            Self::CodeChallengeMethodUnsupported => redirect("invalid_request", "transform algorithm not supported"),
            Self::ConsentRefused => redirect("access_denied", "The resource owner denied the request."),
            Self::InteractionUnknown => {
                Standard::Page("This sign-in is no longer valid. Start again from the application.")
            }
            Self::PasswordWrong => Standard::AskAgain("The user name or password is incorrect."),
            Self::TotpWrong => Standard::AskAgain("The verification code is incorrect."),
            Self::TotpUsedBefore => {
                Standard::AskAgain("The verification code was already used. Wait for the next one.")
            }
            Self::SecondFactorWrong => Standard::AskAgain("The verification code is incorrect."),
            Self::AccountLocked => Standard::AskAgain("This account is locked after too many failed attempts."),
            Self::SecondFactorNotChosen => Standard::AskAgain("Choose at least one way to get a code."),
            Self::SignInFirst => Standard::Page("Sign in first."),
            Self::LoginRequired => redirect("login_required", "The resource owner must sign in."),
            Self::ConsentRequired => redirect("consent_required", "The resource owner must consent."),
            Self::AccountSelectionRequired => {
                redirect("account_selection_required", "The resource owner must choose an account.")
            }
            Self::PromptInvalid => redirect("invalid_request", "The value of prompt is invalid."),
            Self::MethodNotAllowed => json(405, "invalid_request", "Method not allowed."),
            Self::BodyTooLarge => json(413, "invalid_request", "The request body is too large."),
            Self::BodyNotForm => {
                json(400, "invalid_request", "The request body must be application/x-www-form-urlencoded.")
            }
            Self::GrantTypeUnsupported => json(400, "unsupported_grant_type", "The grant type is not supported."),
            Self::ClientAuthenticationMissing => json(401, "invalid_client", "Client authentication failed."),
            Self::ClientAuthenticationSeveral => {
                json(400, "invalid_request", "More than one client authentication method.")
            }
            Self::ClientAuthenticationMethod => json(401, "invalid_client", "Client authentication failed."),
            Self::ClientSecretWrong => json(401, "invalid_client", "Client authentication failed."),
            Self::CodeMalformed => json(400, "invalid_grant", "The authorization code is invalid."),
            Self::CodeUnknown => json(400, "invalid_grant", "The authorization code is invalid."),
            Self::CodeExpired => json(400, "invalid_grant", "The authorization code expired."),
            Self::CodeRedeemed => json(400, "invalid_grant", "The authorization code was already used."),
            Self::CodeOfAnotherClient => {
                json(400, "invalid_grant", "The authorization code was issued to another client.")
            }
            Self::RedirectUriMismatch => json(400, "invalid_grant", "The redirection URI does not match."),
            Self::CodeVerifierMissing => json(400, "invalid_grant", "The code verifier is missing."),
            Self::CodeVerifierWrong => json(400, "invalid_grant", "The code verifier does not match."),
            Self::RefreshTokenMalformed => json(400, "invalid_grant", "The refresh token is invalid."),
            Self::RefreshTokenUnknown => json(400, "invalid_grant", "The refresh token is invalid."),
            Self::RefreshTokenOfAnotherClient => {
                json(400, "invalid_grant", "The refresh token was issued to another client.")
            }
            Self::RefreshTokenSuperseded => json(400, "invalid_grant", "The refresh token was already used."),
            Self::RefreshTokenExpired => json(400, "invalid_grant", "The refresh token expired."),
            Self::RefreshedTooEarly => json(400, "invalid_request", "Too many token requests."),
            Self::ChainEnded => json(400, "invalid_grant", "The grant was revoked."),
            Self::AccessTokenMissing => bearer("", ""),
            Self::ApiKeyUnknown => bearer("invalid_token", "The API key is invalid."),
            Self::AccessTokenUnknown => bearer("invalid_token", "The access token is invalid."),
            Self::AccessTokenExpired => bearer("invalid_token", "The access token expired."),
            Self::AccessTokenEnded => bearer("invalid_token", "The access token was revoked."),
            Self::PathUnknown => Standard::Empty(404),
            Self::ResourceUnknown => Standard::Empty(404),
            Self::UserRefused => Standard::Empty(403),
            Self::DivisionUnknown => Standard::Empty(404),
            Self::DivisionNotAccessible => Standard::Empty(403),
            Self::ScopeMissing => bearer("insufficient_scope", "The client lacks a scope."),
            Self::RateLimitExceeded => Standard::Empty(429),
            Self::ErrorLimitExceeded => Standard::Empty(429),
            Self::Maintenance => Standard::Empty(503),
            Self::SelectMissing => json(400, "invalid_request", "Select the fields."),
            Self::QueryInvalid => json(400, "invalid_request", "A query parameter is invalid."),
            Self::ScopeUnknown => redirect("invalid_scope", "The scope is not offered."),
            Self::ScopeWidened => json(400, "invalid_scope", "The scope was not granted."),
            Self::ResponseModeUnsupported => redirect("invalid_request", "The response mode is not offered."),
            Self::NonceMissing => redirect("invalid_request", "The nonce is missing."),
            Self::OpenIdScopeMissing => redirect("invalid_scope", "The scope openid is missing."),
            Self::RequestObjectUnsupported => redirect("request_not_supported", "Request objects are not supported."),
            Self::RequestUriUnsupported => redirect("request_uri_not_supported", "Request URIs are not supported."),
            Self::RequestUriUnknown => Standard::Page("The pushed authorization request is not known, or no longer."),
            Self::PushedRequestRequired => redirect("invalid_request", "The authorization request must be pushed."),
            Self::GrantNotForClient => json(400, "unauthorized_client", "The client may not use this grant."),
            Self::UserPasswordWrong => json(400, "invalid_grant", "The user name or password is incorrect."),
            Self::ClientAssertionInvalid => json(401, "invalid_client", "Client authentication failed."),
            Self::DeviceCodeUnknown => json(400, "invalid_grant", "The device code is invalid."),
            Self::DeviceCodeExpired => json(400, "expired_token", "The device code expired."),
            Self::AuthorizationPending => {
                json(400, "authorization_pending", "The resource owner has not answered yet.")
            }
            Self::PolledTooFast => json(400, "slow_down", "Wait longer between polls."),
            Self::DeviceRefused => json(400, "access_denied", "The resource owner denied the request."),
            Self::UserCodeWrong => Standard::AskAgain("This code is not known, or no longer."),
            Self::ClientMetadataInvalid => json(400, "invalid_client_metadata", "The client metadata is invalid."),
            Self::ClientRedirectUriInvalid => json(400, "invalid_redirect_uri", "A redirection URI is invalid."),
            Self::LogoutHintInvalid => Standard::Page("This sign-out request is not valid."),
            Self::LogoutRedirectUriNotRegistered => Standard::Page("The place to return to is not registered."),
            Self::TenantUnknown => json(400, "invalid_request", "There is no such tenant."),
            Self::TenantMissing => json(400, "invalid_request", "The tenant is missing."),
            Self::GrantNotForTenant => json(400, "invalid_request", "The grant type is not offered here."),
            Self::ClientOfOneTenant => Standard::Page("The application is registered for one tenant."),
            Self::ClientNotForAccounts => Standard::Page("The application is not for this kind of account."),
            Self::ClientDisabled => json(400, "unauthorized_client", "The client is disabled."),
            Self::ClientSecretExpired => json(401, "invalid_client", "The client secret expired."),
            Self::SecretOfPublicClient => json(401, "invalid_client", "The client is public."),
            Self::RedirectUriRelative => Standard::Page("The redirection URI is not absolute."),
            Self::ResponseTypeNotEnabled => {
                redirect("unsupported_response_type", "The response type is not enabled for this client.")
            }
            Self::ResourceServerUnknown => json(400, "invalid_target", "There is no such resource."),
            Self::ScopeNotOfServer => redirect("invalid_scope", "The resource has no such scope."),
            Self::ResourceServerNotDeclared => {
                json(400, "invalid_target", "The client has no access to this resource.")
            }
            Self::ScopesOfSeveralServers => json(400, "invalid_scope", "The scopes belong to several resources."),
            Self::ScopeNotDefault => json(400, "invalid_scope", "The scope must be the resource's default."),
            Self::ResourceParameterUnsupported => json(400, "invalid_target", "The parameter resource is not taken."),
            Self::ResourceParameterMismatch => {
                json(400, "invalid_target", "The resource is not the one of the scopes.")
            }
            Self::CodeOfAnotherTenant => {
                json(400, "invalid_grant", "The authorization code was issued for another tenant.")
            }
            Self::CodeChallengeInvalid => {
                redirect("invalid_request", "The code challenge has not 43 to 128 characters.")
            }
            Self::CrossOriginWithoutChallenge => json(400, "invalid_request", "A browser needs a code challenge."),
            Self::CrossOriginRefused => json(400, "invalid_request", "This client may not be a browser."),
            Self::CrossOriginRequired => json(400, "invalid_request", "Only a browser may redeem this."),
            Self::BrowserTokenExpired => json(400, "invalid_grant", "The refresh token expired."),
            Self::UserUnknown => json(400, "invalid_grant", "The user name or password is incorrect."),
            Self::UserOfAnotherTenant => Standard::Page("The account belongs to another tenant."),
            Self::AccountsNotTaken => Standard::Page("This kind of account cannot sign in here."),
            Self::PasswordExpired => json(400, "invalid_grant", "The password expired."),
            Self::UserDisabled => json(400, "invalid_grant", "The account is disabled."),
            Self::UserNotAssigned => Standard::Page("You are not assigned to this application."),
            Self::SecondFactorRequired => json(400, "interaction_required", "A second factor is required."),
            Self::SecondFactorNotEnrolled => json(400, "interaction_required", "A second factor must be set up."),
            Self::AccessBlocked => json(400, "access_denied", "Access is blocked."),
            Self::ConsentMissing => json(400, "invalid_grant", "The resource owner has not agreed."),
            Self::AdminConsentRequired => Standard::Page("An administrator must agree to this."),
            Self::AssertionInvalid => json(400, "invalid_grant", "The assertion is invalid."),
            Self::AssertionExpired => json(400, "invalid_grant", "The assertion expired."),
            Self::RequestLoop => json(400, "invalid_grant", "Too many identical requests."),
            Self::RequestLoopOfClient => Standard::Empty(429),
            Self::AccessTokenMalformed => bearer("invalid_token", "The access token is invalid."),
            Self::AccessTokenForAnother => bearer("invalid_token", "The access token is for another resource."),
            Self::AccessRevoked => bearer("insufficient_claims", "The access was revoked."),
            Self::UserRequired => json(400, "invalid_request", "This resource is for users."),
            Self::ServiceTokenMissing => bearer("", ""),
            Self::ServiceVoucherUnknown
            | Self::ServiceKeyUnknown
            | Self::ServiceUnanswered
            | Self::ServiceAnswerRefused
            | Self::ServiceAnswerEmpty
            | Self::ServiceAnswerUnreadable
            | Self::ServiceClaimMissing
            | Self::ServiceUserUnknown => bearer("invalid_token", "The token was not accepted."),
            Self::LogoutNotConfirmed => Standard::Page("This sign-out request is not valid."),
        }
    }
}
