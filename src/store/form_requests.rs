//! Opt-in requests that came through public forms, whether they were answered, and what was paused because they were not.
//! Written by the claim, by an opt-in of the contact's own, and by the person who resumes.

use chrono::Duration;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::engine::{CachedQuery, CachedStatement, on};
use super::locked::{self, RuleGuard};
use super::schema::{form_requests, request_pauses};
use super::{LockedRow, ReadConn, StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::request_pause::{PauseKey, PauseKind, RequestPause, RequestSample, SPAN};
use crate::domain::texting_limits::SAMPLE;
use crate::domain::time::Timestamp;

/// Pauses that are shown at most.
const MOST_PAUSES: i64 = 100;
/// Requests are kept this long: far longer than any sample reaches back.
const KEPT: Duration = Duration::days(1);
/// Requests that are dropped at once.
const DROPPED: i64 = 200;

/// All requests through forms and their pauses.
#[derive(Clone, Copy, Debug)]
pub struct RequestLog;

/// Locks the requests and pauses: of two claims that look at the same sample, one waits for the other.
///
/// # Errors
/// When the database fails.
pub fn lock(tx: &mut Tx<'_>) -> Result<LockedRow<RequestLog>, StoreError> {
    locked::lock(tx, RuleGuard::Requests)?;
    Ok(LockedRow::new(RequestLog))
}

/// Keeps a request that is handed over now.
///
/// # Errors
/// When the database fails.
pub fn keep(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    message: MessageId,
    number: NumberId,
    keys: &[PauseKey; 2],
    now: Timestamp,
) -> Result<(), StoreError> {
    use form_requests as t;
    let [(_, form), (_, prefix)] = keys;
    let row = (
        t::message_id.eq(message),
        t::number_id.eq(number),
        t::form.eq(form),
        t::prefix.eq(prefix),
        t::handed_at.eq(now),
    );
    on!(tx, db => {
        diesel::insert_into(t::table).values(row).on_conflict_do_nothing().execute(db)?;
        Ok(())
    })
}

/// The contact has opted in: the requests to the number are answered.
///
/// # Errors
/// When the database fails.
pub fn answer(tx: &mut Tx<'_>, number: NumberId, now: Timestamp) -> Result<(), StoreError> {
    use form_requests as t;
    on!(tx, db => {
        let open = t::table.filter(t::number_id.eq(number)).filter(t::answered_at.is_null());
        Ok(CachedStatement(diesel::update(open).set(t::answered_at.eq(now))).run(db)?)
    })
}

/// The newest requests since `from` of a form or prefix.
///
/// # Errors
/// When the database fails.
pub fn sample(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    (kind, name): &PauseKey,
    from: Timestamp,
) -> Result<RequestSample, StoreError> {
    use form_requests as t;
    let answers: Vec<Option<Timestamp>> = match kind {
        PauseKind::Form => on!(tx, db => {
            let newest = t::table.filter(t::form.eq(name)).filter(t::handed_at.ge(from)).order(t::handed_at.desc());
            CachedQuery(newest.select(t::answered_at).limit(i64::from(SAMPLE))).load(db)
        })?,
        PauseKind::Prefix => on!(tx, db => {
            let newest = t::table.filter(t::prefix.eq(name)).filter(t::handed_at.ge(from)).order(t::handed_at.desc());
            CachedQuery(newest.select(t::answered_at).limit(i64::from(SAMPLE))).load(db)
        })?,
    };
    Ok(RequestSample { asked: answers.len(), answered: answers.iter().flatten().count() })
}

/// The pause of a form or prefix as it was last written.
///
/// # Errors
/// When the database fails.
pub fn pause(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    (kind, name): &PauseKey,
) -> Result<Option<RequestPause>, StoreError> {
    use request_pauses as t;
    on!(tx, db => {
        let query = t::table.filter(t::kind.eq(kind)).filter(t::name.eq(name)).select((t::since, t::resumed_at));
        let rows: Vec<(Timestamp, Option<Timestamp>)> = CachedQuery(query.limit(1)).load(db)?;
        Ok(rows.into_iter().next().map(|(since, resumed_at)| RequestPause { since, resumed_at }))
    })
}

/// What is paused, the longest first.
///
/// # Errors
/// When the database fails.
pub fn paused(conn: &mut ReadConn<'_>) -> Result<Vec<(PauseKey, Timestamp)>, StoreError> {
    use request_pauses as t;
    on!(conn, db => {
        let query = t::table.filter(t::resumed_at.is_null()).order(t::since).select((t::kind, t::name, t::since));
        let rows: Vec<(PauseKind, String, Timestamp)> = CachedQuery(query.limit(MOST_PAUSES)).load(db)?;
        Ok(rows.into_iter().map(|(kind, name, since)| ((kind, name), since)).collect())
    })
}

/// Pauses a form or prefix.
///
/// # Errors
/// When the database fails.
pub fn begin_pause(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    (kind, name): &PauseKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    use request_pauses as t;
    on!(tx, db => {
        let begun = (t::since.eq(now), t::resumed_at.eq(None::<Timestamp>), t::resumed_by.eq(None::<String>));
        let row = diesel::insert_into(t::table).values((t::kind.eq(kind), t::name.eq(name), t::since.eq(now)));
        CachedStatement(row.on_conflict((t::kind, t::name)).do_update().set(begun)).run(db)?;
        Ok(())
    })
}

/// Forgets a pause, because enough was answered after all: from now on the requests of the last hour count again.
///
/// # Errors
/// When the database fails.
pub fn clear_pause(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    (kind, name): &PauseKey,
) -> Result<(), StoreError> {
    use request_pauses as t;
    on!(tx, db => {
        let row = t::table.filter(t::kind.eq(kind)).filter(t::name.eq(name));
        CachedStatement(diesel::delete(row)).run(db)?;
        Ok(())
    })
}

/// Ends a pause, because a person said so; false when there was none. Only requests after it count from now on.
///
/// # Errors
/// When the database fails.
pub fn end_pause(
    tx: &mut Tx<'_>,
    _all: &LockedRow<RequestLog>,
    (kind, name): &PauseKey,
    by: &Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use request_pauses as t;
    on!(tx, db => {
        let open = t::table.filter(t::kind.eq(kind)).filter(t::name.eq(name)).filter(t::resumed_at.is_null());
        let ended = (t::resumed_at.eq(now), t::resumed_by.eq(by.to_string()));
        Ok(diesel::update(open).set(ended).execute(db)? > 0)
    })
}

/// Drops a part of the requests that no sample needs any more: those of the last day stay, and those that led to a pause
/// which is still open. Pauses that ended before the last day go with them. Returns true when nothing is left to drop.
///
/// # Errors
/// When the database fails.
pub fn drop_old(tx: &mut Tx<'_>, _all: &LockedRow<RequestLog>, now: Timestamp) -> Result<bool, StoreError> {
    use form_requests as r;
    use request_pauses as p;
    let before = now.plus(-KEPT);
    let span = SPAN.num_microseconds().unwrap_or_default();
    let old: Vec<(MessageId, Timestamp)> = on!(tx, db => {
        let of_form = p::kind.eq(PauseKind::Form).and(p::name.eq(r::form));
        let of_prefix = p::kind.eq(PauseKind::Prefix).and(p::name.eq(r::prefix));
        let open = p::table.filter(p::resumed_at.is_null()).filter(p::since.le(r::handed_at + span));
        let is_needed = exists(open.filter(of_form.or(of_prefix)));
        let old = r::table.filter(r::handed_at.lt(before)).filter(not(is_needed)).order(r::handed_at);
        CachedQuery(old.select((r::message_id, r::handed_at)).limit(DROPPED)).load(db)
    })?;
    for row in &old {
        on!(tx, db => CachedStatement(diesel::delete(r::table.find(*row))).run(db))?;
    }
    on!(tx, db => CachedStatement(diesel::delete(p::table.filter(p::resumed_at.lt(before)))).run(db))?;
    Ok(i64::try_from(old.len()).is_ok_and(|dropped| dropped < DROPPED))
}
