//! One JSON document in one file, replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a file of the store could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{file}: could not {action}: {source}")]
    Io { file: &'static str, action: &'static str, source: io::Error },
    #[error("{file}: not what this client writes: {source}")]
    Unreadable { file: &'static str, source: serde_json::Error },
}

/// A document of type `T` under a fixed name in the storage folder.
///
/// Reads and writes block: the files are a few kilobytes on a local disk, which takes less than handing the work to another
/// thread. It also means that a task that is aborted never stops in the middle of one.
#[derive(Debug)]
pub(crate) struct JsonFile<T> {
    folder: PathBuf,
    name: &'static str,
    document: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> JsonFile<T> {
    pub(crate) fn new(folder: &Path, name: &'static str) -> Self {
        Self { folder: folder.to_owned(), name, document: PhantomData }
    }

    /// The document, or `None` when there is no file.
    pub(crate) fn load(&self) -> Result<Option<T>, StoreError> {
        let text = match std::fs::read(self.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io("read", error)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|source| StoreError::Unreadable { file: self.name, source })
    }

    /// Replaces the document: a temporary file in the same folder, its data forced to the disk, then renamed. A reader or a
    /// crash sees the old document or the new one, never half of one.
    pub(crate) fn replace(&self, document: &T) -> Result<(), StoreError> {
        let mut temporary = tempfile::Builder::new()
            .prefix(&format!(".{}-", self.name))
            .tempfile_in(&self.folder)
            .map_err(|error| self.io("make a temporary file", error))?;
        temporary.write_all(&self.text(document)?).map_err(|error| self.io("write", error))?;
        temporary.as_file().sync_data().map_err(|error| self.io("sync", error))?;
        temporary.persist(self.path()).map_err(|error| self.io("rename", error.error))?;
        Ok(())
    }

    /// Writes over the document where it lies. Only a broken twin does this.
    pub(crate) fn write_in_place(&self, document: &T) -> Result<(), StoreError> {
        let text = self.text(document)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut file = options.open(self.path()).map_err(|error| self.io("open", error))?;
        file.write_all(&text).map_err(|error| self.io("write", error))
    }

    /// Deletes the file, if there is one.
    pub(crate) fn delete(&self) -> Result<(), StoreError> {
        match std::fs::remove_file(self.path()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.io("delete", error)),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    fn text(&self, document: &T) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec_pretty(document).map_err(|source| StoreError::Unreadable { file: self.name, source })
    }

    fn io(&self, action: &'static str, source: io::Error) -> StoreError {
        StoreError::Io { file: self.name, action, source }
    }
}

/// Opens, or makes, a file that exists only to be locked.
pub(crate) fn open_lock_file(folder: &Path, name: &'static str) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(folder.join(name)).map_err(|source| StoreError::Io { file: name, action: "open", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_no_document() {
        let folder = tempfile::tempdir().unwrap();
        let file: JsonFile<Vec<u32>> = JsonFile::new(folder.path(), "numbers.json");
        assert_eq!(file.load().unwrap(), None);
        file.delete().unwrap();
    }

    #[test]
    fn a_replaced_document_reads_back_and_leaves_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let file: JsonFile<Vec<u32>> = JsonFile::new(folder.path(), "numbers.json");
        file.replace(&vec![1, 2, 3]).unwrap();
        file.replace(&vec![4]).unwrap();
        assert_eq!(file.load().unwrap(), Some(vec![4]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn replacing_makes_a_new_file_and_writing_in_place_keeps_the_old_one() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file: JsonFile<Vec<u32>> = JsonFile::new(folder.path(), "numbers.json");
        let inode = || std::fs::metadata(folder.path().join("numbers.json")).unwrap().ino();
        file.replace(&vec![1]).unwrap();
        let first = inode();
        file.write_in_place(&vec![2]).unwrap();
        assert_eq!(inode(), first);
        file.replace(&vec![3]).unwrap();
        assert_ne!(inode(), first);
    }

    #[test]
    fn half_a_document_is_an_error_and_not_an_empty_store() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("numbers.json"), "[1, 2").unwrap();
        let file: JsonFile<Vec<u32>> = JsonFile::new(folder.path(), "numbers.json");
        assert!(matches!(file.load(), Err(StoreError::Unreadable { .. })));
    }
}
