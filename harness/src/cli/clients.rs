//! From what `--client` names to a client.

use std::path::{Path, PathBuf};

use idp_harness::adapter::Way;
use idp_harness::adapter::manifest::Manifest;
use idp_harness::client::{Mistake, REFERENCE};
use idp_harness::run::ClientSource;

use super::exit::Exit;
use super::output::complain;

/// A client that can be run.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) source: ClientSource,
    /// As it was named, for the command that reproduces a failure.
    pub(crate) named: String,
}

/// A built-in client by name, a manifest (`.yaml`), or a program.
pub(crate) fn choose(name: &str) -> Result<Chosen, Exit> {
    let wrong = |why: String| complain(Exit::WrongInput, format!("--client {name}: {why}"));
    let source = if name == REFERENCE {
        ClientSource::BuiltIn(None)
    } else if name.ends_with(".yaml") || name.ends_with(".yml") {
        let manifest = Manifest::read(Path::new(name)).map_err(|error| wrong(error.to_string()))?;
        let (command, folder) = manifest.program().map_err(|error| wrong(error.to_string()))?;
        ClientSource::Program { command, folder, way: manifest.reaches_provider, made_for: manifest.made_for }
    } else if name.contains('/') {
        if !Path::new(name).is_file() {
            return Err(wrong("there is no such program".to_owned()));
        }
        ClientSource::Program {
            command: vec![absolute(name)],
            folder: PathBuf::from("."),
            way: Way::ByAddress,
            made_for: Vec::new(),
        }
    } else {
        let mistake: Mistake = name.parse().map_err(|error| {
            wrong(format!("{error}; name a program with its path, as in ./{name}, or a manifest ending in .yaml"))
        })?;
        ClientSource::BuiltIn(Some(mistake))
    };
    Ok(Chosen { source, named: name.to_owned() })
}

fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}
