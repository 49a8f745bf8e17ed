//! How far a server has come in PostgreSQL's log, and in whose line of primaries. It writes one setting, the line's word.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult};

use super::super::ServerPosition;

const WRITTEN: &str = "SELECT (pg_current_wal_lsn() - '0/0')::bigint AS place, \
    ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int AS timeline, \
    coalesce((SELECT value FROM settings WHERE key = 'lineage'), '') AS lineage";
const REPLAYED: &str = "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint AS place, \
    split_part(value, '/', 1)::int AS timeline, value AS lineage \
    FROM settings WHERE key = 'lineage' AND pg_is_in_recovery() AND pg_last_wal_replay_lsn() IS NOT NULL";

/// How far the primary has written its log.
pub(super) fn written(db: &mut PgConnection) -> QueryResult<Option<ServerPosition>> {
    diesel::sql_query(WRITTEN).get_result(db).optional()
}

/// How far a replica has come in that log.
pub(super) fn replayed(db: &mut PgConnection) -> QueryResult<Option<ServerPosition>> {
    diesel::sql_query(REPLAYED).get_result(db).optional()
}

/// Keeps the word of a line of primaries.
pub(super) fn begin_lineage(db: &mut PgConnection, timeline: i32, word: &str) -> QueryResult<()> {
    let keep = diesel::sql_query(
        "INSERT INTO settings (key, value) VALUES ('lineage', $1) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    keep.bind::<Text, _>(format!("{timeline}/{word}")).execute(db).map(drop)
}
