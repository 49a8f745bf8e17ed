//! Messages that wait for an allowed time are asked about again when rules or a program change: so many at once, in the order
//! of their identifiers, so that the writer stays free. How far a walk came is kept in the settings, so a crash loses nothing.
//! Who edits begins a walk, and the job goes on with it.

use chrono::Duration;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::engine::{CachedStatement, few_lengths, load_free_locked, on};
use super::super::schema::messages;
use super::super::{ReadConn, StoreError, Tx, settings};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::time::Timestamp;

/// Messages looked at in one transaction.
const PIECE: i64 = 500;
/// Another instance's clock may be ahead by less.
const MARGIN: Duration = Duration::minutes(1);
/// The settings that hold walks begin so.
const WALKS: &str = "reschedule:";

/// A walk over the messages that waited for an allowed time when it began.
#[derive(Clone, Serialize, Deserialize)]
struct RescheduleWalk {
    /// Of which program; of all when there is none.
    program: Option<ProgramId>,
    /// How far it came.
    after: MessageId,
    /// Where it ends: later messages were accepted under what counts now.
    until: MessageId,
}

/// Has the gate asked again, soon, about every message that waits for an allowed time: of a program, or of all. The first of
/// them at once; [`reschedule_next`] goes on.
///
/// # Errors
/// When the database fails.
pub fn reschedule_now(tx: &mut Tx<'_>, program: Option<ProgramId>, now: Timestamp) -> Result<(), StoreError> {
    let of = program.map_or("all".to_owned(), |program| program.to_string());
    let walk =
        RescheduleWalk { program, after: MessageId::from(Uuid::nil()), until: tx.new_id(now.plus(MARGIN))? };
    walk_on(tx, &format!("{WALKS}{of}"), walk, now)
}

/// True while a walk is not at its end.
///
/// # Errors
/// When the database fails.
pub fn is_rescheduling(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(settings::first_like(conn, &format!("{WALKS}%"))?.is_some())
}

/// Goes on with a walk that is not at its end. False when there is none.
///
/// # Errors
/// When the database fails.
pub fn reschedule_next(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let Some((key, walk)) = settings::first_like_locked(tx, &format!("{WALKS}%"))? else { return Ok(false) };
    match serde_json::from_str(&walk) {
        Ok(walk) => walk_on(tx, &key, walk, now)?,
        Err(error) => {
            log::warn!("The progress of rescheduling cannot be read, so it ends here: {error}");
            settings::clear(tx, &key)?;
        }
    }
    Ok(true)
}

/// Makes the next messages due, and writes down how far that came.
fn walk_on(tx: &mut Tx<'_>, key: &str, mut walk: RescheduleWalk, now: Timestamp) -> Result<(), StoreError> {
    let rows = scheduled_after(tx, &walk)?;
    let is_meant = |program: &ProgramId| walk.program.is_none_or(|wanted| wanted == *program);
    let later = rows.iter().filter(|(_, program, due_at)| is_meant(program) && *due_at > now);
    let ids: Vec<MessageId> = later.map(|(id, ..)| *id).collect();
    make_due(tx, &ids, now)?;
    match rows.last() {
        Some((last, ..)) if rows.len() == usize::try_from(PIECE).unwrap_or_default() => {
            walk.after = *last;
            settings::set(tx, key, &serde_json::to_string(&walk)?)
        }
        _ => settings::clear(tx, key),
    }
}

/// The next scheduled messages. On PostgreSQL their rows are locked; one that another transaction moves on right now is left out.
fn scheduled_after(
    tx: &mut Tx<'_>,
    walk: &RescheduleWalk,
) -> Result<Vec<(MessageId, ProgramId, Timestamp)>, StoreError> {
    let query = messages::table
        // The expression of `messages_listed`.
        .filter(sql::<Bool>("messages.status || '' = 'scheduled'"))
        .filter(messages::id.gt(walk.after))
        .filter(messages::id.le(walk.until))
        .order(messages::id)
        .select((messages::id, messages::program_id, messages::due_at))
        .limit(PIECE);
    Ok(load_free_locked!(tx, query)?)
}

fn make_due(tx: &mut Tx<'_>, ids: &[MessageId], now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        let rows = messages::table.filter(messages::id.eq_any(few_lengths(ids.iter().copied())));
        CachedStatement(diesel::update(rows).set(messages::due_at.eq(now))).run(db)?;
        Ok(())
    })
}
