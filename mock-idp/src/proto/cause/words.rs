//! What a cause says to people.

use std::fmt;

use crate::proto::cause::Cause;

impl fmt::Display for Cause {
    #[expect(clippy::too_many_lines, reason = "a table: a row for each cause")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParameterRepeated { name } => write!(f, "parameter `{name}` came more than once"),
            Self::ParameterMissing { name } => write!(f, "parameter `{name}` is missing"),
            Self::ClientUnknown { client_id } | Self::ClientUnknownAtAuthorization { client_id } => {
                write!(f, "client `{client_id}` is not registered here")
            }
            Self::RedirectUriNotRegistered { redirect_uri } => {
                write!(f, "redirection URI `{redirect_uri}` is not registered")
            }
            Self::RedirectUriPathDiffers { redirect_uri } => {
                write!(f, "redirection URI `{redirect_uri}` differs from the registered one after the host")
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
            Self::SecondFactorWrong { user } => write!(f, "wrong second factor for `{user}`"),
            Self::AccountLocked { user, until: None } => write!(f, "the account `{user}` is locked"),
            Self::AccountLocked { user, until: Some(until) } => {
                write!(f, "the account `{user}` is locked until {until}")
            }
            Self::SecondFactorNotChosen => f.write_str("no way to get a code was chosen"),
            Self::SignInFirst => f.write_str("nobody is signed in with this browser"),
            Self::LoginRequired => f.write_str("prompt=none, and nobody is signed in freshly enough"),
            Self::ConsentRequired => f.write_str("prompt=none, and the resource owner has not agreed yet"),
            Self::AccountSelectionRequired => f.write_str("prompt=none, and several accounts are signed in"),
            Self::PromptInvalid { prompt } => write!(f, "prompt `{prompt}` is not one"),
            Self::MethodNotAllowed { method, .. } => write!(f, "method {method} is not taken here"),
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
            Self::RefreshTokenExpired { token, expired_at, .. } => write!(f, "{token} expired at {expired_at}"),
            Self::RefreshedTooEarly { token, last_response_at, allowed_at } => write!(
                f,
                "{token} came too early: the last token response was at {last_response_at}, the next is allowed at {allowed_at}"
            ),
            Self::ChainEnded { token, chain, ended_at, why, .. } => {
                write!(f, "{token} belongs to {chain}, which ended at {ended_at}: {why}")
            }
            Self::AccessTokenMissing => f.write_str("no access token came with the request"),
            Self::ApiKeyUnknown => f.write_str("the API key is nobody's"),
            Self::AccessTokenUnknown => f.write_str("no such access token was issued"),
            Self::AccessTokenExpired { token, expired_at } => write!(f, "{token} expired at {expired_at}"),
            Self::AccessTokenEnded { token, ended_at } => write!(f, "{token} was ended at {ended_at}"),
            Self::PathUnknown { path } => write!(f, "nothing is at `{path}`"),
            Self::ResourceUnknown { path } => write!(f, "no resource is at `{path}`"),
            Self::UserRefused { user, reason } => write!(f, "{user} is shut out: {reason}"),
            Self::DivisionUnknown { division } => write!(f, "there is no division `{division}`"),
            Self::DivisionNotAccessible { division, reason } => {
                write!(f, "division {division} is closed to the user: {reason}")
            }
            Self::ScopeMissing { scope } => write!(f, "the client was not granted scope `{scope}`"),
            Self::RateLimitExceeded { limit, resets_at } => {
                write!(f, "rate limit `{limit}` is used up until {resets_at}")
            }
            Self::ErrorLimitExceeded { until } => write!(f, "too many errors: shut out until {until}"),
            Self::Maintenance { until } => write!(f, "down for maintenance until {until}"),
            Self::SelectMissing => f.write_str("the request selects no fields"),
            Self::QueryInvalid { name } => write!(f, "query parameter `{name}` has a value that cannot be used"),
            Self::ScopeUnknown { scope } => write!(f, "scope `{scope}` is not offered to this client"),
            Self::ScopeWidened { scope } => write!(f, "scope `{scope}` was not granted"),
            Self::ResponseModeUnsupported { mode } => {
                write!(f, "response_mode `{mode}` is not offered for this response type")
            }
            Self::NonceMissing => f.write_str("nonce is missing"),
            Self::OpenIdScopeMissing => f.write_str("an ID token was asked for without the scope openid"),
            Self::RequestObjectUnsupported => f.write_str("request objects are not taken"),
            Self::RequestUriUnsupported => f.write_str("request_uri is not taken"),
            Self::RequestUriUnknown => f.write_str("no such pushed authorization request, or no longer"),
            Self::PushedRequestRequired => f.write_str("the authorization request was not pushed"),
            Self::GrantNotForClient { grant_type } => write!(f, "the client may not use grant_type `{grant_type}`"),
            Self::UserPasswordWrong { user } => write!(f, "wrong name or password for `{user}`"),
            Self::ClientAssertionInvalid { why } => write!(f, "the client assertion is not good: {why}"),
            Self::DeviceCodeUnknown => f.write_str("no such device code was issued to this client"),
            Self::DeviceCodeExpired { expired_at } => write!(f, "the device code expired at {expired_at}"),
            Self::AuthorizationPending => f.write_str("the resource owner has not answered yet"),
            Self::PolledTooFast { interval } => write!(f, "polled too fast: from now on every {interval} s"),
            Self::DeviceRefused => f.write_str("the resource owner refused the device"),
            Self::UserCodeWrong => f.write_str("no device waits for this user code"),
            Self::ClientMetadataInvalid { why } => write!(f, "the client metadata cannot be registered: {why}"),
            Self::ClientRedirectUriInvalid { redirect_uri } => {
                write!(f, "redirection URI `{redirect_uri}` cannot be registered")
            }
            Self::LogoutHintInvalid => f.write_str("the id_token_hint was not issued here"),
            Self::LogoutRedirectUriNotRegistered { redirect_uri } => {
                write!(f, "post_logout_redirect_uri `{redirect_uri}` is not registered")
            }
            Self::TenantUnknown { tenant } => write!(f, "there is no tenant `{tenant}`"),
            Self::TenantMissing => f.write_str("the request names no single tenant"),
            Self::GrantNotForTenant { grant_type, tenant } => {
                write!(f, "grant_type `{grant_type}` is not offered for `{tenant}`")
            }
            Self::ClientOfOneTenant { facts } => {
                write!(
                    f,
                    "client `{}` is registered for one tenant, not for `{}`",
                    facts.get("client_id"),
                    facts.get("tenant")
                )
            }
            Self::ClientNotForAccounts { facts } => {
                write!(f, "client `{}` is not registered for {} accounts", facts.get("client_id"), facts.get("kind"))
            }
            Self::ClientDisabled { client_id } => write!(f, "client `{client_id}` is disabled"),
            Self::ClientSecretExpired { client_id, expired_at } => {
                write!(f, "the secret of client `{client_id}` expired at {expired_at}")
            }
            Self::SecretOfPublicClient { client_id } => {
                write!(f, "client `{client_id}` is public and brought credentials")
            }
            Self::RedirectUriRelative { redirect_uri } => write!(f, "redirection URI `{redirect_uri}` is not absolute"),
            Self::ResponseTypeNotEnabled { response_type } => {
                write!(f, "response_type `{response_type}` is not enabled for this client")
            }
            Self::ResourceServerUnknown { resource } => write!(f, "there is no resource server `{resource}`"),
            Self::ScopeNotOfServer { scope, .. } => write!(f, "the resource server has no scope `{scope}`"),
            Self::ResourceServerNotDeclared { facts } => {
                write!(f, "client `{}` was registered without `{}`", facts.get("client_id"), facts.get("resource"))
            }
            Self::ScopesOfSeveralServers { scope } => write!(f, "scope `{scope}` names several resource servers"),
            Self::ScopeNotDefault { scope } => write!(f, "scope `{scope}` is not `.default` of one resource server"),
            Self::ResourceParameterUnsupported => f.write_str("the parameter `resource` is not taken"),
            Self::ResourceParameterMismatch { resource } => {
                write!(f, "resource `{resource}` is not that of the scopes")
            }
            Self::CodeOfAnotherTenant { code } => write!(f, "{code} was issued by way of another tenant"),
            Self::CodeChallengeInvalid => f.write_str("code_challenge has not 43 to 128 characters"),
            Self::CrossOriginWithoutChallenge { code } => {
                write!(f, "{code} has no challenge, and a browser redeems it")
            }
            Self::CrossOriginRefused { origin } => write!(f, "a browser at `{origin}` redeems what is not a browser's"),
            Self::CrossOriginRequired => f.write_str("no browser redeems what is a browser's"),
            Self::BrowserTokenExpired { token, expired_at, .. } => {
                write!(f, "{token} of a browser's application expired at {expired_at}")
            }
            Self::UserUnknown { user, .. } => write!(f, "there is no user `{user}`"),
            Self::UserOfAnotherTenant { facts } => {
                write!(f, "{} is not of tenant `{}`", facts.get("user"), facts.get("tenant"))
            }
            Self::AccountsNotTaken { user, tenant } => write!(f, "{user} cannot sign in by way of `{tenant}`"),
            Self::PasswordExpired { user } => write!(f, "the password of {user} expired"),
            Self::UserDisabled { user } => write!(f, "the account of {user} is disabled"),
            Self::UserNotAssigned { facts } => {
                write!(f, "{} is not assigned to client `{}`", facts.get("user"), facts.get("client_id"))
            }
            Self::SecondFactorRequired { facts } => write!(f, "a rule asks {} for a second factor", facts.get("user")),
            Self::SecondFactorNotEnrolled { facts } => {
                write!(f, "a rule asks {} for a second factor, and they have none", facts.get("user"))
            }
            Self::AccessBlocked { user, .. } => write!(f, "a rule shuts {user} out"),
            Self::ConsentMissing { facts } => {
                write!(f, "{} has not agreed to `{}`", facts.get("user"), facts.get("scope"))
            }
            Self::AdminConsentRequired { scope } => write!(f, "only an administrator can grant `{scope}`"),
            Self::AssertionInvalid => f.write_str("the assertion is no access token for this client"),
            Self::AssertionExpired { token, expired_at } => {
                write!(f, "the assertion, {token}, expired at {expired_at}")
            }
            Self::RequestLoop { until } => write!(f, "a request loop: refused until {until}"),
            Self::RequestLoopOfClient { until } => {
                write!(f, "a request loop of a client that acts for itself: refused until {until}")
            }
            Self::AccessTokenMalformed => f.write_str("this cannot be an access token"),
            Self::AccessTokenForAnother { token } => write!(f, "{token} is for another resource server"),
            Self::AccessRevoked { token, revoked_at } => write!(f, "the access of {token} was revoked at {revoked_at}"),
            Self::UserRequired => f.write_str("the resource is for users, and nobody signed in"),
            Self::ServiceTokenMissing => f.write_str("the service got no token"),
            Self::ServiceVoucherUnknown { voucher } => write!(f, "nobody called `{voucher}` vouches for tokens"),
            Self::ServiceKeyUnknown => f.write_str("the service knows no such key"),
            Self::ServiceUnanswered => f.write_str("the service asked about the token and got no answer"),
            Self::ServiceAnswerRefused { status } => write!(f, "the token was refused to the service with {status}"),
            Self::ServiceAnswerEmpty { status } => write!(f, "the answer about the token, {status}, was empty"),
            Self::ServiceAnswerUnreadable { status } => {
                write!(f, "the answer about the token, {status}, was no JSON object")
            }
            Self::ServiceClaimMissing { claim, status } => {
                write!(f, "the answer about the token, {status}, was taken for a user and has no `{claim}`")
            }
            Self::ServiceUserUnknown { claim, value } => {
                write!(f, "the service has no user whose `{claim}` is `{value}`")
            }
            Self::LogoutNotConfirmed => f.write_str("the confirmation of signing out came from elsewhere"),
        }
    }
}
