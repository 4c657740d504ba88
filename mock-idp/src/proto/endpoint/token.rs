//! The token endpoint (RFC 6749 section 3.2): the phases that all grants share.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::proto::cause::Cause;
use crate::proto::client::Client;
use crate::proto::client_authentication::{AuthenticatedClient, authenticate, by_assertion};
use crate::proto::endpoint::refuse::add_headers;
use crate::proto::grant::issue::{Tokens, Turn};
use crate::proto::grant::{authorization_code, client_credentials, device_code, on_behalf_of, password, refresh_token};
use crate::proto::jose::subject_of;
use crate::proto::message::{Request, RequestBody, Response};
use crate::proto::openid::{Beside, id_token};
use crate::proto::params::Params;
use crate::proto::policy::{ExpiresIn, GrantType, JsonStyle, Member, TokenResponse};
use crate::proto::store::LoopKey;
use crate::proto::template::json_text;
use crate::proto::tenant::home_of;
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
    turn.check_client(client.client())?;
    let offered = turn.policy.token.grants.iter().copied().find(|offered| offered.name() == grant);
    let offered = offered.ok_or_else(|| Cause::GrantTypeUnsupported { grant_type: grant.to_owned() })?;
    turn.check_loop(offered, client.client(), params)?;
    let tokens = match offered {
        GrantType::AuthorizationCode => authorization_code::redeem(turn, &client, params)?,
        GrantType::RefreshToken => refresh_token::redeem(turn, world, &client, params)?,
        GrantType::ClientCredentials => client_credentials::redeem(turn, &client, params)?,
        GrantType::Password => password::redeem(turn, &client, params)?,
        GrantType::DeviceCode | GrantType::DeviceCodeShort => device_code::redeem(turn, &client, params)?,
        GrantType::OnBehalfOf => on_behalf_of::redeem(turn, &client, params)?,
    };
    let id_token = id_token_of(turn, offered, &tokens);
    let asks_for_info = params.first("client_info") == Some("1");
    let older = turn.policy.by_resource.as_ref().filter(|_| turn.by_resource);
    let policy = older.map_or(&turn.policy.token.response, |older| &older.response);
    let beside = MemberContext { id_token: id_token.as_deref(), asks_for_info, in_family: client.client().in_family };
    Ok(response(turn, policy, &tokens, &beside))
}

/// What members of a response follow from, beside the tokens.
struct MemberContext<'a> {
    id_token: Option<&'a str>,
    asks_for_info: bool,
    in_family: bool,
}

/// The ID token of a response (OpenID Connect Core sections 3.1.3.3 and 12.2). After a refresh it has no nonce.
fn id_token_of(turn: &mut Turn<'_>, grant: GrantType, tokens: &Tokens) -> Option<String> {
    let refreshed = grant == GrantType::RefreshToken;
    if refreshed && !turn.policy.openid.as_ref()?.id_token.on_refresh {
        return None;
    }
    let chain = turn.store.chain(tokens.chain)?;
    let (client, user, mut granted) = (chain.client.clone(), chain.user.clone()?, chain.granted.clone());
    // Where clients name a resource server, the scope of a token says nothing of the user.
    if !turn.by_resource {
        granted.scope.clone_from(&tokens.scope);
    }
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
        return authenticate(&turn.policy.token, clients, &request.headers, params, turn.now);
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
fn response(turn: &Turn<'_>, policy: &TokenResponse, tokens: &Tokens, beside: &MemberContext<'_>) -> Response {
    let members: Vec<String> =
        policy.members.iter().filter_map(|member| write(turn, *member, policy, tokens, beside)).collect();
    let body = match policy.style {
        JsonStyle::Compact => format!("{{{}}}", members.join(",")),
        JsonStyle::BlankInBraces => format!("{{ {} }}", members.join(",")),
    };
    let mut response = Response::with_body(200, &policy.content_type, body);
    add_headers(&mut response, &policy.headers, &turn.context());
    response
}

fn write(
    turn: &Turn<'_>,
    member: Member,
    policy: &TokenResponse,
    tokens: &Tokens,
    beside: &MemberContext<'_>,
) -> Option<String> {
    let now = turn.now;
    let seconds = tokens.expires_at.since(now).as_seconds();
    let number = |name: &str, value: u64| match policy.expires_in {
        ExpiresIn::Number => format!(r#""{name}":{value}"#),
        ExpiresIn::Text => format!(r#""{name}":"{value}""#),
    };
    let moment = |name: &str, at: Timestamp| number(name, u64::try_from(at.as_seconds()).unwrap_or_default());
    Some(match member {
        Member::AccessToken => format!(r#""access_token":"{}""#, json_text(tokens.access_token.0.expose())),
        Member::TokenType => format!(r#""token_type":"{}""#, json_text(&policy.token_type)),
        Member::ExpiresIn => number("expires_in", seconds),
        Member::RefreshToken => {
            format!(r#""refresh_token":"{}""#, json_text(tokens.refresh_token.as_ref()?.0.expose()))
        }
        Member::IdToken => format!(r#""id_token":"{}""#, beside.id_token?),
        Member::Scope => format!(r#""scope":"{}""#, json_text(&tokens.scope.as_ref()?.to_string())),
        Member::ClientInfo => {
            let chain = turn.store.chain(tokens.chain).filter(|_| beside.asks_for_info)?;
            format!(r#""client_info":"{}""#, turn.client_info(chain.user.as_ref()?, chain.granted.tenant.as_deref()))
        }
        Member::ExtExpiresIn => number("ext_expires_in", seconds),
        Member::ExpiresOn => moment("expires_on", tokens.expires_at),
        Member::NotBefore => moment("not_before", now),
        Member::Resource => format!(r#""resource":"{}""#, json_text(tokens.server.as_ref()?)),
        Member::RefreshIn if seconds < LONG_LIVED => return None,
        Member::RefreshIn => number("refresh_in", seconds / 2),
        Member::RefreshTokenExpiresIn => {
            let chain = turn.store.chain(tokens.chain).filter(|chain| chain.granted.to_browser)?;
            tokens.refresh_token.as_ref()?;
            let ends = chain.began.plus(turn.policy.refresh.browser_lifetime?);
            number("refresh_token_expires_in", ends.since(now).as_seconds())
        }
        Member::Foci if !beside.in_family => return None,
        Member::Foci => r#""foci":"1""#.to_owned(),
    })
}

/// The lifetime in seconds from which on a response says when to refresh.
const LONG_LIVED: u64 = 2 * 3600;

impl Turn<'_> {
    /// Who the user is and in which tenant they are at home, as clients that keep accounts read it.
    pub(crate) fn client_info(&self, user: &str, tenant: Option<&str>) -> String {
        let home = self.policy.tenants.as_ref().map(|tenants| home_of(tenants, user).0);
        let text = format!(r#"{{"uid":"{}","utid":"{}"}}"#, subject_of(user), home.or(tenant).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(text)
    }

    /// Counts a request among those that are like it, and refuses one too many.
    fn check_loop(&mut self, grant: GrantType, client: &Client, params: &Params) -> Result<(), Cause> {
        let Some(policy) = self.policy.token.request_loop else { return Ok(()) };
        let user = match grant {
            GrantType::RefreshToken => params.first("refresh_token").and_then(|token| {
                let record = self.store.refresh_tokens.find(token)?;
                self.store.chain(record.chain)?.user.clone()
            }),
            GrantType::Password => params.first("username").map(str::to_owned),
            GrantType::ClientCredentials => None,
            // A code and an assertion are good for one thing, and a device is told how often to ask.
            GrantType::AuthorizationCode
            | GrantType::DeviceCode
            | GrantType::DeviceCodeShort
            | GrantType::OnBehalfOf => return Ok(()),
        };
        let alike = LoopKey {
            tenant: self.authority.map(|authority| authority.name().to_owned()),
            client: client.id.clone(),
            grant: grant.name(),
            scope: params.first("scope").or(params.first("resource")).map(str::to_owned),
            user,
        };
        match self.store.loops.count(self.now, alike, policy) {
            None => Ok(()),
            Some(until) if grant == GrantType::ClientCredentials => Err(Cause::RequestLoopOfClient { until }),
            Some(until) => Err(Cause::RequestLoop { until }),
        }
    }
}
