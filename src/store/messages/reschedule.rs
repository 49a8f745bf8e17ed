//! Messages that wait for an allowed time are asked about again when rules or a program change: so many at once, in the order
//! of their identifiers, so that the writer stays free. Used by a background job, which keeps how far it came.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::engine::{CachedStatement, few_lengths, load_free_locked, on};
use super::super::schema::messages;
use super::super::{StoreError, Tx};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::time::Timestamp;

/// Has the gate asked again, soon, about the next messages that wait for an allowed time: of a program, or of all. They lie after
/// the first identifier and not behind the second. Returns the last one that was looked at and how many there were.
///
/// # Errors
/// When the database fails.
pub fn reschedule_some(
    tx: &mut Tx<'_>,
    program: Option<ProgramId>,
    (after, until): (MessageId, MessageId),
    limit: i64,
    now: Timestamp,
) -> Result<(Option<MessageId>, usize), StoreError> {
    let rows = scheduled_after(tx, (after, until), limit)?;
    let is_meant = |of: &ProgramId| program.is_none_or(|wanted| wanted == *of);
    let later = rows.iter().filter(|(_, program, due_at)| is_meant(program) && *due_at > now);
    let ids: Vec<MessageId> = later.map(|(id, ..)| *id).collect();
    make_due(tx, &ids, now)?;
    Ok((rows.last().map(|(last, ..)| *last), rows.len()))
}

/// The next scheduled messages. On PostgreSQL their rows are locked; one that another transaction moves on right now is left out.
fn scheduled_after(
    tx: &mut Tx<'_>,
    (after, until): (MessageId, MessageId),
    limit: i64,
) -> Result<Vec<(MessageId, ProgramId, Timestamp)>, StoreError> {
    let query = messages::table
        // The expression of `messages_listed`.
        .filter(sql::<Bool>("messages.status || '' = 'scheduled'"))
        .filter(messages::id.gt(after))
        .filter(messages::id.le(until))
        .order(messages::id)
        .select((messages::id, messages::program_id, messages::due_at))
        .limit(limit);
    Ok(load_free_locked!(tx, query)?)
}

fn make_due(tx: &mut Tx<'_>, ids: &[MessageId], now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        let rows = messages::table.filter(messages::id.eq_any(few_lengths(ids.iter().copied())));
        CachedStatement(diesel::update(rows).set(messages::due_at.eq(now))).run(db)?;
        Ok(())
    })
}
