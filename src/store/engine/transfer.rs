//! A whole installation from its SQLite file into an empty PostgreSQL database: table by table in the order of their keys. A
//! mark in the target, written with each chunk, says how far the copy came, so that it can be broken off at any moment and
//! goes on there. It changes nothing in the source, and keeps everybody else out of it meanwhile.

mod undo;

use std::mem::ManuallyDrop;

use data_encoding::HEXLOWER;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Bridge, CopiedTable, DbConn, TABLES, moving};
use crate::store::config_cache::CachedConfig;
use crate::store::schema::{contacts, numbers, programs, users};
use crate::store::{ReadConn, StoreError, Tx, settings, starts};

pub use undo::{moved_to, take_mark_back, undo_move};

/// A copy under way.
pub struct DatabaseTransfer {
    /// Never closed: the last connection that is closed writes what waits in the WAL into the file, and the source is to stay
    /// as it is. It ends with the process.
    source: ManuallyDrop<SqliteConnection>,
    target: PgConnection,
    counts: Vec<i64>,
    mark: TransferMark,
    source_known: CachedConfig,
    target_known: CachedConfig,
    _bridge: Option<Bridge>,
}

/// How far the copy came. Kept in the target until the copy was found equal; no server starts on it meanwhile.
#[derive(Clone, Default, Serialize, Deserialize)]
struct TransferMark {
    source: String,
    table: usize,
    after: Option<String>,
    rows: i64,
}

impl DatabaseTransfer {
    /// Opens both, brings the target's tables up to date, and finds out where to begin.
    ///
    /// # Errors
    /// When the source is in use, or the target holds anything but an unfinished copy of this same source.
    pub fn begin(source: &str, target: &str) -> Result<DatabaseTransfer, StoreError> {
        let (mut source, mut target, bridge) = moving(source, target)?;
        let (source_known, target_known) = (CachedConfig::default(), CachedConfig::default());
        let counts = TABLES.iter().map(|table| table.count(&mut source)).collect::<Result<Vec<_>, _>>()?;
        let moved =
            settings::get(&mut ReadConn::new(DbConn::Sqlite(&mut source), &source_known), settings::MOVED)?;
        let identity = identity(&mut source, &own_left_out(&counts, moved.is_some()))?;
        let mark = match unfinished(&mut ReadConn::new(DbConn::Postgres(&mut target), &target_known))? {
            Some(mark) if mark.source == identity => mark,
            Some(_) => return Err(StoreError::Move(OTHER_COPY.to_owned())),
            None if moved.is_some() => return Err(StoreError::Moved(moved.unwrap_or_default())),
            None if is_empty(&mut target)? => TransferMark { source: identity, ..TransferMark::default() },
            None => return Err(StoreError::Move(NOT_EMPTY.to_owned())),
        };
        let mut begun =
            DatabaseTransfer { source, target, counts, mark, source_known, target_known, _bridge: bridge };
        begun.keep_mark()?;
        Ok(begun)
    }

    /// How many rows there are to copy.
    pub fn all(&self) -> u64 {
        u64::try_from(self.counts.iter().sum::<i64>()).unwrap_or(0)
    }

    /// How many rows were copied so far.
    pub fn copied(&self) -> u64 {
        u64::try_from(self.mark.rows).unwrap_or(0)
    }

    /// Which table is being copied, while there is one.
    pub fn table(&self) -> Option<&'static str> {
        TABLES.get(self.mark.table).map(|table| table.name)
    }

    /// Copies the next chunk: whole, with its mark, or not at all. False when everything was copied before.
    ///
    /// # Errors
    /// When one of the databases fails.
    pub fn step(&mut self) -> Result<bool, StoreError> {
        let Some(table) = TABLES.get(self.mark.table) else { return Ok(false) };
        let chunk = table.read(&mut self.source, self.mark.after.as_deref())?;
        let Some(chunk) = chunk else {
            self.mark = TransferMark { table: self.mark.table + 1, after: None, ..self.mark.clone() };
            return Ok(true);
        };
        self.target.batch_execute("BEGIN")?;
        table.write(&mut self.target, &chunk)?;
        self.mark.rows += i64::try_from(chunk.rows).unwrap_or(0);
        self.mark.after = Some(chunk.after);
        self.keep_mark()?;
        self.target.batch_execute("COMMIT")?;
        Ok(true)
    }

    /// What belongs to the rows: counters go on where the source's stand, and the secret is there.
    ///
    /// # Errors
    /// When the target fails.
    pub fn finish(&mut self, secret: Option<&str>) -> Result<(), StoreError> {
        for (table, column) in [("consent_events", "position"), ("contacts", "row_id")] {
            let last = diesel::sql_query("SELECT seq AS n FROM sqlite_sequence WHERE name = ?1");
            let last: Option<NumberColumn> =
                last.bind::<Text, _>(table).get_result(&mut *self.source).optional()?;
            if let Some(NumberColumn { n: 1.. }) = last {
                diesel::sql_query(format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), $1)"
                ))
                .bind::<BigInt, _>(last.map_or(1, |last| last.n))
                .execute(&mut self.target)?;
            }
        }
        if let Some(secret) = secret {
            settings::set(&mut self.writing(), settings::SECRET_KEY, secret)?;
        }
        starts::forget(&mut self.writing())?;
        settings::clear(&mut self.writing(), settings::MOVED)?;
        Ok(self.target.batch_execute("ANALYZE")?)
    }

    /// Compares every row of every table; returns what differs, as sentences.
    ///
    /// # Errors
    /// When one of the databases fails.
    pub fn differences(&mut self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for table in TABLES {
            let here = table.sum_of_source(&mut self.source, counts)?;
            let there = table.sum_of_target(&mut self.target, counts)?;
            if here.rows != there.rows {
                found.push(format!("{}: {} rows here, {} there.", table.name, here.rows, there.rows));
            } else if here != there {
                found.push(format!("{}: {} rows on both sides, but they differ.", table.name, here.rows));
            }
        }
        let contacts: i64 = contacts::table.count().get_result(&mut self.target)?;
        let searchable = diesel::sql_query("SELECT count(*) AS n FROM contacts_search");
        let searchable = searchable.get_result::<NumberColumn>(&mut self.target)?.n;
        if contacts != searchable {
            found.push(format!("contacts_search: {searchable} rows for {contacts} contacts."));
        }
        Ok(found)
    }

    /// Marks the source as moved: it neither starts nor sends from now on. Before [`Move::release`], so that at no moment both
    /// are alive.
    ///
    /// # Errors
    /// When the source cannot be written.
    pub fn leave_source(&mut self, to: &str) -> Result<(), StoreError> {
        self.source.batch_execute("PRAGMA query_only = OFF")?;
        diesel::sql_query("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)")
            .bind::<Text, _>(settings::MOVED)
            .bind::<Text, _>(to)
            .execute(&mut *self.source)?;
        // It was opened in one transaction that keeps everybody else out.
        Ok(self.source.batch_execute("COMMIT; BEGIN EXCLUSIVE; PRAGMA query_only = ON")?)
    }

    /// Takes the mark away: the copy is an installation of its own now.
    ///
    /// # Errors
    /// When the target fails.
    pub fn release(&mut self) -> Result<(), StoreError> {
        settings::clear(&mut self.writing(), settings::MOVING)
    }

    /// The source, to read.
    pub fn source(&mut self) -> ReadConn<'_> {
        ReadConn::new(DbConn::Sqlite(&mut self.source), &self.source_known)
    }

    /// The target, to read.
    pub fn target(&mut self) -> ReadConn<'_> {
        ReadConn::new(DbConn::Postgres(&mut self.target), &self.target_known)
    }

    fn writing(&mut self) -> Tx<'_> {
        Tx::new(DbConn::Postgres(&mut self.target), &self.target_known, true)
    }

    fn keep_mark(&mut self) -> Result<(), StoreError> {
        let mark = serde_json::to_string(&self.mark)?;
        settings::set(&mut self.writing(), settings::MOVING, &mark)
    }
}

const NOT_EMPTY: &str = "The target is not empty: it has programs, numbers, users or settings of its own. Give an empty \
    database.";
const OTHER_COPY: &str = "The target holds an unfinished copy of another database, or of this one as it was before it \
    changed. Drop the target, create an empty one, and start again.";

#[derive(QueryableByName)]
struct NumberColumn {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct TextColumn {
    #[diesel(sql_type = Text)]
    words: String,
}

/// True when the database is an unfinished copy, which must not be used.
///
/// # Errors
/// When the database fails.
pub fn is_unfinished(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(settings::get(conn, settings::MOVING)?.is_some())
}

/// The mark of a move is no part of what is copied.
fn own_left_out(counts: &[i64], is_moved: bool) -> Vec<i64> {
    let own = |table: &CopiedTable| i64::from(is_moved && table.name == "settings");
    TABLES.iter().zip(counts).map(|(table, count)| count - own(table)).collect()
}

fn unfinished(target: &mut ReadConn<'_>) -> Result<Option<TransferMark>, StoreError> {
    let mark = settings::get(target, settings::MOVING)?;
    Ok(mark.map(|mark| serde_json::from_str(&mark)).transpose()?)
}

fn is_empty(target: &mut PgConnection) -> Result<bool, StoreError> {
    let rows: i64 = programs::table.count().get_result::<i64>(target)?
        + numbers::table.select(numbers::id).limit(1).execute(target).map(rows)?
        + users::table.count().get_result::<i64>(target)?
        + crate::store::schema::settings::table.count().get_result::<i64>(target)?;
    Ok(rows == 0)
}

fn rows(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Tells one source from another, and from itself after it went on: a copy may only go on with what it began with.
fn identity(source: &mut SqliteConnection, counts: &[i64]) -> Result<String, StoreError> {
    let latest = "SELECT coalesce((SELECT hex(min(id)) FROM programs), '') || ' ' || \
        coalesce((SELECT hex(hash) FROM consent_events ORDER BY position DESC LIMIT 1), '') || ' ' || \
        coalesce((SELECT hex(max(id)) FROM admin_log), '') || ' ' || \
        coalesce((SELECT hex(max(id)) FROM messages), '') || ' ' || \
        coalesce((SELECT max(updated_at) FROM contacts), '') AS words";
    let latest = diesel::sql_query(latest).get_result::<TextColumn>(source)?.words;
    Ok(HEXLOWER.encode(&Sha256::digest(format!("{latest} {counts:?}"))))
}

/// The mark and the secret belong to the target alone.
fn counts(table: &CopiedTable, line: &[u8]) -> bool {
    let own = |key: &str| {
        [settings::MOVING, settings::MOVED, settings::SECRET_KEY].contains(&key) || starts::is_own(key)
    };
    let key = line.split(|byte| *byte == b'\t').next().and_then(|key| std::str::from_utf8(key).ok());
    table.name != "settings" || !key.is_some_and(own)
}
