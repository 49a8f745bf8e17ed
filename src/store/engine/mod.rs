//! The one place that asks which database it is. Queries are written once, in the store's files, and compiled for both with
//! [`on!`]; what the databases do differently is the trait [`DatabaseEngine`], implemented in `sqlite` and `postgres`. Beside them is
//! what PostgreSQL alone has: locks between instances, a pool for its replica, TLS. Used by the store's files alone.

mod checkpoints;
mod connections;
mod copying;
mod database_url;
mod exclusive;
mod locker;
mod locking;
mod parameters;
mod postgres;
mod prepared;
mod replica_pool;
mod sqlite;
mod tls;
pub mod transfer;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};

use super::StoreError;

pub(super) use checkpoints::Checkpoints;
pub(super) use connections::{OwnConnection, ReadPool};
use copying::{CopiedTable, TABLES};
pub(super) use database_url::{DatabaseUrl, open_copy};
use database_url::{existing_source, moving};
pub(super) use exclusive::{lock_history, lock_numbers, run_exclusively};
pub(super) use locker::{DatabaseLocker, HeldLock};
pub(super) use locking::{first_locked, load_free_locked, load_locked};
pub(super) use prepared::{CachedQuery, CachedStatement, few_lengths};
pub(super) use replica_pool::{ReplicaPool, ServerPosition};
pub(super) use tls::Bridge;

/// A connection to either database.
pub(super) enum DbConn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// Runs a query on whichever database the connection belongs to: `on!(conn, db => table.find(id).first(db))`. The body is
/// compiled twice, natively for each, so it must build its query itself.
macro_rules! on {
    ($conn:expr, $db:ident => $body:expr) => {
        match &mut $conn.db {
            $crate::store::engine::DbConn::Sqlite($db) => {
                let $db: &mut diesel::SqliteConnection = $db;
                $body
            }
            $crate::store::engine::DbConn::Postgres($db) => {
                let $db: &mut diesel::PgConnection = $db;
                $body
            }
        }
    };
}
pub(super) use on;

/// What SQLite and PostgreSQL do differently on a connection. Each one's own file implements it.
pub(super) trait DatabaseEngine {
    /// Runs statements without parameters.
    fn batch(&mut self, sql: &str) -> QueryResult<()>;

    /// Begins a transaction that writes.
    fn begin(&mut self) -> QueryResult<()>;

    /// Commits what was begun.
    fn commit(&mut self) -> QueryResult<()>;

    /// Begins to read one unchanging state.
    fn begin_snapshot(&mut self) -> QueryResult<()>;

    /// True when others may write at the same time: a write that failed on the database's account is then run again, and what
    /// must be alone takes a lock.
    fn has_rivals(&self) -> bool;

    /// Waits a moment until no other transaction writes to the table, and keeps them out until the commit.
    fn lock_table(&mut self, table: &str) -> QueryResult<()>;

    /// The event, by its place in the history, that stopped all programs for the number `n`.
    fn stopped_everywhere_at(&self) -> &'static str;

    /// How a statement names its values, counted from 1.
    fn bind(&self, n: u8) -> String;

    /// The rows of contacts in which `words`, at least three characters long, stand: the newest first.
    fn search_rows(&mut self, words: &str) -> QueryResult<Vec<i64>>;

    /// What the database finds damaged in its own files.
    fn damage(&mut self) -> QueryResult<Vec<String>>;

    /// Rows that point at rows that are gone.
    fn orphans(&mut self) -> QueryResult<Vec<OrphanRows>>;

    /// The changes of recorded history that triggers refuse, as their names say them.
    fn changes_of_history(&self) -> &'static [&'static str];

    /// The names of the triggers that are there, switched on, and refuse.
    fn refusing_triggers(&mut self) -> QueryResult<Vec<String>>;

    /// How far the primary has written its log; `None` where there is no such log.
    fn written(&mut self) -> QueryResult<Option<ServerPosition>>;

    /// How far a replica has come in that log; `None` on a server that is no replica (any more).
    fn replayed(&mut self) -> QueryResult<Option<ServerPosition>>;

    /// Begins a line of primaries with a random word: a copy of the database that goes its own way from here does not have it.
    fn begin_lineage(&mut self, timeline: i32, word: &str) -> QueryResult<()>;
}

/// Contacts that a search returns at most: nobody reads more.
pub(super) const SEARCH_ROWS: i64 = 2000;

/// Rows of one table that point at rows of another one that are gone.
#[derive(QueryableByName)]
pub(super) struct OrphanRows {
    #[diesel(sql_type = Text)]
    pub(super) child: String,
    #[diesel(sql_type = Text)]
    pub(super) parent: String,
    #[diesel(sql_type = BigInt)]
    pub(super) n: i64,
}

/// A line of words that a database says about itself.
#[derive(QueryableByName)]
struct IntegrityLine {
    #[diesel(sql_type = Text)]
    words: String,
}

/// A row that a search found.
#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = BigInt)]
    row_id: i64,
}

fn words_of(found: Vec<IntegrityLine>) -> Vec<String> {
    found.into_iter().map(|found| found.words).collect()
}

fn rows_of(found: Vec<FoundRow>) -> Vec<i64> {
    found.into_iter().map(|found| found.row_id).collect()
}

impl DbConn<'_> {
    /// What this database does in its own way.
    pub(super) fn engine(&mut self) -> &mut dyn DatabaseEngine {
        match self {
            DbConn::Sqlite(db) => &mut **db,
            DbConn::Postgres(db) => &mut **db,
        }
    }

    /// Runs statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> QueryResult<()> {
        self.engine().batch(sql)
    }
}

/// Refuses tables that a newer version of the program would have to change first.
fn up_to_date<E: std::fmt::Display>(pending: Result<bool, E>) -> Result<(), StoreError> {
    match pending {
        Ok(false) => Ok(()),
        Ok(true) => Err(StoreError::Migration("they are of an older version; run migrate first".to_owned())),
        Err(error) => Err(StoreError::Migration(error.to_string())),
    }
}
