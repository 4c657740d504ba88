//! The answer to a request that was let in.

use url::Url;

use crate::proto::cause::Cause;
use crate::proto::endpoint::add_headers;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::subject_of;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;
use crate::proto::policy::{Resource, Rows, Select};
use crate::proto::resource::bearer::Caller;
use crate::proto::resource::{Place, rows};
use crate::proto::template::{Context, Medium};
use crate::proto::world::User;

pub(super) fn render(
    turn: &Turn<'_>,
    place: &Place<'_>,
    caller: &Caller<'_>,
    name: &str,
    resource: &Resource,
    request: &Request,
) -> Result<Response, Cause> {
    let policy = &resource.response;
    let context = place
        .parameters
        .iter()
        .fold(turn.context(), |context, (name, value)| context.with((*name).to_owned(), *value))
        .at("now", turn.now)
        .with("origin", request.origin.as_str())
        .with("client_id", caller.client.0.as_str())
        .with("user_name", caller.user_name())
        .with("user_full_name", caller.user.map_or("", |user| user.full_name.as_str()))
        .with("subject", caller.user.map_or_else(|| caller.client.0.clone(), |user| subject_of(&user.name)))
        .with("scope", caller.scope().map(ToString::to_string).unwrap_or_default());
    let context = match caller.user {
        Some(user) => with_user(context, user),
        None => context,
    };
    check_select(resource, request)?;
    check_hosts(resource, request)?;
    let context = match &policy.rows {
        Some(collection) => {
            let page = rows::page(collection, name, place, request, &context)?;
            context.with("rows", page.rows).with("next", page.next.unwrap_or_default())
        }
        None => context,
    };
    let body = policy.body.render(Medium::of(&policy.content_type), &context);
    let mut response = Response::with_body(200, &policy.content_type, body);
    add_headers(&mut response, &policy.headers, &context);
    Ok(response)
}

/// What a resource may say of a user.
fn with_user(context: Context, user: &User) -> Context {
    let (given, family) = user.full_name.rsplit_once(' ').unwrap_or((&user.full_name, ""));
    context.with("given_name", given).with("family_name", family).with("email", user.address().unwrap_or_default())
}

/// Whether query parameters that must be URLs at certain hosts are.
fn check_hosts(resource: &Resource, request: &Request) -> Result<(), Cause> {
    let query = request.query.as_deref().unwrap_or_default();
    let params = Params::parse(query.as_bytes()).map_err(|_| Cause::QueryInvalid { name: "query".to_owned() })?;
    for (name, hosts) in &resource.query_hosts {
        let host = params
            .first(name)
            .and_then(|value| Url::parse(value).ok())
            .and_then(|url| url.host_str().map(str::to_owned));
        if !host.is_some_and(|host| hosts.contains(&host)) {
            return Err(Cause::QueryInvalid { name: name.clone() });
        }
    }
    Ok(())
}

/// Whether the request says which fields it wants, where it must.
fn check_select(resource: &Resource, request: &Request) -> Result<(), Cause> {
    match resource.select {
        Select::Optional => return Ok(()),
        Select::RequiredUnlessTopOne => {}
    }
    let query = request.query.as_deref().unwrap_or_default();
    let params = Params::parse(query.as_bytes()).map_err(|_| Cause::QueryInvalid { name: "query".to_owned() })?;
    let top = resource.response.rows.as_ref().map_or("$top", |Rows { top, .. }| top);
    if params.first("$select").is_some() || params.first(top) == Some("1") { Ok(()) } else { Err(Cause::SelectMissing) }
}
