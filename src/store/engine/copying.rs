//! Whole tables from SQLite to PostgreSQL, as text: a row is one line, written exactly as PostgreSQL's COPY writes it, so that
//! lines go in as they are and both databases can be compared line by line. It must not know what a table is for.

use std::io::BufRead;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};
use sha2::{Digest, Sha256};

use crate::store::StoreError;
use crate::store::schema;

type TakeIn = fn(&mut PgConnection, &str) -> QueryResult<usize>;
type GiveOut = fn(&mut PgConnection, &mut dyn FnMut(&[u8])) -> QueryResult<()>;

/// A table that can be copied.
pub(in crate::store) struct CopiedTable {
    /// Its name.
    pub(in crate::store) name: &'static str,
    key: &'static str,
    rows_at_once: i64,
    take_in: TakeIn,
    give_out: GiveOut,
}

/// Rows in one transaction.
const ROWS: i64 = 5000;
/// The same for documents: an earlier version kept each as a whole.
const DOCUMENTS: i64 = 4;
/// The same for chunks of files.
const CHUNKS: i64 = 64;

macro_rules! tables {
    ($($name:ident by $key:literal, $rows:ident;)*) => {
        /// Every table, those that others point at first.
        pub(in crate::store) const TABLES: &[CopiedTable] = &[$(CopiedTable {
            name: stringify!($name),
            key: $key,
            rows_at_once: $rows,
            take_in: |db, lines| {
                let write = |out: &mut dyn std::io::Write| {
                    out.write_all(lines.as_bytes()).map_err(|error| Error::SerializationError(error.into()))
                };
                diesel::copy_from(schema::$name::table).from_raw_data(schema::$name::table, write).execute(db)
            },
            give_out: |db, each| {
                lines_of(diesel::copy_to(schema::$name::table).load_raw(db)?, each)?;
                // Diesel leaves the last answer of a COPY unread; a simple statement clears it away.
                db.batch_execute("SELECT 1")
            },
        }),*];
    };
}

tables! {
    programs by "id", ROWS;
    program_replies by "program_id, language", ROWS;
    senders by "id", ROWS;
    users by "id", ROWS;
    second_factors by "user_id", ROWS;
    recovery_codes by "hash", ROWS;
    numbers by "id", ROWS;
    consents by "number_id, program_id", ROWS;
    consent_events by "position", ROWS;
    seals by "serial", ROWS;
    stored_files by "id", ROWS;
    stored_file_chunks by "file_id, n", CHUNKS;
    documents by "sha256", DOCUMENTS;
    number_notes by "id", ROWS;
    spent_stamps by "sha256", ROWS;
    sign_in_failures by "bucket", ROWS;
    form_requests by "message_id, handed_at", ROWS;
    request_pauses by "kind, name", ROWS;
    limit_hits by "name, slot", ROWS;
    contacts by "row_id", ROWS;
    tallies by "program_id, state, slot", ROWS;
    messages by "id", ROWS;
    message_steps by "message_id, n", ROWS;
    message_attempts by "provider_id", ROWS;
    stale_messages by "message_id", ROWS;
    inbound_texts by "id", ROWS;
    inbound_questions by "inbound_id, kind", ROWS;
    inbound_notices by "inbound_id", ROWS;
    forms by "id", ROWS;
    form_versions by "form_id, version", ROWS;
    sessions by "key_hash", ROWS;
    admin_log by "id", ROWS;
    api_keys by "id", ROWS;
    idempotency_keys by "api_key_id, key", ROWS;
    settings by "key", ROWS;
    rulebooks by "version", ROWS;
    background_jobs by "id", ROWS;
}

/// Rows on their way.
pub(in crate::store) struct RowChunk {
    lines: String,
    /// How many.
    pub(in crate::store) rows: usize,
    /// The key of the last of them, as SQLite reads it.
    pub(in crate::store) after: String,
}

#[derive(QueryableByName)]
struct ColumnName {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct CopyLine {
    #[diesel(sql_type = Text)]
    line: String,
    #[diesel(sql_type = Text)]
    mark: String,
}

#[derive(QueryableByName)]
struct RowCount {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl CopiedTable {
    /// How many rows the source has.
    pub(in crate::store) fn count(&self, source: &mut SqliteConnection) -> Result<i64, StoreError> {
        let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {}", self.name));
        Ok(query.get_result::<RowCount>(source)?.n)
    }

    /// The source's rows after `after`, in the order of their keys.
    pub(in crate::store) fn read(
        &self,
        source: &mut SqliteConnection,
        after: Option<&str>,
    ) -> Result<Option<RowChunk>, StoreError> {
        let rows: Vec<CopyLine> = diesel::sql_query(self.select(source, after)?).load(source)?;
        let Some(after) = rows.last().map(|last| last.mark.clone()) else { return Ok(None) };
        let lines = rows.iter().flat_map(|row| [row.line.as_str(), "\n"]).collect();
        Ok(Some(RowChunk { lines, rows: rows.len(), after }))
    }

    /// Writes rows into the target.
    pub(in crate::store) fn write(
        &self,
        target: &mut PgConnection,
        chunk: &RowChunk,
    ) -> Result<(), StoreError> {
        let written = (self.take_in)(target, &chunk.lines).map_err(|error| {
            StoreError::Move(format!("Rows of the table {} were refused: {error}", self.name))
        })?;
        if written == chunk.rows {
            return Ok(());
        }
        Err(StoreError::Move(format!("Of {} rows of {}, {written} were taken.", chunk.rows, self.name)))
    }

    /// What the source's rows come to. Lines that `counts` does not want are left out.
    pub(in crate::store) fn sum_of_source(
        &self,
        source: &mut SqliteConnection,
        counts: fn(&CopiedTable, &[u8]) -> bool,
    ) -> Result<TableSum, StoreError> {
        let (mut sum, mut after) = (TableSum::default(), None);
        while let Some(chunk) = self.read(source, after.as_deref())? {
            let lines = chunk.lines.lines().map(str::as_bytes);
            lines.filter(|line| counts(self, line)).for_each(|line| sum.add(line));
            after = Some(chunk.after);
        }
        Ok(sum)
    }

    /// What the target's rows come to.
    pub(in crate::store) fn sum_of_target(
        &self,
        target: &mut PgConnection,
        counts: fn(&CopiedTable, &[u8]) -> bool,
    ) -> Result<TableSum, StoreError> {
        let mut sum = TableSum::default();
        (self.give_out)(target, &mut |line| {
            if counts(self, line) {
                sum.add(line);
            }
        })?;
        Ok(sum)
    }

    fn select(&self, source: &mut SqliteConnection, after: Option<&str>) -> Result<String, StoreError> {
        let columns = diesel::sql_query("SELECT name, type AS kind FROM pragma_table_info(?1) ORDER BY cid");
        let columns: Vec<ColumnName> = columns.bind::<Text, _>(self.name).load(source)?;
        let line: Vec<String> = columns.iter().map(ColumnName::as_text).collect();
        let mark: Vec<String> = self.key.split(", ").map(|key| format!("quote({key})")).collect();
        let (line, mark) = (line.join("||char(9)||"), mark.join("||','||"));
        let (name, key, limit) = (self.name, self.key, self.rows_at_once);
        let from = after.map_or(String::new(), |after| format!(" WHERE ({key}) > ({after})"));
        Ok(format!("SELECT {line} AS line, {mark} AS mark FROM {name}{from} ORDER BY {key} LIMIT {limit}"))
    }
}

impl ColumnName {
    /// SQL that writes a value as COPY does.
    fn as_text(&self) -> String {
        let name = format!("\"{}\"", self.name);
        let text = match self.kind.as_str() {
            "BLOB" => format!(r"'\\x' || lower(hex({name}))"),
            "BOOLEAN" => format!("CASE {name} WHEN 0 THEN 'f' WHEN 1 THEN 't' END"),
            "TEXT" => {
                ESCAPES.iter().fold(name, |inner, (what, by)| format!("replace({inner}, {what}, '{by}')"))
            }
            _ => format!("CAST({name} AS TEXT)"),
        };
        // Not ifnull: hex() makes an empty text of what is absent.
        format!(r#"CASE WHEN "{}" IS NULL THEN '\N' ELSE {text} END"#, self.name)
    }
}

/// What COPY writes in another way; the backslash first, because the others bring new ones.
const ESCAPES: &[(&str, &str)] = &[
    (r"'\'", r"\\"),
    ("char(8)", r"\b"),
    ("char(9)", r"\t"),
    ("char(10)", r"\n"),
    ("char(11)", r"\v"),
    ("char(12)", r"\f"),
    ("char(13)", r"\r"),
];

/// What all rows of a table come to, whatever their order: equal in both databases when the rows are.
#[derive(Default, PartialEq, Eq)]
pub(in crate::store) struct TableSum {
    /// How many rows.
    pub(in crate::store) rows: u64,
    of: [u64; 4],
}

impl TableSum {
    fn add(&mut self, line: &[u8]) {
        self.rows += 1;
        let hash: [u8; 32] = Sha256::digest(line).into();
        for (sum, part) in self.of.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*part));
        }
    }
}

fn lines_of(mut rows: impl BufRead, each: &mut dyn FnMut(&[u8])) -> QueryResult<()> {
    let mut line = Vec::new();
    while rows.read_until(b'\n', &mut line).map_err(|error| Error::DeserializationError(error.into()))? > 0 {
        each(line.strip_suffix(b"\n").unwrap_or(&line));
        line.clear();
    }
    Ok(())
}
