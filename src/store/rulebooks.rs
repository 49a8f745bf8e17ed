//! The dated rules: as this version brings them, or as an administrator last published them. Published ones are only ever
//! added, so that it can be told which rules held when.

use std::sync::Arc;

use diesel::prelude::*;

use super::engine::on;
use super::schema::rulebooks;
use super::{LockedRow, ReadConn, StoreError, Tx, config_cache};
use crate::domain::schedule::Rulebook;

pub use super::rulebook_rows::{RulebookVersion, edition, editions, latest};

/// The rules in force.
///
/// # Errors
/// When the database fails.
pub fn current(conn: &mut ReadConn<'_>) -> Result<Arc<Rulebook>, StoreError> {
    Ok(Arc::clone(&config_cache::read(conn)?.rulebook))
}

/// As [`latest`]; no other transaction publishes one before the commit.
///
/// # Errors
/// When the database fails.
pub fn latest_locked(tx: &mut Tx<'_>) -> Result<LockedRow<Option<RulebookVersion>>, StoreError> {
    config_cache::lock(tx)?;
    Ok(LockedRow::new(latest(tx)?))
}

/// Adds an edition behind the last one.
///
/// # Errors
/// When the database fails.
pub fn publish(
    tx: &mut Tx<'_>,
    _latest: &LockedRow<Option<RulebookVersion>>,
    edition: &RulebookVersion,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(rulebooks::table).values(edition).execute(db)?;
    });
    config_cache::touch(tx)
}
