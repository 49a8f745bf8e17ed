//! The append-only history. There is `append` and there are readers; nothing else exists, and triggers refuse the rest.
//! `append` is called by `actions::transition` and writes the event with the number's projection.

mod history;

use diesel::prelude::*;

use super::engine::{self, CachedQuery, on};
use super::numbers::{self, Number};
use super::schema::consent_events;
use super::{LockedRow, ReadConn, StoreError, Tx, programs};
use crate::domain::actor::Actor;
use crate::domain::consent::{ConsentEvent, EventKind, Source};
use crate::domain::evidence::Evidence;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::intent::EventDraft;
use crate::domain::ledger::{EventHash, LedgerEntry, StoredEvent};
use crate::domain::message::Lane;
use crate::domain::time::Timestamp;

pub use history::{after, newest, state_before, taken_over_at};

/// Appends `draft` to the number's history and brings the projection up to date, in the same transaction. `number` is
/// changed to what is known afterwards. Whatever tightens passes the STOP barrier.
///
/// # Errors
/// When the database fails.
pub fn append(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    draft: EventDraft,
    actor: &Actor,
    now: Timestamp,
) -> Result<LedgerEntry, StoreError> {
    let event = ConsentEvent {
        seq: number.consent.seq + 1,
        program: draft.program,
        kind: draft.kind,
        source: draft.source,
        occurred_at: draft.occurred_at,
        recorded_at: now,
        evidence: draft.evidence,
    };
    let prev_hash = EventHash::try_from(number.head_hash.as_slice())
        .map_err(|_| StoreError::NotWritten("a number's last hash is not 32 bytes; run verify".to_owned()))?;
    let salt = tx.new_salt()?;
    let entry = LedgerEntry::chain(number.id, &number.phone, event, actor.to_string(), salt, prev_hash)?;
    insert(tx, &entry)?;
    let mut after = number.consent.clone();
    after.apply(&entry.event);
    let all = programs::ids(tx)?;
    numbers::project(tx, number, &after, &entry.hash, &all)?;
    if entry.event.kind.tightens() {
        tx.pass_barrier(number.id);
    }
    let running = number.running_copy();
    running.consent = after;
    running.head_hash = entry.hash.to_vec();
    Ok(entry)
}

fn insert(tx: &mut Tx<'_>, entry: &LedgerEntry) -> Result<(), StoreError> {
    on!(tx, db => {
        use consent_events as t;
        let event = &entry.event;
        diesel::insert_into(t::table)
            .values((
                t::number_id.eq(entry.number),
                t::seq.eq(event.seq),
                t::program_id.eq(event.program),
                t::kind.eq(event.kind),
                t::source.eq(event.source),
                t::actor.eq(&entry.actor),
                t::occurred_at.eq(event.occurred_at),
                t::recorded_at.eq(event.recorded_at),
                t::salt.eq(entry.salt.as_slice()),
                t::facts.eq(&entry.facts),
                t::commitment.eq(entry.commitment.as_slice()),
                t::prev_hash.eq(entry.prev_hash.as_slice()),
                t::hash.eq(entry.hash.as_slice()),
            ))
            .execute(db)?;
        Ok(())
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = consent_events)]
struct EventRow {
    number_id: NumberId,
    seq: i32,
    program_id: Option<ProgramId>,
    kind: EventKind,
    source: Source,
    actor: String,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    salt: Vec<u8>,
    facts: String,
    commitment: Vec<u8>,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl EventRow {
    fn event(self) -> Result<ConsentEvent, StoreError> {
        let evidence = serde_json::from_str(&self.facts)?;
        let EventRow { seq, program_id: program, kind, source, occurred_at, recorded_at, .. } = self;
        Ok(ConsentEvent { seq, program, kind, source, occurred_at, recorded_at, evidence })
    }
}

impl From<EventRow> for StoredEvent {
    fn from(row: EventRow) -> StoredEvent {
        StoredEvent {
            number: row.number_id,
            seq: row.seq,
            program: row.program_id,
            kind: row.kind,
            source: row.source,
            actor: row.actor,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            salt: row.salt,
            facts: row.facts,
            commitment: row.commitment,
            prev_hash: row.prev_hash,
            hash: row.hash,
        }
    }
}

/// The newest event of the number's history after `seq` that ends a text of this lane: for the program or for all.
///
/// # Errors
/// When the database fails.
pub fn ended_after(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    lane: Lane,
    seq: i32,
) -> Result<Option<EventKind>, StoreError> {
    on!(conn, db => {
        let later = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::seq.gt(seq))
            .order(consent_events::seq.desc())
            .select((consent_events::kind, consent_events::program_id));
        let later: Vec<(EventKind, Option<ProgramId>)> = later.load(db)?;
        let ends = |(kind, about): &(EventKind, Option<ProgramId>)| {
            kind.ends(lane) && about.is_none_or(|about| about == program)
        };
        Ok(later.into_iter().find(ends).map(|(kind, _)| kind))
    })
}

/// The wordings that the lead read before the program's consent of the event `seq` began, the newest first: of a form, and of
/// the opt-in request after it.
///
/// # Errors
/// When the database fails, or evidence cannot be read.
pub fn wordings(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    seq: i32,
) -> Result<Vec<String>, StoreError> {
    let kinds = [EventKind::RequestScheduled, EventKind::Invited, EventKind::OptedIn];
    let rows: Vec<(i32, EventKind, String)> = on!(conn, db => {
        let query = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::program_id.eq(program))
            .filter(consent_events::seq.le(seq))
            .filter(consent_events::kind.eq_any(kinds))
            .order(consent_events::seq.desc())
            .select((consent_events::seq, consent_events::kind, consent_events::facts));
        CachedQuery(query.limit(3)).load(db)?
    });
    let mut wordings = Vec::new();
    for (at, kind, facts) in rows {
        // What lies before an earlier opt-in belongs to another consent.
        if kind == EventKind::OptedIn && at != seq {
            break;
        }
        let evidence: Evidence = serde_json::from_str(&facts)?;
        wordings.extend(
            evidence.wording().filter(|words| !wordings.iter().any(|w| w == words)).map(str::to_owned),
        );
        if kind == EventKind::RequestScheduled {
            break;
        }
    }
    Ok(wordings)
}

/// So many of a number's newest turns are looked at by a START or a late STOP.
const TURNS: i64 = 100;

/// A number's newest events that began or ended a consent, the newest first.
///
/// # Errors
/// When the database fails, or evidence cannot be read.
pub fn turns(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<ConsentEvent>, StoreError> {
    let kinds = [EventKind::OptedIn, EventKind::OptedOut, EventKind::OptOutRepeated, EventKind::ConsentEnded];
    let rows: Vec<EventRow> = on!(conn, db => {
        let query = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::kind.eq_any(kinds))
            .order(consent_events::seq.desc())
            .select(EventRow::as_select());
        CachedQuery(query.limit(TURNS)).load(db)?
    });
    rows.into_iter().map(EventRow::event).collect()
}

/// A number's newest opt-ins and texts that changed nothing, from the event `seq` on, the newest first.
///
/// # Errors
/// When the database fails, or evidence cannot be read.
pub fn opt_ins_since(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    seq: i32,
) -> Result<Vec<ConsentEvent>, StoreError> {
    let rows: Vec<EventRow> = on!(conn, db => {
        let query = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::seq.ge(seq))
            .filter(consent_events::kind.eq_any([EventKind::OptedIn, EventKind::Recorded]))
            .order(consent_events::seq.desc())
            .select(EventRow::as_select());
        CachedQuery(query.limit(TURNS)).load(db)?
    });
    rows.into_iter().map(EventRow::event).collect()
}

/// The evidence of one event of a number.
///
/// # Errors
/// When the database fails, or the evidence cannot be read.
pub fn evidence_of(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    seq: i32,
) -> Result<Option<Evidence>, StoreError> {
    on!(conn, db => {
        let event = consent_events::table
            .filter(consent_events::number_id.eq(number))
            .filter(consent_events::seq.eq(seq));
        let facts: Option<String> = event.select(consent_events::facts).first(db).optional()?;
        Ok(facts.map(|facts| serde_json::from_str(&facts)).transpose()?)
    })
}

/// Waits until no event is being recorded by anybody, and keeps it so until the commit: a seal must not run past one that
/// is still to come.
///
/// # Errors
/// When the database fails, or somebody was recording all the time.
pub fn lock_table(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    engine::lock_history(tx)
}

/// How many events there are, and the place of the last one.
///
/// # Errors
/// When the database fails.
pub fn extent(conn: &mut ReadConn<'_>) -> Result<(i64, i64), StoreError> {
    on!(conn, db => {
        let last = consent_events::table
            .select(diesel::dsl::max(consent_events::position))
            .first::<Option<i64>>(db)?;
        let count = consent_events::table.count().get_result(db)?;
        Ok((count, last.unwrap_or(0)))
    })
}

/// The hashes of the events after `position` in the order of recording, with their positions.
///
/// # Errors
/// When the database fails.
pub fn hashes_after(
    conn: &mut ReadConn<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    on!(conn, db => {
        let rows = consent_events::table
            .filter(consent_events::position.gt(position))
            .order(consent_events::position)
            .select((consent_events::position, consent_events::hash))
            .limit(limit)
            .load(db)?;
        Ok(rows)
    })
}
