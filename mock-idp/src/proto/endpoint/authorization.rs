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
use crate::proto::policy::{PathDiffers, Pkce, PkceMethod, Policy, RedirectUriMatch, ResponseType};

/// A checked authorization request.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) response_type: ResponseType,
    pub(crate) client: ClientId,
    /// The name of the client, for the pages.
    pub(crate) client_name: String,
    /// Where to send the browser back to.
    pub(crate) redirect_uri: String,
    /// Whether the request named it, so that the token request must (section 4.1.3).
    pub(crate) redirect_uri_sent: bool,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Whether a session that lives is passed over (`force_login`, `prompt=login`).
    pub(crate) sign_in_again: bool,
}

impl AuthorizationRequest {
    pub(crate) fn back(&self) -> Back<'_> {
        Back {
            redirect_uri: &self.redirect_uri,
            state: self.state.as_deref(),
            in_fragment: self.response_type == ResponseType::Token,
        }
    }
}

/// Handles a request to the authorization endpoint.
pub(crate) fn authorize(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let policy = turn.policy;
    let now = turn.now;
    let on_page = |cause: Cause| {
        let response = page_error(policy, &cause, now, None);
        (cause, response)
    };
    if request.method != "GET" && request.method != "POST" {
        let method = request.method.as_str().into();
        return Err(on_page(Cause::MethodNotAllowed { method, allow: "GET, POST".into() }));
    }
    // Until the redirection URI is known to be the client's, an error must be shown and never redirected (section 4.1.2.1).
    params.check_unrepeated().map_err(on_page)?;
    let client = find_client(clients, params).map_err(on_page)?;
    let state = params.first("state");
    // The parameters of an error go where those of a success would (section 4.2.2.1).
    let in_fragment = params.first("response_type") == Some(ResponseType::Token.name());
    let back_to = |redirect_uri: &str, cause: Cause| {
        let response = page_error(policy, &cause, now, Some(Back { redirect_uri, state, in_fragment }));
        (cause, response)
    };
    let (redirect_uri, redirect_uri_sent) = check_redirect_uri(policy, client, params).map_err(|cause| {
        let sent_back = cause.kind() == CauseKind::RedirectUriPathDiffers;
        if sent_back { back_to(params.first("redirect_uri").unwrap_or_default(), cause) } else { on_page(cause) }
    })?;
    let go_back = |cause: Cause| back_to(redirect_uri, cause);
    let response_type = check_response_type(policy, params).map_err(go_back)?;
    let challenge = check_challenge(policy, params).map_err(go_back)?;
    let signs_in_each_time = response_type == ResponseType::Token && policy.authorization.implicit.signs_in_each_time;
    let checked = AuthorizationRequest {
        response_type,
        client: client.id.clone(),
        client_name: client.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        redirect_uri_sent,
        state: state.map(str::to_owned),
        challenge,
        sign_in_again: signs_in_each_time
            || params.first("force_login") == Some("1")
            || params.first("prompt") == Some("login"),
    };
    Ok(interaction::begin(turn, request, checked))
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
    let offered = policy.authorization.response_types.iter().copied().find(|offered| offered.name() == asked);
    offered.ok_or_else(|| Cause::ResponseTypeUnsupported { response_type: asked.to_owned() })
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
