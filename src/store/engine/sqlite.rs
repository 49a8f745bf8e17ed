//! SQLite: how a database file is opened, the pool that reads from it, and what it does in its own way.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection};
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseEngine, IntegrityLine, OrphanRows, SEARCH_ROWS, ServerPosition, rows_of, words_of};
use crate::store::StoreError;
use crate::store::engine::CachedQuery;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Durable and shared: WAL with a sync at every commit, readers beside one writer, constraints on. A request may wait for one
/// group of writes before its own, and make two writes: with this wait for another process it is answered within 10 seconds.
/// The log is copied on a connection of its own ([`super::checkpoints`]); the limit here is for what writes without it.
const PRAGMAS: &str = "PRAGMA busy_timeout = 2300; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 100000; PRAGMA cache_size = -32000; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456;";

/// For a walk that changes nothing.
const READING: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -65536; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456;";

/// What FTS5 finds with its trigrams.
const SEARCH: &str =
    "SELECT rowid AS row_id FROM contacts_search WHERE contacts_search MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
const DAMAGE: &str =
    "SELECT integrity_check AS words FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
const ORPHANS: &str =
    "SELECT \"table\" AS child, parent, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2";
/// A trigger with a condition of its own may refuse nothing.
const TRIGGERS: &str = "SELECT name AS words FROM sqlite_master WHERE type = 'trigger' \
    AND name LIKE tbl_name || '\\_no\\_%' ESCAPE '\\' AND sql LIKE '%RAISE(ABORT%' AND sql NOT LIKE '% WHEN %'";

/// Readers at most at once. Each has a page cache of 7 MB beside the writer's 32: 90 MB in all, however much is read. Most pages
/// are read where the file is mapped and need none.
const READERS: u32 = 8;
/// A question waits this long for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) type SqlitePool = r2d2::Pool<ConnectionManager<SqliteConnection>>;

pub(super) fn connect(path: &str) -> Result<SqliteConnection, StoreError> {
    let mut db =
        SqliteConnection::establish(path).map_err(|error| StoreError::Connection(error.to_string()))?;
    db.batch_execute(PRAGMAS)?;
    Ok(db)
}

/// Opens a database that must be there, only to read.
pub(super) fn connect_existing(path: &str) -> Result<SqliteConnection, StoreError> {
    let mut db = existing(path)?;
    db.batch_execute(READING)?;
    super::up_to_date(db.has_pending_migration(MIGRATIONS))?;
    Ok(db)
}

/// Opens a database that must be there and that nobody else may have open, only to read. Everybody else is kept out until it
/// is closed: what is copied out of it must not change meanwhile, nor be thought to go on afterwards.
pub(super) fn connect_alone(path: &str) -> Result<SqliteConnection, StoreError> {
    let mut db = existing(path)?;
    // Under an exclusive lock SQLite opens a database in WAL mode only when it is alone with it.
    db.batch_execute("PRAGMA busy_timeout = 2000; PRAGMA locking_mode = EXCLUSIVE")?;
    db.batch_execute("BEGIN EXCLUSIVE").map_err(|error| {
        StoreError::Move(format!(
            "The database is in use. Stop the server, and whatever else has {path} open, and start again. ({error})"
        ))
    })?;
    db.batch_execute(READING)?;
    super::up_to_date(db.has_pending_migration(MIGRATIONS))?;
    Ok(db)
}

/// Opens a copy to write, as the one file that it is; `None` when its tables are of another version.
pub(super) fn connect_copy(path: &str) -> Result<Option<SqliteConnection>, StoreError> {
    let mut db = existing(path)?;
    let pending = db.has_pending_migration(MIGRATIONS);
    Ok(matches!(pending, Ok(false)).then_some(db))
}

/// Copies a database that others may be using to a new file, as one unchanging state.
pub(super) fn copy_into(path: &str, file: &str) -> Result<(), StoreError> {
    let mut db = existing(path)?;
    db.batch_execute("PRAGMA busy_timeout = 10000")?;
    diesel::sql_query("VACUUM INTO ?1").bind::<diesel::sql_types::Text, _>(file).execute(&mut db)?;
    Ok(())
}

/// Opens a database that must be there, to write.
pub(super) fn connect_existing_to_write(path: &str) -> Result<SqliteConnection, StoreError> {
    let mut db = existing(path)?;
    db.batch_execute(PRAGMAS)?;
    Ok(db)
}

fn existing(path: &str) -> Result<SqliteConnection, StoreError> {
    if !std::path::Path::new(path).is_file() {
        return Err(StoreError::Connection(format!("there is no file {path}")));
    }
    SqliteConnection::establish(path).map_err(|error| StoreError::Connection(error.to_string()))
}

pub(super) fn migrate(path: &str) -> Result<(), StoreError> {
    let mut db = connect(path)?;
    db.run_pending_migrations(MIGRATIONS).map_err(|error| StoreError::Migration(error.to_string()))?;
    add_missing_column(&mut db)?;
    forget_statistics(&mut db)
}

/// Databases of a few commits of 2026-11-25 took the migration of programs before it had this column. SQLite adds no column
/// only where it is missing, so no migration can.
fn add_missing_column(db: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = "SELECT count(*) AS n FROM pragma_table_info('programs') WHERE name = 'has_promised'";
    if diesel::sql_query(known).get_result::<PragmaCount>(db)?.n == 0 {
        db.batch_execute("ALTER TABLE programs ADD COLUMN has_promised BOOLEAN NOT NULL DEFAULT TRUE")?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct PragmaCount {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// Drops what ANALYZE noted. Without it SQLite takes every table for a large one, which is what our plans are made for. Notes
/// from when a table was small would stay in the open connections while it grows: a list of a million contacts was then read
/// from end to end for each page, in 300 ms.
fn forget_statistics(db: &mut SqliteConnection) -> Result<(), StoreError> {
    let asked = diesel::sql_query("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'sqlite_stat1'");
    if asked.get_result::<PragmaCount>(db)?.n > 0 {
        db.batch_execute("DELETE FROM sqlite_stat1")?;
    }
    Ok(())
}

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<SqliteConnection, r2d2::Error> for ReadOnly {
    fn on_acquire(&self, db: &mut SqliteConnection) -> Result<(), r2d2::Error> {
        db.batch_execute(PRAGMAS)
            .and_then(|()| db.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -7000;"))
            .map_err(r2d2::Error::QueryError)
    }
}

pub(super) fn pool(path: &str) -> Result<SqlitePool, StoreError> {
    r2d2::Pool::builder()
        .max_size(READERS)
        .min_idle(Some(1))
        .connection_timeout(PATIENCE)
        .test_on_check_out(false)
        .connection_customizer(Box::new(ReadOnly))
        .build(ConnectionManager::new(path))
        .map_err(|error| StoreError::Connection(error.to_string()))
}

impl DatabaseEngine for SqliteConnection {
    fn batch(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn begin(&mut self) -> QueryResult<()> {
        self.batch_execute("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> QueryResult<()> {
        self.batch_execute("COMMIT")
    }

    fn begin_snapshot(&mut self) -> QueryResult<()> {
        self.batch_execute("BEGIN")
    }

    fn has_rivals(&self) -> bool {
        false
    }

    /// There is one writer.
    fn lock_table(&mut self, _: &str) -> QueryResult<()> {
        Ok(())
    }

    fn stopped_everywhere_at(&self) -> &'static str {
        "json_extract(n.consent, '$.stopped_everywhere.seq')"
    }

    fn bind(&self, n: u8) -> String {
        format!("?{n}")
    }

    fn search_rows(&mut self, words: &str) -> QueryResult<Vec<i64>> {
        let found = diesel::sql_query(SEARCH);
        let found = found.bind::<Text, _>(format!("\"{}\"", words.replace('"', "\"\"")));
        Ok(rows_of(CachedQuery(found.bind::<BigInt, _>(SEARCH_ROWS)).load(self)?))
    }

    fn damage(&mut self) -> QueryResult<Vec<String>> {
        Ok(words_of(diesel::sql_query(DAMAGE).load::<IntegrityLine>(self)?))
    }

    fn orphans(&mut self) -> QueryResult<Vec<OrphanRows>> {
        diesel::sql_query(ORPHANS).load(self)
    }

    fn changes_of_history(&self) -> &'static [&'static str] {
        &["update", "delete"]
    }

    fn refusing_triggers(&mut self) -> QueryResult<Vec<String>> {
        Ok(words_of(diesel::sql_query(TRIGGERS).load::<IntegrityLine>(self)?))
    }

    fn written(&mut self) -> QueryResult<Option<ServerPosition>> {
        Ok(None)
    }

    fn replayed(&mut self) -> QueryResult<Option<ServerPosition>> {
        Ok(None)
    }

    fn begin_lineage(&mut self, _: i32, _: &str) -> QueryResult<()> {
        Ok(())
    }
}
