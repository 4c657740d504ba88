//! The token endpoint (RFC 6749 section 3.2): the phases that all grants share.

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::client_authentication::{AuthenticatedClient, authenticate, by_assertion};
use crate::proto::grant::issue::{Tokens, Turn};
use crate::proto::grant::{authorization_code, client_credentials, device_code, password, refresh_token};
use crate::proto::message::{Request, RequestBody, Response};
use crate::proto::openid::{Beside, id_token};
use crate::proto::params::Params;
use crate::proto::policy::{ExpiresIn, GrantType, JsonStyle, Member, TokenResponse};
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
    let params = checked_form(turn, request, params)?;
    let grant = params.required("grant_type")?;
    let client = identify(turn, clients, request, params)?;
    let offered = turn.policy.token.grants.iter().copied().find(|offered| offered.name() == grant);
    let offered = offered.ok_or_else(|| Cause::GrantTypeUnsupported { grant_type: grant.to_owned() })?;
    let tokens = match offered {
        GrantType::AuthorizationCode => authorization_code::redeem(turn, &client, params)?,
        GrantType::RefreshToken => refresh_token::redeem(turn, world, &client, params)?,
        GrantType::ClientCredentials => client_credentials::redeem(turn, &client, params)?,
        GrantType::Password => password::redeem(turn, &client, params)?,
        GrantType::DeviceCode => device_code::redeem(turn, &client, params)?,
    };
    let id_token = id_token_of(turn, offered, &tokens);
    Ok(response(&turn.policy.token.response, &tokens, id_token.as_deref(), turn.now))
}

/// The ID token of a response (OpenID Connect Core sections 3.1.3.3 and 12.2). After a refresh it has no nonce.
fn id_token_of(turn: &mut Turn<'_>, grant: GrantType, tokens: &Tokens) -> Option<String> {
    let refreshed = grant == GrantType::RefreshToken;
    if refreshed && !turn.policy.openid.as_ref()?.id_token.on_refresh {
        return None;
    }
    let chain = turn.store.chain(tokens.chain)?;
    let (client, user, mut granted) = (chain.client.clone(), chain.user.clone()?, chain.granted.clone());
    granted.scope.clone_from(&tokens.scope);
    if refreshed {
        granted.nonce = None;
    }
    let beside = Beside { access_token: Some(tokens.access_token.0.expose()), code: None };
    id_token(turn, &client, &user, &granted, beside)
}

/// The parameters of a POST that is a form, each at most once.
fn checked_form<'a>(
    turn: &Turn<'_>,
    request: &Request,
    params: &'a Result<Params, Cause>,
) -> Result<&'a Params, Cause> {
    check_method(request)?;
    check_body(turn, request)?;
    let params = params.as_ref().map_err(Clone::clone)?;
    params.check_unrepeated()?;
    Ok(params)
}

/// Which client a form comes from.
fn identify<'a>(
    turn: &mut Turn<'_>,
    clients: &[&'a Client],
    request: &Request,
    params: &Params,
) -> Result<AuthenticatedClient<'a>, Cause> {
    if params.first("client_assertion").is_none() {
        return authenticate(&turn.policy.token, clients, &request.headers, params);
    }
    let url = format!("{}{}", turn.bases.server, request.path);
    by_assertion(turn, clients, &request.headers, params, &url)
}

/// Both, for the endpoints that take a form of a client as the token endpoint does.
pub(super) fn authenticated_form<'a, 'p>(
    turn: &mut Turn<'_>,
    clients: &[&'a Client],
    request: &Request,
    params: &'p Result<Params, Cause>,
) -> Result<(AuthenticatedClient<'a>, &'p Params), Cause> {
    let params = checked_form(turn, request, params)?;
    Ok((identify(turn, clients, request, params)?, params))
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
fn response(policy: &TokenResponse, tokens: &Tokens, id_token: Option<&str>, now: Timestamp) -> Response {
    let members: Vec<String> =
        policy.members.iter().filter_map(|member| write(*member, policy, tokens, id_token, now)).collect();
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

fn write(
    member: Member,
    policy: &TokenResponse,
    tokens: &Tokens,
    id_token: Option<&str>,
    now: Timestamp,
) -> Option<String> {
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
        Member::IdToken => format!(r#""id_token":"{}""#, id_token?),
        Member::Scope => format!(r#""scope":"{}""#, json_text(&tokens.scope.as_ref()?.to_string())),
    })
}
