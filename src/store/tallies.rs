//! How many contacts are in each state: the figures on the tabs. Added up once for each group of writes.

use std::collections::BTreeMap;

use diesel::SqliteConnection;
use diesel::prelude::*;

use super::schema::tallies;
use super::{Conn, StoreError};
use crate::domain::id::ProgramId;

/// The figure of all contacts, whatever their state.
pub const ALL: &str = "all";
/// The figure of contacts whose number waits for a person.
pub const NEEDS_REVIEW: &str = "needs_review";

pub(super) fn add(
    db: &mut SqliteConnection,
    by: &BTreeMap<(ProgramId, &'static str), i64>,
) -> QueryResult<()> {
    for ((program, state), n) in by.iter().filter(|(_, n)| **n != 0) {
        let row = tallies::table.find((program, state));
        if diesel::update(row).set(tallies::n.eq(tallies::n + n)).execute(db)? == 0 {
            diesel::insert_into(tallies::table)
                .values((tallies::program_id.eq(program), tallies::state.eq(state), tallies::n.eq(n)))
                .execute(db)?;
        }
    }
    Ok(())
}

/// The figures of a program, by state.
///
/// # Errors
/// When the database fails.
pub fn of(conn: &mut Conn<'_>, program: ProgramId) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = tallies::table
        .filter(tallies::program_id.eq(program))
        .select((tallies::state, tallies::n))
        .load::<(String, i64)>(conn.db)?;
    Ok(rows.into_iter().collect())
}
