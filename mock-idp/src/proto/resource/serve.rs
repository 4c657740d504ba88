//! A request to a protected resource, from its token to its answer.

use crate::proto::cause::Cause;
use crate::proto::endpoint::json_error;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Headers, Request, Response};
use crate::proto::resource::bearer::{Caller, check_server, check_token, identify};
use crate::proto::resource::{Place, door, limit, render};
use crate::proto::world::World;

/// Serves a request.
pub(crate) fn serve(turn: &mut Turn<'_>, world: &World, request: &Request) -> Result<Response, (Cause, Response)> {
    let refuse = |turn: &Turn<'_>, cause: Cause| {
        let response = json_error(turn, &cause);
        (cause, response)
    };
    let place = Place::of(turn.policy, request);
    let is_open = place.resource.is_some_and(|(_, resource)| resource.open);
    let caller = if is_open { Ok(Caller::anybody()) } else { identify(turn, &world.users, request, None) };
    let caller = caller.map_err(|cause| refuse(turn, cause))?;
    limit::check_not_shut_out(turn, &place, &caller).map_err(|cause| refuse(turn, cause))?;
    let mut headers = Headers::new();
    let answer = admit(turn, world, &place, &caller, request, &mut headers).map_err(|cause| {
        let (cause, response) = refuse(turn, cause);
        limit::count_error(turn, &place, &caller, response.status);
        (cause, response)
    });
    match answer {
        Ok(response) => Ok(with(response, &headers)),
        Err((cause, response)) => Err((cause, with(response, &headers))),
    }
}

fn admit(
    turn: &mut Turn<'_>,
    world: &World,
    place: &Place<'_>,
    caller: &Caller<'_>,
    request: &Request,
    headers: &mut Headers,
) -> Result<Response, Cause> {
    if let Some(token) = &caller.token {
        check_server(token, place.resource.and_then(|(_, resource)| resource.server.as_ref()))?;
        check_token(turn, token)?;
    }
    limit::count(turn, place, caller, headers)?;
    door::check_user(world, caller.user_name())?;
    if let Some(division) = place.division() {
        door::check_division(&turn.policy.api, world, caller.user_name(), division)?;
    }
    let (name, resource) = place.resource.ok_or_else(|| Cause::ResourceUnknown { path: request.path.clone() })?;
    if resource.users_only && caller.token.is_some() && caller.user.is_none() {
        return Err(Cause::UserRequired);
    }
    door::check_scope(world, caller, resource)?;
    if resource.method != request.method {
        return Err(Cause::MethodNotAllowed {
            method: request.method.as_str().into(),
            allow: resource.method.as_str().into(),
        });
    }
    let client = world.clients.iter().find(|client| client.id == caller.client);
    if let (Some(beside), Some(client)) = (caller.token.as_ref().and_then(|token| token.beside), client) {
        turn.access_token_used(client, beside);
    }
    render::render(turn, place, caller, name, resource, request)
}

fn with(mut response: Response, headers: &Headers) -> Response {
    for (name, value) in headers.iter() {
        response.headers.push(name, value);
    }
    response
}
