//! The proxy.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    ORIGIN, REFERER, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Request, Response, StatusCode};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::doors::{ListenError, accept, bind};
use super::names::Names;
use super::told::Told;
use super::upstream::{Answer, LARGEST, NoAnswer, Upstream};
use crate::capture::har::{Writer, entry};
use crate::capture::redact::Redactor;
use crate::capture::{Body, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField};

/// Header fields that are about one connection (RFC 9110 section 7.6.1), and those that the proxy sets itself.
pub(crate) const OWN: [HeaderName; 8] =
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, HeaderName::from_static("keep-alive"), CONTENT_LENGTH, HOST];

/// A longer body is passed on and not written down.
const LARGEST_RECORDED: usize = 1024 * 1024;

/// Why a recording cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be written.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// Nothing can listen there.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Proxies, one for each provider, and the file that they write.
#[derive(Debug)]
pub struct Recorder {
    doors: JoinSet<()>,
    addresses: Vec<(String, String)>,
    recording: Arc<Mutex<File>>,
    clock: Clock,
}

/// What tells when something happened.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of a provider whose time is not this machine's.
    pub(crate) fn of(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::of(now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What a provider and a client are told of each other's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// The provider is called by its own name, and what it says of itself leads a client here.
    Rewritten,
    /// The provider is called by its own name, and its answers are handed on as they are.
    AsItIs,
    /// The provider is called by the name that the client used, for one that goes by it: all that it says leads here, signed or not.
    SameHost,
}

/// The file, and what is known of secrets.
#[derive(Debug)]
struct File {
    writer: Writer,
    redactor: Redactor,
    started: usize,
    withheld: usize,
    failed: Option<io::Error>,
}

/// What has been recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recording {
    /// How many entries the file has.
    pub entries: usize,
    /// How many secrets were taken out.
    pub secrets: usize,
    /// How many entries are not in the file, since a secret could not be taken out of them.
    pub withheld: usize,
}

impl Recorder {
    /// Opens the file and listens: for the first provider at `listen`, for the others at free ports of the same address.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn begin(
        upstreams: Vec<Upstream>,
        listen: SocketAddr,
        file: &Path,
        telling: Telling,
    ) -> Result<Self, RecordError> {
        let mut recorder = Self::open(file, Clock::default())?;
        let mut doors = Vec::new();
        for upstream in upstreams {
            let address = if doors.is_empty() { listen } else { SocketAddr::new(listen.ip(), 0) };
            let (listener, here) = bind(address).await?;
            recorder.addresses.push((upstream.origin(), here));
            doors.push((listener, upstream));
        }
        let names = match telling {
            Telling::Rewritten => Names::new(recorder.addresses.clone()),
            Telling::AsItIs | Telling::SameHost => Names::default(),
        };
        for (listener, upstream) in doors {
            recorder.serve_at(listener, upstream, names.clone(), telling);
        }
        Ok(recorder)
    }

    /// Opens the file. Nobody is recorded yet.
    ///
    /// # Errors
    /// [`RecordError::File`].
    pub(crate) fn open(file: &Path, clock: Clock) -> Result<Self, RecordError> {
        let writer =
            Writer::create(file).map_err(|error| RecordError::File { file: file.display().to_string(), error })?;
        let file = File { writer, redactor: Redactor::new(), started: 0, withheld: 0, failed: None };
        Ok(Self { doors: JoinSet::new(), addresses: Vec::new(), recording: Arc::new(Mutex::new(file)), clock })
    }

    /// Records one provider more, that goes by the host that a client named, and gives the URL by which it is reached here.
    ///
    /// # Errors
    /// [`RecordError::Listen`].
    pub(crate) async fn before(&mut self, upstream: Upstream) -> Result<String, RecordError> {
        let (listener, here) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        self.addresses.push((upstream.origin(), here.clone()));
        self.serve_at(listener, upstream, Names::default(), Telling::SameHost);
        Ok(here)
    }

    /// By which URL each provider is reached here.
    #[must_use]
    pub fn addresses(&self) -> Vec<(String, String)> {
        self.addresses.clone()
    }

    fn serve_at(&mut self, listener: TcpListener, upstream: Upstream, names: Names, telling: Telling) {
        let (recording, clock) = (Arc::clone(&self.recording), self.clock.clone());
        let door = Arc::new(Door { upstream, names, telling, recording, clock });
        self.doors.spawn(accept(listener, move |request| {
            // A task of its own: what the provider does is recorded also when the client does not wait for it.
            let door = Arc::clone(&door);
            let passed_on = tokio::spawn(async move { door.pass_on(request).await });
            async move { passed_on.await.map_err(io::Error::other).flatten() }
        }));
    }

    /// Serves until `end`, and says what was recorded.
    ///
    /// # Errors
    /// When the file could not be written to its end.
    pub async fn serve(mut self, end: impl Future<Output = ()>) -> io::Result<Recording> {
        end.await;
        self.doors.shutdown().await;
        let mut file = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
        match file.failed.take() {
            Some(error) => Err(error),
            None => Ok(Recording {
                entries: file.writer.entries(),
                secrets: file.redactor.known(),
                withheld: file.withheld,
            }),
        }
    }
}

/// What a request meets.
struct Door {
    upstream: Upstream,
    names: Names,
    telling: Telling,
    recording: Arc<Mutex<File>>,
    clock: Clock,
}

impl Door {
    /// Nothing is answered where the provider closed the connection.
    async fn pass_on(&self, request: Request<Incoming>) -> io::Result<Response<Told>> {
        let number = {
            let mut file = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
            file.started += 1;
            file.started
        };
        let started = self.clock.now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        let host = self.host(&parts.headers);
        let Some(url) = self.upstream.url(&host, &path) else { return Ok(plain(StatusCode::BAD_REQUEST, "no path")) };
        let Ok(body) = Limited::new(body, LARGEST).collect().await.map(http_body_util::Collected::to_bytes) else {
            let why = "the body is too large to be passed on, or was cut off";
            return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, why));
        };
        let mut asked = Request::builder().method(parts.method.clone()).uri(path);
        if let Some(headers) = asked.headers_mut() {
            headers.extend(passed_on(&parts.headers));
            // What is compressed can be neither read nor redacted.
            headers.remove(ACCEPT_ENCODING);
            headers.extend(HeaderValue::from_str(&host).map(|host| (HOST, host)));
            for name in [ORIGIN, REFERER] {
                let told = headers.get(&name).and_then(|value| value.to_str().ok());
                let told = told.and_then(|value| HeaderValue::from_str(&self.names.for_provider(value)).ok());
                headers.extend(told.map(|value| (name, value)));
            }
        }
        let sent = asked.headers_ref().map(fields).unwrap_or_default();
        let answer = match asked.body(Full::new(body.clone())) {
            Ok(asked) => self.upstream.ask(asked).await,
            Err(error) => Err(NoAnswer::Unreachable(error.to_string())),
        };
        let took = self.clock.now().as_millisecond().saturating_sub(started.as_millisecond());
        let took = u64::try_from(took).unwrap_or_default();
        let request = CapturedRequest { method: parts.method.to_string(), url, headers: sent, body: recorded(&body) };
        let response = answer.as_ref().ok().map(|it| CapturedResponse {
            status: it.response.status().as_u16(),
            headers: fields(it.response.headers()),
            body: recorded(it.response.body()),
        });
        let error = match &answer {
            Ok(answer) => answer.cut.clone(),
            Err(NoAnswer::Unreachable(why) | NoAnswer::Dropped(why)) => Some(why.clone()),
        };
        let exchange = CapturedExchange {
            entry: number,
            started,
            took_ms: Some(took),
            request,
            response,
            error,
            jwts: Vec::new(),
            pkce: None,
        };
        self.recording.lock().unwrap_or_else(PoisonError::into_inner).add(&exchange);
        match answer {
            Ok(answer) => Ok(self.for_client(answer)),
            Err(NoAnswer::Dropped(why)) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, why)),
            Err(NoAnswer::Unreachable(why)) => {
                Ok(plain(StatusCode::BAD_GATEWAY, &format!("the provider that is recorded does not answer: {why}")))
            }
        }
    }

    /// What the provider is called.
    fn host(&self, headers: &HeaderMap) -> String {
        let theirs =
            headers.get(HOST).and_then(|host| host.to_str().ok()).filter(|_| self.telling == Telling::SameHost);
        theirs.map_or_else(|| self.upstream.host(), str::to_owned)
    }

    /// The answer with this proxy's address wherever the provider names its own.
    fn for_client(&self, answer: Answer) -> Response<Told> {
        let Answer { response, cut } = answer;
        let (mut parts, body) = response.into_parts();
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_text = kind.contains("json") || kind.contains("html") || kind.contains("xml");
        let body = match std::str::from_utf8(&body) {
            Ok(text) if is_text => Bytes::from(self.names.for_client(text)),
            Ok(_) | Err(_) => body,
        };
        for name in OWN {
            parts.headers.remove(name);
        }
        let location = parts.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        if let Some(Ok(location)) = location.map(|location| HeaderValue::from_str(&self.names.for_client(location))) {
            parts.headers.insert(LOCATION, location);
        }
        if self.names.rewrites() {
            let set: Vec<HeaderValue> = parts.headers.get_all(SET_COOKIE).iter().map(cookie_for_client).collect();
            parts.headers.remove(SET_COOKIE);
            parts.headers.extend(set.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        }
        let told = if cut.is_some() { Told::cut(body, length) } else { Told::whole(body) };
        Response::from_parts(parts, told)
    }
}

impl File {
    /// Writes an exchange without its secrets. One that still has any is withheld.
    fn add(&mut self, exchange: &CapturedExchange) {
        let redacted = self.redactor.redact(exchange);
        let Some(text) = self.redactor.seal(&entry(&redacted)) else {
            self.withheld += 1;
            return;
        };
        if let Err(error) = self.writer.add(&text) {
            self.failed.get_or_insert(error);
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millisecond(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}

pub(crate) fn plain(status: StatusCode, text: &str) -> Response<Told> {
    let mut response = Response::new(Told::whole(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// A cookie without what ties it to the provider's own host and to HTTPS, by which a browser would not keep it here.
pub(crate) fn cookie_for_client(cookie: &HeaderValue) -> HeaderValue {
    let Ok(text) = cookie.to_str() else { return cookie.clone() };
    let is_kept = |attribute: &&str| {
        let attribute = attribute.trim().to_ascii_lowercase();
        !attribute.starts_with("domain=") && attribute != "secure" && attribute != "samesite=none"
    };
    let kept: Vec<&str> = text.split(';').take(1).chain(text.split(';').skip(1).filter(is_kept)).collect();
    HeaderValue::from_str(&kept.join(";")).unwrap_or_else(|_| cookie.clone())
}

fn passed_on(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let kept = headers.iter().filter(|(name, _)| !OWN.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
}

fn fields(headers: &HeaderMap) -> Vec<HeaderField> {
    let read = |(name, value): (&HeaderName, &HeaderValue)| HeaderField {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    // The length is that of a body with its secrets in it.
    headers.iter().filter(|(name, _)| *name != HOST && *name != CONTENT_LENGTH).map(read).collect()
}

fn recorded(body: &Bytes) -> Body {
    match body.len() {
        0 => Body::Absent,
        1..=LARGEST_RECORDED => Body::Bytes(body.to_vec()),
        _ => Body::NotRecorded,
    }
}
