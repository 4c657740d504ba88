//! The device authorization endpoint, and the page where the resource owner types the code (RFC 8628 sections 3.1 to 3.3).

use serde_json::{Map, Value};

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::authorization::AuthorizationRequest;
use crate::proto::endpoint::interaction;
use crate::proto::endpoint::token::authenticated_form;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::page;
use crate::proto::params::Params;
use crate::proto::policy::{Device, ResponseMode, ResponseType};
use crate::proto::store::{DeviceRecord, DeviceState};
use crate::proto::target::{check_scope, named_server};
use crate::proto::template::Medium;
use crate::proto::time::Span;

/// Section 6.1: consonants, so that no words come about and nothing is mistaken for something else.
const USER_CODE: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Gives a device its codes (section 3.2).
pub(crate) fn authorize_device(
    turn: &mut Turn<'_>,
    policy: &Device,
    clients: &[&Client],
    request: &Request,
    params: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    let (client, params) = authenticated_form(turn, clients, request, params)?;
    let scope = check_scope(turn.policy, client.client(), params)?;
    if turn.policy.scopes.resource_servers.is_some() && !turn.by_resource {
        params.required("scope")?;
    }
    let server = named_server(turn.policy, turn.by_resource, params)?;
    let code = policy.code.mint(turn.mint, Purpose::DeviceCode);
    let mut user_code = String::new();
    turn.mint.draw(Purpose::UserCode, USER_CODE, policy.user_code_length.clamp(4, 16) as usize, &mut user_code);
    let record = DeviceRecord {
        client: client.client().id.clone(),
        scope,
        server,
        authority: turn.authority.map(|authority| authority.name().to_owned()),
        user_code: user_code.clone(),
        ends: turn.now.plus(policy.lifetime),
        interval: policy.interval,
        last_poll: None,
        state: DeviceState::Pending,
    };
    turn.store.devices.add(&code, record);
    let shown = match policy.user_code_dash.and_then(|at| user_code.split_at_checked(at as usize)) {
        Some((first, second)) => format!("{first}-{second}"),
        None => user_code,
    };
    let body = answer(turn, policy, &code, &shown);
    Ok(Response::with_body(200, "application/json", body.to_string()).header("Cache-Control", "no-store"))
}

/// The response (section 3.2). An older set of endpoints names the address otherwise, and writes numbers as texts.
fn answer(turn: &Turn<'_>, policy: &Device, code: &str, user_code: &str) -> Value {
    let context = turn.context().with("user_code", user_code.to_owned());
    let page = match &policy.verification_uri {
        Some(template) => template.render(Medium::Plain, &context),
        None => format!("{}{}", turn.bases.browser, policy.verification_path),
    };
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    let number = |span: Span| {
        if turn.by_resource { span.as_seconds().to_string().into() } else { Value::from(span.as_seconds()) }
    };
    put("user_code", user_code.into());
    put("device_code", code.into());
    put(if turn.by_resource { "verification_url" } else { "verification_uri" }, page.as_str().into());
    if policy.complete {
        put("verification_uri_complete", format!("{page}?user_code={user_code}").into());
    }
    put("expires_in", number(policy.lifetime));
    put("interval", number(policy.interval));
    if let Some(message) = &policy.message {
        put("message", message.render(Medium::Plain, &context.with("verification_uri", page)).into());
    }
    Value::Object(body)
}

/// Shows the page, and takes the code (section 3.3). The code is typed or confirmed by a person, also where the link brought it along
/// (section 3.3.1), since whoever sent the link may not be the one who holds the device (section 5.4).
pub(crate) fn device_page(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Params,
) -> Result<Response, (Cause, Response)> {
    let typed = params.first("user_code").unwrap_or_default();
    match request.method.as_str() {
        "GET" => return Ok(page::device(turn.policy, typed, None)),
        "POST" => {}
        other => {
            let cause = Cause::MethodNotAllowed { method: other.into(), allow: "GET, POST".into() };
            let response = crate::proto::endpoint::page_error(turn, &cause, None);
            return Err((cause, response));
        }
    }
    // Section 6.1: case and punctuation do not matter.
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let found = turn.store.devices.waiting_for(&plain, turn.now).and_then(|(number, device)| {
        let client = clients.iter().find(|client| client.id == device.client)?;
        let asked = AuthorizationRequest {
            scope: device.scope.clone(),
            server: device.server.clone(),
            authority: device.authority.clone(),
            device: Some(number),
            ..AuthorizationRequest::new(ResponseType::Code, ResponseMode::Query, client)
        };
        Some(asked)
    });
    let Some(asked) = found else {
        let cause = Cause::UserCodeWrong;
        let response = page::device(turn.policy, typed, Some(page::message_of(&cause)));
        return Err((cause, response));
    };
    interaction::begin(turn, request, asked)
}
