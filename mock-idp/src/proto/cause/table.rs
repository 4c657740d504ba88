//! The table of causes: every kind, its name in profiles, and its data.
//!
//! How a cause looks where the policy is silent is in `standard`, what it says to people in `words`.

use crate::proto::cause::ChainEnd;
use crate::proto::cause::define::{Facts, causes};
use crate::proto::time::Timestamp;
use crate::proto::token::{ChainId, Label};

causes! {
    #[doc = "Why a request was refused."] Cause, #[doc = "The kinds of cause, the keys of the policy's error map: [`Cause`] without its data."] CauseKind;
    /// A parameter came more than once (RFC 6749 sections 3.1 and 3.2).
    ParameterRepeated = "parameter_repeated" { /** Which parameter. */ name: String },
    /// A required parameter is missing or empty.
    ParameterMissing = "parameter_missing" { /** Which parameter. */ name: &'static str },
    /// No client of that id is registered here.
    ClientUnknown = "client_unknown" { /** As sent. */ client_id: String },
    /// The same at the authorization endpoint, where the resource owner must be told (section 4.1.2.1).
    ClientUnknownAtAuthorization = "client_unknown_at_authorization" { /** As sent. */ client_id: String },
    /// The redirection URI is not registered (section 3.1.2.4): never redirect there.
    RedirectUriNotRegistered = "redirect_uri_not_registered" { /** As sent. */ redirect_uri: String },
    /// The redirection URI has scheme and host of a registered one and differs after them, at a provider that redirects all the
    /// same.
    RedirectUriPathDiffers = "redirect_uri_path_differs" { /** As sent. */ redirect_uri: String },
    /// The redirection URI is not `https` where that is asked.
    RedirectUriNotHttps = "redirect_uri_not_https" { /** As sent. */ redirect_uri: String },
    /// The redirection URI is missing where it cannot be left out.
    RedirectUriMissing = "redirect_uri_missing",
    /// The response type is not one that is offered.
    ResponseTypeUnsupported = "response_type_unsupported" { /** As sent. */ response_type: String },
    /// PKCE is required and there is no challenge (RFC 7636 section 4.4.1).
    CodeChallengeMissing = "code_challenge_missing",
    /// The challenge method is not offered (RFC 7636 section 4.4.1).
    CodeChallengeMethodUnsupported = "code_challenge_method_unsupported" { /** Which. */ method: String },
    /// The resource owner refused (RFC 6749 section 4.1.2.1).
    ConsentRefused = "consent_refused",
    /// A sign-in form came that belongs to no sign-in, or to one that took too long, or to another browser.
    InteractionUnknown = "interaction_unknown",
    /// Name and password do not belong together. The page says so and asks again.
    PasswordWrong = "password_wrong" { /** Whose account. */ user: String },
    /// The authenticator code is not the one of this time. The page says so and asks again.
    TotpWrong = "totp_wrong" { /** Whose account. */ user: String },
    /// The authenticator code was accepted before (RFC 6238 section 5.2: one use).
    TotpUsedBefore = "totp_used_before" { /** Whose account. */ user: String },
    /// A code of a second factor is right by none of the ways in which the user gets codes. The page says so and asks again.
    SecondFactorWrong = "second_factor_wrong" { /** Whose. */ user: String },
    /// The account is locked after too many failures. The page says so, whatever was typed.
    AccountLocked = "account_locked" {
        /// Whose.
        user: String,
        /// Until when; until somebody unlocks it when there is no such moment.
        until: Option<Timestamp>,
    },
    /// A second factor is to be set up without any way to get codes.
    SecondFactorNotChosen = "second_factor_not_chosen",
    /// The page is for signed-in users.
    SignInFirst = "sign_in_first",
    /// Nobody may be asked, and nobody is signed in, or not freshly enough (OpenID Connect Core section 3.1.2.6).
    LoginRequired = "login_required",
    /// Nobody may be asked, and the resource owner has not agreed yet (OpenID Connect Core section 3.1.2.6).
    ConsentRequired = "consent_required",
    /// Nobody may be asked, and several accounts are signed in (OpenID Connect Core section 3.1.2.6).
    AccountSelectionRequired = "account_selection_required",
    /// `prompt` says `none` and something else (OpenID Connect Core section 3.1.2.1), or what is not known.
    PromptInvalid = "prompt_invalid" { /** As sent. */ prompt: String },
    /// The endpoint does not take this method.
    MethodNotAllowed = "method_not_allowed" {
        /// Which.
        method: Box<str>,
        /// Those that it takes, as an `Allow` header lists them (RFC 9110 section 10.2.1).
        allow: Box<str>,
    },
    /// The body is larger than what is read.
    BodyTooLarge = "body_too_large" { /** In bytes. */ limit: u64 },
    /// The token request is no form (section 4.1.3), or its percent-encoding is broken.
    BodyNotForm = "body_not_form" { /** As sent. */ content_type: String },
    /// The grant type is not offered (section 5.2).
    GrantTypeUnsupported = "grant_type_unsupported" { /** As sent. */ grant_type: String },
    /// No client authentication where it is required (section 5.2).
    ClientAuthenticationMissing = "client_authentication_missing",
    /// Several authentication methods in one request (section 2.3).
    ClientAuthenticationSeveral = "client_authentication_several",
    /// The provider does not take this authentication method.
    ClientAuthenticationMethod = "client_authentication_method" { /** Which. */ method: &'static str },
    /// The secret is not the client's.
    ClientSecretWrong = "client_secret_wrong" { /** As sent. */ client_id: String },
    /// What was presented cannot be a code: wrong length, alphabet or encoding.
    CodeMalformed = "code_malformed",
    /// No such code was issued, or long ago.
    CodeUnknown = "code_unknown",
    /// The code's time is over (section 4.1.2).
    CodeExpired = "code_expired" {
        /// The code.
        code: Label,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The code was redeemed before (section 4.1.2).
    CodeRedeemed = "code_redeemed" {
        /// The code.
        code: Label,
        /// When.
        redeemed_at: Timestamp,
    },
    /// The code was issued to another client (section 4.1.3).
    CodeOfAnotherClient = "code_of_another_client" { /** The code. */ code: Label },
    /// The redirection URI is not the one of the authorization request (section 4.1.3).
    RedirectUriMismatch = "redirect_uri_mismatch" {
        /// The code.
        code: Label,
        /// As sent.
        redirect_uri: String,
    },
    /// A challenge was sent and there is no verifier (RFC 7636 section 4.6).
    CodeVerifierMissing = "code_verifier_missing" { /** The code. */ code: Label },
    /// The verifier does not fit the challenge (RFC 7636 section 4.6), or there was none (RFC 9700 section 2.1.1).
    CodeVerifierWrong = "code_verifier_wrong" { /** The code. */ code: Label },
    /// What was presented cannot be a refresh token.
    RefreshTokenMalformed = "refresh_token_malformed",
    /// No such refresh token was issued, or long ago.
    RefreshTokenUnknown = "refresh_token_unknown",
    /// The refresh token was issued to another client (section 6).
    RefreshTokenOfAnotherClient = "refresh_token_of_another_client" { /** The token. */ token: Label },
    /// The refresh token has been exchanged for a newer one.
    RefreshTokenSuperseded = "refresh_token_superseded" {
        /// The token.
        token: Label,
        /// What took its place.
        by: Label,
        /// When.
        superseded_at: Timestamp,
    },
    /// The refresh token's time is over.
    RefreshTokenExpired = "refresh_token_expired" {
        /// The token.
        token: Label,
        /// When it ended.
        expired_at: Timestamp,
        /// When it was issued.
        issued_at: Timestamp,
    },
    /// The last token response is not long enough ago.
    RefreshedTooEarly = "refreshed_too_early" {
        /// The token.
        token: Label,
        /// When.
        last_response_at: Timestamp,
        /// From when on a request is not too early.
        allowed_at: Timestamp,
    },
    /// The chain of the refresh token has ended.
    ChainEnded = "chain_ended" {
        /// The token.
        token: Label,
        /// The chain.
        chain: ChainId,
        /// When.
        ended_at: Timestamp,
        /// Why it ended.
        why: ChainEnd,
        /// When the token was issued.
        issued_at: Timestamp,
    },
    /// No access token in the request (RFC 6750 section 3).
    AccessTokenMissing = "access_token_missing",
    /// The API key is nobody's.
    ApiKeyUnknown = "api_key_unknown",
    /// No such access token was issued, or long ago.
    AccessTokenUnknown = "access_token_unknown",
    /// The access token's time is over.
    AccessTokenExpired = "access_token_expired" {
        /// The token.
        token: Label,
        /// When it ended.
        expired_at: Timestamp,
    },
    /// The access token died before its time, with its chain or its refresh token.
    AccessTokenEnded = "access_token_ended" {
        /// The token.
        token: Label,
        /// When.
        ended_at: Timestamp,
    },
    /// The provider has nothing at this path.
    PathUnknown = "path_unknown" { /** As sent. */ path: String },
    /// No resource is at this path below the base of the API.
    ResourceUnknown = "resource_unknown" { /** As sent. */ path: String },
    /// The user is shut out from all resources.
    UserRefused = "user_refused" {
        /// Who.
        user: Box<str>,
        /// The provider's word for why.
        reason: Box<str>,
    },
    /// There is no such division.
    DivisionUnknown = "division_unknown" { /** As sent. */ division: String },
    /// The user is not let into the division.
    DivisionNotAccessible = "division_not_accessible" {
        /// Which.
        division: Box<str>,
        /// The provider's word for why.
        reason: Box<str>,
    },
    /// The client was not granted the scope of the resource (RFC 6750 section 3.1).
    ScopeMissing = "scope_missing" { /** Which. */ scope: String },
    /// The window of a rate limit has no request left.
    RateLimitExceeded = "rate_limit_exceeded" {
        /// Which, by its name in the policy.
        limit: String,
        /// When its window ends.
        resets_at: Timestamp,
    },
    /// There were too many errors, and the client is shut out for a while.
    ErrorLimitExceeded = "error_limit_exceeded" { /** Until when. */ until: Timestamp },
    /// The request must say which fields it wants, and does not.
    SelectMissing = "select_missing",
    /// A query parameter has a value that cannot be used.
    QueryInvalid = "query_invalid" { /** The parameter. */ name: String },
    /// The provider is down for its daily maintenance.
    Maintenance = "maintenance" { /** Until when. */ until: Timestamp },
    /// A scope is asked for that is not offered to this client (RFC 6749 section 3.3).
    ScopeUnknown = "scope_unknown" { /** Which. */ scope: String },
    /// A refresh asks for a scope that was never granted (section 6).
    ScopeWidened = "scope_widened" { /** Which. */ scope: String },
    /// The response mode is not offered, or would put tokens into a query (OAuth 2.0 Multiple Response Types section 2.1).
    ResponseModeUnsupported = "response_mode_unsupported" { /** As sent. */ mode: String },
    /// An ID token from the authorization endpoint needs a nonce (OpenID Connect Core sections 3.2.2.1 and 3.3.2.11).
    NonceMissing = "nonce_missing",
    /// An ID token is asked for without the scope `openid` (OpenID Connect Core section 3.1.2.1).
    OpenIdScopeMissing = "open_id_scope_missing",
    /// A request object came (OpenID Connect Core section 6.1).
    RequestObjectUnsupported = "request_object_unsupported",
    /// A `request_uri` came where there are no pushed requests (OpenID Connect Core section 6.2).
    RequestUriUnsupported = "request_uri_unsupported",
    /// The `request_uri` was never given out to this client, was used before, or its time is over (RFC 9126 section 4).
    RequestUriUnknown = "request_uri_unknown",
    /// Authorization requests must be pushed (RFC 9126 section 5).
    PushedRequestRequired = "pushed_request_required",
    /// The client may not use this grant (RFC 6749 section 5.2): a public client has no credentials of its own.
    GrantNotForClient = "grant_not_for_client" { /** As sent. */ grant_type: String },
    /// Name and password of a password grant do not belong together (section 4.3.2).
    UserPasswordWrong = "user_password_wrong" { /** As sent. */ user: String },
    /// The signed statement of who the client is cannot be believed (RFC 7523 section 3).
    ClientAssertionInvalid = "client_assertion_invalid" { /** What is wrong with it. */ why: &'static str },
    /// No such device code was issued to this client, or long ago (RFC 8628 section 3.5).
    DeviceCodeUnknown = "device_code_unknown",
    /// The device code's time is over (RFC 8628 section 3.5).
    DeviceCodeExpired = "device_code_expired" { /** When its time was over. */ expired_at: Timestamp },
    /// The resource owner has not answered yet (RFC 8628 section 3.5).
    AuthorizationPending = "authorization_pending",
    /// The client polls faster than it was told (RFC 8628 section 3.5): the interval grows by five seconds.
    PolledTooFast = "polled_too_fast" { /** Seconds to wait between two polls from now on. */ interval: u64 },
    /// The resource owner refused the device (RFC 8628 section 3.5).
    DeviceRefused = "device_refused",
    /// No device waits for this user code (RFC 8628 section 3.3). The page says so and asks again.
    UserCodeWrong = "user_code_wrong",
    /// What a client says of itself cannot be registered (RFC 7591 section 3.2.2).
    ClientMetadataInvalid = "client_metadata_invalid" { /** What is wrong with it. */ why: &'static str },
    /// A redirection URI cannot be registered (RFC 7591 section 3.2.2).
    ClientRedirectUriInvalid = "client_redirect_uri_invalid" { /** As sent. */ redirect_uri: String },
    /// The `id_token_hint` was not issued here (RP-Initiated Logout 1.0 section 2).
    LogoutHintInvalid = "logout_hint_invalid",
    /// The place to go after signing out is not registered (RP-Initiated Logout 1.0 section 3): never redirect there.
    LogoutRedirectUriNotRegistered = "logout_redirect_uri_not_registered" { /** As sent. */ redirect_uri: String },
    /// The form by which the resource owner confirms to sign out was not this browser's.
    LogoutNotConfirmed = "logout_not_confirmed",
    /// The path names no tenant that there is.
    TenantUnknown = "tenant_unknown" { /** As sent. */ tenant: String },
    /// The request is for no single tenant, and must be: a client that acts for itself belongs to one.
    TenantMissing = "tenant_missing",
    /// The grant is not offered where several tenants are meant.
    GrantNotForTenant = "grant_not_for_tenant" {
        /// As sent.
        grant_type: Box<str>,
        /// As sent.
        tenant: Box<str>,
    },
    /// The client is registered for one tenant, and the request is for several, or for another.
    ClientOfOneTenant = "client_of_one_tenant" { /** `client_id`, `client_name`, `tenant`. */ facts: Box<Facts> },
    /// The client is not registered for this kind of accounts.
    ClientNotForAccounts = "client_not_for_accounts" { /** `client_id`, `client_name`, `kind`. */ facts: Box<Facts> },
    /// The client was disabled.
    ClientDisabled = "client_disabled" { /** Which. */ client_id: String },
    /// The secret is the client's, and its time is over.
    ClientSecretExpired = "client_secret_expired" {
        /// Whose.
        client_id: String,
        /// When it was over.
        expired_at: Timestamp,
    },
    /// A public client brought a secret or an assertion.
    SecretOfPublicClient = "secret_of_public_client" { /** Which. */ client_id: String },
    /// The redirection URI is not absolute (RFC 6749 section 3.1.2).
    RedirectUriRelative = "redirect_uri_relative" { /** As sent. */ redirect_uri: String },
    /// The client was not registered for this response type.
    ResponseTypeNotEnabled = "response_type_not_enabled" { /** As sent. */ response_type: String },
    /// No resource server has this identifier (RFC 8707 section 2).
    ResourceServerUnknown = "resource_server_unknown" { /** As sent. */ resource: String },
    /// The resource server has no such scope.
    ScopeNotOfServer = "scope_not_of_server" {
        /// Which, without the URI.
        scope: Box<str>,
        /// The resource server's identifier as an application.
        resource_id: Box<str>,
    },
    /// The client was registered without any access to this resource server.
    ResourceServerNotDeclared = "resource_server_not_declared" {
        /// `client_id`, `resource`, `resource_id`, `declared`.
        facts: Box<Facts>,
    },
    /// A token is asked for with scopes of more than one resource server.
    ScopesOfSeveralServers = "scopes_of_several_servers" { /** As sent. */ scope: String },
    /// A client that acts for itself asks for single scopes, or for none, and not for all that it was registered with.
    ScopeNotDefault = "scope_not_default" { /** As sent. */ scope: String },
    /// The parameter `resource` is not taken beside scopes (RFC 8707).
    ResourceParameterUnsupported = "resource_parameter_unsupported",
    /// The parameter `resource` is not the resource server that the scopes belong to (RFC 8707 section 2.2).
    ResourceParameterMismatch = "resource_parameter_mismatch" { /** As sent. */ resource: String },
    /// The code was issued by way of another tenant's path.
    CodeOfAnotherTenant = "code_of_another_tenant" { /** The code. */ code: Label },
    /// The challenge has not 43 to 128 characters (RFC 7636 section 4.2).
    CodeChallengeInvalid = "code_challenge_invalid",
    /// A browser redeems a code that was asked for without a challenge.
    CrossOriginWithoutChallenge = "cross_origin_without_challenge" { /** The code. */ code: Label },
    /// A browser redeems what was not issued to a browser's application.
    CrossOriginRefused = "cross_origin_refused" { /** Where the request says that it comes from. */ origin: String },
    /// What was issued to a browser's application is redeemed by a request that comes from none.
    CrossOriginRequired = "cross_origin_required",
    /// The fixed time of a refresh token of a browser's application is over.
    BrowserTokenExpired = "browser_token_expired" {
        /// The token.
        token: Label,
        /// When its chain began.
        issued_at: Timestamp,
        /// When its time was over.
        expired_at: Timestamp,
    },
    /// There is no such user (RFC 6749 section 4.3.2).
    UserUnknown = "user_unknown" {
        /// As sent.
        user: Box<str>,
        /// In which tenant.
        tenant: Box<str>,
    },
    /// The user belongs to another tenant.
    UserOfAnotherTenant = "user_of_another_tenant" { /** `user`, `tenant`, `client_id`, `client_name`. */ facts: Box<Facts> },
    /// Accounts of this kind cannot sign in by way of this path.
    AccountsNotTaken = "accounts_not_taken" {
        /// Who.
        user: Box<str>,
        /// As sent.
        tenant: Box<str>,
    },
    /// The password is right and must be changed first.
    PasswordExpired = "password_expired" { /** Whose. */ user: String },
    /// The account is disabled.
    UserDisabled = "user_disabled" { /** Whose. */ user: String },
    /// The client is for users who are assigned to it, and this one is not.
    UserNotAssigned = "user_not_assigned" { /** `user`, `client_id`, `client_name`. */ facts: Box<Facts> },
    /// A rule asks for a second factor, and the sign-in was without one.
    SecondFactorRequired = "second_factor_required" { /** `facts`. */ facts: Box<Facts> },
    /// A rule asks for a second factor, and the user has none.
    SecondFactorNotEnrolled = "second_factor_not_enrolled" { /** `facts`. */ facts: Box<Facts> },
    /// A rule forbids the access.
    AccessBlocked = "access_blocked" {
        /// Who.
        user: Box<str>,
        /// The rule's identifier.
        rule: Box<str>,
    },
    /// Tokens are asked for that nobody consented to, where nobody can be asked.
    ConsentMissing = "consent_missing" { /** `user`, `client_id`, `client_name`, `scope`. */ facts: Box<Facts> },
    /// Only an administrator can grant this scope.
    AdminConsentRequired = "admin_consent_required" { /** Which. */ scope: String },
    /// The assertion of a grant is no access token of this provider for this client (RFC 7523 section 3).
    AssertionInvalid = "assertion_invalid",
    /// The assertion of a grant is an access token whose time is over.
    AssertionExpired = "assertion_expired" {
        /// The token.
        token: Label,
        /// When it was over.
        expired_at: Timestamp,
    },
    /// Too many requests came that are all alike.
    RequestLoop = "request_loop" { /** Until when the client is refused. */ until: Timestamp },
    /// The same of a client that acts for itself.
    RequestLoopOfClient = "request_loop_of_client" { /** Until when it is refused. */ until: Timestamp },
    /// What was presented cannot be an access token.
    AccessTokenMalformed = "access_token_malformed",
    /// The access token is for another resource server (RFC 9068 section 4).
    AccessTokenForAnother = "access_token_for_another" { /** The token. */ token: Label },
    /// The access was taken back since the token was issued, and the client understands the challenge.
    AccessRevoked = "access_revoked" {
        /// The token.
        token: Label,
        /// When.
        revoked_at: Timestamp,
    },
    /// The resource is for users, and the client acts for itself.
    UserRequired = "user_required",
    /// A service beside the provider was asked without a session and without a token.
    ServiceTokenMissing = "service_token_missing",
    /// Nobody of that name vouches for tokens at the service.
    ServiceVoucherUnknown = "service_voucher_unknown" { /** As sent. */ voucher: Box<str> },
    /// The key is none of the service's users'.
    ServiceKeyUnknown = "service_key_unknown",
    /// The service asked about a token, and no answer came, or not the whole of it.
    ServiceUnanswered = "service_unanswered",
    /// The answer about the token was a refusal, and the service looks at that.
    ServiceAnswerRefused = "service_answer_refused" { /** The status of the answer. */ status: u64 },
    /// The answer about the token had nothing in it.
    ServiceAnswerEmpty = "service_answer_empty" { /** The status of the answer. */ status: u64 },
    /// The answer about the token was no JSON object.
    ServiceAnswerUnreadable = "service_answer_unreadable" { /** The status of the answer. */ status: u64 },
    /// The answer about the token was taken for a user, and did not say who.
    ServiceClaimMissing = "service_claim_missing" {
        /// The member that should have said it.
        claim: Box<str>,
        /// The status of the answer.
        status: u64,
    },
    /// The service has no such user, and makes none.
    ServiceUserUnknown = "service_user_unknown" {
        /// The member of the answer that said who it is.
        claim: Box<str>,
        /// What it said.
        value: Box<str>,
    },
}
