//! The sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use super::script::{Answered, Reply, Script};
use crate::capture::{Body, Capture, CapturedRequest, HeaderField};
use crate::record::{LARGEST, ListenError, Told, accept, bind, plain};

/// Why a recording cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Nothing can listen there.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is nothing in it that could be answered.
    #[error("the recording has no request over HTTP to a provider")]
    Nothing,
}

/// A listener for each origin of a recording.
#[derive(Debug)]
pub struct Answerer {
    doors: Vec<(TcpListener, String, String)>,
    script: Script,
}

impl Answerer {
    /// Listens: for the first origin (a provider's, if there is one) at `listen`, for the others at free ports of the same address.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn begin(capture: Capture, listen: SocketAddr) -> Result<Self, AnswerError> {
        let mut script = Script::new(capture);
        let origins = script.origins();
        if origins.is_empty() {
            return Err(AnswerError::Nothing);
        }
        let mut doors = Vec::new();
        for theirs in origins {
            let address = if doors.is_empty() { listen } else { SocketAddr::new(listen.ip(), 0) };
            let (listener, here) = bind(address).await?;
            doors.push((listener, theirs, here));
        }
        script.listens(doors.iter().map(|(_, theirs, here)| (theirs.clone(), here.clone())).collect());
        Ok(Self { doors, script })
    }

    /// By which URL each recorded origin is reached here.
    #[must_use]
    pub fn addresses(&self) -> Vec<(String, String)> {
        self.doors.iter().map(|(_, theirs, here)| (theirs.clone(), here.clone())).collect()
    }

    /// What of the recording is left out.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        self.script.left_out()
    }

    /// Answers until `end`; `say` gets a line for each request, without anything that may be secret.
    pub async fn serve(self, end: impl Future<Output = ()>, say: impl Fn(&str) + Send + Sync + 'static) -> Answered {
        let script = Arc::new(Mutex::new(self.script));
        let say = Arc::new(say);
        let mut doors = JoinSet::new();
        for (listener, origin, _) in self.doors {
            let (script, say) = (Arc::clone(&script), Arc::clone(&say));
            doors.spawn(accept(listener, move |request| {
                let (script, say, origin) = (Arc::clone(&script), Arc::clone(&say), origin.clone());
                async move {
                    let request = read(&origin, request).await?;
                    let (reply, line) = script.lock().unwrap_or_else(PoisonError::into_inner).answer(&request);
                    say(&line);
                    response(reply)
                }
            }));
        }
        end.await;
        doors.shutdown().await;
        script.lock().unwrap_or_else(PoisonError::into_inner).end()
    }
}

/// A request as the recording would have it.
async fn read(origin: &str, request: Request<Incoming>) -> io::Result<CapturedRequest> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = Url::parse(&format!("{origin}{path}")).map_err(io::Error::other)?;
    let body = Limited::new(body, LARGEST).collect().await.map_err(io::Error::other)?.to_bytes();
    let field = |(name, value): (&HeaderName, &HeaderValue)| HeaderField {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    Ok(CapturedRequest {
        method: parts.method.to_string(),
        url,
        headers: parts.headers.iter().map(field).collect(),
        body: if body.is_empty() { Body::Absent } else { Body::Bytes(body.to_vec()) },
    })
}

/// The answer, or an error, which drops the connection.
fn response(reply: Reply) -> io::Result<Response<Told>> {
    match reply {
        Reply::Answer { status, headers, body, is_cut } => {
            let body = Bytes::from(body);
            let mut response = Response::new(if is_cut { Told::cut(body, None) } else { Told::whole(body) });
            *response.status_mut() = StatusCode::from_u16(status).map_err(io::Error::other)?;
            *response.headers_mut() = header_map(&headers);
            Ok(response)
        }
        Reply::Nothing => Err(io::Error::other("no answer was recorded")),
        Reply::Unmatched(text) => Ok(plain(StatusCode::NOT_IMPLEMENTED, &text)),
    }
}

/// In their order; those of one name stand together, and what no header field can be is left out.
fn header_map(fields: &[HeaderField]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value.as_bytes())) {
            headers.append(name, value);
        }
    }
    headers
}
