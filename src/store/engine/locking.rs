//! Reads of rows that are about to change. SQLite has one writer, so a read in a transaction is enough; on PostgreSQL the rows
//! are locked until the commit.

/// Reads one row that is about to change, and keeps others from changing it before the commit. SQLite has one writer, so
/// nobody could; on PostgreSQL the row is locked. A transaction that holds locks already never waits for another (it would
/// be a deadlock in the making): it is rolled back and comes again, first in its group, where it may wait.
macro_rules! first_locked {
    ($tx:expr, $query:expr) => {{
        let may_wait = $tx.may_wait();
        match &mut $tx.db {
            $crate::store::engine::DbConn::Sqlite(db) => Ok($query.first(*db).optional()?),
            $crate::store::engine::DbConn::Postgres(db) if may_wait => {
                Ok($query.for_update().first(*db).optional()?)
            }
            $crate::store::engine::DbConn::Postgres(db) => {
                match $query.for_update().skip_locked().first(*db).optional()? {
                    // It is not there, or somebody holds it.
                    None => match $query.first(*db).optional()? {
                        Some(_) => Err($crate::store::StoreError::Busy),
                        absent => Ok(absent),
                    },
                    free => Ok(free),
                }
            }
        }
    }};
}
pub(in crate::store) use first_locked;

/// Reads rows that are about to change, as [`first_locked`] does, in the order in which the query locks them. The query is made
/// by a closure, because it may be asked twice.
macro_rules! load_locked {
    ($tx:expr, $query:expr) => {{
        use $crate::store::engine::{CachedQuery, DbConn};
        let may_wait = $tx.may_wait();
        match &mut $tx.db {
            DbConn::Sqlite(db) => CachedQuery($query()).load(*db).map_err(StoreError::from),
            DbConn::Postgres(db) if may_wait => {
                CachedQuery($query().for_update()).load(*db).map_err(StoreError::from)
            }
            DbConn::Postgres(db) => {
                let free = CachedQuery($query().for_update().skip_locked()).load(*db)?;
                // What is missing is not there, or somebody holds it.
                match CachedQuery($query()).execute(*db)? > free.len() {
                    true => Err($crate::store::StoreError::Busy),
                    false => Ok(free),
                }
            }
        }
    }};
}
pub(in crate::store) use load_locked;

/// Reads rows that are about to change, and keeps others from changing them before the commit; those that another transaction
/// holds are left out, so that nobody waits. SQLite has one writer: nobody holds any.
macro_rules! load_free_locked {
    ($tx:expr, $query:expr) => {{
        use $crate::store::engine::{CachedQuery, DbConn};
        match &mut $tx.db {
            DbConn::Sqlite(db) => CachedQuery($query).load(*db),
            DbConn::Postgres(db) => CachedQuery($query.for_no_key_update().skip_locked()).load(*db),
        }
    }};
}
pub(in crate::store) use load_free_locked;
