//! The token endpoint (RFC 6749 section 3.2): the phases that all grants share.

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::client_authentication::authenticate;
use crate::proto::grant::issue::{Tokens, Turn};
use crate::proto::grant::{authorization_code, refresh_token};
use crate::proto::message::{Request, RequestBody, Response};
use crate::proto::params::Params;
use crate::proto::policy::{ExpiresIn, JsonStyle, Member, TokenResponse};
use crate::proto::template::json_text;
use crate::proto::time::Timestamp;
use crate::proto::world::World;

/// Handles a token request.
pub(crate) fn token(
    turn: &mut Turn<'_>,
    world: &World,
    clients: &[&Client],
    request: &Request,
    params: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    check_method(request)?;
    check_body(turn, request)?;
    let params = params.as_ref().map_err(Clone::clone)?;
    params.check_unrepeated()?;
    let grant = params.required("grant_type")?;
    let client = authenticate(&turn.policy.token, clients, &request.headers, params)?;
    let tokens = match grant {
        "authorization_code" => authorization_code::redeem(turn, &client, params)?,
        "refresh_token" => refresh_token::redeem(turn, world, &client, params)?,
        other => return Err(Cause::GrantTypeUnsupported { grant_type: other.to_owned() }),
    };
    Ok(response(&turn.policy.token.response, &tokens, turn.now))
}

fn check_method(request: &Request) -> Result<(), Cause> {
    match request.method.as_str() {
        "POST" => Ok(()),
        other => Err(Cause::MethodNotAllowed { method: other.into(), allow: "POST".into() }),
    }
}

/// The body is a form, and not too large (section 4.1.3). A body without a media type is refused like one of another type.
fn check_body(turn: &Turn<'_>, request: &Request) -> Result<(), Cause> {
    if request.body == RequestBody::TooLarge {
        return Err(Cause::BodyTooLarge { limit: turn.policy.body_limit as u64 });
    }
    let content_type = request.headers.get("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(Cause::BodyNotForm { content_type: content_type.to_owned() })
    }
}

/// The parameters of a token request's body, or the cause that it has none that can be read.
pub(crate) fn form(request: &Request) -> Result<Params, Cause> {
    Params::parse(request.body.bytes()).map_err(|_| Cause::BodyNotForm {
        content_type: request.headers.get("content-type").unwrap_or_default().to_owned(),
    })
}

/// The successful response (section 5.1), its members in the policy's order.
fn response(policy: &TokenResponse, tokens: &Tokens, now: Timestamp) -> Response {
    let members: Vec<String> = policy.members.iter().filter_map(|member| write(*member, policy, tokens, now)).collect();
    let body = match policy.style {
        JsonStyle::Compact => format!("{{{}}}", members.join(",")),
        JsonStyle::BlankInBraces => format!("{{ {} }}", members.join(",")),
    };
    let mut response = Response::with_body(200, &policy.content_type, body);
    for (name, value) in &policy.headers {
        response.headers.push(name, value);
    }
    response
}

fn write(member: Member, policy: &TokenResponse, tokens: &Tokens, now: Timestamp) -> Option<String> {
    Some(match member {
        Member::AccessToken => format!(r#""access_token":"{}""#, json_text(tokens.access_token.0.expose())),
        Member::TokenType => format!(r#""token_type":"{}""#, json_text(&policy.token_type)),
        Member::ExpiresIn => {
            let seconds = tokens.expires_at.since(now).as_seconds();
            match policy.expires_in {
                ExpiresIn::Number => format!(r#""expires_in":{seconds}"#),
                ExpiresIn::Text => format!(r#""expires_in":"{seconds}""#),
            }
        }
        Member::RefreshToken => {
            format!(r#""refresh_token":"{}""#, json_text(tokens.refresh_token.as_ref()?.0.expose()))
        }
    })
}
