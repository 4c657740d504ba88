//! Real sockets: a raw HTTP/1.1 connection that sees every byte, and HTTP/2 without negotiation.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mock_idp::profile::{Profile, load};
use mock_idp::proto::message::Request;
use mock_idp::proto::policy::Policy;
use mock_idp::shell::{Config, MockIdp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::START;

/// A provider of this policy on a free port, its clock frozen.
pub(crate) async fn start(policy: Policy) -> MockIdp {
    let profile = Profile { policy, ..load("exact-online", &[]).unwrap() };
    let config = Config { control_port: Some(0), ..Config::new(profile, START.parse().unwrap()) };
    MockIdp::start(config).await.unwrap()
}

/// A response as it came off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether the whole promised body came.
    pub(crate) fn is_whole(&self) -> bool {
        self.header("content-length").is_none_or(|length| length == self.body.len().to_string())
    }
}

/// One HTTP/1.1 connection, kept alive.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(url: &str) -> Self {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let stream = TcpStream::connect(&host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, host, read: Vec::new() }
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a request. `Host` and `Content-Length` are added where they are missing.
    pub(crate) async fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.extend(["host: ", &self.host, "\r\n"]);
        }
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if !body.is_empty() || method == "POST" {
            head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.write(&bytes).await;
    }

    /// The next response; none if the connection is closed before its head is there. One that breaks off keeps what came of its
    /// body.
    pub(crate) async fn receive(&mut self) -> Option<Raw> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if !self.more().await {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        self.read.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap().splitn(3, ' ').skip(1);
        let status = first.next().unwrap().parse().unwrap();
        let reason = first.next().unwrap_or_default().to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut raw = Raw { status, reason, headers, body: Vec::new() };
        let length = raw.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length && self.more().await {}
        raw.body = self.read.drain(..length.min(self.read.len())).collect();
        Some(raw)
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.read.extend_from_slice(&buffer[..count]);
        count > 0
    }

    pub(crate) async fn exchange(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Raw {
        self.send(method, target, headers, body.as_bytes()).await;
        self.receive().await.unwrap()
    }
}

/// One request on a connection of its own.
pub(crate) async fn once(url: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Raw {
    Connection::open(url).await.exchange(method, target, headers, body).await
}

/// A connection of either version.
#[derive(Debug)]
pub(crate) enum Carrier {
    Http1(Connection),
    Http2(SendRequest<Full<Bytes>>),
}

impl Carrier {
    pub(crate) async fn http1(url: &str) -> Self {
        Self::Http1(Connection::open(url).await)
    }

    /// HTTP/2 with prior knowledge (RFC 9113 section 3.3).
    pub(crate) async fn http2(url: &str) -> Self {
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::Http2(sender)
    }

    /// Sends a request of the core, and gives what came back; none if there was no whole answer.
    pub(crate) async fn carry(&mut self, request: &Request) -> Option<Raw> {
        match self {
            Self::Http1(connection) => {
                let host = request.origin.strip_prefix("http://").unwrap();
                let mut headers = vec![("host", host)];
                headers.extend(request.headers.iter());
                connection.send(&request.method, &request.target(), &headers, request.body.bytes()).await;
                connection.receive().await
            }
            Self::Http2(sender) => {
                let uri = format!("{}{}", request.origin, request.target());
                let mut sent = http::Request::builder().method(request.method.as_str()).uri(uri);
                for (name, value) in request.headers.iter() {
                    sent = sent.header(name, value);
                }
                let body = Full::new(Bytes::copy_from_slice(request.body.bytes()));
                let response = sender.send_request(sent.body(body).unwrap()).await.ok()?;
                let (head, body) = response.into_parts();
                let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
                let headers =
                    head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
                let body = body.collect().await.ok()?.to_bytes().to_vec();
                Some(Raw { status: head.status.as_u16(), reason: String::new(), headers, body })
            }
        }
    }
}
