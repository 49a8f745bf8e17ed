//! Connections: the pool that pages read from, and those that belong to one owner.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, PooledConnection};
use diesel::{PgConnection, QueryResult, SqliteConnection};

use super::{DatabaseEngine, DbConn, postgres, sqlite};
use crate::store::StoreError;

/// Connections to read with.
pub(in crate::store) enum ReadPool {
    Sqlite(sqlite::SqlitePool),
    Postgres(postgres::PostgresPool),
}

impl ReadPool {
    /// True when a read is a few microseconds of work on memory rather than a question over the network.
    pub(in crate::store) fn are_at_hand(&self) -> bool {
        matches!(self, ReadPool::Sqlite(_))
    }

    /// A connection at hand that is free right now: whoever is on an async thread must not wait for one.
    pub(in crate::store) fn free_at_hand(&self) -> Option<FreeConnection> {
        match self {
            ReadPool::Sqlite(pool) => pool.try_get().map(FreeConnection),
            ReadPool::Postgres(_) => None,
        }
    }

    /// How many may read at once.
    pub(in crate::store) fn readers(&self) -> u32 {
        match self {
            ReadPool::Sqlite(pool) => pool.max_size(),
            ReadPool::Postgres(pool) => pool.max_size(),
        }
    }

    /// Waits for a connection, so it belongs on a thread that may wait.
    pub(in crate::store) fn with<T, E: From<StoreError>>(
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

/// A connection of the pool that was free.
pub(in crate::store) struct FreeConnection(PooledConnection<ConnectionManager<SqliteConnection>>);

impl FreeConnection {
    pub(in crate::store) fn db(&mut self) -> DbConn<'_> {
        DbConn::Sqlite(&mut self.0)
    }
}

/// A connection of its own, outside the pool.
pub(in crate::store) enum OwnConnection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
}

impl OwnConnection {
    pub(in crate::store) fn db(&mut self) -> DbConn<'_> {
        match self {
            OwnConnection::Sqlite(db) => DbConn::Sqlite(db),
            OwnConnection::Postgres(db) => DbConn::Postgres(db),
        }
    }

    /// Begins a transaction that writes.
    pub(in crate::store) fn begin(&mut self) -> QueryResult<()> {
        self.db().engine().begin()
    }

    /// Commits what was begun.
    pub(in crate::store) fn commit(&mut self) -> QueryResult<()> {
        self.db().engine().commit()
    }

    /// True when others may write at the same time.
    pub(in crate::store) fn has_rivals(&self) -> bool {
        match self {
            OwnConnection::Sqlite(db) => db.has_rivals(),
            OwnConnection::Postgres(db) => db.has_rivals(),
        }
    }
}
