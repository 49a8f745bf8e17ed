//! Transactions beside which nothing else is written. Used by the configuration cache, when the configuration changes.

use crate::store::{StoreError, Tx};

/// Keeps every other write of this process out of the transaction, where others may write beside it. If some are in it
/// already, this one comes again by itself.
pub(in crate::store) fn run_exclusively(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    if !tx.db.engine().has_rivals() {
        return Ok(());
    }
    if !tx.may_wait() {
        return Err(StoreError::Busy);
    }
    tx.aftermath.stands_alone = true;
    Ok(())
}

/// Waits until nobody writes about a number, and keeps it so until the commit: whoever does waits behind it, and then finds
/// that the programs are no longer those it knew.
pub(in crate::store) fn lock_numbers(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    lock_table(tx, "numbers")
}

/// Waits until no event is being recorded by anybody, and keeps it so until the commit: events are numbered when they are
/// written but seen when they are committed, and a seal must not run past one that is still to come. Everybody who
/// records waits behind it, so it waits only for a moment, in a transaction of its own that holds nothing.
pub(in crate::store) fn lock_history(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    // Of two instances that seal, the second sees what the first sealed.
    lock_table(tx, "consent_events")
}

fn lock_table(tx: &mut Tx<'_>, table: &str) -> Result<(), StoreError> {
    run_exclusively(tx)?;
    tx.db.engine().lock_table(table).map_err(|error| StoreError::NeverStill(error.to_string()))
}
