//! The provider under its real name: what a client needs that is configured for production.

use std::path::Path;

use mock_idp::shell::{UNSET, client_environment, write_client_files};

use crate::adapter::Surroundings;
use crate::idp::provider::{Provider, ProviderError};
use crate::idp::redact::Redactor;

/// What leads a cell's clients to its provider, by the real provider's host name. Goes with its folder when dropped.
#[derive(Debug)]
pub struct ByName {
    origin: String,
    ca_file: String,
    _folder: tempfile::TempDir,
}

impl ByName {
    /// Writes the CA certificate down. Its key is made once in a process, however many cells there are.
    ///
    /// # Errors
    /// [`ProviderError`], also when the profile names no host.
    pub fn prepare(provider: &Provider, redactor: &mut Redactor) -> Result<Self, ProviderError> {
        let host = provider.hosts().first().ok_or_else(|| {
            ProviderError::World(
                "the profile names no host, and this client reaches a provider by its name only".to_owned(),
            )
        })?;
        let folder = tempfile::Builder::new().prefix("idp-harness-ca-").tempdir()?;
        let ca_file = std::path::absolute(folder.path().join("ca.pem"))?.to_string_lossy().into_owned();
        std::fs::write(Path::new(&ca_file), provider.ca_pem()?)?;
        write_client_files(&ca_file)?;
        redactor.place(&ca_file, "{ca}");
        Ok(Self { origin: format!("https://{host}"), ca_file, _folder: folder })
    }

    /// What stands before the path of every URL: the real provider's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The file with the certificate to trust, in PEM.
    #[must_use]
    pub fn ca_file(&self) -> &str {
        &self.ca_file
    }

    /// The environment of a worker whose own port is `door`, an origin.
    #[must_use]
    pub fn surroundings(&self, door: &str) -> Surroundings {
        let set = client_environment(door, Some(&self.ca_file));
        Surroundings {
            set: set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            unset: UNSET.map(str::to_owned).to_vec(),
        }
    }
}
