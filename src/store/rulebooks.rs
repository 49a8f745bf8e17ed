//! The dated rules: as this version brings them, or as an administrator last published them. Published ones are only ever
//! added, so that it can be told which rules held when.

use std::sync::Arc;

use diesel::prelude::*;

use super::dialect::on;
use super::schema::rulebooks;
use super::{Conn, Locked, StoreError, Tx, catalog};
use crate::domain::schedule::Rulebook;

pub use super::rulebook_rows::{Edition, edition, editions, latest};

/// The rules in force.
///
/// # Errors
/// When the database fails.
pub fn current(conn: &mut Conn<'_>) -> Result<Arc<Rulebook>, StoreError> {
    Ok(Arc::clone(&catalog::read(conn)?.rulebook))
}

/// As [`latest`]; no other transaction publishes one before the commit.
///
/// # Errors
/// When the database fails.
pub fn latest_locked(tx: &mut Tx<'_>) -> Result<Locked<Option<Edition>>, StoreError> {
    catalog::lock(tx)?;
    Ok(Locked::new(latest(tx)?))
}

/// Adds an edition behind the last one.
///
/// # Errors
/// When the database fails.
pub fn publish(
    tx: &mut Tx<'_>,
    _latest: &Locked<Option<Edition>>,
    edition: &Edition,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(rulebooks::table).values(edition).execute(db)?;
    });
    catalog::touch(tx)
}
