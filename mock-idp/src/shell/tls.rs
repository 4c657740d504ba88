//! rustls: who gets which certificate.

use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::shell::ca::{Authority, CaError, CertificateAuthority};
use crate::shell::hosts::Hosts;
use crate::shell::realm::Realm;

/// HTTP/2 in the words of ALPN.
pub(crate) const ALPN_HTTP2: &[u8] = b"h2";

/// The TLS side of a provider, made when the first client asks for it.
#[derive(Debug)]
pub(crate) struct Tls {
    ca: CertificateAuthority,
    hosts: Arc<Hosts>,
    realm: Arc<Realm>,
    config: OnceLock<Arc<ServerConfig>>,
    /// The same without ALPN.
    mail_config: OnceLock<Arc<ServerConfig>>,
}

impl Tls {
    pub(crate) const fn new(ca: CertificateAuthority, hosts: Arc<Hosts>, realm: Arc<Realm>) -> Self {
        Self { ca, hosts, realm, config: OnceLock::new(), mail_config: OnceLock::new() }
    }

    pub(crate) const fn ca(&self) -> &CertificateAuthority {
        &self.ca
    }

    /// For HTTP.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, CaError> {
        self.acceptor_of(&self.config, &[ALPN_HTTP2, b"http/1.1"])
    }

    /// For mail, whose clients name no protocol or any.
    pub(crate) fn mail_acceptor(&self) -> Result<TlsAcceptor, CaError> {
        self.acceptor_of(&self.mail_config, &[])
    }

    fn acceptor_of(&self, kept: &OnceLock<Arc<ServerConfig>>, protocols: &[&[u8]]) -> Result<TlsAcceptor, CaError> {
        if let Some(config) = kept.get() {
            return Ok(TlsAcceptor::from(Arc::clone(config)));
        }
        let leaves =
            Leaves { authority: self.ca.authority()?, hosts: Arc::clone(&self.hosts), realm: Arc::clone(&self.realm) };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(leaves));
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::clone(kept.get_or_init(|| Arc::new(config)))))
    }
}

/// A leaf for each host that the provider stands in for.
#[derive(Debug)]
struct Leaves {
    authority: Arc<Authority>,
    hosts: Arc<Hosts>,
    realm: Arc<Realm>,
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = match hello.server_name() {
            None => self.hosts.first(),
            Some(name) => match self.hosts.known(name) {
                Some(host) => host,
                None => {
                    self.realm.turned_away(format!("TLS for {name}: {}", self.hosts.why_not()));
                    return None;
                }
            },
        };
        match self.authority.leaf(host) {
            Ok(leaf) => Some(leaf),
            Err(error) => {
                self.realm.turned_away(format!("TLS for {host}: {error}"));
                None
            }
        }
    }
}
