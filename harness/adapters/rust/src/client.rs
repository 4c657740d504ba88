//! A program that signs users in with the crate `openidconnect`.

use std::time::Duration;

use openidconnect::core::{CoreClient, CoreGenderClaim, CoreIdTokenClaims, CoreProviderMetadata, CoreResponseType};
use openidconnect::core::{CoreJsonWebKeySet, CoreTokenResponse};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, DiscoveryError, EmptyAdditionalClaims, EmptyAdditionalProviderMetadata,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySetUrl, Nonce,
    NonceVerifier, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, SubjectIdentifier, TokenResponse as _,
    TokenUrl, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::Store;

/// A program in production does not wait for ever.
const TIMEOUT: Duration = Duration::from_secs(20);

type Ready =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The client could not do what was asked: a kind of the protocol, the library's words, and the code where there is one.
pub(crate) struct Failure {
    kind: &'static str,
    message: String,
    code: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None }
    }

    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new("bug", message)
    }

    fn coded(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    pub(crate) fn outcome(&self) -> Value {
        let mut outcome = json!({"result": "error", "kind": self.kind, "message": self.message});
        if let Some(code) = &self.code {
            outcome["code"] = code.as_str().into();
        }
        outcome
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::bug(error.to_string())
    }
}

/// What is kept while the browser is away.
#[derive(Serialize, Deserialize)]
struct Login {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// What is kept of a sign-in.
#[derive(Serialize, Deserialize)]
struct Session {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    /// In seconds since 1970, where the answer said how long the access token is good for.
    expires_at: Option<f64>,
    subject: Option<SubjectIdentifier>,
}

/// One web application with a store, in one process.
pub(crate) struct Client {
    configuration: Value,
    store: Store,
    http: Http,
    now: f64,
    ready: Option<Ready>,
}

/// reqwest, as the library wants it: it must not follow redirects, which could be made to lead inside (the crate's own advice).
struct Http(reqwest::blocking::Client);

impl Http {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let (head, body) = request.into_parts();
        let response = self.0.request(head.method, head.uri.to_string()).headers(head.headers).body(body).send()?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = HttpResponse::new(response.bytes()?.to_vec());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

fn words(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

type TokenError = RequestTokenError<reqwest::Error, StandardErrorResponse<openidconnect::core::CoreErrorResponseType>>;

fn token_failure(error: &TokenError) -> Failure {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            Failure::new("oauth", error.to_string()).coded(answer.error().as_ref())
        }
        RequestTokenError::Request(request) => Failure::new("network", words(request)),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Failure::new("network", error.to_string()),
    }
}

fn untrusted(error: &ClaimsVerificationError) -> Failure {
    let code = match error {
        ClaimsVerificationError::Expired(_) => Some("id_token_expiry"),
        ClaimsVerificationError::InvalidAudience(_) => Some("id_token_audience"),
        ClaimsVerificationError::InvalidIssuer(_) => Some("id_token_issuer"),
        ClaimsVerificationError::InvalidNonce(_) => Some("id_token_nonce"),
        ClaimsVerificationError::InvalidSubject(_) => Some("id_token_subject"),
        ClaimsVerificationError::InvalidAuthTime(_) => Some("id_token_auth_time"),
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => {
            Some("id_token_algorithm")
        }
        ClaimsVerificationError::SignatureVerification(_) => Some("id_token_signature"),
        _ => None,
    };
    Failure { kind: "untrusted", message: words(error), code: code.map(str::to_owned) }
}

impl Client {
    pub(crate) fn new(command: &Value) -> Result<Self, Failure> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut builder = reqwest::blocking::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .no_proxy();
        if let Some(file) = command["ca_file"].as_str() {
            let pem = std::fs::read(file)?;
            let certificate = reqwest::Certificate::from_pem(&pem).map_err(|error| Failure::bug(words(&error)))?;
            builder = builder.tls_certs_only([certificate]);
        }
        Ok(Self {
            store: Store::new(&text(&command["storage"]), &text(&command["worker"])),
            http: Http(builder.build().map_err(|error| Failure::bug(words(&error)))?),
            now: command["now"].as_f64().unwrap_or_default(),
            configuration: command.clone(),
            ready: None,
        })
    }

    pub(crate) fn set_clock(&mut self, now: f64) {
        self.now = now;
    }

    pub(crate) fn now(&self) -> f64 {
        self.now
    }

    fn text(&self, pointer: &str) -> Option<String> {
        self.configuration.pointer(pointer)?.as_str().map(str::to_owned)
    }

    fn speaks_openid(&self) -> bool {
        self.configuration.get("openid").is_some_and(Value::is_object)
    }

    /// The library's client, made once in a process, as an application does at its start.
    fn ready(&mut self) -> Result<Ready, Failure> {
        if let Some(ready) = &self.ready {
            return Ok(ready.clone());
        }
        let wrong = |error: &dyn std::error::Error| Failure::bug(words(error));
        let metadata = match self.text("/openid/issuer") {
            Some(issuer) => {
                let issuer = IssuerUrl::new(issuer).map_err(|error| wrong(&error))?;
                let http = |request: HttpRequest| self.http.send(request);
                CoreProviderMetadata::discover(&issuer, &http).map_err(|error| match error {
                    DiscoveryError::Validation(ref why) => Failure::new("untrusted", why).coded("discovery_issuer"),
                    DiscoveryError::Request(ref request) => Failure::new("network", words(request)),
                    other => Failure::new("network", other.to_string()),
                })?
            }
            None => self.plain().map_err(|error| wrong(&error))?,
        };
        let id = ClientId::new(self.text("/client/id").unwrap_or_default());
        let secret = self.text("/client/secret").map(ClientSecret::new);
        let redirect = RedirectUrl::new(self.text("/client/redirect_uri").unwrap_or_default());
        let by_post = self.text("/client/authentication").as_deref() == Some("client_secret_post");
        let ready = CoreClient::from_provider_metadata(metadata, id, secret)
            .set_redirect_uri(redirect.map_err(|error| wrong(&error))?)
            .set_auth_type(if by_post { AuthType::RequestBody } else { AuthType::BasicAuth });
        self.ready = Some(ready.clone());
        Ok(ready)
    }

    /// What would be discovered, for a provider that speaks OAuth alone.
    fn plain(&self) -> Result<CoreProviderMetadata, openidconnect::url::ParseError> {
        let endpoint = |name: &str| self.text(&format!("/endpoints/{name}")).unwrap_or_default();
        let authorization = AuthUrl::new(endpoint("authorization"))?;
        let issuer = IssuerUrl::new(authorization.url().origin().ascii_serialization())?;
        let keys = JsonWebKeySetUrl::new(format!("{}/none", authorization.url().origin().ascii_serialization()))?;
        let none = EmptyAdditionalProviderMetadata {};
        let metadata = CoreProviderMetadata::new(issuer, authorization, keys, Vec::new(), Vec::new(), Vec::new(), none);
        let empty = CoreJsonWebKeySet::new(Vec::new());
        Ok(metadata.set_token_endpoint(Some(TokenUrl::new(endpoint("token"))?)).set_jwks(empty))
    }

    pub(crate) fn authorize(&mut self) -> Result<String, Failure> {
        let ready = self.ready()?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request =
            ready.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
        for scope in
            self.text("/client/scope").unwrap_or_default().split(' ').filter(|it| !it.is_empty() && *it != "openid")
        {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        if let Some(seconds) = self.configuration.pointer("/openid/max_age").and_then(Value::as_u64) {
            request = request.set_max_age(Duration::from_secs(seconds));
        }
        let (url, state, nonce) = request.url();
        self.store.save("login", &Login { state, nonce, verifier })?;
        Ok(url.to_string())
    }

    pub(crate) fn callback(&mut self, url: &str) -> Result<Option<String>, Failure> {
        let login: Login = self
            .store
            .load("login")
            .ok_or_else(|| Failure::new("oauth", "nobody is signing in").coded("state_mismatch"))?;
        let url = openidconnect::url::Url::parse(url).map_err(|error| Failure::bug(error.to_string()))?;
        let parameter =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        if parameter("state").as_ref() != Some(login.state.secret()) {
            return Err(Failure::new("oauth", "the state is not the one that was sent").coded("state_mismatch"));
        }
        if let Some(error) = parameter("error") {
            return Err(Failure::new("oauth", parameter("error_description").unwrap_or_default()).coded(&error));
        }
        let code = AuthorizationCode::new(parameter("code").ok_or_else(|| Failure::new("oauth", "there is no code"))?);
        let ready = self.ready()?;
        let http = |request: HttpRequest| self.http.send(request);
        let tokens = ready
            .exchange_code(code)
            .map_err(|error| Failure::bug(error.to_string()))?
            .set_pkce_verifier(login.verifier)
            .request(&http)
            .map_err(|error| token_failure(&error))?;
        let subject = if self.speaks_openid() {
            let claims = self.verify(&ready, &tokens, &login.nonce)?;
            let claims = claims.ok_or_else(|| Failure::new("untrusted", "Server did not return an ID token"))?;
            self.user_info(&ready, tokens.access_token(), claims.subject())?;
            Some(claims.subject().clone())
        } else {
            None
        };
        self.store.save(
            "session",
            &Session {
                access_token: tokens.access_token().clone(),
                refresh_token: tokens.refresh_token().cloned(),
                expires_at: self.end_of(&tokens),
                subject: subject.clone(),
            },
        )?;
        Ok(subject.map(|subject| subject.to_string()))
    }

    /// Verifies the ID token of a response, if there is one, and that the access token is the one that it was issued with.
    fn verify(
        &self,
        ready: &Ready,
        tokens: &CoreTokenResponse,
        nonce: impl NonceVerifier,
    ) -> Result<Option<CoreIdTokenClaims>, Failure> {
        let Some(token) = tokens.id_token() else { return Ok(None) };
        let seconds = self.now;
        let time = move || chrono::DateTime::from_timestamp_millis((seconds * 1000.0) as i64).unwrap_or_default();
        let verifier = ready.id_token_verifier().set_time_fn(time);
        let claims = token.claims(&verifier, nonce).map_err(|error| untrusted(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let broken = |error: &dyn std::error::Error| {
                Failure::new("untrusted", words(error)).coded("id_token_access_token_hash")
            };
            let algorithm = token.signing_alg().map_err(|error| broken(&error))?;
            let key = token.signing_key(&verifier).map_err(|error| broken(&error))?;
            let actual =
                AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| broken(&error))?;
            if actual != *expected {
                return Err(Failure::new("untrusted", "Invalid access token").coded("id_token_access_token_hash"));
            }
        }
        Ok(Some(claims.clone()))
    }

    fn user_info(&self, ready: &Ready, token: &AccessToken, subject: &SubjectIdentifier) -> Result<(), Failure> {
        let http = |request: HttpRequest| self.http.send(request);
        let Ok(request) = ready.user_info(token.clone(), Some(subject.clone())) else { return Ok(()) };
        let answer: Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>, _> = request.request(&http);
        answer.map(|_| ()).map_err(|error| match error {
            UserInfoError::ClaimsVerification(ref why @ ClaimsVerificationError::InvalidSubject(_)) => {
                Failure::new("untrusted", why.to_string()).coded("userinfo_subject")
            }
            UserInfoError::Request(ref request) => Failure::new("network", words(request)),
            other => Failure::new("untrusted", other.to_string()),
        })
    }

    pub(crate) fn refresh(&mut self) -> Result<(), Failure> {
        let session: Session =
            self.store.load("session").ok_or_else(|| Failure::new("reauthorize", "nobody is signed in"))?;
        let refresh = session.refresh_token.ok_or_else(|| Failure::new("reauthorize", "there is no refresh token"))?;
        let ready = self.ready()?;
        let http = |request: HttpRequest| self.http.send(request);
        let tokens = ready
            .exchange_refresh_token(&refresh)
            .map_err(|error| Failure::bug(error.to_string()))?
            .request(&http)
            .map_err(|error| token_failure(&error))?;
        if self.speaks_openid() {
            // OpenID Connect Core section 12.2: the nonce need not come again.
            let claims = self.verify(&ready, &tokens, |_: Option<&Nonce>| Ok(()))?;
            if let (Some(claims), Some(before)) = (&claims, &session.subject)
                && claims.subject() != before
            {
                return Err(Failure::new("untrusted", "another subject was refreshed").coded("id_token_subject"));
            }
        }
        // Section 6: without a new one, the client keeps the one that it has.
        let kept = tokens.refresh_token().cloned().unwrap_or(refresh);
        self.store.save(
            "session",
            &Session {
                access_token: tokens.access_token().clone(),
                refresh_token: Some(kept),
                expires_at: self.end_of(&tokens),
                subject: session.subject,
            },
        )?;
        Ok(())
    }

    fn end_of(&self, tokens: &CoreTokenResponse) -> Option<f64> {
        tokens.expires_in().map(|good_for| self.now + good_for.as_secs_f64())
    }

    /// Calls a resource with the token that is kept, refreshed first when its time is up. The library leaves both to the application,
    /// which does nothing about a 401.
    pub(crate) fn call(&mut self, command: &Value) -> Result<(u16, String), Failure> {
        let load = |store: &Store| -> Result<Session, Failure> {
            store.load("session").ok_or_else(|| Failure::new("reauthorize", "nobody is signed in"))
        };
        let mut session = load(&self.store)?;
        if session.expires_at.is_some_and(|end| end <= self.now) {
            self.refresh()?;
            session = load(&self.store)?;
        }
        let method = command["method"].as_str().unwrap_or("GET").parse().map_err(|_| Failure::bug("no method"))?;
        let mut request = self
            .http
            .0
            .request(method, command["url"].as_str().unwrap_or_default())
            .bearer_auth(session.access_token.secret());
        for (name, value) in command["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        if let Some(body) = command["body"].as_str() {
            request = request.body(body.to_owned());
        }
        let response = request.send().map_err(|error| Failure::new("network", words(&error)))?;
        let status = response.status().as_u16();
        Ok((status, response.text().map_err(|error| Failure::new("network", words(&error)))?))
    }
}
