//! The kinds of cause, their names, and the form that the RFCs give them.

use std::fmt;

/// The kinds of cause: [`Cause`](crate::proto::cause::Cause) without its data. The keys of the policy's error map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum CauseKind {
    /// A parameter came more than once (RFC 6749 sections 3.1 and 3.2).
    ParameterRepeated,
    /// A required parameter is missing or empty.
    ParameterMissing,
    /// No client of that id is registered here.
    ClientUnknown,
    /// The same at the authorization endpoint, where the resource owner must be told (section 4.1.2.1).
    ClientUnknownAtAuthorization,
    /// The redirection URI is not registered (section 3.1.2.4): never redirect there.
    RedirectUriNotRegistered,
    /// The redirection URI is not `https` where that is asked.
    RedirectUriNotHttps,
    /// The redirection URI is missing where it cannot be left out.
    RedirectUriMissing,
    /// The response type is not one that is offered.
    ResponseTypeUnsupported,
    /// PKCE is required and there is no challenge (RFC 7636 section 4.4.1).
    CodeChallengeMissing,
    /// The challenge method is not offered (RFC 7636 section 4.4.1).
    CodeChallengeMethodUnsupported,
    /// The resource owner refused (RFC 6749 section 4.1.2.1).
    ConsentRefused,
    /// A sign-in form came that belongs to no sign-in, or to one that took too long, or to another browser.
    InteractionUnknown,
    /// Name and password do not belong together. The page says so and asks again.
    PasswordWrong,
    /// The authenticator code is not the one of this time. The page says so and asks again.
    TotpWrong,
    /// The authenticator code was accepted before (RFC 6238 section 5.2: one use).
    TotpUsedBefore,
    /// The endpoint does not take this method.
    MethodNotAllowed,
    /// The body is larger than what is read.
    BodyTooLarge,
    /// The token request is no form (section 4.1.3), or its percent-encoding is broken.
    BodyNotForm,
    /// The grant type is not offered (section 5.2).
    GrantTypeUnsupported,
    /// No client authentication where it is required (section 5.2).
    ClientAuthenticationMissing,
    /// Several authentication methods in one request (section 2.3).
    ClientAuthenticationSeveral,
    /// The provider does not take this authentication method.
    ClientAuthenticationMethod,
    /// The secret is not the client's.
    ClientSecretWrong,
    /// What was presented cannot be a code: wrong length, alphabet or encoding.
    CodeMalformed,
    /// No such code was issued, or long ago.
    CodeUnknown,
    /// The code's time is over (section 4.1.2).
    CodeExpired,
    /// The code was redeemed before (section 4.1.2).
    CodeRedeemed,
    /// The code was issued to another client (section 4.1.3).
    CodeOfAnotherClient,
    /// The redirection URI is not the one of the authorization request (section 4.1.3).
    RedirectUriMismatch,
    /// A challenge was sent and there is no verifier (RFC 7636 section 4.6).
    CodeVerifierMissing,
    /// The verifier does not fit the challenge (RFC 7636 section 4.6), or there was none (RFC 9700 section 2.1.1).
    CodeVerifierWrong,
    /// What was presented cannot be a refresh token.
    RefreshTokenMalformed,
    /// No such refresh token was issued, or long ago.
    RefreshTokenUnknown,
    /// The refresh token was issued to another client (section 6).
    RefreshTokenOfAnotherClient,
    /// The refresh token has been exchanged for a newer one.
    RefreshTokenSuperseded,
    /// The refresh token's time is over.
    RefreshTokenExpired,
    /// The last token response is not long enough ago.
    RefreshedTooEarly,
    /// The chain of the refresh token has ended.
    ChainEnded,
    /// No access token in the request (RFC 6750 section 3).
    AccessTokenMissing,
    /// No such access token was issued, or long ago.
    AccessTokenUnknown,
    /// The access token's time is over.
    AccessTokenExpired,
    /// The access token died before its time, with its chain or its refresh token.
    AccessTokenEnded,
    /// The provider has nothing at this path.
    PathUnknown,
}

impl CauseKind {
    /// Every kind, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::ParameterRepeated,
        Self::ParameterMissing,
        Self::ClientUnknown,
        Self::ClientUnknownAtAuthorization,
        Self::RedirectUriNotRegistered,
        Self::RedirectUriNotHttps,
        Self::RedirectUriMissing,
        Self::ResponseTypeUnsupported,
        Self::CodeChallengeMissing,
        Self::CodeChallengeMethodUnsupported,
        Self::ConsentRefused,
        Self::InteractionUnknown,
        Self::PasswordWrong,
        Self::TotpWrong,
        Self::TotpUsedBefore,
        Self::MethodNotAllowed,
        Self::BodyTooLarge,
        Self::BodyNotForm,
        Self::GrantTypeUnsupported,
        Self::ClientAuthenticationMissing,
        Self::ClientAuthenticationSeveral,
        Self::ClientAuthenticationMethod,
        Self::ClientSecretWrong,
        Self::CodeMalformed,
        Self::CodeUnknown,
        Self::CodeExpired,
        Self::CodeRedeemed,
        Self::CodeOfAnotherClient,
        Self::RedirectUriMismatch,
        Self::CodeVerifierMissing,
        Self::CodeVerifierWrong,
        Self::RefreshTokenMalformed,
        Self::RefreshTokenUnknown,
        Self::RefreshTokenOfAnotherClient,
        Self::RefreshTokenSuperseded,
        Self::RefreshTokenExpired,
        Self::RefreshedTooEarly,
        Self::ChainEnded,
        Self::AccessTokenMissing,
        Self::AccessTokenUnknown,
        Self::AccessTokenExpired,
        Self::AccessTokenEnded,
        Self::PathUnknown,
    ];

    /// Its name in snake case, as profiles and reports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ParameterRepeated => "parameter_repeated",
            Self::ParameterMissing => "parameter_missing",
            Self::ClientUnknown => "client_unknown",
            Self::ClientUnknownAtAuthorization => "client_unknown_at_authorization",
            Self::RedirectUriNotRegistered => "redirect_uri_not_registered",
            Self::RedirectUriNotHttps => "redirect_uri_not_https",
            Self::RedirectUriMissing => "redirect_uri_missing",
            Self::ResponseTypeUnsupported => "response_type_unsupported",
            Self::CodeChallengeMissing => "code_challenge_missing",
            Self::CodeChallengeMethodUnsupported => "code_challenge_method_unsupported",
            Self::ConsentRefused => "consent_refused",
            Self::InteractionUnknown => "interaction_unknown",
            Self::PasswordWrong => "password_wrong",
            Self::TotpWrong => "totp_wrong",
            Self::TotpUsedBefore => "totp_used_before",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyNotForm => "body_not_form",
            Self::GrantTypeUnsupported => "grant_type_unsupported",
            Self::ClientAuthenticationMissing => "client_authentication_missing",
            Self::ClientAuthenticationSeveral => "client_authentication_several",
            Self::ClientAuthenticationMethod => "client_authentication_method",
            Self::ClientSecretWrong => "client_secret_wrong",
            Self::CodeMalformed => "code_malformed",
            Self::CodeUnknown => "code_unknown",
            Self::CodeExpired => "code_expired",
            Self::CodeRedeemed => "code_redeemed",
            Self::CodeOfAnotherClient => "code_of_another_client",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::CodeVerifierMissing => "code_verifier_missing",
            Self::CodeVerifierWrong => "code_verifier_wrong",
            Self::RefreshTokenMalformed => "refresh_token_malformed",
            Self::RefreshTokenUnknown => "refresh_token_unknown",
            Self::RefreshTokenOfAnotherClient => "refresh_token_of_another_client",
            Self::RefreshTokenSuperseded => "refresh_token_superseded",
            Self::RefreshTokenExpired => "refresh_token_expired",
            Self::RefreshedTooEarly => "refreshed_too_early",
            Self::ChainEnded => "chain_ended",
            Self::AccessTokenMissing => "access_token_missing",
            Self::AccessTokenUnknown => "access_token_unknown",
            Self::AccessTokenExpired => "access_token_expired",
            Self::AccessTokenEnded => "access_token_ended",
            Self::PathUnknown => "path_unknown",
        }
    }

    /// The RFC's form, for a policy that says nothing else.
    #[must_use]
    pub(crate) const fn standard(self) -> Standard {
        match self {
            Self::ParameterRepeated => json(400, "invalid_request", "A parameter came more than once."),
            Self::ParameterMissing => json(400, "invalid_request", "A required parameter is missing."),
            Self::ClientUnknown => json(401, "invalid_client", "Client authentication failed."),
            Self::ClientUnknownAtAuthorization => Standard::Page("Unknown client."),
            Self::RedirectUriNotRegistered => Standard::Page("The redirection URI is not registered."),
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
            Self::AccessTokenUnknown => bearer("invalid_token", "The access token is invalid."),
            Self::AccessTokenExpired => bearer("invalid_token", "The access token expired."),
            Self::AccessTokenEnded => bearer("invalid_token", "The access token was revoked."),
            Self::PathUnknown => Standard::Empty(404),
        }
    }
}

/// Written out, so that it is read as text: a map's key that is read as an enum leaves no trace in the path of an error.
#[cfg(feature = "profiles")]
impl<'de> serde::Deserialize<'de> for CauseKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::ALL.iter().find(|kind| kind.name() == name).copied().ok_or_else(|| {
            let nearest = Self::ALL.iter().min_by_key(|kind| strsim::damerau_levenshtein(kind.name(), &name));
            let hint = nearest.map(|kind| format!("; did you mean `{kind}`?")).unwrap_or_default();
            serde::de::Error::custom(format!("there is no cause `{name}`{hint}"))
        })
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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
    /// 401 with a challenge (RFC 6750 section 3); no error code when the request carried no token.
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

#[cfg(test)]
mod tests {
    use super::CauseKind;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<_> = CauseKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CauseKind::ALL.len());
    }
}
