//! The control API's server: which order goes where.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::proto::time::{Span, Timestamp};
use crate::shell::clock::ClockMode;
use crate::shell::control::journal::journal;
use crate::shell::control::mail::{deliver, mail};
use crate::shell::control::order::{arm, change, known_faults, outbox};
use crate::shell::http::Sent;
use crate::shell::realm::Realm;
use crate::shell::sign_in::{Cookies, sign_in};

const INDEX: &str = "\
GET  /health                              is it up
GET  /clock                               what the realm's clock shows
POST /clock/freeze                        stop it
POST /clock/run                           let it run
POST /clock/advance   {\"by\": \"9m 30s\"}    move it forward
POST /clock/set       {\"to\": \"2021-11-15T02:00:00Z\"}
GET  /journal?after=0                     what happened, and why
GET  /outbox                              the e-mail that was sent, with the codes in it
GET  /mail                                what was submitted; ?mailbox=john.doe@acme.example: what is in its folders
POST /mail           {\"to\": \"john.doe@acme.example\", \"subject\": \"Hi\"}, and perhaps \"from\", \"text\", or \"raw\"
                                          put a message into a mailbox
GET  /faults                              what this provider is known to do wrong now and then, by name
POST /faults         {\"name\": \"lost_token\"}, and perhaps \"skip\": 1, \"times\": 2, \"grant\", \"client\"
                     or {\"mail\": {\"at\": \"imap\", \"on\": \"login\", \"says\": \"NO Server Unavailable. 15\"}}
                     or {\"at\": \"token\", \"effect\": {\"answers_unhandled\": {\"status\": 503}}}
POST /change         {\"password\": {\"to\": \"new\"}} | {\"totp_secret\": {\"to\": \"BASE32\"}} | {\"consent_withdrawn\": {}}
                     | {\"refresh_tokens_revoked\": {}} | {\"exempted\": {\"from\": [\"no_minimum_interval\"]}}
                     | {\"access\": {\"division\": \"123456\", \"is\": {\"refused\": \"NoDivisionAccess\"}}}
                     | {\"unlocked\": {}} | {\"keys_rolled\": {}}
                     | {\"mail_protocol\": {\"protocol\": \"smtp\", \"open\": false}}, for all or with \"mailbox\"
                     each for the first user and client, or with \"user\", \"client\"
POST /code           scope=openid         sign the user in and give the client's code, without a browser; the form
                                          holds parameters of the authorization request, or nothing
POST /reset                               put users, clients, tokens and journal back to the beginning
";

/// What the control API works on.
struct Desk {
    realm: Arc<Realm>,
    cookies: Mutex<Cookies>,
}

/// Serves the control API until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, realm: Arc<Realm>) {
    let desk = Arc::new(Desk { realm, cookies: Mutex::default() });
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { tokio::task::yield_now().await; continue };
                let desk = Arc::clone(&desk);
                connections.spawn(async move {
                    let service = hyper::service::service_fn(|request| answer(request, Arc::clone(&desk)));
                    // A connection that breaks is the peer's doing.
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Desk>) -> Result<Response<Sent>, Infallible> {
    let realm = &*desk.realm;
    let (head, body) = request.into_parts();
    let body = Limited::new(body, 64 * 1024).collect().await.map(|body| body.to_bytes());
    let path = head.uri.path();
    let outcome = match (&head.method, path) {
        (&Method::GET, "/") => return Ok(plain(StatusCode::OK, INDEX)),
        (&Method::GET, "/health") => Ok(json!({ "status": "ok" })),
        (&Method::GET, "/clock") => Ok(clock(realm)),
        (&Method::POST, "/clock/freeze") => {
            realm.clock().freeze();
            Ok(clock(realm))
        }
        (&Method::POST, "/clock/run") => {
            realm.clock().run();
            Ok(clock(realm))
        }
        (&Method::POST, "/clock/advance") => parse(body).map(|Advance { by }| {
            realm.advance(by);
            clock(realm)
        }),
        (&Method::POST, "/clock/set") => parse(body).map(|Set { to }| {
            realm.set_clock(to);
            clock(realm)
        }),
        (&Method::GET, "/journal") => after(head.uri.query()).map(|after| journal(realm, after)),
        (&Method::GET, "/outbox") => Ok(outbox(realm)),
        (&Method::GET, "/mail") => mail(realm, head.uri.query()),
        (&Method::POST, "/mail") => parse(body).and_then(|delivery| deliver(realm, delivery)),
        (&Method::GET, "/faults") => Ok(known_faults(realm)),
        (&Method::POST, "/faults") => parse(body).and_then(|order| arm(realm, order)),
        (&Method::POST, "/change") => parse(body).and_then(|order| change(realm, order)),
        (&Method::POST, "/code") => match body
            .map_err(|_| "the request's body could not be read".to_owned())
            .and_then(|body| code(&desk, &body))
        {
            Ok(code) => return Ok(plain(StatusCode::OK, code)),
            Err(why) => Err(why),
        },
        (&Method::POST, "/reset") => {
            realm.reset();
            Ok(json!({ "status": "ok" }))
        }
        _ => return Ok(plain(StatusCode::NOT_FOUND, INDEX)),
    };
    Ok(match outcome {
        Ok(value) => json_response(StatusCode::OK, &value),
        Err(why) => json_response(StatusCode::BAD_REQUEST, &json!({ "error": why })),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    to: Timestamp,
}

fn parse<T: for<'de> Deserialize<'de>, E>(body: Result<Bytes, E>) -> Result<T, String> {
    let body = body.map_err(|_| "the body is too large or broke off".to_owned())?;
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}

fn after(query: Option<&str>) -> Result<u64, String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    match pairs.find(|(name, _)| name == "after") {
        None => Ok(0),
        Some((_, value)) => value.parse().map_err(|_| format!("after={value} is not a number")),
    }
}

/// The code as a client would read it from its redirect: decoded, to be form-encoded again.
fn code(desk: &Desk, more: &[u8]) -> Result<String, String> {
    let mut cookies = desk.cookies.lock().unwrap_or_else(PoisonError::into_inner);
    let redirect = sign_in(&desk.realm, "http://127.0.0.1", more, &mut cookies)?;
    let query = redirect.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(name, _)| name == "code").map(|(_, value)| value.into_owned());
    found.ok_or_else(|| "the redirect holds no code".to_owned())
}

fn clock(realm: &Realm) -> Value {
    let mode = match realm.clock().mode() {
        ClockMode::Frozen => "frozen",
        ClockMode::Running => "running",
    };
    json!({ "now": realm.clock().now(), "mode": mode })
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<Sent> {
    let mut response = Response::new(Sent::whole(Bytes::from(text.into())));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn json_response(status: StatusCode, value: &Value) -> Response<Sent> {
    let mut response = Response::new(Sent::whole(Bytes::from(format!("{value}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
