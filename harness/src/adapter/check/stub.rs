//! A provider of four URLs, just enough to see what an adapter sends. Nothing of a real provider is in it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::adapter::line::next_line;

/// The access token that the stub issues.
pub(super) const ACCESS_TOKEN: &str = "check-access-token";

/// The body of the protected resource.
pub(super) const RESOURCE_BODY: &str = "it works";

const TOKENS: &str = r#"{"access_token":"check-access-token","token_type":"Bearer","expires_in":600,"refresh_token":"check-refresh-token"}"#;

/// The codes of a device.
pub(super) const DEVICE_CODE: &str = "check-device-code";
pub(super) const USER_CODE: &str = "CHCK-CODE";
pub(super) const VERIFICATION_URI: &str = "https://login.example/device";

const CODES: &str = r#"{"device_code":"check-device-code","user_code":"CHCK-CODE","verification_uri":"https://login.example/device","expires_in":900,"interval":1}"#;

const LINE_LIMIT: usize = 16 * 1024;
const HEADER_LIMIT: usize = 100;
const BODY_LIMIT: usize = 64 * 1024;

/// A request that reached the stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(super) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// The stub, until it is dropped.
#[derive(Debug)]
pub(super) struct Stub {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: JoinHandle<()>,
}

impl Stub {
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let serving = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let seen = Arc::clone(&seen);
                    // A connection that breaks is nobody's loss: the step that waits for it says so.
                    tokio::spawn(async move { drop(serve(stream, &seen).await) });
                }
            }
        });
        Ok(Self { address, seen, serving })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests since this was last asked.
    pub(super) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One request a connection. Anything that is not plain HTTP/1.1 with a length is refused.
async fn serve(stream: TcpStream, seen: &Mutex<Vec<Seen>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (status, content_type, body) = match read_request(&mut stream).await? {
        Some(request) => {
            let answer = answer(&request);
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            answer
        }
        None => ("400 Bad Request", "text/plain", ""),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

fn answer(request: &Seen) -> (&'static str, &'static str, &'static str) {
    match request.path.as_str() {
        "/token" => ("200 OK", "application/json", TOKENS),
        "/device" => ("200 OK", "application/json", CODES),
        "/resource" if request.header("authorization") == format!("Bearer {ACCESS_TOKEN}") => {
            ("200 OK", "text/plain", RESOURCE_BODY)
        }
        "/resource" => ("401 Unauthorized", "text/plain", ""),
        _ => ("404 Not Found", "text/plain", ""),
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Seen>> {
    let Some(first) = text_line(stream).await? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = BTreeMap::new();
    loop {
        let Some(line) = text_line(stream).await? else { return Ok(None) };
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { return Ok(None) };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        if headers.len() > HEADER_LIMIT {
            return Ok(None);
        }
    }
    let length = match headers.get("content-length").map(|length| length.parse::<usize>()) {
        None if headers.contains_key("transfer-encoding") => return Ok(None),
        None => 0,
        Some(Ok(length)) if length <= BODY_LIMIT => length,
        Some(Ok(_) | Err(_)) => return Ok(None),
    };
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let path = target.split('?').next().unwrap_or(target).to_owned();
    Ok(Some(Seen { method: method.to_owned(), path, headers, body: String::from_utf8_lossy(&body).into_owned() }))
}

async fn text_line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let line = next_line(stream, LINE_LIMIT).await?.filter(|line| !line.too_long);
    Ok(line.and_then(|line| String::from_utf8(line.bytes).ok()).map(|line| line.trim_end().to_owned()))
}
