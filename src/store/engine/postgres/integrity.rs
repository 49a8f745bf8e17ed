//! What PostgreSQL can say about its own soundness.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, QueryResult};

use super::super::{IntegrityLine, OrphanRows, words_of};

/// Indexes that PostgreSQL itself does not trust, and constraints that it has not checked.
const DISTRUSTED: &str = "SELECT 'the index ' || indexrelid::regclass || ' is invalid' AS words FROM pg_index WHERE NOT indisvalid \
    UNION ALL SELECT 'the constraint ' || conname || ' is not checked' FROM pg_constraint \
    WHERE NOT convalidated AND connamespace = 'public'::regnamespace";
const KEYS: &str = "SELECT c.conrelid::regclass::text AS child, a.attname::text AS column_name, \
    c.confrelid::regclass::text AS parent, p.attname::text AS key FROM pg_constraint c \
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
    JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = c.confkey[1] \
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.connamespace = 'public'::regnamespace ORDER BY 1, 2";
/// A trigger with a condition of its own may refuse nothing.
const TRIGGERS: &str = "SELECT t.tgname::text AS words FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid \
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND f.prosrc LIKE '%RAISE EXCEPTION%' \
    AND t.tgname LIKE t.tgrelid::regclass::text || '\\_no\\_%'";
/// The extension amcheck walks B-trees, where it is installed and we may use it.
const TREES: &str = "SELECT i.indexrelid::regclass::text AS words FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
    JOIN pg_am m ON m.oid = c.relam WHERE m.amname = 'btree' AND c.relnamespace = 'public'::regnamespace \
    AND EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'amcheck') \
    AND (SELECT bool_and(has_function_privilege(oid, 'EXECUTE')) FROM pg_proc WHERE proname = 'bt_index_check')";

#[derive(QueryableByName)]
struct ForeignKey {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = Text)]
    key: String,
}

#[derive(QueryableByName)]
struct OrphanCount {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What the database finds damaged in its own files.
pub(super) fn damage(db: &mut PgConnection) -> QueryResult<Vec<String>> {
    let mut found: Vec<IntegrityLine> = diesel::sql_query(DISTRUSTED).load(db)?;
    found.extend(broken_trees(db)?);
    Ok(words_of(found))
}

fn broken_trees(db: &mut PgConnection) -> QueryResult<Vec<IntegrityLine>> {
    let mut found = Vec::new();
    for IntegrityLine { words: index } in diesel::sql_query(TREES).load::<IntegrityLine>(db)? {
        db.batch_execute("SAVEPOINT tree")?;
        let checked = db.batch_execute(&format!("SELECT bt_index_check('{index}'::regclass, true)"));
        if let Err(error) = checked {
            db.batch_execute("ROLLBACK TO tree")?;
            found.push(IntegrityLine { words: error.to_string() });
        }
        db.batch_execute("RELEASE tree")?;
    }
    Ok(found)
}

/// Rows that point at rows that are gone.
pub(super) fn orphans(db: &mut PgConnection) -> QueryResult<Vec<OrphanRows>> {
    let mut found = Vec::new();
    for each in diesel::sql_query(KEYS).load::<ForeignKey>(db)? {
        let ForeignKey { child, column_name, parent, key } = each;
        let orphans = format!(
            "SELECT count(*) AS n FROM {child} c WHERE c.{column_name} IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{key} = c.{column_name})"
        );
        let n = diesel::sql_query(orphans).get_result::<OrphanCount>(db)?.n;
        if n > 0 {
            found.push(OrphanRows { child, parent, n });
        }
    }
    Ok(found)
}

/// The names of the triggers that are there, switched on, and refuse.
pub(super) fn refusing_triggers(db: &mut PgConnection) -> QueryResult<Vec<String>> {
    Ok(words_of(diesel::sql_query(TRIGGERS).load(db)?))
}

/// How many other sessions have the database open.
pub(in crate::store::engine) fn other_sessions(db: &mut PgConnection) -> QueryResult<i64> {
    let others = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
        AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    Ok(diesel::sql_query(others).get_result::<OrphanCount>(db)?.n)
}
