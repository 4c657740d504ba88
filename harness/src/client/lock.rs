//! The lock around everything that changes the stored tokens: one at a time in this process, and one process at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use crate::client::events::Events;
use crate::client::json_file::{JsonFile, StoreError, open_lock_file};
use crate::client::mistake::Mistake;
use crate::client::time::{Clock, Timestamp};

const FILE: &str = "tokens.lock";

/// When the lock was last taken; only the twin whose lock runs out writes and reads it.
const SINCE: &str = "tokens.lock.since";

/// How long that twin lets another worker hold the lock. A slow token response takes more than three times as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands out the lock.
#[derive(Debug)]
pub(crate) struct TokenLock {
    folder: PathBuf,
    mistake: Option<Mistake>,
    /// Single flight: a file lock is taken per open file, so it alone would do, but a queue in memory is fair.
    flight: Arc<Mutex<()>>,
}

/// The lock is held until this is dropped, however the holder ends: the system drops it with the file.
#[derive(Debug)]
pub(crate) struct Held {
    _flight: OwnedMutexGuard<()>,
    /// Nothing for the twin that did not wait for it.
    file: Option<File>,
}

impl Held {
    /// Whether another worker held the lock, and still does. Only with a broken twin.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.file.is_none()
    }
}

impl TokenLock {
    pub(crate) fn new(folder: &Path, mistake: Option<Mistake>) -> Self {
        Self { folder: folder.to_owned(), mistake, flight: Arc::new(Mutex::new(())) }
    }

    /// Takes the lock. When another holds it, says so and waits without blocking the runtime; says so again whenever the clock is
    /// set meanwhile, since nobody else can see that it still waits.
    pub(crate) async fn take(&self, clock: &Clock, events: &Events) -> Result<Held, StoreError> {
        let mut wait = Wait { clock: clock.changes(), events, said: false };
        let flight = match Arc::clone(&self.flight).try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => wait.until(Arc::clone(&self.flight).lock_owned(), || false).await.ok_or_else(never)?,
        };
        let file = open_lock_file(&self.folder, FILE)?;
        match file.try_lock() {
            Ok(()) => return self.taken(flight, Some(file), clock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(io("lock", source)),
        }
        // If this task is aborted meanwhile, the thread still gets the lock once, and drops it at once with the file.
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        match wait.until(locked, || self.has_run_out(clock)).await {
            Some(Ok(Ok(file))) => self.taken(flight, Some(file), clock),
            Some(Ok(Err(source))) => Err(io("lock", source)),
            Some(Err(ended)) => Err(io("wait for", std::io::Error::other(ended))),
            None => self.taken(flight, None, clock),
        }
    }

    fn taken(&self, flight: OwnedMutexGuard<()>, file: Option<File>, clock: &Clock) -> Result<Held, StoreError> {
        if self.mistake == Some(Mistake::LockRunsOut) {
            JsonFile::new(&self.folder, SINCE).replace(&clock.now())?;
        }
        Ok(Held { _flight: flight, file })
    }

    /// What the twin takes for a lock that nobody holds any more.
    fn has_run_out(&self, clock: &Clock) -> bool {
        let since = || JsonFile::<Timestamp>::new(&self.folder, SINCE).load().ok().flatten();
        self.mistake == Some(Mistake::LockRunsOut) && since().is_some_and(|since| clock.now().since(since) >= PATIENCE)
    }
}

/// A wait for the lock.
struct Wait<'a> {
    clock: watch::Receiver<Timestamp>,
    events: &'a Events,
    said: bool,
}

impl Wait<'_> {
    /// Waits for `lock`, or until `enough` after the clock was set.
    async fn until<T>(&mut self, lock: impl Future<Output = T>, enough: impl Fn() -> bool) -> Option<T> {
        if !self.said {
            self.events.waiting_for_lock();
            self.said = true;
        }
        tokio::pin!(lock);
        loop {
            tokio::select! {
                biased;
                locked = &mut lock => return Some(locked),
                Ok(()) = self.clock.changed() => {
                    if enough() {
                        return None;
                    }
                    self.events.waiting_for_lock();
                }
            }
        }
    }
}

/// What does not happen: only the file lock is given up.
fn never() -> StoreError {
    io("wait for", std::io::Error::other("the queue is gone"))
}

fn io(action: &'static str, source: std::io::Error) -> StoreError {
    StoreError::Io { file: FILE, action, source }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::adapter::protocol::AdapterEvent;

    fn channel() -> (Events, mpsc::UnboundedReceiver<AdapterEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Events::new(move |event| drop(sender.send(event))), receiver)
    }

    #[tokio::test]
    async fn a_free_lock_is_taken_without_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let (events, mut said) = channel();
        let lock = TokenLock::new(folder.path(), None);
        drop(lock.take(&Clock::default(), &events).await.unwrap());
        drop(lock.take(&Clock::default(), &events).await.unwrap());
        assert!(said.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_second_process_says_that_it_waits_and_gets_the_lock_when_the_first_drops_it() {
        let folder = tempfile::tempdir().unwrap();
        let (events, mut said) = channel();
        let held = TokenLock::new(folder.path(), None).take(&Clock::default(), &events).await.unwrap();
        let path = folder.path().to_owned();
        let second =
            tokio::spawn(async move { TokenLock::new(&path, None).take(&Clock::default(), &events).await.map(drop) });
        assert_eq!(said.recv().await, Some(AdapterEvent::Waiting { on: "lock".to_owned() }));
        assert!(!second.is_finished());
        drop(held);
        second.await.unwrap().unwrap();
        assert!(said.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_second_task_of_the_same_process_waits_too() {
        let folder = tempfile::tempdir().unwrap();
        let (events, mut said) = channel();
        let lock = Arc::new(TokenLock::new(folder.path(), None));
        let held = lock.take(&Clock::default(), &events).await.unwrap();
        let second = tokio::spawn({
            let (lock, events) = (Arc::clone(&lock), events.clone());
            async move { lock.take(&Clock::default(), &events).await.map(drop) }
        });
        assert_eq!(said.recv().await, Some(AdapterEvent::Waiting { on: "lock".to_owned() }));
        assert!(!second.is_finished());
        drop(held);
        second.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_waiter_that_is_aborted_does_not_keep_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (events, mut said) = channel();
        let held = TokenLock::new(folder.path(), None).take(&Clock::default(), &events).await.unwrap();
        let path = folder.path().to_owned();
        let waiter = tokio::spawn({
            let events = events.clone();
            async move { TokenLock::new(&path, None).take(&Clock::default(), &events).await.map(drop) }
        });
        said.recv().await.unwrap();
        waiter.abort();
        assert!(waiter.await.unwrap_err().is_cancelled());
        drop(held);
        TokenLock::new(folder.path(), None).take(&Clock::default(), &events).await.unwrap();
    }
}
