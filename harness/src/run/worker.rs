//! A worker of a client: one session with one process, or with the built-in client, as the log sees it.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::adapter::protocol::{AdapterEvent, Command, Hello, MailServers, Outcome, VERSION};
use crate::adapter::{Session, SessionBroken, SpawnOptions, Surroundings, Way, problems_of_hello};
use crate::client::{Mistake, ReferenceClient};
use crate::idp::lineage;

/// How long a process gets for one operation, in real time. Longer than the request time-outs of common libraries, so that
/// those show as what they are.
const OPERATION: Duration = Duration::from_secs(30);

/// Where a client comes from.
#[derive(Debug, Clone)]
pub enum ClientSource {
    /// The built-in client, with a mistake or without.
    BuiltIn(Option<Mistake>),
    /// A program that speaks the adapter protocol.
    Program {
        /// The program and its arguments.
        command: Vec<String>,
        /// The folder to start it in.
        folder: PathBuf,
        /// How it reaches the provider.
        way: Way,
        /// The profiles of the providers that it is made for; empty where it takes any.
        made_for: Vec<String>,
    },
}

impl ClientSource {
    /// How the client reaches the provider.
    pub(crate) const fn way(&self) -> Way {
        match self {
            Self::BuiltIn(_) => Way::ByAddress,
            Self::Program { way, .. } => *way,
        }
    }

    /// Whether the client is made for a provider like `profile`, or for one that it builds on.
    pub(crate) fn is_made_for(&self, profile: &str) -> bool {
        match self {
            Self::BuiltIn(_) => true,
            Self::Program { made_for, .. } => {
                let names = |name: &str| made_for.iter().any(|known| Some(known.as_str()) == name.split('@').next());
                // A profile that cannot be read is reported where the scenario begins.
                made_for.is_empty() || lineage(profile).map_or(true, |line| line.iter().any(|name| names(name)))
            }
        }
    }

    /// Starts a session.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn open(&self, surroundings: &Surroundings) -> Result<Session, SessionBroken> {
        match self {
            Self::BuiltIn(mistake) => Ok(Session::builtin(ReferenceClient::new(*mistake), OPERATION)),
            Self::Program { command, folder, .. } => {
                let mut options = SpawnOptions::new(command.clone());
                options.directory = Some(folder.clone());
                options.surroundings = surroundings.clone();
                options.deadline = OPERATION;
                Session::spawn(&options)
            }
        }
    }

    /// How long nothing may happen before a client counts as blocked. The built-in client says when it waits.
    pub(crate) const fn quiet(&self) -> Duration {
        match self {
            Self::BuiltIn(_) => Duration::from_secs(3),
            Self::Program { .. } => Duration::from_millis(1500),
        }
    }

    /// Asks the client who it is and what it can do.
    ///
    /// # Errors
    /// When it does not answer as the protocol says.
    pub async fn hello(&self) -> Result<Hello, Unusable> {
        let session = self.open(&Surroundings::default())?;
        let hello = greet(&session).await?;
        session.quit().await?;
        Ok(hello)
    }
}

/// Why a client cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Its session broke.
    #[error(transparent)]
    Broken(#[from] SessionBroken),
    /// It greets as no adapter does.
    #[error("its greeting is wrong: {0}")]
    Greeting(String),
    /// It refused its configuration, or told the time in no way that the protocol knows.
    #[error("`{op}` was answered with an error: {why}")]
    Refused {
        /// The operation.
        op: &'static str,
        /// What it said.
        why: String,
    },
}

/// Exchanges greetings.
pub(crate) async fn greet(session: &Session) -> Result<Hello, Unusable> {
    match session.request(&Command::Hello { protocol: VERSION.to_owned() }).await? {
        Outcome::Hello(hello) => {
            let problems = problems_of_hello(&hello);
            if problems.is_empty() { Ok(*hello) } else { Err(Unusable::Greeting(problems.join("; "))) }
        }
        Outcome::Error(failure) => Err(Unusable::Refused { op: "hello", why: failure.message }),
        // The session has made sure that only these two come.
        Outcome::Authorize { .. }
        | Outcome::Device { .. }
        | Outcome::Call { .. }
        | Outcome::Token { .. }
        | Outcome::Mail { .. }
        | Outcome::SignedIn { .. }
        | Outcome::Clock { .. }
        | Outcome::Done => Err(Unusable::Greeting("it is none".to_owned())),
    }
}

/// A worker of a cell.
#[derive(Debug)]
pub(crate) struct Worker {
    /// What stands before the path of its URLs: its own port's `http://host:port`, or the real provider's origin.
    pub(crate) origin: String,
    /// The folder of its store.
    pub(crate) storage: String,
    /// The store's name; nothing where all workers share one.
    pub(crate) store: Option<String>,
    /// What its process finds in its environment.
    pub(crate) surroundings: Surroundings,
    /// The mail servers as it reaches them, where the scenario is about mail.
    pub(crate) mail: Option<MailServers>,
    /// Its session, while it is up.
    pub(crate) session: Option<Session>,
    pub(crate) events: Option<mpsc::UnboundedReceiver<AdapterEvent>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_made_for_a_provider_also_takes_what_stands_beside_it_and_its_eras_and_no_other() {
        let made_for = |names: &[&str]| ClientSource::Program {
            command: Vec::new(),
            folder: PathBuf::new(),
            way: Way::ByAddress,
            made_for: names.iter().map(|&name| name.to_owned()).collect(),
        };
        for (profile, takes) in
            [("entra", true), ("intrexx", true), ("exchange-online", true), ("exact-online", false), ("rfc", false)]
        {
            assert_eq!(made_for(&["entra"]).is_made_for(profile), takes, "{profile}");
            assert!(made_for(&[]).is_made_for(profile), "{profile}");
        }
        assert!(made_for(&["exact-online"]).is_made_for("exact-online@2018"));
    }
}
