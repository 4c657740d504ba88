//! Manifests: how an adapter is set up and started.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::adapter::way::Way;

/// A manifest file. Programs with a `/` are found from its folder, others on the search path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The client's name.
    pub name: String,
    /// The program and its arguments; started in the manifest's folder.
    pub command: Vec<String>,
    /// The program that installs what the adapter needs; none if it needs nothing.
    #[serde(default)]
    pub setup: Vec<String>,
    /// What the adapter stands for.
    pub about: String,
    /// How the client reaches the provider.
    #[serde(default)]
    pub reaches_provider: Way,
    /// The profiles of the providers that the client is made for, without their eras, also for profiles that build on them; it takes any provider
    /// where none is named.
    #[serde(default)]
    pub made_for: Vec<String>,
    #[serde(skip)]
    path: PathBuf,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// It is no manifest.
    #[error("{path}: {why}")]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong and where.
        why: String,
    },
    /// Its program is not there.
    #[error("{program} is not there; `idp-harness adapter setup {manifest}` installs it")]
    NotSetUp {
        /// The program.
        program: String,
        /// The manifest.
        manifest: String,
    },
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`], with the place of the mistake.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ManifestError::Unreadable { path: shown.clone(), why: error.to_string() })?;
        let mut manifest: Self = serde_yaml::from_str(&text)
            .map_err(|error| ManifestError::Syntax { path: shown.clone(), why: error.to_string() })?;
        if manifest.command.is_empty() {
            return Err(ManifestError::Syntax { path: shown, why: "`command` names no program".to_owned() });
        }
        manifest.path = path.to_owned();
        Ok(manifest)
    }

    /// The command with its program found, and the folder to start it in.
    ///
    /// # Errors
    /// [`ManifestError::NotSetUp`] when its program is not there.
    pub fn program(&self) -> Result<(Vec<String>, PathBuf), ManifestError> {
        let command = self.resolved(&self.command);
        let program = command.first().map(String::as_str).unwrap_or_default();
        if program.contains('/') && !Path::new(program).exists() {
            let manifest = self.path.display().to_string();
            return Err(ManifestError::NotSetUp { program: program.to_owned(), manifest });
        }
        Ok((command, self.folder()))
    }

    /// The setup command with its program found, and the folder to start it in; nothing if there is none.
    #[must_use]
    pub fn setup_program(&self) -> Option<(Vec<String>, PathBuf)> {
        if self.setup.is_empty() { None } else { Some((self.resolved(&self.setup), self.folder())) }
    }

    fn folder(&self) -> PathBuf {
        match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            Some(_) | None => PathBuf::from("."),
        }
    }

    fn resolved(&self, command: &[String]) -> Vec<String> {
        let mut command = command.to_vec();
        if let Some(program) = command.first_mut()
            && program.contains('/')
        {
            let found = self.folder().join(&*program);
            *program = std::path::absolute(&found).unwrap_or(found).to_string_lossy().into_owned();
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_from_the_manifests_folder_and_a_missing_one_names_the_way_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        std::fs::write(&path, "name: x\ncommand: [bin/run, a]\nsetup: [./setup]\nabout: x\n").unwrap();
        let manifest = Manifest::read(&path).unwrap();
        let error = manifest.program().unwrap_err().to_string();
        assert!(error.contains("adapter setup"), "{error}");
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::write(folder.path().join("bin/run"), "").unwrap();
        let (command, started_in) = manifest.program().unwrap();
        assert!(command[0].ends_with("bin/run") && Path::new(&command[0]).is_absolute(), "{command:?}");
        assert_eq!((command[1].as_str(), started_in.as_path()), ("a", folder.path()));
    }

    #[test]
    fn a_program_without_a_slash_is_left_to_the_search_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        std::fs::write(&path, "name: x\ncommand: [python3, a.py]\nabout: x\n").unwrap();
        let manifest = Manifest::read(&path).unwrap();
        assert_eq!(manifest.program().unwrap().0, ["python3", "a.py"]);
        assert!(manifest.setup_program().is_none());
    }

    #[test]
    fn a_mistake_in_a_manifest_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        std::fs::write(&path, "name: x\ncomand: [a]\nabout: x\n").unwrap();
        let error = Manifest::read(&path).unwrap_err().to_string();
        assert!(error.contains("comand") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_client_is_made_for_any_provider_unless_its_manifest_names_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        for (line, expected) in [("", &[] as &[&str]), ("made_for: [entra, rfc]\n", &["entra", "rfc"])] {
            std::fs::write(&path, format!("name: x\ncommand: [a]\nabout: x\n{line}")).unwrap();
            assert_eq!(Manifest::read(&path).unwrap().made_for, expected, "{line}");
        }
    }

    #[test]
    fn a_client_reaches_the_provider_by_address_unless_its_manifest_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        for (line, way) in [
            ("", Way::ByAddress),
            ("reaches_provider: by_address\n", Way::ByAddress),
            ("reaches_provider: by_name\n", Way::ByName),
        ] {
            std::fs::write(&path, format!("name: x\ncommand: [a]\nabout: x\n{line}")).unwrap();
            assert_eq!(Manifest::read(&path).unwrap().reaches_provider, way, "{line}");
        }
        std::fs::write(&path, "name: x\ncommand: [a]\nabout: x\nreaches_provider: somehow\n").unwrap();
        assert!(Manifest::read(&path).unwrap_err().to_string().contains("by_name"));
    }
}
