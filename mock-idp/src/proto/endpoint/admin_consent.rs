//! The page where an administrator agrees, for all users of a tenant, to what a client was registered with.

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::authorization::{AuthorizationRequest, Prompt, check_redirect_uri, find_client};
use crate::proto::endpoint::interaction;
use crate::proto::endpoint::refuse::page_error;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;
use crate::proto::policy::{ResponseMode, ResponseType};
use crate::proto::target;

/// Begins a sign-in that ends with a consent for all.
pub(crate) fn admin_consent(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    match check(turn, clients, request, params) {
        Ok(asked) => interaction::begin(turn, request, asked),
        Err(cause) => {
            let response = page_error(turn, &cause, None);
            Err((cause, response))
        }
    }
}

fn check(
    turn: &Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Params,
) -> Result<AuthorizationRequest, Cause> {
    if request.method != "GET" {
        return Err(Cause::MethodNotAllowed { method: request.method.as_str().into(), allow: "GET".into() });
    }
    let client = find_client(turn, clients, params)?;
    let (redirect_uri, redirect_uri_sent) = check_redirect_uri(turn.policy, client, params)?;
    Ok(AuthorizationRequest {
        redirect_uri: redirect_uri.to_owned(),
        redirect_uri_sent,
        state: params.first("state").map(str::to_owned),
        scope: target::check_scope(turn.policy, client, params)?,
        prompt: Prompt { consent: true, ..Prompt::default() },
        for_all_users: true,
        ..AuthorizationRequest::new(ResponseType::Code, ResponseMode::Query, client)
    })
}
