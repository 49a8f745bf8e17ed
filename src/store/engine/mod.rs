//! The one place that asks which database it is. Queries are written once, in the store's files, and compiled for both with
//! [`on!`]; what the databases do differently is a small function here, one for each of them. It must not know what is
//! stored.

mod checkpoints;
mod copying;
mod integrity;
mod locker;
mod locking;
mod parameters;
mod postgres;
mod prepared;
mod replica_pool;
mod search;
mod sqlite;
mod still;
mod tls;

use std::mem::ManuallyDrop;

use diesel::connection::SimpleConnection;
use diesel::{PgConnection, QueryResult, SqliteConnection};

use super::{ReadConn, StoreError};

pub(super) use checkpoints::Checkpoints;
pub(super) use copying::{CopiedTable, TABLES};
pub(super) use integrity::{changes_of_history, damage, orphans, other_sessions, refusing_triggers};
pub(super) use locker::{DatabaseLocker, HeldLock};
pub(super) use locking::{first_locked, load_free_locked, load_locked};
pub(super) use prepared::{CachedQuery, CachedStatement, few_lengths};
pub(super) use replica_pool::{ReplicaPool, ServerPosition, begin_lineage, replayed, written};
pub(super) use search::{ROWS as SEARCH_ROWS, search_rows};
pub(super) use still::{hold_history_still, hold_numbers_still, run_exclusively};
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

impl DbConn<'_> {
    /// Runs statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            DbConn::Sqlite(db) => db.batch_execute(sql),
            DbConn::Postgres(db) => db.batch_execute(sql),
        }
    }
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DatabaseUrl {
    Sqlite(String),
    /// As libpq takes it: an URL, or words when a bridge leads there.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite://FILE` or `postgres://…`. Every connection starts from here; where they need a bridge for TLS, it
    /// must live as long as they do.
    pub(super) fn reach(url: &str) -> Result<(DatabaseUrl, Option<Bridge>), StoreError> {
        match url.split_once("://") {
            Some(("sqlite", path)) => {
                parameters::check_sqlite(path)?;
                Ok((DatabaseUrl::Sqlite(path.to_owned()), None))
            }
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                let (address, bridge) = tls::reach(url)?;
                Ok((DatabaseUrl::Postgres(address), bridge))
            }
            Some((scheme, _)) => Err(StoreError::UnknownScheme(scheme.to_owned())),
            None => Err(StoreError::Address("it must begin with sqlite:// or postgres://".to_owned())),
        }
    }

    /// Checks an address without opening or making anything. PostgreSQL's is checked where it is reached.
    pub(super) fn check(url: &str) -> Result<(), StoreError> {
        match url.split_once("://") {
            Some(("sqlite", path)) => parameters::check_sqlite(path),
            Some(_) => Ok(()),
            None => Err(StoreError::Address("it must begin with sqlite:// or postgres://".to_owned())),
        }
    }

    /// Brings the tables up to date.
    pub(super) fn migrate(&self) -> Result<(), StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => sqlite::migrate(path),
            DatabaseUrl::Postgres(url) => postgres::migrate(url),
        }
    }

    /// Connections to read with.
    pub(super) fn readers(&self) -> Result<ReadPool, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => ReadPool::Sqlite(sqlite::pool(path)?),
            DatabaseUrl::Postgres(url) => ReadPool::Postgres(postgres::pool(url)?),
        })
    }

    /// A connection to write with.
    pub(super) fn writing(&self) -> Result<OwnConnection, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => OwnConnection::Sqlite(Box::new(sqlite::connect(path)?)),
            DatabaseUrl::Postgres(url) => {
                OwnConnection::Postgres(Box::new(postgres::connect_to_primary(url)?))
            }
        })
    }

    /// A connection to read with, to a database that must be there and up to date. It makes and changes nothing.
    pub(super) fn reading(&self) -> Result<OwnConnection, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => OwnConnection::Sqlite(Box::new(sqlite::connect_existing(path)?)),
            DatabaseUrl::Postgres(url) => OwnConnection::Postgres(Box::new(postgres::connect_existing(url)?)),
        })
    }

    /// Copies the database to a new file, where it is a file.
    pub(super) fn copy_into(&self, file: &str) -> Result<(), StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => sqlite::copy_into(path, file),
            DatabaseUrl::Postgres(_) => Err(StoreError::UnknownScheme("postgres".to_owned())),
        }
    }

    /// How many connections write side by side.
    pub(super) fn writers(&self) -> u16 {
        match self {
            DatabaseUrl::Sqlite(_) => 1,
            DatabaseUrl::Postgres(_) => postgres::WRITERS,
        }
    }

    /// Copies the writer's log into the database beside it, where there is such a log.
    pub(super) fn checkpoints(&self) -> Result<Option<Checkpoints>, StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => Checkpoints::start(path).map(Some),
            DatabaseUrl::Postgres(_) => Ok(None),
        }
    }

    /// Locks that other instances see, where there can be others.
    pub(super) fn locker(&self) -> Result<Option<DatabaseLocker>, StoreError> {
        match self {
            DatabaseUrl::Sqlite(_) => Ok(None),
            DatabaseUrl::Postgres(url) => DatabaseLocker::start(url).map(Some),
        }
    }
}

/// Connections to read with.
pub(super) enum ReadPool {
    Sqlite(sqlite::SqlitePool),
    Postgres(postgres::PostgresPool),
}

impl ReadPool {
    /// True when a read is a few microseconds of work on memory rather than a question over the network.
    pub(super) fn are_at_hand(&self) -> bool {
        matches!(self, ReadPool::Sqlite(_))
    }

    pub(super) fn with<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(DbConn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let unreachable = |error: diesel::r2d2::PoolError| StoreError::Connection(error.to_string());
        match self {
            ReadPool::Sqlite(pool) => {
                let mut pooled = pool.get().map_err(unreachable)?;
                read(DbConn::Sqlite(&mut pooled))
            }
            ReadPool::Postgres(pool) => {
                let mut pooled = pool.get().map_err(unreachable)?;
                let result = read(DbConn::Postgres(&mut pooled));
                // Only the connection itself can tell whether it broke: diesel's kinds of errors do not.
                let broke = |db: &mut PgConnection| db.batch_execute("SELECT 1").is_err();
                match result {
                    Err(_) if broke(&mut pooled) => {
                        Err(StoreError::Connection("the connection broke".to_owned()).into())
                    }
                    result => result,
                }
            }
        }
    }
}

/// A connection of its own, outside the pool.
pub(super) enum OwnConnection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
}

impl OwnConnection {
    pub(super) fn db(&mut self) -> DbConn<'_> {
        match self {
            OwnConnection::Sqlite(db) => DbConn::Sqlite(db),
            OwnConnection::Postgres(db) => DbConn::Postgres(db),
        }
    }

    /// Begins a transaction that writes.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        match self {
            OwnConnection::Sqlite(db) => db.batch_execute("BEGIN IMMEDIATE"),
            OwnConnection::Postgres(db) => db.batch_execute("BEGIN"),
        }
    }

    /// Commits what was begun. PostgreSQL takes COMMIT for an answer in a transaction that an error has ended, and rolls it
    /// back without a word; it refuses any question there, so that it is asked one first.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        match self {
            OwnConnection::Sqlite(db) => db.batch_execute("COMMIT"),
            OwnConnection::Postgres(db) => db.batch_execute("SELECT 1; COMMIT"),
        }
    }

    /// True when writes that failed on this database's account may be run again: others write beside us.
    pub(super) fn has_rivals(&self) -> bool {
        matches!(self, OwnConnection::Postgres(_))
    }
}

/// Opens a copy of a SQLite database that nobody else has open, to write; `None` when its tables are of another version.
pub(super) fn open_copy(file: &str) -> Result<Option<OwnConnection>, StoreError> {
    Ok(sqlite::connect_copy(file)?.map(|db| OwnConnection::Sqlite(Box::new(db))))
}

/// Both ends of a move from one database into the other: a source that nobody else has open, and a target to fill.
pub(super) fn moving(
    source: &str,
    target: &str,
) -> Result<(ManuallyDrop<SqliteConnection>, PgConnection, Option<Bridge>), StoreError> {
    match (DatabaseUrl::reach(source)?, DatabaseUrl::reach(target)?) {
        ((DatabaseUrl::Sqlite(path), _), (DatabaseUrl::Postgres(url), bridge)) => {
            // Never closed: see Move.
            let source = ManuallyDrop::new(sqlite::connect_alone(&path)?);
            Ok((source, postgres::connect_to_fill(&url)?, bridge))
        }
        _ => Err(StoreError::Move(
            "Only a SQLite database (DATABASE_URL) can be copied, and only into PostgreSQL.".to_owned(),
        )),
    }
}

/// A SQLite database that is there, to write; nothing of it is brought up to date.
pub(super) fn existing_source(source: &str) -> Result<SqliteConnection, StoreError> {
    match DatabaseUrl::reach(source)? {
        (DatabaseUrl::Sqlite(path), _) => sqlite::connect_existing_to_write(&path),
        _ => Err(StoreError::Move(
            "Only a SQLite database (DATABASE_URL) moves, so only it has a mark.".to_owned(),
        )),
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

/// Begins to read one unchanging state.
pub(super) fn begin_snapshot(conn: &mut ReadConn<'_>) -> Result<(), StoreError> {
    let begin = match conn.db {
        DbConn::Sqlite(_) => "BEGIN",
        DbConn::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    Ok(conn.db.batch(begin)?)
}

/// The event, by its place in the history, that stopped all programs for the number `n`.
pub(super) fn stopped_everywhere_at(conn: &ReadConn<'_>) -> &'static str {
    match conn.db {
        DbConn::Sqlite(_) => "json_extract(n.consent, '$.stopped_everywhere.seq')",
        DbConn::Postgres(_) => "CAST(n.consent::json #>> '{stopped_everywhere,seq}' AS INTEGER)",
    }
}

/// How a statement names its first value.
pub(super) fn first_bind(conn: &ReadConn<'_>) -> &'static str {
    match conn.db {
        DbConn::Sqlite(_) => "?1",
        DbConn::Postgres(_) => "$1",
    }
}
