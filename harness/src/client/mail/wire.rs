//! Lines over TLS, and what can go wrong with them.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::adapter::protocol::Failure;
use crate::client::failure::{bug, network};
use crate::client::secret::Secret;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The longest line and the longest literal that are read.
const LIMIT: u64 = 1024 * 1024;

/// What came of a dialogue that did not go well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MailError {
    /// The server does not take this token, or this token for this user: its line.
    Login(String),
    /// The server refuses, and another token would not help: its line.
    Refused(String),
    /// The server ended the session because of its token.
    Expired(String),
    /// The server wants to be left alone for so long.
    Throttled(Duration),
    /// The connection is gone, or the answer is none.
    Lost(String),
    /// It is not to be asked anything at all: what it offers is too little.
    Lacking(String),
}

impl MailError {
    /// As the protocol says it.
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Login(line) | Self::Refused(line) => crate::client::failure::refused(line),
            Self::Expired(line) | Self::Lost(line) => network(line),
            Self::Throttled(wait) => crate::client::failure::throttled(format!(
                "the server wants to be left alone for {} ms",
                wait.as_millis()
            )),
            Self::Lacking(what) => crate::client::failure::unsupported(what),
        }
    }
}

/// Reads the wait out of a line that asks for one.
pub(crate) fn backoff(line: &str) -> Option<Duration> {
    let (_, rest) = line.split_once("Suggested Backoff Time:")?;
    let millis = rest.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_millis(millis))
}

/// A connection without TLS yet, or with it.
#[derive(Debug)]
enum Stream {
    Plain(BufReader<TcpStream>),
    Tls(Box<BufReader<TlsStream<TcpStream>>>),
}

/// A connection to a mail server.
#[derive(Debug)]
pub(crate) struct Wire {
    /// None while it is on its way from the one to the other.
    stream: Option<Stream>,
    host: String,
}

fn lost(error: &std::io::Error) -> MailError {
    let _ = error;
    MailError::Lost("the connection to the mail server ended".to_owned())
}

fn in_time() -> MailError {
    MailError::Lost("no answer in time".to_owned())
}

/// What trusts the CA of a file.
pub(crate) fn connector(ca_file: Option<&str>) -> Result<TlsConnector, Failure> {
    let path = ca_file.ok_or_else(|| bug("mail needs a CA file"))?;
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| bug(format!("the CA file cannot be read: {error}")))?;
    for certificate in certificates.flatten() {
        roots.add(certificate).map_err(|error| bug(format!("the CA file holds no certificate: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| bug(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Wire {
    /// Connects to `host:port`, and begins TLS at once if so asked.
    pub(crate) async fn connect(address: &str, tls: &TlsConnector, is_implicit: bool) -> Result<Self, MailError> {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
        let stream =
            timeout(TIMEOUT, TcpStream::connect(address)).await.map_err(|_| in_time())?.map_err(|it| lost(&it))?;
        let mut wire = Self { stream: Some(Stream::Plain(BufReader::new(stream))), host };
        if is_implicit {
            wire.secure(tls).await?;
        }
        Ok(wire)
    }

    /// Makes the TLS handshake. What was sent before it is thrown away (RFC 3207 section 4.2).
    pub(crate) async fn secure(&mut self, tls: &TlsConnector) -> Result<(), MailError> {
        let Some(Stream::Plain(stream)) = self.stream.take() else {
            return Err(MailError::Lost("TLS twice".to_owned()));
        };
        let name = ServerName::try_from(self.host.clone()).map_err(|_| MailError::Lost("no host name".to_owned()))?;
        let secured = timeout(TIMEOUT, tls.connect(name, stream.into_inner())).await.map_err(|_| in_time())?;
        let secured = secured.map_err(|error| lost(&error))?;
        self.stream = Some(Stream::Tls(Box::new(BufReader::new(secured))));
        Ok(())
    }

    /// Sends a line, or several.
    pub(crate) async fn send(&mut self, text: &str) -> Result<(), MailError> {
        let bytes = format!("{text}\r\n");
        let sending = async {
            match &mut self.stream {
                Some(Stream::Plain(it)) => {
                    it.get_mut().write_all(bytes.as_bytes()).await?;
                    it.get_mut().flush().await
                }
                Some(Stream::Tls(it)) => {
                    it.get_mut().write_all(bytes.as_bytes()).await?;
                    it.get_mut().flush().await
                }
                None => Err(std::io::ErrorKind::NotConnected.into()),
            }
        };
        timeout(TIMEOUT, sending).await.map_err(|_| in_time())?.map_err(|error| lost(&error))
    }

    /// Reads a line, without its end.
    pub(crate) async fn line(&mut self) -> Result<String, MailError> {
        let mut bytes = Vec::new();
        let reading = async {
            match &mut self.stream {
                Some(Stream::Plain(it)) => it.take(LIMIT).read_until(b'\n', &mut bytes).await,
                Some(Stream::Tls(it)) => it.take(LIMIT).read_until(b'\n', &mut bytes).await,
                None => Err(std::io::ErrorKind::NotConnected.into()),
            }
        };
        timeout(TIMEOUT, reading).await.map_err(|_| in_time())?.map_err(|error| lost(&error))?;
        if bytes.last() != Some(&b'\n') {
            return Err(MailError::Lost("the connection to the mail server ended".to_owned()));
        }
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Reads so many bytes.
    pub(crate) async fn bytes(&mut self, length: u64) -> Result<Vec<u8>, MailError> {
        if length > LIMIT {
            return Err(MailError::Lost("the answer is longer than 1 MiB".to_owned()));
        }
        let mut bytes = Vec::new();
        let reading = async {
            match &mut self.stream {
                Some(Stream::Plain(it)) => it.take(length).read_to_end(&mut bytes).await,
                Some(Stream::Tls(it)) => it.take(length).read_to_end(&mut bytes).await,
                None => Err(std::io::ErrorKind::NotConnected.into()),
            }
        };
        timeout(TIMEOUT, reading).await.map_err(|_| in_time())?.map_err(|error| lost(&error))?;
        Ok(bytes)
    }
}

/// What a client logs in with.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// An access token, by XOAUTH2.
    Token(Secret),
    /// A password, by the oldest way that the protocol has.
    Password(Secret),
}

impl Credential {
    /// The mechanism of SASL that takes it at a submission server.
    pub(crate) const fn mechanism(&self) -> &'static str {
        match self {
            Self::Token(_) => "XOAUTH2",
            Self::Password(_) => "LOGIN",
        }
    }
}

/// A name, and what shows that it is theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) by: &'a Credential,
}

/// The response of XOAUTH2.
pub(crate) fn xoauth2(user: &str, token: &Secret) -> String {
    base64(&format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()))
}

/// A text as AUTH LOGIN wants it.
pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The subject among the header fields of a message.
pub(crate) fn subject(header: &str) -> String {
    header
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("subject").then(|| value.trim().to_owned())
        })
        .unwrap_or_default()
}
