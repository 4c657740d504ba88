//! A key and its certificate in a folder: made once, whole or not at all, and never written over.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rcgen::KeyPair;

use crate::shell::ca::CaError;

/// The certificate's file in the folder.
pub(crate) const CERTIFICATE: &str = "ca.pem";

/// The key's.
const KEY: &str = "ca.key";

/// Who may read a file. Systems without modes have the folder's own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Owner,
    All,
}

/// Gives certificate and key, both in PEM. Several processes may open a new folder at once: all get the same pair.
pub(crate) fn open(
    folder: &Path,
    new_key: impl FnOnce() -> Result<String, CaError>,
    new_certificate: impl FnOnce(&KeyPair) -> Result<String, CaError>,
) -> Result<(String, String), CaError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let (certificate_file, key_file) = (folder.join(CERTIFICATE), folder.join(KEY));
    let key = match read(&key_file)? {
        Some(key) => key,
        None if read(&certificate_file)?.is_some() => {
            // Another process may have been between its two files when the key was looked for.
            read(&key_file)?.ok_or(CaError::KeyMissing { certificate: certificate_file.clone(), key: key_file })?
        }
        None => create(&key_file, Readers::Owner, &new_key()?)?,
    };
    let certificate = match read(&certificate_file)? {
        Some(certificate) => certificate,
        None => create(&certificate_file, Readers::All, &new_certificate(&KeyPair::from_pem(&key)?)?)?,
    };
    Ok((certificate, key))
}

fn read(path: &Path) -> Result<Option<String>, CaError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// Writes a file that is not there yet, and gives what it holds: of several writers the first wins.
fn create(path: &Path, readers: Readers, text: &str) -> Result<String, CaError> {
    let folder = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = match readers {
            Readers::Owner => 0o600,
            // Less what the process's mask takes away.
            Readers::All => 0o644,
        };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(folder).map_err(at(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(at(path))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => fs::read_to_string(path).map_err(at(path)),
        Err(error) => Err(at(path)(error.error)),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CaError {
    let path: PathBuf = path.to_owned();
    move |why| CaError::File { path, why }
}
