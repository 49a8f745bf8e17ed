//! What lists need when a program is added to numbers that are on record: the figures of its tabs at once, and a row for each
//! number with a history, in pieces. Until a number has its row, the lists count it as not asked; a write about such a
//! number gives it its row first. Used by `actions::create_program`, its background job and `numbers`; it writes consents
//! and figures.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Binary, Text};

use super::engine::{self, CachedQuery, load_locked, on};
use super::schema::{consents, numbers};
use super::{LockedRow, ReadConn, StoreError, Tx, config_cache, counters, programs};
use crate::domain::consent::{NumberConsent, StateName};
use crate::domain::id::{JobId, NumberId, ProgramId};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;

/// Numbers whose lines are added up in one statement.
const SUMMED_AT_ONCE: usize = 512;

#[derive(QueryableByName)]
struct NewRow {
    #[diesel(sql_type = Binary)]
    number_id: NumberId,
    #[diesel(sql_type = Text)]
    state: StateName,
}

/// Gives a new program the figures that hold for every program, and counts all lines as not asked: its job moves those who are
/// out. Writers of numbers wait for a moment, so that each of them either was before the program or knows of it.
///
/// # Errors
/// When the database fails, or somebody was writing all the time.
pub fn begin_program(tx: &mut Tx<'_>, program: &LockedRow<Program>) -> Result<(), StoreError> {
    engine::lock_numbers(tx)?;
    let Some(other) = programs::ids(tx)?.into_iter().find(|id| *id != program.id) else { return Ok(()) };
    let all = counters::with_group(tx, other, counters::ALL)?;
    let paused = counters::with_group(tx, other, counters::NEEDS_REVIEW)?;
    tx.count(program.id, counters::ALL, all);
    tx.count(program.id, StateName::NotAsked.as_str(), all);
    tx.count(program.id, counters::NEEDS_REVIEW, paused);
    Ok(())
}

/// The job that gives a program its rows, while it is not done: what has no row there may be out.
///
/// # Errors
/// When the database fails.
pub fn preparing(conn: &mut ReadConn<'_>, program: ProgramId) -> Result<Option<JobId>, StoreError> {
    Ok(config_cache::read(conn)?.preparing.get(&program).copied())
}

/// What the histories say of numbers that have no row in a program that is being prepared. In others nothing happened to them.
pub(super) fn states_without_row(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    without_row: Vec<NumberId>,
) -> Result<HashMap<NumberId, (StateName, Option<Timestamp>)>, StoreError> {
    if without_row.is_empty() || preparing(conn, program)?.is_none() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(NumberId, String)> = on!(conn, db => {
        let query = numbers::table.filter(numbers::id.eq_any(engine::few_lengths(without_row)));
        CachedQuery(query.select((numbers::id, numbers::consent))).load(db)?
    });
    let told = |(number, consent): (NumberId, String)| {
        let state = serde_json::from_str::<NumberConsent>(&consent)?.state_in(program);
        Ok((number, (state.name(), state.since().map(|since| since.recorded_at))))
    };
    rows.into_iter().map(told).collect()
}

/// How many numbers there are. It reads all of them: for jobs, never for pages.
///
/// # Errors
/// When the database fails.
pub fn count_numbers(conn: &mut ReadConn<'_>) -> Result<i64, StoreError> {
    on!(conn, db => Ok(numbers::table.count().get_result(db)?))
}

/// Gives the next numbers their rows in a program: out for those that a STOP for all programs covers, not asked for the
/// others. Returns the last of them and how many they were.
///
/// # Errors
/// When the database fails.
pub fn add_program_rows(
    tx: &mut Tx<'_>,
    program: ProgramId,
    after: Option<NumberId>,
    limit: i64,
) -> Result<(Option<NumberId>, usize), StoreError> {
    let after = after.unwrap_or(NumberId::from(uuid::Uuid::nil()));
    let query =
        || numbers::table.filter(numbers::id.gt(after)).order(numbers::id).select(numbers::id).limit(limit);
    // A row of `consents` is only written under its number's lock, so no other write adds one of these meanwhile.
    let ids: Vec<NumberId> = load_locked!(tx, query)?;
    let Some(last) = ids.last().copied() else { return Ok((None, 0)) };
    let engine = tx.db.engine();
    let (stopped, binds) = (engine.stopped_everywhere_at(), [1, 2, 3].map(|n| engine.bind(n)));
    let [meant, from, until] = binds;
    let rows = format!(
        "INSERT INTO consents (number_id, program_id, state, since) \
         SELECT n.id, {meant}, CASE WHEN e.seq IS NULL THEN 'not_asked' ELSE 'opted_out' END, \
           coalesce(e.recorded_at, 0) \
         FROM numbers n LEFT JOIN consent_events e ON e.number_id = n.id AND e.seq = {stopped} \
         WHERE n.id > {from} AND n.id <= {until} AND n.head_seq > 0 \
         ON CONFLICT (number_id, program_id) DO NOTHING RETURNING number_id, state"
    );
    let added: Vec<NewRow> = on!(tx, db => {
        let insert = sql_query(&rows).bind::<Binary, _>(program).bind::<Binary, _>(after).bind::<Binary, _>(last);
        CachedQuery(insert).load(db)?
    });
    let out = added.iter().filter(|row| row.state == StateName::OptedOut).map(|row| row.number_id);
    let moved = lines_of_all(tx, &out.collect::<Vec<_>>())?;
    move_to_opted_out(tx, program, moved);
    Ok((Some(last), ids.len()))
}

fn lines_of_all(tx: &mut Tx<'_>, numbers: &[NumberId]) -> Result<i64, StoreError> {
    let mut sum = 0;
    for some in numbers.chunks(SUMMED_AT_ONCE) {
        let counts: Vec<i32> = on!(tx, db => {
            let query = numbers::table.filter(numbers::id.eq_any(engine::few_lengths(some.iter().copied())));
            CachedQuery(query.select(numbers::contact_count)).load(db)?
        });
        sum += counts.into_iter().map(counters::lines_of).sum::<i64>();
    }
    Ok(sum)
}

fn move_to_opted_out(tx: &mut Tx<'_>, program: ProgramId, lines: i64) {
    tx.count(program, StateName::OptedOut.as_str(), lines);
    tx.count(program, StateName::NotAsked.as_str(), -lines);
}

/// Gives a number its row in each program that is being prepared, as the job would: before anything else is written about it, so
/// that the figures begin from where the lists have it.
///
/// # Errors
/// When the database fails.
pub(super) fn add_rows_of(
    tx: &mut Tx<'_>,
    number: NumberId,
    consent: &NumberConsent,
    lines: i64,
) -> Result<(), StoreError> {
    let config = config_cache::read(tx)?;
    for program in config.preparing.keys() {
        let state = consent.state_in(*program);
        if state.name() == StateName::NotAsked {
            continue;
        }
        let since = state.since().map_or(Timestamp::default(), |since| since.recorded_at);
        let added = on!(tx, db => {
            let row = (
                consents::number_id.eq(number),
                consents::program_id.eq(program),
                consents::state.eq(state.name()),
                consents::since.eq(since),
            );
            diesel::insert_into(consents::table).values(row).on_conflict_do_nothing().execute(db)?
        });
        if added > 0 {
            move_to_opted_out(tx, *program, lines);
        }
    }
    Ok(())
}
