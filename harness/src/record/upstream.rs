//! The provider that is recorded: where it is, and a request to it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest body that is passed on.
pub(crate) const LARGEST: usize = 16 * 1024 * 1024;

/// Why a provider cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is no address of one.
    #[error("{url}: {why}")]
    Address {
        /// As given.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// The CA certificates cannot be used.
    #[error("CA certificates: {0}")]
    Ca(String),
}

/// A provider: scheme, host and port.
#[derive(Debug, Clone)]
pub struct Upstream {
    url: Url,
    /// How to speak TLS with it; none without `https`.
    tls: Option<Arc<ClientConfig>>,
}

impl Upstream {
    /// Reads its address. `ca` are CA certificates in PEM to trust; the machine's own where there are none.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub fn new(address: &str, ca: Option<&[u8]>) -> Result<Self, UpstreamError> {
        let wrong = |why| UpstreamError::Address { url: address.to_owned(), why };
        let url = Url::parse(address).map_err(|_| wrong("no URL; write for example https://login.example"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("no http or https URL"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong("scheme, host and port are all that it may have"));
        }
        let tls = if url.scheme() == "https" { Some(trusting(ca)?) } else { None };
        Ok(Self { url, tls })
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// A URL of its, where it is called `host`.
    pub(super) fn url(&self, host: &str, path_and_query: &str) -> Option<Url> {
        Url::parse(&format!("{}://{host}{path_and_query}", self.url.scheme())).ok()
    }

    /// Host and port as `Host` has them.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Makes a request, and reads the whole answer.
    pub(super) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let asked = async {
            let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let port = self.url.port_or_known_default().unwrap_or_default();
            let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| said("connect", &error))?;
            match &self.tls {
                Some(config) => {
                    let tls = TlsConnector::from(Arc::clone(config));
                    let name = ServerName::try_from(host).map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
                    let stream = tls.connect(name, stream).await.map_err(|error| said("TLS", &error))?;
                    over(stream, request).await
                }
                None => over(stream, request).await,
            }
        };
        let late = || NoAnswer::Unreachable(format!("no answer within {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(late()))
    }
}

/// What a provider answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// All of it that came.
    pub(super) response: Response<Bytes>,
    /// Why the body ends before its end, where it does.
    pub(super) cut: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// It could not be asked, or let us wait too long.
    Unreachable(String),
    /// It was asked, and closed the connection.
    Dropped(String),
}

async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Answer, NoAnswer> {
    let dropped = |error: hyper::Error| NoAnswer::Dropped(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(dropped)?;
    // It ends with the answer, or with the provider.
    let connection = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(dropped)?;
        let (parts, mut body) = response.into_parts();
        let (mut bytes, mut cut) = (BytesMut::new(), None);
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => bytes.extend_from_slice(&data),
                Ok(Err(_trailers)) => {}
                Err(error) => {
                    cut = Some(error.to_string());
                    break;
                }
            }
            if bytes.len() > LARGEST {
                return Err(NoAnswer::Unreachable(format!("its answer has more than {LARGEST} bytes")));
            }
        }
        Ok(Answer { response: Response::from_parts(parts, bytes.freeze()), cut })
    }
    .await;
    drop(sender);
    connection.abort();
    answer
}

fn said(what: &str, error: &io::Error) -> NoAnswer {
    NoAnswer::Unreachable(format!("{what}: {error}"))
}

fn trusting(ca: Option<&[u8]>) -> Result<Arc<ClientConfig>, UpstreamError> {
    let wrong = |why: &dyn std::fmt::Display| UpstreamError::Ca(why.to_string());
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    if roots.is_empty() {
        return Err(UpstreamError::Ca("there is none".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
