//! The authorization endpoint (RFC 6749 sections 3.1 and 4.1.1).

use url::Url;

use crate::proto::cause::{Cause, CauseKind, Facts};
use crate::proto::client::{Client, ClientId};
use crate::proto::endpoint::interaction;
use crate::proto::endpoint::refuse::{Back, page_error};
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;
use crate::proto::pkce::Challenge;
use crate::proto::policy::{
    Member, PathDiffers, Pkce, PkceMethod, Policy, RedirectUriMatch, ResponseMode, ResponseType,
};
use crate::proto::scope::Scope;
use crate::proto::target::{check_scope, named_server};
use crate::proto::time::Span;

/// A checked authorization request.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "parameters of a request, each on its own")]
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
    /// The tenant, or what stood in its place, in the path of the request.
    pub(crate) authority: Option<String>,
    /// The resource server that the request named, where endpoints are by resource.
    pub(crate) server: Option<String>,
    /// Whether the redirection URI is one of the application of a browser.
    pub(crate) to_browser: bool,
    /// Whether the client understands that access can be taken back at any time.
    pub(crate) continuous: bool,
    /// Whether the answer names who signed in, and in which tenant (`client_info`).
    pub(crate) names_user: bool,
    /// Whether an administrator agrees for all users, and no code is issued.
    pub(crate) for_all_users: bool,
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
    /// A request of a client that asks for nothing in particular.
    pub(crate) fn new(response_type: ResponseType, response_mode: ResponseMode, client: &Client) -> Self {
        Self {
            response_type,
            response_mode,
            client: client.id.clone(),
            client_name: client.name.clone(),
            redirect_uri: String::new(),
            redirect_uri_sent: false,
            state: None,
            scope: None,
            nonce: None,
            challenge: None,
            sign_in_again: false,
            prompt: Prompt::default(),
            max_age: None,
            login_hint: None,
            device: None,
            authority: None,
            server: None,
            to_browser: false,
            continuous: false,
            names_user: false,
            for_all_users: false,
        }
    }

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
        .and_then(|pushed| check(turn, clients, pushed.as_ref().unwrap_or(params), pushed.is_some()));
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
        let response = page_error(turn, &refusal.cause, back);
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
    turn: &Turn<'_>,
    clients: &[&Client],
    params: &Params,
    was_pushed: bool,
) -> Result<AuthorizationRequest, Refusal> {
    let policy = turn.policy;
    // Until the redirection URI is known to be the client's, an error must be shown and never redirected (section 4.1.2.1).
    params.check_unrepeated()?;
    let client = find_client(turn, clients, params)?;
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
    check_registration(policy, client, response_type).map_err(&go_back)?;
    let server = named_server(policy, turn.by_resource, params).map_err(&go_back)?;
    let scope = check_scope(policy, client, params).map_err(&go_back)?;
    check_openid(policy, response_type, scope.as_ref(), params).map_err(&go_back)?;
    let challenge = check_challenge(policy, params).map_err(&go_back)?;
    let (prompt, max_age) = check_prompt(policy, params).map_err(&go_back)?;
    let asked = params.first("prompt").unwrap_or_default();
    let signs_in_each_time = response_type == ResponseType::Token && policy.authorization.implicit.signs_in_each_time;
    Ok(AuthorizationRequest {
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
        authority: turn.authority.map(|authority| authority.name().to_owned()),
        server,
        to_browser: policy.authorization.cross_origin && client.browser_uris.contains(redirect_uri),
        continuous: turn.understands_challenges(params),
        names_user: turn.gives_client_info() && params.first("client_info") == Some("1"),
        ..AuthorizationRequest::new(response_type, response_mode, client)
    })
}

/// Whether the client was registered for tokens from this endpoint, where that is asked.
fn check_registration(policy: &Policy, client: &Client, response_type: ResponseType) -> Result<(), Cause> {
    let tokens = response_type.has_token() || response_type.has_id_token();
    if policy.authorization.tokens_by_registration && tokens && !client.implicit {
        let word = if response_type.has_id_token() { "id_token" } else { "token" };
        return Err(Cause::ResponseTypeNotEnabled { response_type: word.to_owned() });
    }
    Ok(())
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

/// The client that the parameters name, if it may be used here.
pub(crate) fn find_client<'a>(turn: &Turn<'_>, clients: &[&'a Client], params: &Params) -> Result<&'a Client, Cause> {
    let id = params.required("client_id")?;
    let client = clients
        .iter()
        .copied()
        .find(|client| client.id.0 == id)
        .ok_or_else(|| Cause::ClientUnknownAtAuthorization { client_id: id.to_owned() })?;
    turn.check_client(client)?;
    Ok(client)
}

impl Turn<'_> {
    /// Whether a client may be used by way of this tenant's path.
    pub(crate) fn check_client(&self, client: &Client) -> Result<(), Cause> {
        if client.disabled {
            return Err(Cause::ClientDisabled { client_id: client.id.0.clone() });
        }
        let Some(authority) = self.authority else { return Ok(()) };
        let facts = |name: &'static str, value: &str| {
            Facts::new([("client_id", &client.id.0), ("client_name", &client.name), (name, value)])
        };
        if !authority.has(client) {
            return Err(Cause::ClientOfOneTenant { facts: facts("tenant", authority.name()) });
        }
        match authority.foreign_to(client) {
            Some(kind) => Err(Cause::ClientNotForAccounts { facts: facts("kind", kind.name()) }),
            None => Ok(()),
        }
    }

    /// Whether answers name who signed in, where they are asked to.
    fn gives_client_info(&self) -> bool {
        self.policy.token.response.members.contains(&Member::ClientInfo)
    }
}

/// The redirection URI to use, and whether the request named it.
pub(crate) fn check_redirect_uri<'a>(
    policy: &Policy,
    client: &'a Client,
    params: &'a Params,
) -> Result<(&'a str, bool), Cause> {
    let policy = &policy.authorization.redirect_uri;
    let Some(sent) = params.first("redirect_uri") else {
        return match client.redirect_uris.as_slice() {
            [only, ..] if policy.optional_when_several => Ok((only, false)),
            [only] if policy.optional_when_single => Ok((only, false)),
            _ => Err(Cause::RedirectUriMissing),
        };
    };
    let absolute =
        || sent.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|it| it.is_ascii_alphanumeric()));
    if policy.absolute && !absolute() {
        return Err(Cause::RedirectUriRelative { redirect_uri: sent.to_owned() });
    }
    let plain_localhost = policy.plain_localhost && is_localhost(sent);
    if policy.https_only && !sent.starts_with("https://") && !plain_localhost {
        return Err(Cause::RedirectUriNotHttps { redirect_uri: sent.to_owned() });
    }
    let registered = client.redirect_uris.iter().any(|registered| match policy.matching {
        RedirectUriMatch::Exact => registered == sent,
        RedirectUriMatch::SchemeAndHost => same_origin(registered, sent),
        RedirectUriMatch::AnyLocalPort => registered == sent || same_but_local_port(registered, sent),
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

/// Whether a URI is `http://localhost`, with whatever port and path.
fn is_localhost(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && url.host_str() == Some("localhost"))
}

/// Whether two URIs at `localhost` are the same but for the port.
fn same_but_local_port(one: &str, other: &str) -> bool {
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok().filter(|url| url.host_str() == Some("localhost"))?;
        url.set_port(None).ok()?;
        Some(url)
    };
    without_port(one).is_some_and(|one| without_port(other) == Some(one))
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
    if policy.authorization.checks_challenge_length && !(43..=128).contains(&value.len()) {
        return Err(Cause::CodeChallengeInvalid);
    }
    let name = params.first("code_challenge_method").unwrap_or(PkceMethod::Plain.name());
    match methods.iter().find(|method| method.name() == name) {
        Some(method) => Ok(Some(Challenge { method: *method, value: value.to_owned() })),
        None => Err(Cause::CodeChallengeMethodUnsupported { method: name.to_owned() }),
    }
}
