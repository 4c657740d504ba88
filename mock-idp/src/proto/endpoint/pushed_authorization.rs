//! Pushed authorization requests (RFC 9126).

use serde_json::json;

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::authorization::check;
use crate::proto::endpoint::token::authenticated_form;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::params::Params;
use crate::proto::policy::PushedAuthorization;
use crate::proto::store::Pushed;

/// Takes an authorization request, checked as the authorization endpoint would, and gives a name for it (section 2).
pub(crate) fn push(
    turn: &mut Turn<'_>,
    policy: &PushedAuthorization,
    clients: &[&Client],
    request: &Request,
    params: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    let (client, params) = authenticated_form(turn, clients, request, params)?;
    let id = client.client().id.clone();
    // Section 2.1: what is pushed must not name what was pushed.
    if params.first("request_uri").is_some() {
        return Err(Cause::RequestUriUnsupported);
    }
    // A client that authenticates by the header need not name itself once more.
    let params = params.with_default("client_id", &id.0);
    if params.first("client_id") != Some(id.0.as_str()) {
        return Err(Cause::ClientUnknown { client_id: params.first("client_id").unwrap_or_default().to_owned() });
    }
    check(turn, clients, &params, true).map_err(|refusal| refusal.cause)?;
    let uri = format!("urn:ietf:params:oauth:request_uri:{}", turn.mint.identifier(Purpose::PushedRequest));
    turn.store.pushed.insert(uri.clone(), Pushed { client: id, params, ends: turn.now.plus(policy.lifetime) });
    let body = json!({ "request_uri": uri, "expires_in": policy.lifetime.as_seconds() });
    Ok(Response::with_body(201, "application/json", body.to_string()).header("Cache-Control", "no-store"))
}
