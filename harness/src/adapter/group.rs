//! A process and everything that it started, killed as one.

use std::sync::{Mutex, PoisonError};

/// A process group. Killed when this is dropped, unless it was forgotten.
#[derive(Debug)]
pub(super) struct Group(Mutex<Option<u32>>);

impl Group {
    /// The group that the process `leader` leads.
    pub(super) fn new(leader: Option<u32>) -> Self {
        Self(Mutex::new(leader))
    }

    /// Kills every process in the group, without a chance to clean up.
    pub(super) fn kill(&self) {
        if let Some(leader) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            kill_group(leader);
        }
    }

    /// From now on this does nothing: the leader has been reaped, and its number may become another's.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // An error means that there is nobody left to kill.
    if let Some(leader) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _nobody_left = kill_process_group(leader, Signal::KILL);
    }
}

/// Elsewhere the leader alone is killed, by whoever waits for it.
#[cfg(not(unix))]
fn kill_group(_leader: u32) {}
