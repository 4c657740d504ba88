//! The kinds of cause, and their names.

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
    /// The redirection URI has scheme and host of a registered one and differs after them, at a provider that redirects all the
    /// same.
    RedirectUriPathDiffers,
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
    /// No resource is at this path below the base of the API.
    ResourceUnknown,
    /// The user is shut out from all resources.
    UserRefused,
    /// There is no such division.
    DivisionUnknown,
    /// The user is not let into the division.
    DivisionNotAccessible,
    /// The client was not granted the scope of the resource (RFC 6750 section 3.1).
    ScopeMissing,
    /// The window of a rate limit has no request left.
    RateLimitExceeded,
    /// There were too many errors, and the client is shut out for a while.
    ErrorLimitExceeded,
    /// The request must say which fields it wants, and does not.
    SelectMissing,
    /// A query parameter has a value that cannot be used.
    QueryInvalid,
    /// The provider is down for its daily maintenance.
    Maintenance,
}

impl CauseKind {
    /// Every kind, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::ParameterRepeated,
        Self::ParameterMissing,
        Self::ClientUnknown,
        Self::ClientUnknownAtAuthorization,
        Self::RedirectUriNotRegistered,
        Self::RedirectUriPathDiffers,
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
        Self::ResourceUnknown,
        Self::UserRefused,
        Self::DivisionUnknown,
        Self::DivisionNotAccessible,
        Self::ScopeMissing,
        Self::RateLimitExceeded,
        Self::ErrorLimitExceeded,
        Self::SelectMissing,
        Self::QueryInvalid,
        Self::Maintenance,
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
            Self::RedirectUriPathDiffers => "redirect_uri_path_differs",
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
            Self::ResourceUnknown => "resource_unknown",
            Self::UserRefused => "user_refused",
            Self::DivisionUnknown => "division_unknown",
            Self::DivisionNotAccessible => "division_not_accessible",
            Self::ScopeMissing => "scope_missing",
            Self::RateLimitExceeded => "rate_limit_exceeded",
            Self::ErrorLimitExceeded => "error_limit_exceeded",
            Self::SelectMissing => "select_missing",
            Self::QueryInvalid => "query_invalid",
            Self::Maintenance => "maintenance",
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
