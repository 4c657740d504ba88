//! The lock around everything that changes the stored tokens: one at a time in this process, and one process at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::client::events::Events;
use crate::client::json_file::{StoreError, open_lock_file};

const FILE: &str = "tokens.lock";

/// Hands out the lock.
#[derive(Debug)]
pub(crate) struct TokenLock {
    folder: PathBuf,
    /// Single flight: a file lock is taken per open file, so it alone would do, but a queue in memory is fair.
    flight: Arc<Mutex<()>>,
}

/// The lock is held until this is dropped, however the holder ends: the system drops it with the file.
#[derive(Debug)]
pub(crate) struct Held {
    _flight: OwnedMutexGuard<()>,
    _file: File,
}

impl TokenLock {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), flight: Arc::new(Mutex::new(())) }
    }

    /// Takes the lock. When another holds it, says so once and waits without blocking the runtime.
    pub(crate) async fn take(&self, events: &Events) -> Result<Held, StoreError> {
        let mut said = false;
        let flight = match Arc::clone(&self.flight).try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                events.waiting_for_lock();
                said = true;
                Arc::clone(&self.flight).lock_owned().await
            }
        };
        let file = open_lock_file(&self.folder, FILE)?;
        match file.try_lock() {
            Ok(()) => return Ok(Held { _flight: flight, _file: file }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(io("lock", source)),
        }
        if !said {
            events.waiting_for_lock();
        }
        // If this task is aborted meanwhile, the thread still gets the lock once, and drops it at once with the file.
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
        match locked {
            Ok(Ok(file)) => Ok(Held { _flight: flight, _file: file }),
            Ok(Err(source)) => Err(io("lock", source)),
            Err(ended) => Err(io("wait for", std::io::Error::other(ended))),
        }
    }
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
        let lock = TokenLock::new(folder.path());
        drop(lock.take(&events).await.unwrap());
        drop(lock.take(&events).await.unwrap());
        assert!(said.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_second_process_says_that_it_waits_and_gets_the_lock_when_the_first_drops_it() {
        let folder = tempfile::tempdir().unwrap();
        let (events, mut said) = channel();
        let held = TokenLock::new(folder.path()).take(&events).await.unwrap();
        let path = folder.path().to_owned();
        let second = tokio::spawn(async move { TokenLock::new(&path).take(&events).await.map(drop) });
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
        let lock = Arc::new(TokenLock::new(folder.path()));
        let held = lock.take(&events).await.unwrap();
        let second = tokio::spawn({
            let (lock, events) = (Arc::clone(&lock), events.clone());
            async move { lock.take(&events).await.map(drop) }
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
        let held = TokenLock::new(folder.path()).take(&events).await.unwrap();
        let path = folder.path().to_owned();
        let waiter = tokio::spawn({
            let events = events.clone();
            async move { TokenLock::new(&path).take(&events).await.map(drop) }
        });
        said.recv().await.unwrap();
        waiter.abort();
        assert!(waiter.await.unwrap_err().is_cancelled());
        drop(held);
        TokenLock::new(folder.path()).take(&events).await.unwrap();
    }
}
