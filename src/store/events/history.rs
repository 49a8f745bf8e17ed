//! A number's history in pages, and the state that it had before one. Used by the pages of a number and by the API; it writes
//! nothing.

use diesel::prelude::*;

use super::EventRow;
use crate::domain::consent::{ConsentState, EventKind, Source, StateSince};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::ledger::StoredEvent;
use crate::domain::time::Timestamp;
use crate::store::engine::{CachedQuery, on};
use crate::store::schema::consent_events;
use crate::store::{ReadConn, StoreError};

/// A number's events before the place `before`, or its last ones: the newest first, as stored.
///
/// # Errors
/// When the database fails.
pub fn newest(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    on!(conn, db => {
        let rows = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::seq.lt(before.unwrap_or(i32::MAX)))
            .order(consent_events::seq.desc())
            .select(EventRow::as_select())
            .limit(limit)
            .load(db)?;
        Ok(rows.into_iter().map(StoredEvent::from).collect())
    })
}

/// A number's events after the place `after`, from 1: the oldest first, as stored.
///
/// # Errors
/// When the database fails.
pub fn after(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    after: i32,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    on!(conn, db => {
        let rows = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::seq.gt(after))
            .order(consent_events::seq)
            .select(EventRow::as_select())
            .limit(limit)
            .load(db)?;
        Ok(rows.into_iter().map(StoredEvent::from).collect())
    })
}

/// The state that the number had in the program before the event `seq`: as the newest event began it, unless a later one ended
/// it. The history before is not folded.
///
/// # Errors
/// When the database fails.
pub fn state_before(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    seq: i32,
) -> Result<ConsentState, StoreError> {
    let begun = newest_of(conn, number, program, (0, seq), &ConsentState::BEGINNINGS)?;
    let Some((kind, since)) = begun else { return Ok(ConsentState::NotAsked) };
    let state = ConsentState::begun_by(kind, since);
    let has_ended = match state.endings() {
        [] => false,
        endings => newest_of(conn, number, program, (since.seq, seq), endings)?.is_some(),
    };
    Ok(if has_ended { ConsentState::NotAsked } else { state })
}

/// The newest event of these kinds about the program, or about all, between two places.
fn newest_of(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    (after, before): (i32, i32),
    kinds: &[EventKind],
) -> Result<Option<(EventKind, StateSince)>, StoreError> {
    type Row = (EventKind, Timestamp, Timestamp, i32, Source);
    let found: Option<Row> = on!(conn, db => {
        use consent_events as t;
        let query = t::table
            .filter(t::number_id.eq(number))
            .filter(t::seq.gt(after))
            .filter(t::seq.lt(before))
            .filter(t::kind.eq_any(kinds.to_vec()))
            .filter(t::program_id.eq(program).or(t::program_id.is_null()))
            .order(t::seq.desc())
            .select((t::kind, t::occurred_at, t::recorded_at, t::seq, t::source));
        CachedQuery(query.limit(1)).get_result(db).optional()?
    });
    let since = |(kind, occurred_at, recorded_at, seq, source): Row| {
        (kind, StateSince { occurred_at, recorded_at, seq, source })
    };
    Ok(found.map(since))
}

/// When something of the record of another spelling was first taken over into the number's history.
///
/// # Errors
/// When the database fails.
pub fn taken_over_at(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    from: NumberId,
) -> Result<Option<Timestamp>, StoreError> {
    // As the evidence `OtherSpelling` begins.
    let begins = format!("{{\"type\":\"other_spelling\",\"number\":\"{from}\"%");
    on!(conn, db => {
        let query = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::facts.like(begins))
            .order(consent_events::seq)
            .select(consent_events::recorded_at);
        Ok(query.first(db).optional()?)
    })
}
