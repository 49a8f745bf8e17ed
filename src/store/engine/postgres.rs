//! PostgreSQL 15 and later: how it is reached, the pool that reads from it, and what it does in its own way.

mod integrity;
mod position;
mod search;

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, NopErrorHandler};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseEngine, OrphanRows, ServerPosition};
use crate::store::StoreError;

pub(super) use integrity::other_sessions;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Connections of an instance that write side by side, each committing in groups.
pub(super) const WRITERS: u16 = 2;
/// Readers at most at once, of one instance.
const READERS: u32 = 16;
/// A question waits this long for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// One instance at a time brings the tables up to date. The number only has to be the same everywhere.
const MIGRATION_LOCK: i64 = 0x736d_735f_6f70_7430;

/// One copy at a time fills a database.
const FILLING_LOCK: i64 = 0x736d_735f_6f70_7431;

/// What every session of ours needs: a statement that waits for ever would hold up a STOP, and so would the locks of an
/// instance that froze in a transaction, or whose machine vanished, which PostgreSQL by itself would only notice after hours.
/// A commit is on the server's disk, and on its synchronous standby's where there is one, before it is confirmed, also where
/// `synchronous_commit` is `off` or `local` for others. What `fsync = off` does, no session can undo.
pub(super) const SETTINGS: &str = "SET client_min_messages = warning; SET statement_timeout = '60s'; SET lock_timeout = '20s'; \
    SET idle_in_transaction_session_timeout = '15s'; \
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');";

pub(super) type PostgresPool = r2d2::Pool<ConnectionManager<PgConnection>>;

pub(super) fn connect(url: &str) -> Result<PgConnection, StoreError> {
    let mut db = PgConnection::establish(url).map_err(|error| StoreError::Connection(error.to_string()))?;
    db.batch_execute(SETTINGS)?;
    Ok(db)
}

/// Opens a session on a server that writes. A replica, or a server that is not done recovering, would refuse every write for
/// as long as the session lasts, and may not have seen the newest STOP.
pub(super) fn connect_to_primary(url: &str) -> Result<PgConnection, StoreError> {
    let mut db = connect(url)?;
    match is_primary(&mut db)? {
        true => Ok(db),
        false => Err(StoreError::Connection(NO_PRIMARY.to_owned())),
    }
}

/// Opens a session that writes for people and carriers. A process that freezes in a transaction loses it, and its row locks,
/// after two seconds: a STOP elsewhere may wait for them first and for the lease of a hand-off then, and is answered within five.
pub(super) fn connect_to_write(url: &str) -> Result<PgConnection, StoreError> {
    let mut db = connect_to_primary(url)?;
    db.batch_execute("SET idle_in_transaction_session_timeout = '2s'")?;
    Ok(db)
}

const NO_PRIMARY: &str = "the server is a replica, or still recovering, and takes no writes";

fn is_primary(db: &mut PgConnection) -> QueryResult<bool> {
    Ok(diesel::sql_query("SELECT 1 WHERE NOT pg_is_in_recovery()").execute(db)? == 1)
}

/// Opens a database that must be up to date, only to read.
pub(super) fn connect_existing(url: &str) -> Result<PgConnection, StoreError> {
    let mut db = connect(url)?;
    // Asking about migrations makes their table where there is none.
    let known = diesel::sql_query("SELECT 1 FROM pg_tables WHERE tablename = '__diesel_schema_migrations'");
    if known.execute(&mut db)? == 0 {
        return Err(StoreError::Migration("the database is empty".to_owned()));
    }
    super::up_to_date(db.has_pending_migration(MIGRATIONS))?;
    db.batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET default_transaction_read_only = on")?;
    Ok(db)
}

/// Opens a database that is to be filled, and keeps others from filling it at the same time.
pub(super) fn connect_to_fill(url: &str) -> Result<PgConnection, StoreError> {
    migrate(url)?;
    let mut db = connect_to_primary(url)?;
    db.batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")?;
    let free = diesel::sql_query(format!("SELECT 1 WHERE pg_try_advisory_lock({FILLING_LOCK})"));
    if free.execute(&mut db)? == 0 {
        return Err(StoreError::Move("Another copy into this database is under way.".to_owned()));
    }
    Ok(db)
}

pub(super) fn migrate(url: &str) -> Result<(), StoreError> {
    let mut db = connect_to_primary(url)?;
    // Another instance may be at it for as long as it takes.
    db.batch_execute(&format!(
        "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
    ))?;
    let done = db.run_pending_migrations(MIGRATIONS).map(|_| ());
    db.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
    done.map_err(|error| StoreError::Migration(error.to_string()))
}

#[derive(Debug)]
struct SessionSettings;

impl CustomizeConnection<PgConnection, r2d2::Error> for SessionSettings {
    fn on_acquire(&self, db: &mut PgConnection) -> Result<(), r2d2::Error> {
        db.batch_execute(SETTINGS).map_err(r2d2::Error::QueryError)?;
        match is_primary(db) {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(r2d2::Error::ConnectionError(ConnectionError::BadConnection(NO_PRIMARY.to_owned())))
            }
            Err(error) => Err(r2d2::Error::QueryError(error)),
        }
    }
}

pub(super) fn pool(url: &str) -> Result<PostgresPool, StoreError> {
    r2d2::Pool::builder()
        .max_size(READERS)
        .min_idle(Some(1))
        .connection_timeout(PATIENCE)
        // Whoever asked in vain is told why; the pool need not say so at every attempt.
        .error_handler(Box::new(NopErrorHandler))
        .connection_customizer(Box::new(SessionSettings))
        .build(ConnectionManager::new(url))
        .map_err(|error| StoreError::Connection(error.to_string()))
}

impl DatabaseEngine for PgConnection {
    fn batch(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn begin(&mut self) -> QueryResult<()> {
        self.batch_execute("BEGIN")
    }

    /// COMMIT is answered as well in a transaction that an error has ended, and rolls it back without a word. Any question is
    /// refused there, so one is asked first.
    fn commit(&mut self) -> QueryResult<()> {
        self.batch_execute("SELECT 1; COMMIT")
    }

    fn begin_snapshot(&mut self) -> QueryResult<()> {
        self.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn has_rivals(&self) -> bool {
        true
    }

    /// The mode of the lock excludes itself as well.
    fn lock_table(&mut self, table: &str) -> QueryResult<()> {
        self.batch_execute(&format!(
            "SET LOCAL lock_timeout = '1s'; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
        ))
    }

    fn stopped_everywhere_at(&self) -> &'static str {
        "CAST(n.consent::json #>> '{stopped_everywhere,seq}' AS INTEGER)"
    }

    fn bind(&self, n: u8) -> String {
        format!("${n}")
    }

    fn search_rows(&mut self, words: &str) -> QueryResult<Vec<i64>> {
        search::search_rows(self, words)
    }

    fn damage(&mut self) -> QueryResult<Vec<String>> {
        integrity::damage(self)
    }

    fn orphans(&mut self) -> QueryResult<Vec<OrphanRows>> {
        integrity::orphans(self)
    }

    fn changes_of_history(&self) -> &'static [&'static str] {
        &["update", "delete", "truncate"]
    }

    fn refusing_triggers(&mut self) -> QueryResult<Vec<String>> {
        integrity::refusing_triggers(self)
    }

    fn written(&mut self) -> QueryResult<Option<ServerPosition>> {
        position::written(self)
    }

    fn replayed(&mut self) -> QueryResult<Option<ServerPosition>> {
        position::replayed(self)
    }

    fn begin_lineage(&mut self, timeline: i32, word: &str) -> QueryResult<()> {
        position::begin_lineage(self, timeline, word)
    }
}
