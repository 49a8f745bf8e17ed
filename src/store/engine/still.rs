//! Transactions beside which nothing else is written.

use super::DbConn;
use crate::store::{StoreError, Tx};

/// Keeps every other write of this process out of the transaction, where others may write beside it. If some are in it
/// already, this one comes again by itself.
pub(in crate::store) fn run_exclusively(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    match tx.db {
        DbConn::Sqlite(_) => {}
        DbConn::Postgres(_) if !tx.may_wait() => return Err(StoreError::Busy),
        DbConn::Postgres(_) => tx.aftermath.stands_alone = true,
    }
    Ok(())
}

/// Waits until nobody writes about a number, and keeps it so until the commit: whoever does waits behind it, and then finds
/// that the programs are no longer those it knew.
pub(in crate::store) fn hold_numbers_still(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    lock_table(tx, "numbers")
}

/// Waits until no event is being recorded by anybody, and keeps it so until the commit: events are numbered when they are
/// written but seen when they are committed, and a seal must not run past one that is still to come. Everybody who
/// records waits behind it, so it waits only for a moment, in a transaction of its own that holds nothing.
pub(in crate::store) fn hold_history_still(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    // Of two instances that seal, the second sees what the first sealed.
    lock_table(tx, "consent_events")
}

/// The mode of the lock excludes itself as well.
fn lock_table(tx: &mut Tx<'_>, table: &str) -> Result<(), StoreError> {
    run_exclusively(tx)?;
    if matches!(tx.db, DbConn::Sqlite(_)) {
        return Ok(());
    }
    let lock = format!("SET LOCAL lock_timeout = '1s'; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
    tx.db.batch(&lock).map_err(|error| StoreError::NeverStill(error.to_string()))
}
