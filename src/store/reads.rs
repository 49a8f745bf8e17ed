//! Reading: at once where a connection is free at hand, else on a thread that may wait, and never more of those than there are
//! connections. Every reader of the store comes through here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ReadConn, SharedStore, Store, StoreError};

/// A read waits this long for its turn.
const TURN: Duration = Duration::from_secs(5);
/// Files that are read at once: each is in memory as a whole.
pub(super) const FILES_AT_ONCE: usize = 2;

impl SharedStore {
    fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.with(|db| read(&mut ReadConn::new(db, &self.known)))
    }
}

/// Waits for a turn among those who read.
async fn my_turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
    match tokio::time::timeout(TURN, Arc::clone(turns).acquire_owned()).await {
        Ok(turn) => turn.map_err(|_| StoreError::Closed),
        Err(_) => Err(StoreError::Unavailable("too many reads wait already".to_owned())),
    }
}

impl Store {
    /// Reads on a connection of the pool. On SQLite right here, if one is free: a read is a few microseconds of work on memory,
    /// and handing it to another thread costs more than the read. What walks far belongs into [`Store::read_blocking`].
    ///
    /// # Errors
    /// Whatever `read` returns, and [`StoreError`] when no connection could be had.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(mut free) = self.shared.readers.free_at_hand() else {
            return self.read_blocking(read).await;
        };
        catch_unwind(AssertUnwindSafe(|| read(&mut ReadConn::new(free.db(), &self.shared.known))))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }

    /// Reads off the async threads, as many at once as there are connections; the others wait their turn and hold no thread.
    ///
    /// # Errors
    /// As [`Store::read`]; [`StoreError::Unavailable`] when the turn does not come in time.
    pub async fn read_blocking<T, E>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let turn = my_turn(&self.shared.turns).await?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            shared.read(read)
        });
        task.await.unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }

    /// Reads a file that the database keeps: off the async threads, and few at once.
    ///
    /// # Errors
    /// As [`Store::read_blocking`].
    pub async fn read_file<T, E>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _turn = my_turn(&self.shared.file_turns).await?;
        self.read_blocking(read).await
    }

    /// Reads and waits, for the command line.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_now<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.shared.read(read)
    }
}
