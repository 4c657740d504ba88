//! The device authorization endpoint, and the page where the resource owner types the code (RFC 8628 sections 3.1 to 3.3).

use serde_json::json;

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::endpoint::authorization::{AuthorizationRequest, Prompt, check_scope};
use crate::proto::endpoint::interaction;
use crate::proto::endpoint::token::authenticated_form;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::mint::Purpose;
use crate::proto::page;
use crate::proto::params::Params;
use crate::proto::policy::{Device, ResponseMode, ResponseType};
use crate::proto::store::{DeviceRecord, DeviceState};

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
    let code = policy.code.mint(turn.mint, Purpose::DeviceCode);
    let mut user_code = String::new();
    turn.mint.draw(Purpose::UserCode, USER_CODE, 8, &mut user_code);
    let record = DeviceRecord {
        client: client.client().id.clone(),
        scope,
        user_code: user_code.clone(),
        ends: turn.now.plus(policy.lifetime),
        interval: policy.interval,
        last_poll: None,
        state: DeviceState::Pending,
    };
    turn.store.devices.add(&code, record);
    let (first, second) = user_code.split_at_checked(4).unwrap_or_default();
    let shown = format!("{first}-{second}");
    let page = format!("{}{}", turn.bases.browser, policy.verification_path);
    let body = json!({
        "device_code": code,
        "user_code": shown,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={shown}"),
        "expires_in": policy.lifetime.as_seconds(),
        "interval": policy.interval.as_seconds(),
    });
    Ok(Response::with_body(200, "application/json", body.to_string()).header("Cache-Control", "no-store"))
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
            let response = crate::proto::endpoint::page_error(turn.policy, &cause, turn.now, None);
            return Err((cause, response));
        }
    }
    // Section 6.1: case and punctuation do not matter.
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let found = turn.store.devices.waiting_for(&plain, turn.now).and_then(|(number, device)| {
        let client = clients.iter().find(|client| client.id == device.client)?;
        Some((number, device.scope.clone(), *client))
    });
    let Some((number, scope, client)) = found else {
        let cause = Cause::UserCodeWrong;
        let response = page::device(turn.policy, typed, Some(page::message_of(&cause)));
        return Err((cause, response));
    };
    let asked = AuthorizationRequest {
        response_type: ResponseType::Code,
        response_mode: ResponseMode::Query,
        client: client.id.clone(),
        client_name: client.name.clone(),
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        state: None,
        scope,
        nonce: None,
        challenge: None,
        sign_in_again: false,
        prompt: Prompt::default(),
        max_age: None,
        login_hint: None,
        device: Some(number),
    };
    interaction::begin(turn, request, asked)
}
