//! What the database knows of starts: the last mark of each file of starts, and the heartbeat of the servers that run on it.

use diesel::prelude::*;

use super::engine::on;
use super::schema::settings as table;
use super::{ReadConn, StoreError, Tx, settings};
use crate::domain::time::Timestamp;

/// Before a file's identifier, in the settings.
const MARK: &str = "start:";
/// When a server last showed that it runs, in microseconds.
const HEARTBEAT: &str = "heartbeat";

/// True for a setting of the installation's own run, which no copy takes along.
pub(super) fn is_own(key: &str) -> bool {
    key.starts_with(MARK) || key == HEARTBEAT
}

/// The last mark of a file.
///
/// # Errors
/// When the database fails.
pub fn mark_of(conn: &mut ReadConn<'_>, file: &str) -> Result<Option<String>, StoreError> {
    settings::get(conn, &format!("{MARK}{file}"))
}

/// Writes a file's mark.
///
/// # Errors
/// When the database fails.
pub fn set_mark(tx: &mut Tx<'_>, file: &str, mark: &str) -> Result<(), StoreError> {
    settings::set(tx, &format!("{MARK}{file}"), mark)
}

/// Forgets every start: a copy begins anew.
///
/// # Errors
/// When the database fails.
pub(super) fn forget(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    settings::clear(tx, HEARTBEAT)?;
    on!(tx, db => {
        diesel::delete(table::table.filter(table::key.like(format!("{MARK}%")))).execute(db)?;
        Ok(())
    })
}

/// True when any file's mark is known.
///
/// # Errors
/// When the database fails.
pub fn any(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    on!(conn, db => {
        let found: Option<String> = table::table
            .filter(table::key.like(format!("{MARK}%")))
            .select(table::key)
            .first(db)
            .optional()?;
        Ok(found.is_some())
    })
}

/// When a server last showed that it runs.
///
/// # Errors
/// When the database fails.
pub fn heartbeat(conn: &mut ReadConn<'_>) -> Result<Option<Timestamp>, StoreError> {
    let micros = settings::get(conn, HEARTBEAT)?;
    Ok(micros.and_then(|micros| micros.parse().ok()).map(Timestamp::from_micros))
}

/// Shows that a server runs.
///
/// # Errors
/// When the database fails.
pub fn beat(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    settings::set(tx, HEARTBEAT, &now.micros().to_string())
}
