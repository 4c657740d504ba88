//! The workers' clocks: each worker is told the realm's time, and has to read it.

use crate::adapter::protocol::{Command, FailureKind, Outcome as Answer};
use crate::run::cell::{Cell, Stop};
use crate::run::worker::Unusable;

impl Cell {
    /// Tells all workers the time.
    pub(crate) async fn set_clocks(&mut self) -> Result<(), Stop> {
        let workers: Vec<String> = self.workers.keys().cloned().collect();
        for worker in workers {
            self.set_clock(&worker).await?;
        }
        Ok(())
    }

    /// Tells a worker the time, and looks whether the library now reads it.
    pub(crate) async fn set_clock(&mut self, name: &str) -> Result<(), Stop> {
        let wanted = self.provider.now_seconds();
        let Some(session) = self.workers.get(name).and_then(|worker| worker.session.as_ref()) else { return Ok(()) };
        let broken = |broken: Unusable| Stop::Session { worker: name.to_owned(), broken };
        match session.request(&Command::Clock { now: wanted }).await.map_err(|it| broken(it.into()))? {
            // A client without a clock of its own says so; scenarios that need one were not begun.
            Answer::Error(failure) if failure.kind == FailureKind::Unsupported => Ok(()),
            Answer::Error(failure) => Err(broken(Unusable::Refused { op: "clock", why: failure.message })),
            // Half a second is what rounding to whole seconds costs.
            Answer::Clock { now } if (now - wanted).abs() > 0.5 => Err(Stop::Clock { shows: now, wanted }),
            // The session has made sure that nothing else comes.
            Answer::Clock { .. }
            | Answer::Device { .. }
            | Answer::Hello(_)
            | Answer::Authorize { .. }
            | Answer::Call { .. }
            | Answer::Token { .. }
            | Answer::Mail { .. }
            | Answer::SignedIn { .. }
            | Answer::Done => Ok(()),
        }
    }
}
