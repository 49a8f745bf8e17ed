//! How often each limit held a text back, over all servers and restarts. Written once for each group of writes, each writer in
//! a slot of its own; `/metrics` reads it.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::engine::{CachedQuery, CachedStatement, on};
use super::schema::limit_hits;
use super::{ReadConn, StoreError, Tx};
use crate::domain::limit_hit::LimitHit;

pub(super) fn add(tx: &mut Tx<'_>, slot: i32, by: &BTreeMap<LimitHit, i64>) -> Result<(), StoreError> {
    for (hit, n) in by {
        on!(tx, db => {
            let key = (limit_hits::name.eq(hit.as_str()), limit_hits::slot.eq(slot));
            let row = diesel::insert_into(limit_hits::table).values((key, limit_hits::n.eq(n)));
            let found = row.on_conflict((limit_hits::name, limit_hits::slot)).do_update();
            CachedStatement(found.set(limit_hits::n.eq(limit_hits::n + excluded(limit_hits::n)))).run(db)?;
        });
    }
    Ok(())
}

/// The count of each limit, also of those that held nothing back.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut ReadConn<'_>) -> Result<Vec<(LimitHit, i64)>, StoreError> {
    let counted: BTreeMap<String, i64> = on!(conn, db => {
        let query = limit_hits::table
            .group_by(limit_hits::name)
            .select((limit_hits::name, sql::<BigInt>("CAST(sum(n) AS BIGINT)")));
        let rows: Vec<(String, i64)> = CachedQuery(query).load(db)?;
        Ok::<_, StoreError>(rows.into_iter().collect())
    })?;
    let count = |hit: &LimitHit| (*hit, counted.get(hit.as_str()).copied().unwrap_or_default());
    Ok(LimitHit::ALL.iter().map(count).collect())
}
