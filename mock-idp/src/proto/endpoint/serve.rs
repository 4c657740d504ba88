//! From a request to its endpoint.

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::{
    EndpointKind, Route, admin_consent, authorization, device, interaction, introspection, json_error, page_error,
    pushed_authorization, registration, revocation, set_up, token,
};
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::openid;
use crate::proto::params::Params;
use crate::proto::policy::Policy;
use crate::proto::resource;

/// The parameters of a request: of the body for what is posted to an endpoint, of the query for all else.
pub(crate) fn params_of(kind: EndpointKind, request: &Request) -> Result<Params, Cause> {
    let query = || {
        Params::parse(request.query.as_deref().unwrap_or_default().as_bytes())
            .map_err(|_| Cause::ParameterMissing { name: "query" })
    };
    let is_posted = request.method == "POST";
    match kind {
        EndpointKind::Token
        | EndpointKind::Revocation
        | EndpointKind::Introspection
        | EndpointKind::PushedAuthorization
        | EndpointKind::DeviceAuthorization => token::form(request),
        EndpointKind::Authorization
        | EndpointKind::SignIn
        | EndpointKind::SetUp
        | EndpointKind::Userinfo
        | EndpointKind::EndSession
        | EndpointKind::DevicePage
        | EndpointKind::AdminConsent
            if is_posted =>
        {
            token::form(request)
        }
        EndpointKind::Authorization
        | EndpointKind::SignIn
        | EndpointKind::SetUp
        | EndpointKind::Userinfo
        | EndpointKind::EndSession
        | EndpointKind::DevicePage
        | EndpointKind::AdminConsent
        | EndpointKind::Metadata
        | EndpointKind::Keys
        | EndpointKind::Registration
        | EndpointKind::Resource
        | EndpointKind::Service
        | EndpointKind::Unknown => query(),
    }
}

/// Which of the provider's hosts a request is for: the one it names, or the first where it names none of them, as one to
/// `localhost` does.
fn asked_host<'a>(policy: &'a Policy, request: &Request) -> Option<&'a str> {
    let authority = request.origin.split_once("://").map_or("", |(_, authority)| authority);
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    let named = policy.hosts.iter().find(|host| host.eq_ignore_ascii_case(name));
    named.or_else(|| policy.hosts.first()).map(String::as_str)
}

/// Serves a request, or says why not, with the response that says so.
pub(crate) fn serve(
    turn: &mut Turn<'_>,
    route: Route<'_>,
    request: &Request,
    form: &Result<Params, Cause>,
) -> Result<Response, (Cause, Response)> {
    let kind = route.kind;
    if let Err(cause) = open(turn, route) {
        let response = if kind.is_visited() { page_error(turn, &cause, None) } else { json_error(turn, &cause) };
        return Err((cause, response));
    }
    let (policy, world) = (turn.policy, turn.world);
    let host = asked_host(policy, request);
    let here: Vec<&Client> = world.clients.iter().filter(|client| client.is_registered_at(host)).collect();
    if kind.is_visited() {
        let params = match form {
            Ok(params) => params,
            Err(cause) => {
                let response = page_error(turn, cause, None);
                return Err((cause.clone(), response));
            }
        };
        return page(turn, &here, kind, request, params);
    }
    if kind == EndpointKind::Resource {
        return resource::serve(turn, world, request);
    }
    called(turn, &here, kind, request, form).map_err(|cause| {
        let response = json_error(turn, &cause);
        (cause, response)
    })
}

/// Whether the provider is up, and has the tenant that the path names.
fn open(turn: &Turn<'_>, route: Route<'_>) -> Result<(), Cause> {
    if let Some(until) = turn.policy.maintenance.and_then(|maintenance| maintenance.ends(turn.now)) {
        return Err(Cause::Maintenance { until });
    }
    match (route.tenant, turn.authority) {
        (Some(tenant), None) => Err(Cause::TenantUnknown { tenant: tenant.to_owned() }),
        (Some(_) | None, _) => Ok(()),
    }
}

/// What a browser visits.
fn page(
    turn: &mut Turn<'_>,
    here: &[&Client],
    kind: EndpointKind,
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let refuse = |turn: &Turn<'_>, cause: Cause| {
        let response = page_error(turn, &cause, None);
        (cause, response)
    };
    match (kind, request.method.as_str()) {
        (EndpointKind::Authorization, _) => authorization::authorize(turn, here, request, params),
        (EndpointKind::DevicePage, _) => device::device_page(turn, here, request, params),
        (EndpointKind::EndSession, _) => openid::end_session(turn, request, params),
        (EndpointKind::SetUp, _) => set_up::set_up(turn, request, params),
        (EndpointKind::AdminConsent, _) => admin_consent::admin_consent(turn, here, request, params),
        (_, "POST") => interaction::change_interaction(turn, request, params),
        (_, "GET") => interaction::show_interaction(turn, request, params),
        (_, other) => Err(refuse(turn, Cause::MethodNotAllowed { method: other.into(), allow: "GET, POST".into() })),
    }
}

/// What a client calls.
fn called(
    turn: &mut Turn<'_>,
    here: &[&Client],
    kind: EndpointKind,
    request: &Request,
    form: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    let policy = turn.policy;
    let unknown = || Cause::PathUnknown { path: request.path.clone() };
    match kind {
        EndpointKind::Token => token::token(turn, turn.world, here, request, form),
        EndpointKind::Revocation => revocation::revoke(turn, here, request, form),
        EndpointKind::Introspection => introspection::introspect(turn, here, request, form),
        EndpointKind::PushedAuthorization => {
            let pushing = policy.pushed_authorization.as_ref().ok_or_else(unknown)?;
            pushed_authorization::push(turn, pushing, here, request, form)
        }
        EndpointKind::DeviceAuthorization => {
            let device = policy.device.as_ref().ok_or_else(unknown)?;
            device::authorize_device(turn, device, here, request, form)
        }
        EndpointKind::Userinfo => openid::userinfo(turn, request, form.as_ref().map_err(Clone::clone)?),
        EndpointKind::Registration => registration::register(turn, request),
        EndpointKind::Metadata => get(request).map(|()| openid::metadata(turn)),
        EndpointKind::Keys => get(request).map(|()| openid::keys(turn)),
        EndpointKind::Authorization
        | EndpointKind::SignIn
        | EndpointKind::SetUp
        | EndpointKind::EndSession
        | EndpointKind::DevicePage
        | EndpointKind::AdminConsent
        | EndpointKind::Resource
        | EndpointKind::Service
        | EndpointKind::Unknown => Err(unknown()),
    }
}

fn get(request: &Request) -> Result<(), Cause> {
    match request.method.as_str() {
        "GET" | "HEAD" => Ok(()),
        other => Err(Cause::MethodNotAllowed { method: other.into(), allow: "GET".into() }),
    }
}
