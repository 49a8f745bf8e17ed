//! Turns for uploads: each costs memory and writes, so only a few arrive at a time. Forms with a file take a turn; it writes
//! nothing.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::PageError;

/// Files that are read at the same time.
const AT_ONCE: usize = 2;
/// A person waits this long for a turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turns of one server.
pub struct UploadTurns(Semaphore);

impl Default for UploadTurns {
    fn default() -> Self {
        UploadTurns(Semaphore::new(AT_ONCE))
    }
}

/// Holding this means: a file may be read.
pub struct UploadTurn<'a> {
    _permit: SemaphorePermit<'a>,
}

impl UploadTurns {
    /// Waits for a turn.
    ///
    /// # Errors
    /// When others take too long; then nothing of the file was read.
    pub async fn take(&self) -> Result<UploadTurn<'_>, PageError> {
        match tokio::time::timeout(PATIENCE, self.0.acquire()).await {
            Ok(Ok(permit)) => Ok(UploadTurn { _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(PageError::UploadsBusy),
        }
    }
}
