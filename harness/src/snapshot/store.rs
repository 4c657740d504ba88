//! Snapshot files: `<root>/<client>/<scenario id>.snap`, and `.snap.new` beside it for what waits for a review.
//!
//! Every file is written beside its place and renamed, so an interrupted run leaves the old one or the new one, never half
//! of one. Nothing is deleted but the proposals of what ran.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::snapshot::diff;
use crate::snapshot::mode::Mode;
use crate::snapshot::snap_file::{Header, SnapFile, normal, same_text};

const SNAP: &str = ".snap";
const NEW: &str = ".snap.new";

/// The folder with all snapshots.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// What to compare: one cell's conversation and where it belongs.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The client's name, one folder.
    pub client: &'a str,
    /// The scenario's id, with `/` for folders.
    pub scenario: &'a str,
    /// The header to write; it takes no part in the comparison.
    pub header: &'a Header,
    /// The conversation.
    pub text: &'a str,
}

/// How a conversation compares with its snapshot, and what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The snapshot's file, below the root.
    pub path: PathBuf,
    /// What was found.
    pub state: State,
    /// What was done about it.
    pub written: Written,
}

/// How a conversation compares with its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// They are the same.
    Same,
    /// There is no snapshot.
    New,
    /// They differ.
    Changed {
        /// A unified diff, from the snapshot to the conversation.
        diff: String,
    },
}

/// What a comparison wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Nothing.
    Nothing,
    /// A proposal beside the snapshot.
    Pending,
    /// The snapshot itself.
    Accepted,
}

impl Comparison {
    /// Whether somebody still has to look: what is new or changed and was not accepted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != State::Same && self.written != Written::Accepted
    }
}

/// A proposal that waits for a review.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pending {
    /// The snapshot, which may not exist yet.
    pub snapshot: PathBuf,
    /// The proposal.
    pub proposal: PathBuf,
}

/// What can go wrong with the files.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A client's name or a scenario's id that cannot be a path below the root.
    #[error("`{name}` cannot name a snapshot: {why}")]
    BadName {
        /// The name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A file that is no snapshot.
    #[error("{}: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        why: String,
    },
}

impl Store {
    /// The store in the folder `root`, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the snapshot of a cell is.
    ///
    /// # Errors
    /// [`StoreError::BadName`] for names that would leave the root or be hidden.
    pub fn path(&self, client: &str, scenario: &str) -> Result<PathBuf, StoreError> {
        let mut path = self.root.join(checked(client)?);
        let scenario = format!("{scenario}{SNAP}");
        for segment in scenario.split('/') {
            path.push(checked(segment)?);
        }
        Ok(path)
    }

    /// Compares a conversation with its snapshot and writes what `mode` allows. A proposal that is out of date because
    /// the two are the same again is removed, except by [`Mode::Check`].
    ///
    /// # Errors
    /// [`StoreError`], also when the snapshot is malformed and `mode` would not write over it.
    pub fn compare(&self, entry: &Entry<'_>, mode: Mode) -> Result<Comparison, StoreError> {
        let path = self.path(entry.client, entry.scenario)?;
        let stored = match read(&path) {
            Err(StoreError::Malformed { .. }) if mode == Mode::Accept => None,
            other => other?,
        };
        let state = match &stored {
            None => State::New,
            Some(stored) if same_text(&stored.text, entry.text) => State::Same,
            Some(stored) => {
                let (old, new) = (normal(&stored.text) + "\n", normal(entry.text) + "\n");
                State::Changed { diff: diff::unified(&old, &new) }
            }
        };
        let proposal = proposal_of(&path);
        let file = || SnapFile { header: entry.header.clone(), text: entry.text.to_owned() }.render();
        let header_changed = stored.as_ref().is_some_and(|stored| stored.header != *entry.header);
        let written = match (mode, &state) {
            (Mode::Check, State::Same | State::New | State::Changed { .. }) => Written::Nothing,
            (Mode::Pending | Mode::Unseen, State::Same) => {
                remove_if_there(&proposal)?;
                Written::Nothing
            }
            (Mode::Pending, State::New | State::Changed { .. }) | (Mode::Unseen, State::Changed { .. }) => {
                write(&proposal, &file())?;
                Written::Pending
            }
            (Mode::Unseen, State::New) | (Mode::Accept, State::New | State::Changed { .. }) => {
                write(&path, &file())?;
                remove_if_there(&proposal)?;
                Written::Accepted
            }
            (Mode::Accept, State::Same) => {
                remove_if_there(&proposal)?;
                if header_changed {
                    write(&path, &file())?;
                    Written::Accepted
                } else {
                    Written::Nothing
                }
            }
        };
        Ok(Comparison { path, state, written })
    }

    /// The client's snapshots that belong to no scenario. `planned` are the ids of *all* scenarios of this client, not of
    /// those that a filter left: a filtered run must never call a good snapshot an orphan.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be read or a name is impossible.
    pub fn orphans<'a>(
        &self,
        client: &str,
        planned: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let known = planned.into_iter().map(|id| self.path(client, id)).collect::<Result<BTreeSet<_>, _>>()?;
        let mut found = Vec::new();
        walk(&self.root.join(checked(client)?), SNAP, &mut found)?;
        found.retain(|path| !known.contains(path));
        Ok(found)
    }

    /// All proposals under the root, in the order of their paths.
    ///
    /// # Errors
    /// [`StoreError`] when a folder cannot be read.
    pub fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        let mut found = Vec::new();
        walk(&self.root, NEW, &mut found)?;
        let snapshot_of = |proposal: &Path| proposal.with_extension("");
        Ok(found.into_iter().map(|proposal| Pending { snapshot: snapshot_of(&proposal), proposal }).collect())
    }
}

impl Pending {
    /// The snapshot, if there is one, and what is proposed.
    ///
    /// # Errors
    /// [`StoreError`] when either cannot be read.
    pub fn read(&self) -> Result<(Option<SnapFile>, SnapFile), StoreError> {
        Ok((read(&self.snapshot)?, self.read_proposal()?))
    }

    fn read_proposal(&self) -> Result<SnapFile, StoreError> {
        let gone = || StoreError::Io { path: self.proposal.clone(), source: io::ErrorKind::NotFound.into() };
        read(&self.proposal)?.ok_or_else(gone)
    }

    /// Makes the proposal the snapshot.
    ///
    /// # Errors
    /// [`StoreError`] when it is malformed or cannot be moved.
    pub fn accept(&self) -> Result<(), StoreError> {
        // Read first: a broken file must not take the place of a good one.
        self.read_proposal()?;
        fs::rename(&self.proposal, &self.snapshot).map_err(at(&self.proposal))
    }

    /// Drops the proposal.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    pub fn reject(&self) -> Result<(), StoreError> {
        fs::remove_file(&self.proposal).map_err(at(&self.proposal))
    }
}

/// A name that stays where it is put, is not hidden, and is a file's name on every system.
fn checked(name: &str) -> Result<&str, StoreError> {
    let why = if name.is_empty() || name == SNAP {
        "a part of it is empty"
    } else if name.starts_with('.') {
        "a part of it begins with a dot"
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c)) {
        "only ASCII letters, digits, `-`, `_`, `.` and `@` are allowed"
    } else {
        return Ok(name);
    };
    Err(StoreError::BadName { name: name.to_owned(), why })
}

fn proposal_of(snapshot: &Path) -> PathBuf {
    let mut name = snapshot.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

fn read(path: &Path) -> Result<Option<SnapFile>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let malformed = |why| StoreError::Malformed { path: path.to_owned(), why };
    let text = String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".to_owned()))?;
    SnapFile::parse(&text).map(Some).map_err(malformed)
}

fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    {
        // A temporary file is for its owner alone; a snapshot is a file like any other, within the umask.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(at(folder))?;
    file.write_all(text.as_bytes()).map_err(at(path))?;
    file.persist(path).map_err(|error| at(path)(error.error))?;
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Files below `folder` that end in `ending`, in the order of their paths. Hidden ones and links are left alone.
fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(folder)(error)),
    };
    let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(at(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(at(&entry.path()))?;
        if name.starts_with('.') {
            continue;
        } else if kind.is_dir() {
            walk(&entry.path(), ending, found)?;
        } else if kind.is_file() && name.ends_with(ending) {
            found.push(entry.path());
        }
    }
    Ok(())
}
