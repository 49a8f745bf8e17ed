//! Seals the ledger, and keeps every seal a second time outside the database: in a file, and in the log.

use std::sync::Arc;

use crate::actions::{ActionError, restore, seal};
use crate::store::{Duty, StoreError, events};

use super::{HOUSEKEEPING, Jobs};

/// Seals again and again. The same trouble is told once.
pub(super) async fn sealing_loop(jobs: &Jobs) {
    let mut told = String::new();
    loop {
        let trouble = seal_all(jobs).await.err().map(|error| error.to_string()).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            let file = jobs.seals.path().display();
            log::error!(
                "The history is not sealed. {trouble} If an older database was put in place on purpose, run sms-opt-in \
                 after-restore, or move {file} away and keep it; sealing then begins anew."
            );
        }
        told = trouble;
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// Stops all sending when the database is older than the last seal outside it, or notes that this was accepted.
///
/// # Errors
/// When the database or the file fails.
pub async fn notice_restore(jobs: &Jobs) -> Result<(), ActionError> {
    let file = jobs.seals.clone();
    let outside = aside(move || file.last()).await?;
    let found = jobs.store.read(move |conn| restore::finding(conn, outside.as_ref())).await?;
    if let Some(why) = found {
        log::error!("{} {}", why.facts(), why.next_step());
        let now = jobs.clock.now();
        jobs.store.write(move |tx| restore::stand_still(tx, why, now)).await?;
    }
    Ok(())
}

/// Seals all that was recorded so far. While another instance seals, only the file is brought up to date.
///
/// # Errors
/// When the database lies behind the file of seals, or one of them fails.
pub async fn seal_all(jobs: &Jobs) -> Result<(), ActionError> {
    notice_restore(jobs).await?;
    let on_duty = jobs.store.take_on(Duty::Sealing).await?;
    loop {
        let file = jobs.seals.clone();
        let outside = aside(move || file.last()).await?;
        let through = outside.as_ref().map_or(0, |seal| seal.through_position);
        let (secret, now) = (Arc::clone(&jobs.secret), jobs.clock.now());
        let sealed = match &on_duty {
            Some(_) => jobs.store.write(move |tx| seal::seal(tx, &secret, outside.as_ref(), now)).await?,
            None => 0,
        };
        let missing = jobs.store.read(move |conn| events::seals_after(conn, through)).await?;
        let file = jobs.seals.clone();
        for seal in aside(move || file.add(missing)).await? {
            let (through, digest, mac) = (seal.through_position, seal.digest_words(), seal.mac_words());
            log::info!(
                "Sealed through {through} at {}: digest {digest}, mac {mac}",
                seal.sealed_at.rfc3339()
            );
        }
        if sealed == 0 {
            return Ok(());
        }
    }
}

/// Files are waited for beside the async threads.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Panicked))
}
