//! A request to a service: by its cookie, or by a login in two halves.

use crate::proto::cause::Cause;
use crate::proto::endpoint::{add_headers, cookie, json_error, set_cookie};
use crate::proto::grant::issue::Turn;
use crate::proto::journal::{Issued, What};
use crate::proto::message::{Headers, Reply, Request, RequestBody, Response};
use crate::proto::mint::Purpose;
use crate::proto::params::Params;
use crate::proto::policy::{AskedResource, Policy, Service, Voucher};
use crate::proto::resource::bearer;
use crate::proto::secret::Secret;
use crate::proto::service::answer::Details;
use crate::proto::service::{ServiceSession, ServiceSessions};
use crate::proto::template::{Context, Medium};
use crate::proto::token::{Label, TokenKind};
use crate::proto::world::ServiceAccount;

/// What comes of a request.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outcome: Result<Response, (Cause, Response)>,
    /// What the login changes in the service's users.
    pub(crate) change: Option<AccountChange>,
}

/// A change of a service's users, and what happened in one line.
#[derive(Debug)]
pub(crate) struct AccountChange {
    /// The place of the account among all; none where it is new.
    pub(crate) place: Option<usize>,
    /// How it is from now on.
    pub(crate) account: ServiceAccount,
    pub(crate) text: String,
}

/// A first half.
#[derive(Debug)]
pub(crate) enum Begun {
    /// There is no second.
    Done(Done),
    /// This is to be asked, and the answer to be handed to [`finish`].
    Asking(Asking),
}

/// A login that waits for the answer about its token.
#[derive(Debug)]
pub(crate) struct Asking {
    asked: AskedResource,
    token: Secret<String>,
    /// The request of the service's own.
    pub(crate) request: Request,
}

/// The service that a request is for, and its name.
pub(crate) fn place<'a>(policy: &'a Policy, path: &str) -> Option<(&'a str, &'a Service)> {
    let bare = |path: &'_ str| path.strip_suffix('/').unwrap_or(path).to_owned();
    let wanted = bare(path);
    policy.services.iter().find(|(_, service)| bare(&service.path) == wanted).map(|(name, service)| (&**name, service))
}

/// The first half: the cookie, and without a session the token and who vouches for it.
pub(crate) fn begin(turn: &mut Turn<'_>, sessions: &mut ServiceSessions, request: &Request) -> Begun {
    let begun = match place(turn.policy, &request.path) {
        Some((name, service)) => try_begin(turn, sessions, (name, service), request),
        None => Err(Cause::PathUnknown { path: request.path.clone() }),
    };
    begun.unwrap_or_else(|cause| Begun::Done(refused(turn, cause)))
}

fn try_begin(
    turn: &mut Turn<'_>,
    sessions: &mut ServiceSessions,
    (name, service): (&str, &Service),
    request: &Request,
) -> Result<Begun, Cause> {
    if request.method != "GET" {
        return Err(Cause::MethodNotAllowed { method: request.method.as_str().into(), allow: "GET".into() });
    }
    let presented = cookie(request, &service.session.cookie);
    if let Some(session) = presented.and_then(|cookie| sessions.find(name, &cookie, turn.now)) {
        let response = answer(turn, service, request, &session.user);
        return Ok(Begun::Done(Done { outcome: Ok(response), change: None }));
    }
    let token = request.headers.get("authorization").and_then(bearer).ok_or(Cause::ServiceTokenMissing)?;
    let token = Secret::new(token.to_owned());
    match voucher(service, request)? {
        Voucher::OwnKeys => {
            let accounts = &turn.world.service_accounts;
            let is_key = |own: &ServiceAccount| own.api_key.as_ref().is_some_and(|key| key.expose() == token.expose());
            let owner =
                accounts.iter().find(|own| own.service == name && is_key(own)).ok_or(Cause::ServiceKeyUnknown)?;
            let user = owner.fields.get(&service.users.field).cloned().unwrap_or_default();
            let response = log_in(turn, sessions, (name, service), request, (&user, token));
            Ok(Begun::Done(Done { outcome: Ok(response), change: None }))
        }
        Voucher::Asks(asked) => {
            let request = question(name, asked, token.expose());
            Ok(Begun::Asking(Asking { asked: asked.clone(), token, request }))
        }
    }
}

/// Who vouches for the token of a request.
fn voucher<'a>(service: &'a Service, request: &Request) -> Result<&'a Voucher, Cause> {
    let query = request.query.as_deref().unwrap_or_default();
    let unknown = |name: &str| Cause::ServiceVoucherUnknown { voucher: name.into() };
    let params = Params::parse(query.as_bytes()).map_err(|_| unknown(query))?;
    let named = params.first(&service.voucher_parameter).filter(|name| !name.is_empty());
    let name = named.or(service.default_voucher.as_deref()).unwrap_or_default();
    service.vouchers.get(name).ok_or_else(|| unknown(name))
}

/// The request of the service's own: it comes through no listener of a client's, but by the service's name.
fn question(name: &str, asked: &AskedResource, token: &str) -> Request {
    let mut headers = Headers::new();
    headers.push("Host", asked.host.as_str());
    headers.push("Authorization", format!("Bearer {token}"));
    headers.push("Accept", "application/json");
    Request {
        via: name.to_owned(),
        method: "GET".to_owned(),
        origin: format!("https://{}", asked.host),
        path: asked.validate_at.clone(),
        query: None,
        headers,
        body: RequestBody::Whole(Vec::new()),
    }
}

/// The second half: what was answered, and which user of the service that is.
pub(crate) fn finish(
    turn: &mut Turn<'_>,
    sessions: &mut ServiceSessions,
    request: &Request,
    asking: Asking,
    reply: Option<&Reply>,
) -> Done {
    let Some((name, service)) = place(turn.policy, &request.path) else {
        return refused(turn, Cause::PathUnknown { path: request.path.clone() });
    };
    let found = Details::read(&asking.asked, reply).and_then(|details| {
        let user = details.claim(&service.users.claim)?.to_owned();
        Ok((admit(turn, name, service, &user, &details)?, user))
    });
    match found {
        Ok((change, user)) => {
            let response = log_in(turn, sessions, (name, service), request, (&user, asking.token));
            Done { outcome: Ok(response), change }
        }
        Err(cause) => refused(turn, cause),
    }
}

/// Lets in a user whom the service has, or gets by this.
fn admit(
    turn: &Turn<'_>,
    name: &str,
    service: &Service,
    user: &str,
    details: &Details,
) -> Result<Option<AccountChange>, Cause> {
    let policy = &service.users;
    let is = |own: &ServiceAccount| {
        let value = own.fields.get(&policy.field);
        own.service == name && value.is_some_and(|value| same(value, user, policy.ignores_case))
    };
    let accounts = &turn.world.service_accounts;
    let place = accounts.iter().position(is);
    let known = place.and_then(|place| accounts.get(place));
    let script = if known.is_some() { &policy.update } else { &policy.registration };
    if !script.enabled {
        let claim = policy.claim.as_str().into();
        return if known.is_some() { Ok(None) } else { Err(Cause::ServiceUserUnknown { claim, value: user.into() }) };
    }
    let context = details.context(turn.now);
    let new = || ServiceAccount { service: name.to_owned(), ..ServiceAccount::default() };
    let mut account = known.cloned().unwrap_or_else(new);
    account.fields.extend(script.fields.iter().map(|(field, value)| {
        let value = value.render(Medium::Plain, &context);
        (field.clone(), value)
    }));
    let what = if known.is_some() { "changed its user" } else { "has a new user," };
    let is_same = known == Some(&account);
    Ok((!is_same).then(|| AccountChange { place, account, text: format!("{name} {what} {user}") }))
}

fn same(one: &str, other: &str, ignores_case: bool) -> bool {
    if ignores_case { one.to_lowercase() == other.to_lowercase() } else { one == other }
}

/// Begins a session, and answers as in one.
fn log_in(
    turn: &mut Turn<'_>,
    sessions: &mut ServiceSessions,
    (name, service): (&str, &Service),
    request: &Request,
    (user, token): (&str, Secret<String>),
) -> Response {
    let response = answer(turn, service, request, user);
    let policy = &service.session;
    let id = turn.mint.identifier(Purpose::ServiceSession);
    let label = Label { kind: TokenKind::ServiceSession, number: sessions.number() };
    let ends = policy.lifetime.map(|lifetime| turn.now.plus(lifetime));
    let issued = Issued {
        exchange: turn.exchange,
        label,
        text: Secret::new(id.clone()),
        parent: None,
        chain: None,
        expires_at: ends,
    };
    turn.journal.write(turn.now, What::Issued(Box::new(issued)));
    let came_along = service.refresh_token_header.as_ref().and_then(|header| request.headers.get(header));
    let session = ServiceSession {
        label,
        service: name.to_owned(),
        user: user.to_owned(),
        ends,
        access_token: policy.keeps_tokens.then_some(token),
        refresh_token: came_along.filter(|_| policy.keeps_tokens).map(|token| Secret::new(token.to_owned())),
    };
    let response = response.header("Set-Cookie", set_cookie(&policy.cookie, &id, request));
    sessions.insert(id, session);
    response
}

/// What the service says to who was let in.
fn answer(turn: &Turn<'_>, service: &Service, request: &Request, user: &str) -> Response {
    let context = Context::default()
        .at("now", turn.now)
        .with("origin", request.origin.as_str())
        .with("path", service.path.as_str())
        .with("user", user);
    let policy = &service.response;
    let body = policy.body.render(Medium::of(&policy.content_type), &context);
    let mut response = Response::with_body(200, &policy.content_type, body);
    add_headers(&mut response, &policy.headers, &context);
    response
}

fn refused(turn: &Turn<'_>, cause: Cause) -> Done {
    // That is HTTP's own, and no word of the provider's.
    let response = if let Cause::MethodNotAllowed { allow, .. } = &cause {
        Response::empty(405).header("Allow", &**allow)
    } else {
        json_error(turn, &cause)
    };
    Done { outcome: Err((cause, response)), change: None }
}
