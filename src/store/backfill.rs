//! What lists need when a program is added to numbers that are on record: a row for each number with a history, and the
//! figures of its tabs. Used by `programs`; it writes consents and figures.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};

use super::engine::{self, on};
use super::{LockedRow, StoreError, Tx, counters};
use crate::domain::consent::StateName;
use crate::domain::program::Program;

#[derive(QueryableByName)]
struct ContactCounts {
    #[diesel(sql_type = BigInt)]
    all: i64,
    #[diesel(sql_type = BigInt)]
    out: i64,
    #[diesel(sql_type = BigInt)]
    paused: i64,
}

/// Gives a new program its rows: out for whom a STOP for all programs covers, not asked for everybody else. Nobody writes
/// about a number meanwhile; with millions of them that is a while.
///
/// # Errors
/// When the database fails, or somebody was writing all the time.
pub fn add_program_rows(tx: &mut Tx<'_>, program: &LockedRow<Program>) -> Result<(), StoreError> {
    let id = program.id;
    engine::lock_numbers(tx)?;
    let stopped = tx.db.engine().stopped_everywhere_at();
    let rows = format!(
        "INSERT INTO consents (number_id, program_id, state, since) \
         SELECT n.id, {program}, CASE WHEN e.seq IS NULL THEN 'not_asked' ELSE 'opted_out' END, \
           coalesce(e.recorded_at, 0) \
         FROM numbers n LEFT JOIN consent_events e ON e.number_id = n.id AND e.seq = {stopped} \
         WHERE n.head_seq > 0",
        program = tx.db.engine().first_bind(),
    );
    on!(tx, db => sql_query(&rows).bind::<Binary, _>(id).execute(db))?;
    let counted = format!(
        "SELECT CAST(coalesce(sum(contact_count), 0) AS BIGINT) AS \"all\", \
           CAST(coalesce(sum(CASE WHEN {stopped} IS NULL THEN 0 ELSE contact_count END), 0) AS BIGINT) AS out, \
           CAST(coalesce(sum(CASE WHEN paused THEN contact_count ELSE 0 END), 0) AS BIGINT) AS paused \
         FROM numbers n"
    );
    let contacts: ContactCounts = on!(tx, db => sql_query(&counted).get_result(db))?;
    tx.count(id, counters::ALL, contacts.all);
    tx.count(id, StateName::OptedOut.as_str(), contacts.out);
    tx.count(id, StateName::NotAsked.as_str(), contacts.all - contacts.out);
    tx.count(id, counters::NEEDS_REVIEW, contacts.paused);
    Ok(())
}
