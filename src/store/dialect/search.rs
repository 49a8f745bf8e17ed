//! Looking for contacts by words or digits: FTS5's trigrams on SQLite, pg_trgm on PostgreSQL.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Db;
use crate::store::{Conn, StoreError};

/// Contacts that match, newest first; at most as many as anyone reads.
pub(in crate::store) const ROWS: i64 = 2000;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    row_id: i64,
}

/// The rows of contacts in which `words`, at least three characters long, stand.
pub(in crate::store) fn search_rows(conn: &mut Conn<'_>, words: &str) -> Result<Vec<i64>, StoreError> {
    let found: Vec<Found> = match &mut conn.db {
        Db::Sqlite(db) => diesel::sql_query(
            "SELECT rowid AS row_id FROM contacts_search WHERE contacts_search MATCH ?1 ORDER BY rowid DESC LIMIT ?2",
        )
        .bind::<Text, _>(format!("\"{}\"", words.replace('"', "\"\"")))
        .bind::<BigInt, _>(ROWS)
        .load(*db)?,
        Db::Postgres(db) => diesel::sql_query(
            "SELECT row_id FROM contacts_search \
             WHERE name ILIKE $1 OR email ILIKE $1 OR external_id ILIKE $1 OR digits LIKE $1 \
             ORDER BY row_id DESC LIMIT $2",
        )
        .bind::<Text, _>(format!("%{}%", literally(words)))
        .bind::<BigInt, _>(ROWS)
        .load(*db)?,
    };
    Ok(found.into_iter().map(|found| found.row_id).collect())
}

/// The words as LIKE takes them for themselves.
fn literally(words: &str) -> String {
    words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
