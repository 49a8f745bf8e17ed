//! Numbers whose unclear reply waits for a person, the longest first. Used by the Review page and `actions::review`; it
//! changes nothing.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool};

use super::engine::{CachedQuery, few_lengths, on};
use super::inbound::{self, InboundRow};
use super::numbers::{self as records, Number, NumberRow};
use super::schema::{inbound_texts, numbers};
use super::{ReadConn, StoreError, contacts};
use crate::domain::id::{ContactId, NumberId};
use crate::domain::time::Timestamp;

/// One that waits.
#[derive(Clone, Debug)]
pub struct WaitingReview {
    /// The number.
    pub number: Number,
    /// Since when.
    pub since: Timestamp,
    /// The contact on it, and the name; the first where there are several.
    pub contact: Option<(ContactId, String)>,
    /// The reply that is unclear.
    pub reply: Option<InboundRow>,
}

/// Where a page ends.
pub type ReviewCursor = (Timestamp, NumberId);

/// Those that wait behind `after`, the longest first.
///
/// # Errors
/// When the database fails.
pub fn waiting(
    conn: &mut ReadConn<'_>,
    after: Option<ReviewCursor>,
    limit: i64,
) -> Result<Vec<WaitingReview>, StoreError> {
    let rows: Vec<NumberRow> = on!(conn, db => {
        let mut query = numbers::table
            .filter(numbers::paused)
            .select(records::COLUMNS)
            .order((numbers::paused_at, numbers::id))
            .limit(limit)
            .into_boxed();
        if let Some((since, id)) = after {
            // One range of the index.
            query = query.filter(
                sql::<Bool>("(numbers.paused_at, numbers.id) > (")
                    .bind::<BigInt, _>(since)
                    .sql(", ")
                    .bind::<Binary, _>(id)
                    .sql(")"),
            );
        }
        CachedQuery(query).load(db)?
    });
    let found = rows.into_iter().map(records::read).collect::<Result<Vec<Number>, _>>()?;
    let ids: Vec<NumberId> = found.iter().map(|number| number.id).collect();
    let longest = found.iter().filter_map(|number| Some(number.consent.paused.as_ref()?.since)).min();
    let mut on_number = contacts::first_on(conn, &ids)?;
    let mut replies = replies_of(conn, &ids, longest.unwrap_or_default())?;
    let waiting = |number: Number| {
        let since = number.consent.paused.as_ref()?.since;
        let contact = on_number.remove(&number.id);
        let reply = replies.remove(&number.id);
        Some(WaitingReview { number, since, contact, reply })
    };
    Ok(found.into_iter().filter_map(waiting).collect())
}

/// How many wait, counted as far as `most`.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut ReadConn<'_>, most: i64) -> Result<i64, StoreError> {
    let rows = on!(conn, db => numbers::table
        .filter(numbers::paused)
        .select(numbers::id)
        .limit(most)
        .load::<NumberId>(db)?);
    Ok(i64::try_from(rows.len()).unwrap_or(most))
}

/// Those that have waited since before `since`, the longest first.
///
/// # Errors
/// When the database fails.
pub fn older_than(
    conn: &mut ReadConn<'_>,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(NumberId, Timestamp)>, StoreError> {
    on!(conn, db => Ok(numbers::table
        .filter(numbers::paused)
        .filter(numbers::paused_at.le(since))
        .order((numbers::paused_at, numbers::id))
        .select((numbers::id, numbers::paused_at.assume_not_null()))
        .limit(limit)
        .load(db)?))
}

/// The first unclear reply of each of the numbers since it waits, the longest since `since`.
fn replies_of(
    conn: &mut ReadConn<'_>,
    ids: &[NumberId],
    since: Timestamp,
) -> Result<HashMap<NumberId, InboundRow>, StoreError> {
    let ids = few_lengths(ids.iter().copied());
    on!(conn, db => {
        let first = sql::<Binary>(FIRST_REPLY).bind::<Binary, _>(inbound::first_since(since)).sql(" ORDER BY t.id LIMIT 1)");
        let query = numbers::table
            .inner_join(inbound_texts::table.on(inbound_texts::id.eq(first)))
            .filter(numbers::id.eq_any(&ids))
            .select((numbers::id, InboundRow::as_select()));
        let found: Vec<(NumberId, InboundRow)> = CachedQuery(query).load(db)?;
        Ok(found.into_iter().collect())
    })
}

/// Of one number; the identifiers begin where the texts of that time do.
const FIRST_REPLY: &str = "(SELECT t.id FROM inbound_texts t WHERE t.number_id = numbers.id AND t.class = 'unclear' \
    AND t.received_at >= numbers.paused_at AND t.id >= ";
