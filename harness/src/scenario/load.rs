//! Finding scenario files and reading them all, so that one bad file does not hide another.
//!
//! A file's path below the folder, without `.yaml`, is the scenario's id; a file for several profiles gives a scenario for each, whose
//! id ends in `@` and the profile's name. Symbolic links are refused: an id has one file,
//! and a folder has an end. Files and folders whose names begin with `.` and files of other kinds are left alone.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use include_dir::Dir;

use super::document::{MAX_FILE_BYTES, Scenario};
use super::error::ScenarioError;
use super::id::ScenarioId;
use super::problem::{Position, Problem};

/// A scenario file that has been read and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below the scenario folder, with `/` between segments.
    pub path: String,
    /// How messages name it.
    pub display: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why a scenario could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The file or folder could not be read.
    Unreadable {
        /// Which.
        path: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The file cannot be a scenario, whatever it holds.
    Refused {
        /// Which.
        path: String,
        /// Why.
        why: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// There is a mistake in it.
    Invalid(ScenarioError),
}

impl LoadError {
    fn refused(path: &str, why: impl Into<String>, help: &str) -> Self {
        let help = (!help.is_empty()).then(|| help.to_owned());
        Self::Refused { path: path.to_owned(), why: why.into(), help }
    }

    /// The file or folder, as messages name it.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Unreadable { path, .. } | Self::Refused { path, .. } => path,
            Self::Invalid(error) => error.file(),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, cause } => write!(f, "error: cannot read it: {cause}\n --> {path}"),
            Self::Refused { path, why, help } => {
                write!(f, "error: {why}\n --> {path}")?;
                help.as_ref().map_or(Ok(()), |help| write!(f, "\n  = help: {help}"))
            }
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { cause, .. } => Some(cause),
            Self::Refused { .. } | Self::Invalid(_) => None,
        }
    }
}

/// Loads every `*.yaml` file below a folder, sorted by id.
///
/// # Errors
/// One [`LoadError`] for each file or folder with something wrong, sorted by path.
pub fn load_dir(folder: &Path) -> Result<Vec<Scenario>, Vec<LoadError>> {
    let mut found = Found::default();
    found.walk(folder);
    load(found.files, found.errors)
}

/// Loads every `*.yaml` file of an embedded folder, sorted by id. Messages name the files below `scenarios/`.
///
/// # Errors
/// One [`LoadError`] for each file with something wrong, sorted by path.
pub fn load_embedded(folder: &Dir<'_>) -> Result<Vec<Scenario>, Vec<LoadError>> {
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            if is_yaml(&path) {
                let display = format!("scenarios/{path}");
                files.push(SourceFile { path, display, bytes: file.contents().to_vec() });
            }
        }
    }
    load_files(files)
}

/// Loads scenarios from anywhere, sorted by id.
///
/// # Errors
/// One [`LoadError`] for each file with something wrong, sorted by path.
pub fn load_files(files: impl IntoIterator<Item = SourceFile>) -> Result<Vec<Scenario>, Vec<LoadError>> {
    load(files.into_iter().collect(), Vec::new())
}

fn load(files: Vec<SourceFile>, mut errors: Vec<LoadError>) -> Result<Vec<Scenario>, Vec<LoadError>> {
    let mut scenarios = Vec::with_capacity(files.len());
    let mut ids = BTreeSet::new();
    for file in files {
        match load_file(&file) {
            Ok(found) => {
                for scenario in found {
                    if ids.insert(scenario.id.clone()) {
                        scenarios.push(scenario);
                    } else {
                        let why = format!("there is another scenario `{}`", scenario.id);
                        errors.push(LoadError::refused(&file.display, why, ""));
                    }
                }
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        scenarios.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(scenarios)
    } else {
        errors.sort_by(|one, other| one.path().cmp(other.path()));
        Err(errors)
    }
}

fn load_file(file: &SourceFile) -> Result<Vec<Scenario>, LoadError> {
    let Some(name) = file.path.strip_suffix(".yaml") else {
        return Err(LoadError::refused(&file.display, "scenario files end in `.yaml`", "rename it"));
    };
    let id = ScenarioId::new(name).map_err(|problem| {
        let why = format!("the path is no scenario id: {problem}");
        LoadError::refused(
            &file.display,
            why,
            "the path is the id: use kebab-case, as in `exact-online/two-workers.yaml`",
        )
    })?;
    if file.bytes.len() > MAX_FILE_BYTES {
        return Err(LoadError::Invalid(ScenarioError::too_large(&file.display)));
    }
    let text = std::str::from_utf8(&file.bytes).map_err(|error| not_utf8(file, error.valid_up_to()))?;
    Scenario::parse(id, &file.display, text).map_err(LoadError::Invalid)
}

fn not_utf8(file: &SourceFile, valid: usize) -> LoadError {
    let before = String::from_utf8_lossy(file.bytes.get(..valid).unwrap_or_default());
    let last = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    let position = Position { line: number(before.matches('\n').count()), column: number(last.chars().count()) };
    let problem = Problem::new("the file is not UTF-8").at_position(position, 1);
    LoadError::Invalid(ScenarioError::new(&file.display, &String::from_utf8_lossy(&file.bytes), problem))
}

fn is_yaml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// What a walk through folders has come upon.
#[derive(Default)]
struct Found {
    files: Vec<SourceFile>,
    errors: Vec<LoadError>,
}

impl Found {
    fn walk(&mut self, root: &Path) {
        let mut folders = vec![(root.to_owned(), String::new())];
        while let Some((folder, below)) = folders.pop() {
            let entries = match fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries,
                Err(cause) => {
                    self.errors.push(LoadError::Unreadable { path: folder.display().to_string(), cause });
                    continue;
                }
            };
            for entry in entries {
                // A name that is not UTF-8 turns into one that is no id, and is refused as such.
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') {
                    continue;
                }
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                let place = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => self.errors.push(LoadError::refused(
                        &place.display().to_string(),
                        "symbolic links are not followed",
                        "copy the file, or remove the link",
                    )),
                    Ok(kind) if kind.is_dir() => folders.push((place, path)),
                    Ok(_) if is_yaml(&path) => self.read(place, path),
                    Ok(_) => {}
                    Err(cause) => self.errors.push(LoadError::Unreadable { path: place.display().to_string(), cause }),
                }
            }
        }
    }

    fn read(&mut self, place: PathBuf, path: String) {
        let display = place.display().to_string();
        match read_limited(&place) {
            Ok(bytes) => self.files.push(SourceFile { path, display, bytes }),
            Err(cause) => self.errors.push(LoadError::Unreadable { path: display, cause }),
        }
    }
}

/// Reads at most one byte more than a scenario may have, which is enough to see that it is too large.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    // A pipe or a device would keep the loader waiting.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
