//! Starting and stopping.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::profile::Profile;
use crate::proto::address::Addresses;
use crate::proto::mail::MailProtocol;
use crate::proto::time::Timestamp;
use crate::proto::world::World;
use crate::proto::{Idp, Seed};
use crate::shell::ca::{CaError, CertificateAuthority};
use crate::shell::clock::{Clock, ClockMode};
use crate::shell::connect::{self, Door, Provider};
use crate::shell::control;
use crate::shell::demo::demo_world_of;
use crate::shell::hosts::Hosts;
use crate::shell::mail::{self, MailAddress};
use crate::shell::realm::Realm;
use crate::shell::tls::Tls;

/// How a realm is started.
#[derive(Debug)]
pub struct Config {
    /// What it does.
    pub profile: Profile,
    /// Its users and clients.
    pub world: World,
    /// What its codes and tokens are drawn from.
    pub seed: Seed,
    /// When its clock begins.
    pub start: Timestamp,
    /// How its clock goes.
    pub clock: ClockMode,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The port of the control API, on the loopback address only; 0 takes a free one, none starts none.
    pub control_port: Option<u16>,
    /// The names by which it is known, where they do not follow from each request.
    pub addresses: Addresses,
    /// Whether `Forwarded` and `X-Forwarded-Proto`, `-Host` and `-Port` say where a request was addressed to.
    pub trusts_forwarded: bool,
    /// What signs its certificates.
    pub ca: CertificateAuthority,
    /// The ports of the mail servers that the profile has; one that is not named takes a free one.
    pub mail_ports: BTreeMap<MailProtocol, u16>,
}

impl Config {
    /// A realm on a free loopback port, with the demo user and client, its clock frozen at `start`.
    #[must_use]
    pub fn new(profile: Profile, start: Timestamp) -> Self {
        let world = demo_world_of(&profile.policy);
        Self {
            profile,
            world,
            seed: Seed::from_number(1),
            start,
            clock: ClockMode::Frozen,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            control_port: None,
            addresses: Addresses::default(),
            trusts_forwarded: true,
            ca: CertificateAuthority::default(),
            mail_ports: BTreeMap::new(),
        }
    }
}

/// A running mock identity provider. Dropping it stops it.
#[derive(Debug)]
pub struct MockIdp {
    provider: Arc<Provider>,
    host: IpAddr,
    url: String,
    control_url: Option<String>,
    mail: Vec<MailAddress>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl MockIdp {
    /// Starts it. When this returns, everything is bound and answers.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn start(config: Config) -> io::Result<Self> {
        let hosts = Arc::new(Hosts::new(config.profile.name, &config.profile.policy.hosts, config.addresses.hosts()));
        let idp = Idp::new(Arc::new(config.profile.policy), config.world, config.seed).with_addresses(config.addresses);
        let realm = Arc::new(Realm::new(idp, Clock::new(config.start, config.clock)));
        let tls = Tls::new(config.ca, Arc::clone(&hosts), Arc::clone(&realm));
        let provider = Arc::new(Provider { realm, hosts, trusts_forwarded: config.trusts_forwarded, tls });
        let listener = TcpListener::bind(SocketAddr::new(config.host, config.port)).await?;
        let url = url_of(&listener)?;
        let mut tasks = Vec::new();
        let control_url = match config.control_port {
            Some(port) => {
                let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
                let url = url_of(&listener)?;
                tasks.push(tokio::spawn(control::serve(listener, Arc::clone(&provider.realm))));
                Some(url)
            }
            None => None,
        };
        tasks.push(open(listener, "main", &provider)?);
        let mut mail = Vec::new();
        for protocol in servers_of(&provider) {
            let port = config.mail_ports.get(&protocol).copied().unwrap_or_default();
            mail.push(open_mail(SocketAddr::new(config.host, port), protocol, "main", &provider, &mut tasks).await?);
        }
        if !mail.is_empty() {
            tasks.push(tokio::spawn(mail::keep_time(Arc::clone(&provider.realm))));
        }
        Ok(Self { provider, host: config.host, url, control_url, mail, tasks: Mutex::new(tasks) })
    }

    /// Opens one more port to each mail server of the same realm, as [`listen`](Self::listen) does for HTTP.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn listen_mail(&self, via: &str) -> io::Result<Vec<MailAddress>> {
        let (mut mail, mut tasks) = (Vec::new(), Vec::new());
        for protocol in servers_of(&self.provider) {
            mail.push(open_mail(SocketAddr::new(self.host, 0), protocol, via, &self.provider, &mut tasks).await?);
        }
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).extend(tasks);
        Ok(mail)
    }

    /// Where its mail servers listen: IMAP and POP3 with TLS from the first byte, submission with STARTTLS.
    #[must_use]
    pub fn mail(&self) -> &[MailAddress] {
        &self.mail
    }

    /// Opens one more port to the same realm. The journal calls it `via`, which tells workers of one client apart.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn listen(&self, via: &str) -> io::Result<String> {
        let listener = TcpListener::bind(SocketAddr::new(self.host, 0)).await?;
        let url = url_of(&listener)?;
        let task = open(listener, via, &self.provider)?;
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        Ok(url)
    }

    /// `http://host:port` of the provider, without a slash at the end. The same port speaks HTTPS and is an HTTP proxy for the
    /// profile's hosts.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same of the control API, if there is one.
    #[must_use]
    pub fn control_url(&self) -> Option<&str> {
        self.control_url.as_deref()
    }

    /// The realm behind it.
    #[must_use]
    pub fn realm(&self) -> &Arc<Realm> {
        &self.provider.realm
    }

    /// The certificate of its CA in PEM: what a client must trust to reach the provider by HTTPS.
    ///
    /// # Errors
    /// When the throw-away CA of the process is needed for the first time and cannot be made.
    pub fn ca_pem(&self) -> Result<String, CaError> {
        self.provider.tls.ca().pem()
    }
}

impl Drop for MockIdp {
    fn drop(&mut self) {
        for task in self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

fn url_of(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn open(listener: TcpListener, via: &str, provider: &Arc<Provider>) -> io::Result<JoinHandle<()>> {
    let door = Door { via: via.to_owned(), address: listener.local_addr()?, provider: Arc::clone(provider) };
    Ok(tokio::spawn(connect::serve(listener, door)))
}

fn servers_of(provider: &Provider) -> Vec<MailProtocol> {
    provider
        .realm
        .with(|idp| MailProtocol::ALL.into_iter().filter(|protocol| protocol.server(idp.policy()).is_some()).collect())
}

async fn open_mail(
    address: SocketAddr,
    protocol: MailProtocol,
    via: &str,
    provider: &Arc<Provider>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> io::Result<MailAddress> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    tasks.push(tokio::spawn(mail::serve(listener, protocol, via.to_owned(), Arc::clone(provider))));
    Ok(MailAddress { protocol, address })
}
