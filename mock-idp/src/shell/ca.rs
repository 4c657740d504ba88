//! The certificate authority: a throw-away one of the process, or one that is kept in a folder.
//!
//! Nobody trusts it who is not told to. It is valid from 2000 to 2099, so that a moved clock breaks nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;

use crate::shell::keep;

/// The longest common name that a certificate may hold (RFC 5280 appendix A, `ub-common-name`).
const LONGEST_COMMON_NAME: usize = 64;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file cannot be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A folder holds a certificate without its key.
    #[error("{} is there, and its key {} is not; remove the certificate to get a new pair", certificate.display(), key.display())]
    KeyMissing {
        /// The certificate.
        certificate: PathBuf,
        /// Where its key should be.
        key: PathBuf,
    },
    /// A folder holds a key and a certificate that cannot serve together.
    #[error("the certificate and the key in {} cannot be used together: {why}", folder.display())]
    Mismatch {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A key cannot be used for TLS.
    #[error("cannot use a key: {0}")]
    Tls(#[from] rustls::Error),
}

/// What signs the certificates of a provider. Copies of it are the same one.
///
/// The default is a throw-away authority: one for each process, made when it is first needed, its key never written down.
#[derive(Debug, Clone, Default)]
pub struct CertificateAuthority(Option<Arc<Authority>>);

/// The authority of the process. Making a key is slow at first, and plain HTTP needs none.
static THROW_AWAY: Mutex<Option<Arc<Authority>>> = Mutex::new(None);

impl CertificateAuthority {
    /// The authority in a folder: `ca.pem` and `ca.key`, which only its owner can read. What is missing is made.
    ///
    /// # Errors
    /// When the folder cannot be used, or holds files that do not belong together.
    pub fn kept_in(folder: &Path) -> Result<Self, CaError> {
        let (pem, key) = keep::open(folder, new_key, |key| Ok(certificate(key)?.pem()))?;
        let mismatch = |why: String| CaError::Mismatch { folder: folder.to_owned(), why };
        let key = KeyPair::from_pem(&key).map_err(|error| mismatch(error.to_string()))?;
        let authority = Authority::new(pem, key)?;
        authority.check().map_err(mismatch)?;
        Ok(Self(Some(Arc::new(authority))))
    }

    /// The certificate in PEM: what a client must be told to trust.
    ///
    /// # Errors
    /// When the throw-away authority is needed for the first time and cannot be made.
    pub fn pem(&self) -> Result<String, CaError> {
        Ok(self.authority()?.pem.clone())
    }

    pub(crate) fn authority(&self) -> Result<Arc<Authority>, CaError> {
        if let Some(authority) = &self.0 {
            return Ok(Arc::clone(authority));
        }
        let mut made = THROW_AWAY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = &*made {
            return Ok(Arc::clone(authority));
        }
        let key = KeyPair::generate()?;
        let authority = Arc::new(Authority::new(certificate(&key)?.pem(), key)?);
        *made = Some(Arc::clone(&authority));
        Ok(authority)
    }
}

/// A certificate with its key, and the leaves that it signed.
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    leaves: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    fn new(pem: String, key: KeyPair) -> Result<Self, CaError> {
        // Names and identifiers follow from the parameters and the key alone: a kept certificate need not be parsed.
        let issuer = Issuer::new(parameters(), key);
        Ok(Self { pem, issuer, leaves: Mutex::default() })
    }

    /// The certificate for a host, made when first asked for. Callers ask for hosts that they know, so there are few.
    pub(crate) fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, CaError> {
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = leaves.get(host) {
            return Ok(Arc::clone(leaf));
        }
        let leaf = Arc::new(self.sign(host)?);
        leaves.insert(host.to_owned(), Arc::clone(&leaf));
        Ok(leaf)
    }

    fn sign(&self, host: &str) -> Result<CertifiedKey, CaError> {
        let mut leaf = lasting("mock-idp");
        if host.len() <= LONGEST_COMMON_NAME {
            leaf.distinguished_name.push(DnType::CommonName, host);
        }
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Some clients compare the certificate with the proxy's address instead of the host's name.
        let mut names = vec![host];
        names.extend((host != "localhost").then_some("localhost"));
        for name in names {
            leaf.subject_alt_names.push(SanType::DnsName(name.try_into()?));
        }
        leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)?;
        Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
    }

    /// Whether a client that trusts the certificate would take a leaf.
    fn check(&self) -> Result<(), String> {
        let certificate = CertificateDer::from_pem_slice(self.pem.as_bytes()).map_err(|error| error.to_string())?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate).map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        let leaf = self.leaf("localhost").map_err(|error| error.to_string())?;
        let leaf = leaf.cert.first().ok_or("no leaf")?;
        let name = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        // In the middle of its years, whatever the machine's clock shows.
        let moment = UnixTime::since_unix_epoch(std::time::Duration::from_hours(24 * 365 * 60));
        rustls::client::danger::ServerCertVerifier::verify_server_cert(&*verifier, leaf, &[], &name, &[], moment)
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

fn new_key() -> Result<String, CaError> {
    Ok(KeyPair::generate()?.serialize_pem())
}

fn certificate(key: &KeyPair) -> Result<Certificate, rcgen::Error> {
    parameters().self_signed(key)
}

/// What the authority's certificate says. `openssl verify -x509_strict` and Python's strict flag take it.
fn parameters() -> CertificateParams {
    let mut parameters = lasting("mock-idp");
    parameters.distinguished_name.push(DnType::CommonName, "mock-idp CA, for tests only");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn lasting(organization: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, organization);
    parameters.not_before = rcgen::date_time_ymd(2000, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2099, 12, 31);
    parameters.use_authority_key_identifier_extension = true;
    parameters
}
