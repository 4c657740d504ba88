//! hyper: requests in, replies out.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request as HttpRequest, Response as HttpResponse, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::proto::message::{Extent, Headers, Reply, Request, RequestBody};
use crate::shell::connect::{Door, Version};
use crate::shell::forwarded::Forwarded;

/// A peer gets this long to say what it speaks, for the TLS handshake, for a request's head, and for its body.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// So much of a body that is too large is still read, so that the peer hears the answer.
const DRAINED: usize = 64 * 1024 * 1024;

/// One connection, whatever carries it.
#[derive(Debug)]
pub(crate) struct Session {
    door: Arc<Door>,
    scheme: &'static str,
    in_tunnel: bool,
    /// The tunnel that it was asked to become, and the port at its end.
    upgrade: Mutex<Option<(OnUpgrade, u16)>>,
}

impl Session {
    pub(crate) const fn new(door: Arc<Door>, scheme: &'static str, in_tunnel: bool) -> Self {
        Self { door, scheme, in_tunnel, upgrade: Mutex::new(None) }
    }

    pub(crate) const fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// The tunnel that the connection was asked to become, and the port that the client believes to be at its end.
    pub(crate) fn take_upgrade(&self) -> Option<(OnUpgrade, u16)> {
        self.upgrade.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Answers requests until the connection ends or becomes a tunnel.
pub(crate) async fn serve<S>(stream: S, version: Version, session: Arc<Session>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(stream);
    let service = hyper::service::service_fn(move |request| {
        let session = Arc::clone(&session);
        async move { answer(request, &session).await }
    });
    // A connection that breaks is the peer's doing, or a fault that was asked for.
    match version {
        Version::Http1 => {
            let mut server = hyper::server::conn::http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            let _ = server.serve_connection(stream, service).with_upgrades().await;
        }
        Version::Http2 => {
            let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            server.timer(TokioTimer::new());
            let _ = server.serve_connection(stream, service).await;
        }
    }
}

/// Health answers come from the shell, whatever the profile: probes must not fill the journal.
fn is_health(path: &str) -> bool {
    matches!(path, "/health" | "/healthz" | "/health/ready" | "/isalive")
}

async fn answer(request: HttpRequest<Incoming>, session: &Session) -> io::Result<HttpResponse<Sent>> {
    let Door { provider, address, .. } = &*session.door;
    if request.method() == Method::CONNECT {
        return Ok(connect(request, session));
    }
    // In HTTP/2 every request names scheme and host; in HTTP/1 one to a proxy does (RFC 9112 section 3.2.2).
    let through_proxy = request.version() < http::Version::HTTP_2 && request.uri().scheme().is_some();
    if through_proxy && !provider.hosts.admits(request.uri(), address.port()) {
        return Ok(refuse(&request, session, &provider.hosts.why_not()));
    }
    if is_health(request.uri().path()) {
        return Ok(whole(StatusCode::OK, "application/json", "{\"status\":\"ok\"}"));
    }
    let request = read(request, session).await?;
    let reply = provider.realm.serve(request).await.ok_or(io::ErrorKind::ConnectionAborted)?;
    send(reply)
}

/// Becomes a tunnel to the provider itself, if it stands in for the host.
fn connect(mut request: HttpRequest<Incoming>, session: &Session) -> HttpResponse<Sent> {
    let hosts = &session.door.provider.hosts;
    if !hosts.admits(request.uri(), session.door.address.port()) {
        return refuse(&request, session, &hosts.why_not());
    }
    if session.in_tunnel {
        return refuse(&request, session, "there is no tunnel inside a tunnel");
    }
    if request.version() >= http::Version::HTTP_2 {
        return refuse(&request, session, "tunnels are opened by HTTP/1.1 only");
    }
    let port = request.uri().port_u16().unwrap_or_default();
    *session.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some((hyper::upgrade::on(&mut request), port));
    HttpResponse::new(Sent::whole(Bytes::new()))
}

/// Turns away what is meant for another host: a client that leaks is a finding, so it is journalled.
fn refuse(request: &HttpRequest<Incoming>, session: &Session, why: &str) -> HttpResponse<Sent> {
    // Without user, password, path and query, which can hold secrets.
    let uri = request.uri();
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    let text = format!("{} {host}{port}: {why}", request.method());
    let response = whole(
        StatusCode::FORBIDDEN,
        "text/plain; charset=utf-8",
        format!("mock-idp refuses {text}. It never connects to other machines.\n"),
    );
    session.door.provider.realm.turned_away(text);
    response
}

/// An answer of the shell itself.
fn whole(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> HttpResponse<Sent> {
    let mut response = HttpResponse::new(Sent::whole(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    response
}

async fn read(request: HttpRequest<Incoming>, session: &Session) -> io::Result<Request> {
    let (head, body) = request.into_parts();
    let mut headers = Headers::new();
    for (name, value) in &head.headers {
        let value = match value.to_str() {
            Ok(text) => text.to_owned(),
            Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
        };
        headers.push(name.as_str(), value);
    }
    let limit = session.door.provider.realm.body_limit();
    let body = tokio::time::timeout(PATIENCE, collect(body, limit)).await??;
    Ok(Request {
        via: session.door.via.clone(),
        method: head.method.as_str().to_owned(),
        origin: origin(&head.uri, head.version, &headers, session),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers,
        body,
    })
}

/// Where the client believes the provider to be: what a proxy in front says of that, or else what the request itself does.
fn origin(uri: &Uri, version: http::Version, headers: &Headers, session: &Session) -> String {
    // The scheme of an HTTP/2 request is the client's word; the connection knows better.
    let named = uri.scheme_str().filter(|_| version < http::Version::HTTP_2);
    let scheme = if session.scheme == "https" { "https" } else { named.unwrap_or("http") };
    let authority = uri.authority().map(http::uri::Authority::as_str).or_else(|| headers.get("host"));
    let trusts = session.door.provider.trusts_forwarded;
    let forwarded = if trusts { Forwarded::of(headers) } else { Forwarded::default() };
    let scheme = forwarded.scheme.unwrap_or(scheme);
    match forwarded.authority.as_deref().or(authority) {
        Some(authority) => {
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}")
        }
        None => format!("{scheme}://{}", session.door.address),
    }
}

async fn collect(mut body: Incoming, limit: usize) -> io::Result<RequestBody> {
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        let Some(data) = frame.data_ref() else { continue };
        total = total.saturating_add(data.len());
        if total > DRAINED {
            break;
        }
        if total <= limit {
            bytes.extend_from_slice(data);
        }
    }
    Ok(if total > limit { RequestBody::TooLarge } else { RequestBody::Whole(bytes) })
}

fn send(reply: Reply) -> io::Result<HttpResponse<Sent>> {
    let body = Bytes::from(reply.response.body);
    // A cut behind the last byte breaks nothing that hyper would notice: it would keep the connection.
    let closes = matches!(reply.delivery.extent, Extent::CutAfter(bytes) if bytes >= body.len());
    let body = match reply.delivery.extent {
        Extent::Whole => Sent::whole(body),
        Extent::CutAfter(bytes) => Sent::cut(body, bytes),
        Extent::Dropped => return Err(io::ErrorKind::ConnectionAborted.into()),
    };
    let mut response = HttpResponse::new(body);
    *response.status_mut() = http::StatusCode::from_u16(reply.response.status).map_err(io::Error::other)?;
    for (name, value) in reply.response.headers.iter() {
        let name = http::HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
        // As bytes: text beyond ASCII is allowed in a field, and a provider may echo what it was sent.
        let value = http::HeaderValue::from_bytes(value.as_bytes()).map_err(io::Error::other)?;
        response.headers_mut().append(name, value);
    }
    if closes {
        response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    }
    if let Some(reason) = reply.response.reason
        && let Ok(reason) = ReasonPhrase::try_from(reason.into_bytes())
    {
        response.extensions_mut().insert(reason);
    }
    Ok(response)
}

/// A body that is sent whole, or breaks off.
#[derive(Debug)]
pub(crate) struct Sent {
    left: Option<Bytes>,
    promised: u64,
    end: End,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With its last byte.
    Whole,
    /// It breaks off, once what there is has had its chance to leave: hyper writes a head and a body together, and would throw
    /// both away if the body failed at once.
    BreaksAfterFlush,
    /// It breaks off now.
    Breaks,
}

impl Sent {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { promised: bytes.len() as u64, left: (!bytes.is_empty()).then_some(bytes), end: End::Whole }
    }

    fn cut(bytes: Bytes, after: usize) -> Self {
        let left = bytes.slice(..after.min(bytes.len()));
        Self { promised: bytes.len() as u64, left: (!left.is_empty()).then_some(left), end: End::BreaksAfterFlush }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::BreaksAfterFlush => {
                self.end = End::Breaks;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Breaks => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_exact(match self.end {
            End::BreaksAfterFlush | End::Breaks => self.promised,
            End::Whole => self.left.as_ref().map_or(0, |left| left.len() as u64),
        });
        hint
    }
}
