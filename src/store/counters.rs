//! How many lines of the lists are in each state: the figures on the tabs. A contact is a line, and so is a number that no
//! contact has. Added up once for each group of writes, each writer in a slot of its own.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::engine::{CachedQuery, CachedStatement, on};
use super::schema::tallies;
use super::{ReadConn, StoreError, Tx};
use crate::domain::id::ProgramId;

/// The figure of all lines, whatever their state.
pub const ALL: &str = "all";
/// The figure of lines whose number waits for a person.
pub const NEEDS_REVIEW: &str = "needs_review";

/// The lines of a number that has so many contacts: one for each, and one where it has none.
pub fn lines_of(contacts: i32) -> i64 {
    i64::from(contacts.max(1))
}

pub(super) fn add(
    tx: &mut Tx<'_>,
    slot: i32,
    by: &BTreeMap<(ProgramId, &'static str), i64>,
) -> Result<(), StoreError> {
    for ((program, state), n) in by.iter().filter(|(_, n)| **n != 0) {
        on!(tx, db => {
            let key = (tallies::program_id.eq(program), tallies::state.eq(state), tallies::slot.eq(slot));
            let row = diesel::insert_into(tallies::table).values((key, tallies::n.eq(n)));
            let found = row.on_conflict((tallies::program_id, tallies::state, tallies::slot)).do_update();
            CachedStatement(found.set(tallies::n.eq(tallies::n + excluded(tallies::n)))).run(db)?;
        });
    }
    Ok(())
}

/// A figure of a program, with what earlier writes of the same group count.
///
/// # Errors
/// When the database fails.
pub(super) fn with_group(
    tx: &mut Tx<'_>,
    program: ProgramId,
    state: &'static str,
) -> Result<i64, StoreError> {
    let written = of(tx, program)?.get(state).copied().unwrap_or_default();
    Ok(written + tx.counted_before.get(&(program, state)).copied().unwrap_or_default())
}

/// The figures of a program, by state.
///
/// # Errors
/// When the database fails.
pub fn of(conn: &mut ReadConn<'_>, program: ProgramId) -> Result<BTreeMap<String, i64>, StoreError> {
    on!(conn, db => {
        let query = tallies::table
            .filter(tallies::program_id.eq(program))
            .group_by(tallies::state)
            .select((tallies::state, sql::<BigInt>("CAST(sum(n) AS BIGINT)")));
        let rows: Vec<(String, i64)> = CachedQuery(query).load(db)?;
        Ok(rows.into_iter().collect())
    })
}
