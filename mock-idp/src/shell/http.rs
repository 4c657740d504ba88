//! hyper: requests in, replies out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::ext::ReasonPhrase;
use hyper::{Request as HttpRequest, Response as HttpResponse};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};

use crate::proto::message::{Extent, Headers, Reply, Request, RequestBody};
use crate::shell::realm::Realm;

/// A peer gets this long to send a request's head, and as long for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// So much of a body that is too large is still read, so that the peer hears the answer.
const DRAINED: usize = 64 * 1024 * 1024;

/// Serves connections until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, via: String, realm: Arc<Realm>) {
    let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let via: Arc<str> = via.into();
    let address: Arc<str> = address.into();
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An accept that fails is the machine's trouble (descriptors, memory); the next may succeed.
                let Ok((stream, _)) = accepted else { tokio::task::yield_now().await; continue };
                let (via, address, realm) = (Arc::clone(&via), Arc::clone(&address), Arc::clone(&realm));
                connections.spawn(connection(stream, via, address, realm));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, via: Arc<str>, address: Arc<str>, realm: Arc<Realm>) {
    // Small answers must not wait for the peer's acknowledgements.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let (via, address, realm) = (Arc::clone(&via), Arc::clone(&address), Arc::clone(&realm));
        async move { answer(request, &via, &address, &realm).await }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    server.http2().timer(TokioTimer::new());
    // A connection that breaks is the peer's doing, or a fault that was asked for.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Health answers come from the shell, whatever the profile: probes must not fill the journal.
fn is_health(path: &str) -> bool {
    matches!(path, "/health" | "/healthz" | "/health/ready" | "/isalive")
}

async fn answer(
    request: HttpRequest<Incoming>,
    via: &str,
    address: &str,
    realm: &Realm,
) -> io::Result<HttpResponse<Sent>> {
    if is_health(request.uri().path()) {
        let mut response = HttpResponse::new(Sent::whole(Bytes::from_static(b"{\"status\":\"ok\"}")));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    let request = read(request, via, address, realm.body_limit()).await?;
    let reply = realm.serve(request).await.ok_or(io::ErrorKind::ConnectionAborted)?;
    send(reply)
}

async fn read(request: HttpRequest<Incoming>, via: &str, address: &str, limit: usize) -> io::Result<Request> {
    let (head, body) = request.into_parts();
    let mut headers = Headers::new();
    for (name, value) in &head.headers {
        let value = match value.to_str() {
            Ok(text) => text.to_owned(),
            Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
        };
        headers.push(name.as_str(), value);
    }
    let authority = head.uri.authority().map(|authority| authority.as_str().to_owned());
    let authority = authority.or_else(|| headers.get("host").map(str::to_owned)).unwrap_or_else(|| address.to_owned());
    let body = tokio::time::timeout(PATIENCE, collect(body, limit)).await??;
    Ok(Request {
        via: via.to_owned(),
        method: head.method.as_str().to_owned(),
        origin: format!("http://{authority}"),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers,
        body,
    })
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
