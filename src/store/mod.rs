//! The only room that knows Diesel: one database, reads from a pool, writes through one queue that commits them in groups.
//! It must not know pages, providers or the meaning of a write; it knows that a write is whole or did not happen.

mod config_cache;
mod conn;
mod engine;
mod error;
mod locked;
mod locks;
mod reads;
mod replica;
mod schema;
mod tx;
mod types;
mod unfinished_jobs;
mod writer;

pub mod admin_log;
pub mod api_keys;
pub mod audit_rows;
pub mod backfill;
pub mod background_jobs;
pub mod contacts;
pub mod counters;
pub mod dated;
pub mod documents;
pub mod events;
pub mod expired_holds;
pub mod form_requests;
pub mod forms;
pub mod inbound;
pub mod inbound_questions;
pub mod inbox;
pub mod integrity;
pub mod limit_hits;
pub mod live;
pub mod messages;
pub mod notices;
pub mod number_notes;
pub mod numbers;
pub mod organization;
pub mod program_replies;
mod program_rows;
pub mod programs;
pub mod reviews;
pub mod revocations;
mod rulebook_rows;
pub mod rulebooks;
pub mod seal_file;
pub mod seals;
pub mod second_factors;
pub mod sending;
pub mod sessions;
pub mod settings;
pub mod sign_in_failures;
pub mod spent_stamps;
pub mod start_file;
pub mod starts;
pub mod stored_files;
pub mod users;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

pub use conn::ReadConn;
pub use engine::transfer;
pub use error::{FailureKind, StoreError, StoreFailure};
pub use locked::LockedRow;
pub use locks::{LEASE, NumberGuard, OnDuty, SingletonTask};
pub use replica::{LogPosition, ReplicaRead, ReplicaShare};
pub use tx::Tx;

use crate::domain::id::NumberId;
use config_cache::CachedConfig;
use engine::{Bridge, DatabaseUrl, ReadPool};
use locks::NumberLocks;
use replica::ReadReplica;
use writer::{WriteAnswer, WriteQueue};

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<SharedStore>,
}

/// What a commit wakes: each job waits at its own.
#[derive(Debug, Default)]
pub struct JobAlarms {
    /// A message was queued.
    pub due: Notify,
    /// A question for the carrier was opened.
    pub questions: Notify,
    /// A background job was queued.
    pub background: Notify,
}

impl JobAlarms {
    fn ring(&self, wakes: tx::JobWakes) {
        let alarms = [
            (wakes.due, &self.due),
            (wakes.questions, &self.questions),
            (wakes.background, &self.background),
        ];
        alarms.into_iter().filter(|(is_meant, _)| *is_meant).for_each(|(_, alarm)| alarm.notify_one());
    }
}

struct SharedStore {
    readers: ReadPool,
    /// Who may wait for a reader on a thread; all others wait without one.
    turns: Arc<Semaphore>,
    file_turns: Arc<Semaphore>,
    replica: Option<Arc<ReadReplica>>,
    writers: WriteQueue,
    locks: NumberLocks,
    alarms: Arc<JobAlarms>,
    known: Arc<CachedConfig>,
    _bridge: Option<Bridge>,
}

/// Checks a database's address without opening or making anything.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_address(url: &str) -> Result<(), StoreError> {
    engine::DatabaseUrl::check(url)
}

/// The file of the database, where the address leads to one: then this process is the only one with it.
pub fn database_file(url: &str) -> Option<&str> {
    engine::DatabaseUrl::file(url)
}

/// Reads one unchanging state of a database that exists, while others go on writing. Nothing is made or changed.
///
/// # Errors
/// Whatever `read` returns, and [`StoreError`] when there is no such database or its tables are not up to date.
pub fn read_existing<T, E: From<StoreError>>(
    url: &str,
    read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (place, _bridge) = DatabaseUrl::reach(url)?;
    let mut reading = place.reading()?;
    let known = CachedConfig::default();
    let mut conn = ReadConn::new(reading.db(), &known);
    conn.db.engine().begin_snapshot().map_err(StoreError::from)?;
    let result = read(&mut conn);
    conn.db.batch("ROLLBACK").map_err(StoreError::from)?;
    result
}

/// Copies a SQLite database that others may be using to a new or empty file.
///
/// # Errors
/// When it is no SQLite database, is not there, or the file cannot be written.
pub fn copy_into(url: &str, file: &str) -> Result<(), StoreError> {
    DatabaseUrl::reach(url)?.0.copy_into(file)
}

/// Writes once into a copy that was just made, where its tables are those of this program. `None` when they are older.
///
/// # Errors
/// Whatever `write` returns, and [`StoreError`] when the copy cannot be written.
pub fn write_copy<T, E: From<StoreError>>(
    file: &str,
    write: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<Option<T>, E> {
    let Some(mut copy) = engine::open_copy(file)? else { return Ok(None) };
    let known = CachedConfig::default();
    copy.begin().map_err(StoreError::from)?;
    let written = write(&mut Tx::new(copy.db(), &known, true))?;
    copy.commit().map_err(StoreError::from)?;
    Ok(Some(written))
}

impl Store {
    /// Opens the database at `url`, makes it if it does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// When the scheme is unknown, the file cannot be opened, or a migration fails.
    pub fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_with_replica(url, None)
    }

    /// As [`Store::open`], with a replica that pages may be read from.
    ///
    /// # Errors
    /// As [`Store::open`], and when `replica` leads to another database. One that does not answer is no error.
    pub fn open_with_replica(url: &str, replica: Option<&str>) -> Result<Store, StoreError> {
        let (place, bridge) = DatabaseUrl::reach(url)?;
        place.migrate()?;
        let (alarms, known): (Arc<JobAlarms>, Arc<CachedConfig>) = Default::default();
        let readers = place.readers()?;
        let turns = usize::try_from(readers.readers()).unwrap_or(1);
        let shared = SharedStore {
            readers,
            turns: Arc::new(Semaphore::new(turns)),
            file_turns: Arc::new(Semaphore::new(reads::FILES_AT_ONCE)),
            replica: replica.map(|url| ReadReplica::open(&place, url)).transpose()?,
            writers: WriteQueue::start(&place, &alarms, &known)?,
            locks: NumberLocks::new(place.locker()?),
            alarms,
            known,
            _bridge: bridge,
        };
        let store = Store { shared: Arc::new(shared) };
        match store.read_now::<_, StoreError>(|conn| settings::get(conn, settings::MOVED))? {
            Some(to) => Err(StoreError::Moved(to)),
            None => Ok(store),
        }
    }

    /// Writes in one transaction and answers after the commit. The closure may run more than once, each time on a clean
    /// slate: on PostgreSQL somebody else may write the same at the same moment. If the write tightened consent (a STOP, a
    /// flag), the answer also waits until no request to a provider can begin for that number, for [`LEASE`] at most: the STOP
    /// barrier.
    ///
    /// # Errors
    /// Whatever `write` returns (nothing was written then), and [`StoreError`] when the commit failed.
    pub async fn write<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        let (result, tightened) = self.commit(write).await;
        for number in tightened {
            self.shared.locks.pass(number).await;
        }
        result
    }

    /// As [`Store::write`], for the worker that already holds the locks of the numbers it writes about.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_holding<'a, T, E>(
        &self,
        _guards: impl IntoIterator<Item = &'a NumberGuard>,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        self.commit(write).await.0
    }

    /// Writes and waits, for the command line.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_now<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        match self.shared.writers.submit_and_wait(write).blocking_recv() {
            Ok((result, _)) => result,
            Err(_) => Err(StoreError::Closed.into()),
        }
    }

    /// Holds a number's lock: while it is held, no STOP for the number is acknowledged and no other worker sends to it.
    pub async fn lock_number(&self, number: NumberId) -> NumberGuard {
        self.shared.locks.lock(number).await
    }

    /// As [`Store::lock_number`], but another instance, which may be frozen, is waited for no longer: false when it has the lock
    /// still. After [`LEASE`] what it took it for has begun, or never will.
    pub async fn lock_number_within(&self, number: NumberId, patience: Duration) -> (NumberGuard, bool) {
        self.shared.locks.lock_within(number, patience).await
    }

    /// Takes on what only one of the instances does at a time; `None` when another one is at it.
    ///
    /// # Errors
    /// When the others cannot be asked.
    pub async fn try_lock_task(&self, duty: SingletonTask) -> Result<Option<OnDuty>, StoreError> {
        self.shared.locks.try_lock_task(duty).await
    }

    /// True when other servers may run on the same database.
    pub fn is_shared(&self) -> bool {
        !self.shared.readers.are_at_hand()
    }

    /// What a commit wakes.
    pub fn alarms(&self) -> Arc<JobAlarms> {
        Arc::clone(&self.shared.alarms)
    }

    async fn commit<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> WriteAnswer<T, E>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        let submitted = match self.shared.writers.submit(write) {
            Ok(submitted) => submitted,
            Err(refused) => return (Err(refused.into()), Vec::new()),
        };
        submitted.await.unwrap_or_else(|_| (Err(StoreError::Closed.into()), Vec::new()))
    }
}
