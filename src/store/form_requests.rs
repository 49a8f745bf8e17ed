//! Opt-in requests that came through public forms, whether they were answered, and what was paused because they were not.
//! Written by the claim, by an opt-in of the contact's own, and by the person who resumes.

use diesel::prelude::*;

use super::engine::{CachedQuery, CachedStatement, on};
use super::schema::{form_requests, request_pauses};
use super::{ReadConn, StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::request_pause::{PauseKey, PauseKind, RequestPause, RequestSample};
use crate::domain::time::Timestamp;

/// The newest requests are enough to judge by.
const MOST: i64 = 100;

/// Keeps a request that is handed over now.
///
/// # Errors
/// When the database fails.
pub fn keep(
    tx: &mut Tx<'_>,
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
    conn: &mut ReadConn<'_>,
    (kind, name): &PauseKey,
    from: Timestamp,
) -> Result<RequestSample, StoreError> {
    use form_requests as t;
    let answers: Vec<Option<Timestamp>> = match kind {
        PauseKind::Form => on!(conn, db => {
            let newest = t::table.filter(t::form.eq(name)).filter(t::handed_at.ge(from)).order(t::handed_at.desc());
            CachedQuery(newest.select(t::answered_at).limit(MOST)).load(db)
        })?,
        PauseKind::Prefix => on!(conn, db => {
            let newest = t::table.filter(t::prefix.eq(name)).filter(t::handed_at.ge(from)).order(t::handed_at.desc());
            CachedQuery(newest.select(t::answered_at).limit(MOST)).load(db)
        })?,
    };
    Ok(RequestSample { asked: answers.len(), answered: answers.iter().flatten().count() })
}

/// The pause of a form or prefix as it was last written.
///
/// # Errors
/// When the database fails.
pub fn pause(conn: &mut ReadConn<'_>, (kind, name): &PauseKey) -> Result<Option<RequestPause>, StoreError> {
    use request_pauses as t;
    on!(conn, db => {
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
        let rows: Vec<(PauseKind, String, Timestamp)> = CachedQuery(query.limit(MOST)).load(db)?;
        Ok(rows.into_iter().map(|(kind, name, since)| ((kind, name), since)).collect())
    })
}

/// Pauses a form or prefix.
///
/// # Errors
/// When the database fails.
pub fn begin_pause(tx: &mut Tx<'_>, (kind, name): &PauseKey, now: Timestamp) -> Result<(), StoreError> {
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
pub fn clear_pause(tx: &mut Tx<'_>, (kind, name): &PauseKey) -> Result<(), StoreError> {
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
