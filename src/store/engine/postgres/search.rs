//! Looks for contacts by words or digits, with the trigrams of pg_trgm.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::super::{SEARCH_ROWS, rows_of};

/// What more than every fifth contact contains is met among so many of the newest.
const GLANCED: i64 = 10_000;
/// So many are collected and put in order within a fraction of a second.
const COLLECTED: i64 = 50_000;
/// What is in more contacts than that is soon met among so many of the newest, unless most of them are old.
const WALKED: i64 = 200_000;
/// The planner guesses how many contain a word, and is often wrong by a hundred times; it then reads the whole table for a few.
/// With this there is one plan for each question, and memory for a bitmap of rows: with less it forgets all but their pages.
const ONE_PLAN: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL jit = off; \
    SET LOCAL work_mem = '32MB'";

#[derive(QueryableByName)]
struct CollectedRow {
    #[diesel(sql_type = BigInt)]
    row_id: i64,
    #[diesel(sql_type = BigInt)]
    of: i64,
}

/// The rows of contacts in which `words` stand.
pub(super) fn search_rows(db: &mut PgConnection, words: &str) -> QueryResult<Vec<i64>> {
    newest(db, &format!("%{}%", literally(words)))
}

/// The newest that match. To walk back from the newest contact is quick where many match, and takes seconds where few do; to
/// collect all that match and sort them is the reverse. So each is tried as far as it is quick, in turn. Nobody keeps a plan
/// for these questions, which are prepared anew each time.
fn newest(db: &mut PgConnection, pattern: &str) -> QueryResult<Vec<i64>> {
    db.transaction(|db| {
        db.batch_execute(ONE_PLAN)?;
        let met = walked(db, pattern, GLANCED)?;
        if is_full(&met) {
            return Ok(met);
        }
        // The index has nothing but letters and digits: without any it is read from end to end.
        if !pattern.contains(char::is_alphanumeric) {
            return walked(db, pattern, i64::MAX);
        }
        if let Some(all) = collected(db, pattern, COLLECTED)? {
            return Ok(all);
        }
        let met = walked(db, pattern, WALKED)?;
        if is_full(&met) {
            return Ok(met);
        }
        // Many, and most of them old: an import of years ago.
        Ok(collected(db, pattern, i64::MAX - 1)?.unwrap_or(met))
    })
}

fn is_full(met: &[i64]) -> bool {
    i64::try_from(met.len()).is_ok_and(|met| met >= SEARCH_ROWS)
}

/// Finds all that match by the index and sorts them, unless they are more than `most`.
fn collected(db: &mut PgConnection, pattern: &str, most: i64) -> QueryResult<Option<Vec<i64>>> {
    let found = diesel::sql_query(
        "WITH found AS MATERIALIZED (SELECT row_id FROM contacts_search \
         WHERE name ILIKE $1 OR email ILIKE $1 OR external_id ILIKE $1 OR digits LIKE $1 LIMIT $2) \
         SELECT row_id, (SELECT count(*) FROM found) AS of FROM found ORDER BY row_id DESC LIMIT $3",
    );
    let found = found.bind::<Text, _>(pattern).bind::<BigInt, _>(most + 1).bind::<BigInt, _>(SEARCH_ROWS);
    let found: Vec<CollectedRow> = found.load(db)?;
    let is_all = found.first().is_none_or(|first| first.of <= most);
    Ok(is_all.then(|| found.into_iter().map(|found| found.row_id).collect()))
}

/// Finds the newest among so many of the newest.
fn walked(db: &mut PgConnection, pattern: &str, among: i64) -> QueryResult<Vec<i64>> {
    let found = diesel::sql_query(
        "SELECT row_id FROM (SELECT * FROM contacts_search ORDER BY row_id DESC LIMIT $2) AS newest \
         WHERE name ILIKE $1 OR email ILIKE $1 OR external_id ILIKE $1 OR digits LIKE $1 \
         ORDER BY row_id DESC LIMIT $3",
    );
    let found = found.bind::<Text, _>(pattern).bind::<BigInt, _>(among).bind::<BigInt, _>(SEARCH_ROWS);
    Ok(rows_of(found.load(db)?))
}

/// The words as LIKE takes them for themselves.
fn literally(words: &str) -> String {
    words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
