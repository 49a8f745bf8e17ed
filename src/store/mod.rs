//! The only room that knows Diesel: one database, reads from a pool, writes through one queue that commits them in groups.
//! It must not know pages, providers or the meaning of a write; it knows that a write is whole or did not happen.

mod conn;
mod error;
mod locks;
mod schema;
mod tx;
mod types;
mod writer;

pub mod admin_log;
pub mod api_keys;
pub mod contacts;
pub mod documents;
pub mod events;
pub mod forms;
pub mod inbound;
pub mod messages;
pub mod numbers;
pub mod programs;
pub mod seal_file;
pub mod sessions;
pub mod settings;
pub mod tallies;
pub mod users;
pub mod walk;

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

pub use conn::Conn;
pub use error::StoreError;
pub use locks::NumberGuard;
pub use tx::Tx;

use crate::domain::id::NumberId;
use conn::Pool;
use locks::Locks;
use writer::Writer;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    writer: Writer,
    locks: Locks,
    due: Arc<Notify>,
}

/// Reads one unchanging state of a database that exists, while others go on writing. Nothing is made or changed.
///
/// # Errors
/// Whatever `read` returns, and [`StoreError`] when there is no such database or its tables are not up to date.
pub fn read_existing<T, E: From<StoreError>>(
    url: &str,
    read: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut db = conn::connect_existing(conn::sqlite_path(url)?)?;
    let conn = &mut Conn { db: &mut db };
    conn.batch("BEGIN")?;
    let result = read(conn);
    conn.batch("ROLLBACK")?;
    result
}

impl Store {
    /// Opens the database at `url`, makes it if it does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// When the scheme is unknown, the file cannot be opened, or a migration fails.
    pub fn open(url: &str) -> Result<Store, StoreError> {
        let path = conn::sqlite_path(url)?;
        let mut writing = conn::connect(path)?;
        conn::migrate(&mut writing)?;
        let shared = Shared {
            pool: conn::pool(path)?,
            writer: Writer::start(writing)?,
            locks: Locks::default(),
            due: Arc::default(),
        };
        Ok(Store { shared: Arc::new(shared) })
    }

    /// Reads on a connection of the pool, off the async threads.
    ///
    /// # Errors
    /// Whatever `read` returns, and [`StoreError`] when no connection could be had.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || conn::with_reader(&shared.pool, read));
        task.await.unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }

    /// Reads and waits, for the command line.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_now<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        conn::with_reader(&self.shared.pool, read)
    }

    /// Writes in one transaction and answers after the commit. If the write tightened consent (a STOP, a flag), the
    /// answer also waits until no request to a provider for that number is under way: the STOP barrier.
    ///
    /// # Errors
    /// Whatever `write` returns (nothing was written then), and [`StoreError`] when the commit failed.
    pub async fn write<T, E>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (result, tightened) = self.commit(write).await;
        for number in tightened {
            drop(self.lock_number(number).await);
        }
        result
    }

    /// As [`Store::write`], for the worker that already holds the number's lock.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_holding<T, E>(
        &self,
        _guard: &NumberGuard,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.commit(write).await.0
    }

    /// Writes and waits, for the command line.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_now<T, E>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self.enqueue(write).blocking_recv() {
            Ok((result, _)) => result,
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    /// Holds a number's lock: while it is held, no STOP for the number is acknowledged and no other worker sends to it.
    pub async fn lock_number(&self, number: NumberId) -> NumberGuard {
        self.shared.locks.lock(number).await
    }

    /// Wakes whoever delivers, as a commit with newly queued messages does.
    pub fn due(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.due)
    }

    async fn commit<T, E>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> (Result<T, E>, Vec<NumberId>)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self.enqueue(write).await {
            Ok(answer) => answer,
            Err(_) => (Err(StoreError::Closed.into()), Vec::new()),
        }
    }

    fn enqueue<T, E>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> oneshot::Receiver<(Result<T, E>, Vec<NumberId>)>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        self.shared.writer.submit(writer::job(write, answer, self.due()));
        receiver
    }
}
