//! The folder in which a client keeps what it has between processes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON files, without locks: the library's documentation asks for none. A write replaces the whole file.
pub(crate) struct Store {
    folder: PathBuf,
    worker: String,
}

impl Store {
    pub(crate) fn new(folder: &str, worker: &str) -> Self {
        Self { folder: folder.into(), worker: worker.to_owned() }
    }

    pub(crate) fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.folder.join(format!("{name}.json"))).ok()?).ok()
    }

    /// The file is for its owner alone: it holds tokens.
    pub(crate) fn save(&self, name: &str, value: &impl Serialize) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let draft = self.folder.join(format!(".{name}.{}.{}", self.worker, std::process::id()));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        fs::rename(draft, self.folder.join(format!("{name}.json")))
    }
}
