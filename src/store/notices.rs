//! Texts that a person has to look at, until one says that it is done. Written by `actions::receive_text` and
//! `actions::close_notice`.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, on};
use super::inbound::InboundRow;
use super::schema::{inbound_notices, inbound_texts};
use super::{ReadConn, StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::{InboundId, NumberId};
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;

/// Written out for the partial index.
const OPEN: &str = "inbound_notices.closed_at IS NULL";

/// Asks the team to look at a text. Idempotent.
///
/// # Errors
/// When the database fails.
pub fn raise(tx: &mut Tx<'_>, text: &InboundRow, kind: NoticeKind, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        use inbound_notices as t;
        let row = (t::inbound_id.eq(text.id), t::number_id.eq(text.number_id), t::kind.eq(kind), t::raised_at.eq(now));
        diesel::insert_into(t::table).values(row).on_conflict_do_nothing().execute(db)?;
        Ok(())
    })
}

/// The texts of open notices of one kind, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn open(conn: &mut ReadConn<'_>, kind: NoticeKind, limit: usize) -> Result<Vec<InboundRow>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    on!(conn, db => {
        let query = inbound_notices::table
            .inner_join(inbound_texts::table.on(inbound_texts::id.eq(inbound_notices::inbound_id)))
            .filter(sql::<Bool>(OPEN))
            .filter(inbound_notices::kind.eq(kind))
            .order((inbound_notices::raised_at, inbound_notices::inbound_id))
            .select(InboundRow::as_select());
        Ok(CachedQuery(query.limit(limit)).load(db)?)
    })
}

/// A number's latest notices, open or closed, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_number(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    limit: i64,
) -> Result<Vec<(NoticeKind, InboundRow)>, StoreError> {
    on!(conn, db => Ok(inbound_notices::table
        .inner_join(inbound_texts::table.on(inbound_texts::id.eq(inbound_notices::inbound_id)))
        .filter(inbound_notices::number_id.eq(number))
        .order(inbound_notices::inbound_id.desc())
        .select((inbound_notices::kind, InboundRow::as_select()))
        .limit(limit)
        .load(db)?))
}

/// Closes a notice. False when there is no such notice, or another person closed it before.
///
/// # Errors
/// When the database fails.
pub fn close(tx: &mut Tx<'_>, text: InboundId, actor: &Actor, now: Timestamp) -> Result<bool, StoreError> {
    on!(tx, db => {
        use inbound_notices as t;
        let open = t::table.filter(t::inbound_id.eq(text)).filter(t::closed_at.is_null());
        let closed = (t::closed_at.eq(Some(now)), t::closed_by.eq(Some(actor.to_string())));
        Ok(diesel::update(open).set(closed).execute(db)? == 1)
    })
}
