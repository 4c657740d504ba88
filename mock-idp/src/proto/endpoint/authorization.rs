//! The authorization endpoint (RFC 6749 sections 3.1 and 4.1.1).

use url::Url;

use crate::proto::cause::{Cause, CauseKind};
use crate::proto::client::{Client, ClientId};
use crate::proto::endpoint::interaction;
use crate::proto::endpoint::refuse::{Back, page_error};
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;
use crate::proto::pkce::Challenge;
use crate::proto::policy::{
    PathDiffers, Pkce, PkceMethod, Policy, RedirectUriMatch, ResponseMode, ResponseType, UnknownScope,
};
use crate::proto::scope::Scope;
use crate::proto::time::Span;

/// A checked authorization request.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) response_type: ResponseType,
    pub(crate) response_mode: ResponseMode,
    pub(crate) client: ClientId,
    /// The name of the client, for the pages.
    pub(crate) client_name: String,
    /// Where to send the browser back to.
    pub(crate) redirect_uri: String,
    /// Whether the request named it, so that the token request must (section 4.1.3).
    pub(crate) redirect_uri_sent: bool,
    pub(crate) state: Option<String>,
    /// What was asked for and is offered; none where the policy looks at no scopes.
    pub(crate) scope: Option<Scope>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Whether a session that lives is passed over (`force_login`, `prompt=login`).
    pub(crate) sign_in_again: bool,
    pub(crate) prompt: Prompt,
    /// How long ago the sign-in may be at most.
    pub(crate) max_age: Option<Span>,
    /// Who is thought to sign in.
    pub(crate) login_hint: Option<String>,
    /// The number of the device that waits for the answer (RFC 8628); then there is no redirection URI.
    pub(crate) device: Option<u32>,
}

/// What the resource owner must or must not be asked (OpenID Connect Core section 3.1.2.1). `login` is in `sign_in_again`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Prompt {
    /// Nothing.
    pub(crate) none: bool,
    /// Consent, although it was given before.
    pub(crate) consent: bool,
    /// Which account.
    pub(crate) select_account: bool,
}

impl AuthorizationRequest {
    pub(crate) fn back<'a>(&'a self, turn: &'a Turn<'_>) -> Back<'a> {
        Back {
            redirect_uri: &self.redirect_uri,
            state: self.state.as_deref(),
            issuer: turn.issuer_to_name(),
            mode: self.response_mode,
        }
    }
}

/// Why an authorization request is refused, and whether the client may be told by way of the browser.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    back: Option<Return>,
}

#[derive(Debug, Clone)]
struct Return {
    redirect_uri: String,
    state: Option<String>,
    mode: ResponseMode,
}

/// A refusal that stays on a page.
impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        Self { cause, back: None }
    }
}

/// Handles a request to the authorization endpoint.
pub(crate) fn authorize(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let checked = check_method(request)
        .and_then(|()| pushed(turn, params))
        .and_then(|pushed| check(turn.policy, clients, pushed.as_ref().unwrap_or(params), pushed.is_some()));
    let refusal = match checked {
        Ok(checked) => return interaction::begin(turn, request, checked),
        Err(refusal) => refusal,
    };
    Err({
        let back = refusal.back.as_ref().map(|back| Back {
            redirect_uri: &back.redirect_uri,
            state: back.state.as_deref(),
            issuer: turn.issuer_to_name(),
            mode: back.mode,
        });
        let response = page_error(turn.policy, &refusal.cause, turn.now, back);
        (refusal.cause, response)
    })
}

/// Reads `prompt` and `max_age`, where the provider speaks OpenID Connect.
fn check_prompt(policy: &Policy, params: &Params) -> Result<(Prompt, Option<Span>), Cause> {
    if policy.openid.is_none() {
        return Ok((Prompt::default(), None));
    }
    let text = params.first("prompt").unwrap_or_default();
    let invalid = || Cause::PromptInvalid { prompt: text.to_owned() };
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let prompt = Prompt {
        none: words.contains(&"none"),
        consent: words.contains(&"consent"),
        select_account: words.contains(&"select_account"),
    };
    let known = |word: &&str| matches!(*word, "none" | "login" | "consent" | "select_account");
    if prompt.none && words.len() > 1 || !words.iter().all(known) {
        return Err(invalid());
    }
    let seconds = |text: &str| text.parse::<u64>().map(Span::from_seconds).ok();
    let max_age = params.first("max_age").map(|text| seconds(text).ok_or(Cause::ParameterMissing { name: "max_age" }));
    Ok((prompt, max_age.transpose()?))
}

fn check_method(request: &Request) -> Result<(), Refusal> {
    if request.method == "GET" || request.method == "POST" {
        return Ok(());
    }
    Err(Cause::MethodNotAllowed { method: request.method.as_str().into(), allow: "GET, POST".into() }.into())
}

/// The parameters that were pushed before and are named here (RFC 9126 section 4); none where none are.
fn pushed(turn: &mut Turn<'_>, params: &Params) -> Result<Option<Params>, Refusal> {
    let (Some(_), Some(uri)) = (&turn.policy.pushed_authorization, params.first("request_uri")) else {
        return Ok(None);
    };
    let client = ClientId(params.required("client_id")?.to_owned());
    let found = turn.store.pushed.take_fitting(uri, |pushed| pushed.client == client && turn.now < pushed.ends);
    found.map(|pushed| Some(pushed.params)).ok_or_else(|| Cause::RequestUriUnknown.into())
}

/// Checks the parameters of a request, in the order in which their errors win.
pub(crate) fn check(
    policy: &Policy,
    clients: &[&Client],
    params: &Params,
    was_pushed: bool,
) -> Result<AuthorizationRequest, Refusal> {
    // Until the redirection URI is known to be the client's, an error must be shown and never redirected (section 4.1.2.1).
    params.check_unrepeated()?;
    let client = find_client(clients, params)?;
    // The parameters of an error go where those of a success would (section 4.2.2.1).
    // A provider that has never heard of the type answers in the query.
    let known = |it: &ResponseType| *it == ResponseType::Token || policy.authorization.response_types.contains(it);
    let asked = params.first("response_type").and_then(ResponseType::parse).filter(known);
    let mode = asked.map_or(ResponseMode::Query, ResponseType::default_mode);
    let state = params.first("state").map(str::to_owned);
    let (redirect_uri, redirect_uri_sent) = check_redirect_uri(policy, client, params).map_err(|cause| {
        let sent_back = cause.kind() == CauseKind::RedirectUriPathDiffers;
        let redirect_uri = params.first("redirect_uri").unwrap_or_default().to_owned();
        Refusal { cause, back: sent_back.then_some(Return { redirect_uri, state: state.clone(), mode }) }
    })?;
    let by = |mode: ResponseMode| {
        let back = Return { redirect_uri: redirect_uri.to_owned(), state: state.clone(), mode };
        move |cause: Cause| Refusal { cause, back: Some(back.clone()) }
    };
    let response_type = check_response_type(policy, params).map_err(by(mode))?;
    let response_mode = check_response_mode(policy, response_type, params).map_err(by(mode))?;
    let go_back = by(response_mode);
    check_form(policy, params, was_pushed).map_err(&go_back)?;
    let scope = check_scope(policy, client, params).map_err(&go_back)?;
    check_openid(policy, response_type, scope.as_ref(), params).map_err(&go_back)?;
    let challenge = check_challenge(policy, params).map_err(&go_back)?;
    let (prompt, max_age) = check_prompt(policy, params).map_err(&go_back)?;
    let asked = params.first("prompt").unwrap_or_default();
    let signs_in_each_time = response_type == ResponseType::Token && policy.authorization.implicit.signs_in_each_time;
    Ok(AuthorizationRequest {
        response_type,
        response_mode,
        client: client.id.clone(),
        client_name: client.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        redirect_uri_sent,
        state,
        scope,
        nonce: policy.openid.as_ref().and(params.first("nonce")).map(str::to_owned),
        challenge,
        sign_in_again: signs_in_each_time
            || params.first("force_login") == Some("1")
            || asked.split(' ').any(|word| word == "login"),
        prompt,
        max_age,
        login_hint: policy.openid.as_ref().and(params.first("login_hint")).map(str::to_owned),
        device: None,
    })
}

/// Ways to hand the request over that are not taken, or a way that must be taken.
fn check_form(policy: &Policy, params: &Params, was_pushed: bool) -> Result<(), Cause> {
    if policy.openid.is_some() && params.first("request").is_some() {
        return Err(Cause::RequestObjectUnsupported);
    }
    let pushing = policy.pushed_authorization.as_ref();
    if !was_pushed && (policy.openid.is_some() || pushing.is_some()) && params.first("request_uri").is_some() {
        return Err(Cause::RequestUriUnsupported);
    }
    if !was_pushed && pushing.is_some_and(|pushing| pushing.required) {
        return Err(Cause::PushedRequestRequired);
    }
    Ok(())
}

/// The way back to the client. What has tokens in it must not go into a query (OAuth 2.0 Multiple Response Types section 3).
fn check_response_mode(policy: &Policy, response_type: ResponseType, params: &Params) -> Result<ResponseMode, Cause> {
    let (Some(offered), Some(asked)) = (&policy.authorization.response_modes, params.first("response_mode")) else {
        return Ok(response_type.default_mode());
    };
    let known = offered.iter().copied().find(|mode| mode.name() == asked);
    known
        .filter(|mode| *mode != ResponseMode::Query || response_type == ResponseType::Code)
        .ok_or_else(|| Cause::ResponseModeUnsupported { mode: asked.to_owned() })
}

/// The scope that is granted if the resource owner agrees; none where the policy looks at no scopes.
pub(crate) fn check_scope(policy: &Policy, client: &Client, params: &Params) -> Result<Option<Scope>, Cause> {
    let Some(offered) = &policy.scopes.offered else { return Ok(None) };
    let asked = Scope::parse(params.first("scope").unwrap_or_default());
    let may = |word: &str| offered.contains(word) && client.scopes.as_ref().is_none_or(|own| own.contains(word));
    match asked.words().find(|word| !may(word)) {
        Some(word) if policy.scopes.unknown == UnknownScope::Refused => {
            Err(Cause::ScopeUnknown { scope: word.to_owned() })
        }
        Some(_) | None => Ok(Some(asked.keep(may))),
    }
}

/// An ID token in the response asks for the scope `openid` and for a nonce.
fn check_openid(
    policy: &Policy,
    response_type: ResponseType,
    scope: Option<&Scope>,
    params: &Params,
) -> Result<(), Cause> {
    if policy.openid.is_none() || !response_type.has_id_token() {
        return Ok(());
    }
    if !scope.is_some_and(|scope| scope.contains("openid")) {
        return Err(Cause::OpenIdScopeMissing);
    }
    params.first("nonce").map(|_| ()).ok_or(Cause::NonceMissing)
}

fn find_client<'a>(clients: &[&'a Client], params: &Params) -> Result<&'a Client, Cause> {
    let id = params.required("client_id")?;
    clients
        .iter()
        .copied()
        .find(|client| client.id.0 == id)
        .ok_or_else(|| Cause::ClientUnknownAtAuthorization { client_id: id.to_owned() })
}

/// The redirection URI to use, and whether the request named it.
fn check_redirect_uri<'a>(policy: &Policy, client: &'a Client, params: &'a Params) -> Result<(&'a str, bool), Cause> {
    let policy = &policy.authorization.redirect_uri;
    let Some(sent) = params.first("redirect_uri") else {
        return match client.redirect_uris.as_slice() {
            [only] if policy.optional_when_single => Ok((only, false)),
            _ => Err(Cause::RedirectUriMissing),
        };
    };
    if policy.https_only && !sent.starts_with("https://") {
        return Err(Cause::RedirectUriNotHttps { redirect_uri: sent.to_owned() });
    }
    let registered = client.redirect_uris.iter().any(|registered| match policy.matching {
        RedirectUriMatch::Exact => registered == sent,
        RedirectUriMatch::SchemeAndHost => same_origin(registered, sent),
    });
    // A fragment is forbidden (section 3.1.2), and a client that sends one is answered as for any other wrong URI.
    if registered && !sent.contains('#') {
        return Ok((sent, true));
    }
    let same_host = || client.redirect_uris.iter().any(|registered| same_origin(registered, sent));
    let redirect_uri = sent.to_owned();
    if policy.path_differs == PathDiffers::SentBack && !sent.contains('#') && same_host() {
        Err(Cause::RedirectUriPathDiffers { redirect_uri })
    } else {
        Err(Cause::RedirectUriNotRegistered { redirect_uri })
    }
}

fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.scheme() == other.scheme() && one.host() == other.host(),
        (Ok(_) | Err(_), _) => false,
    }
}

fn check_response_type(policy: &Policy, params: &Params) -> Result<ResponseType, Cause> {
    let asked = params.required("response_type")?;
    let known = ResponseType::parse(asked).filter(|known| policy.authorization.response_types.contains(known));
    known.ok_or_else(|| Cause::ResponseTypeUnsupported { response_type: asked.to_owned() })
}

fn check_challenge(policy: &Policy, params: &Params) -> Result<Option<Challenge>, Cause> {
    let Pkce::Checked { methods, required } = &policy.authorization.pkce else { return Ok(None) };
    let Some(value) = params.first("code_challenge") else {
        return if *required { Err(Cause::CodeChallengeMissing) } else { Ok(None) };
    };
    let name = params.first("code_challenge_method").unwrap_or(PkceMethod::Plain.name());
    match methods.iter().find(|method| method.name() == name) {
        Some(method) => Ok(Some(Challenge { method: *method, value: value.to_owned() })),
        None => Err(Cause::CodeChallengeMethodUnsupported { method: name.to_owned() }),
    }
}
