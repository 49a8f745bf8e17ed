//! Seals the ledger and keeps every seal twice: in the database, and outside it in a file and in the log. `jobs::mod`
//! runs it; it writes seals.

use std::sync::Arc;

use crate::actions::{ActionError, restore, seal};
use crate::clock::Clock;
use crate::domain::calendar::LocalCalendar;
use crate::store::seal_file::SealFile;
use crate::store::seals::{self, BEFORE_ALL, Seal};
use crate::store::{SingletonTask, Store, StoreError};
use crate::words::restore_hold;

use super::{HOUSEKEEPING, JobContext};

/// Seals again and again. The same trouble is told once.
pub(super) async fn sealing_loop(jobs: &JobContext) {
    let mut told = String::new();
    loop {
        let trouble = seal_all(jobs).await.err().map(|error| error.to_string()).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            let file = jobs.seals.path().display();
            log::error!(
                "The history is not sealed. {trouble} If an older database was put in place on purpose, run sms-opt-in \
                 after-restore. It moves {file} aside and begins a new one."
            );
        }
        told = trouble;
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// What sealing needs: the database, and where the seals are kept a second time.
#[derive(Clone)]
pub struct LedgerSealer {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Keys the seals.
    pub secret: Arc<Vec<u8>>,
    /// Where the seals are kept a second time.
    pub seals: SealFile,
}

impl LedgerSealer {
    fn of(jobs: &JobContext) -> LedgerSealer {
        let JobContext { store, clock, secret, seals, .. } = jobs.clone();
        LedgerSealer { store, clock, secret, seals }
    }

    /// Seals all that was recorded so far. While another instance seals, only the file is brought up to date.
    ///
    /// # Errors
    /// When the database lies behind the file of seals, or one of them fails.
    pub async fn seal_all(&self) -> Result<(), ActionError> {
        self.notice_restore().await?;
        let on_duty = self.store.try_lock_task(SingletonTask::Sealing).await?;
        loop {
            let file = self.seals.clone();
            let outside = spawn_blocking(move || file.last()).await?;
            let place = outside.as_ref().map_or(BEFORE_ALL, |seal| seal.place());
            let (secret, now) = (Arc::clone(&self.secret), self.clock.now());
            let sealed = match &on_duty {
                Some(_) => self.store.write(move |tx| seal::seal(tx, &secret, outside.as_ref(), now)).await?,
                None => 0,
            };
            let missing = self.store.read(move |conn| seals::behind(conn, place)).await?;
            let file = self.seals.clone();
            spawn_blocking(move || file.add(missing)).await?.iter().for_each(log_seal);
            if sealed == 0 {
                return Ok(());
            }
        }
    }

    async fn notice_restore(&self) -> Result<(), ActionError> {
        let file = self.seals.clone();
        let outside = spawn_blocking(move || file.last()).await?;
        let found = self.store.read(move |conn| restore::finding(conn, outside.as_ref())).await?;
        if let Some(why) = found {
            log::error!("{} {}", restore_hold::facts(why, LocalCalendar::UTC), restore_hold::next_step(why));
            let now = self.clock.now();
            self.store.write(move |tx| restore::suspend_sending(tx, why, now)).await?;
        }
        Ok(())
    }
}

/// Stops all sending when the database is older than the last seal outside it, or notes that this was accepted.
///
/// # Errors
/// When the database or the file fails.
pub async fn notice_restore(jobs: &JobContext) -> Result<(), ActionError> {
    LedgerSealer::of(jobs).notice_restore().await
}

/// Seals all that was recorded so far.
///
/// # Errors
/// As [`Sealer::seal_all`].
pub async fn seal_all(jobs: &JobContext) -> Result<(), ActionError> {
    if !jobs.has_lasting_key {
        let why = "The secret key is missing: put its file back, or set SECRET_KEY.";
        return Err(ActionError::Conflict(why.to_owned()));
    }
    LedgerSealer::of(jobs).seal_all().await
}

fn log_seal(seal: &Seal) {
    log::info!(
        "Seal {} through {} at {}: digest {}, mac {}",
        seal.serial,
        seal.through_position,
        seal.sealed_at.rfc3339(),
        seal.digest_words(),
        seal.mac_words()
    );
}

/// Files are waited for beside the async threads.
pub(super) async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Panicked))
}
