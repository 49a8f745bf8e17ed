//! Numbers whose unclear reply waits for a person, the longest first. Used by the Review page and `actions::review`; it
//! changes nothing.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool};

use super::engine::{CachedQuery, few_lengths, on};
use super::inbound::InboundRow;
use super::numbers::{self as records, Number, NumberRow};
use super::schema::{inbound_texts, numbers};
use super::{ReadConn, StoreError, contacts};
use crate::domain::id::{ContactId, NumberId};
use crate::domain::reply::UNCLEAR;
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
    let (mut on_number, mut replies) = (contacts::first_on(conn, &ids)?, replies_of(conn, &ids)?);
    let waiting = |number: Number| {
        let since = number.consent.paused.as_ref()?.since;
        let contact = on_number.remove(&number.id);
        let texts = replies.remove(&number.id).unwrap_or_default();
        let reply = texts.into_iter().find(|text| text.received_at >= since);
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

/// The unclear replies of the numbers, the oldest first.
fn replies_of(
    conn: &mut ReadConn<'_>,
    ids: &[NumberId],
) -> Result<HashMap<NumberId, Vec<InboundRow>>, StoreError> {
    let ids = few_lengths(ids.iter().copied().map(Some));
    let texts: Vec<InboundRow> = on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::number_id.eq_any(&ids))
            .filter(inbound_texts::class.eq(UNCLEAR))
            .order(inbound_texts::id)
            .select(InboundRow::as_select());
        CachedQuery(query).load(db)?
    });
    let mut by_number: HashMap<NumberId, Vec<InboundRow>> = HashMap::new();
    for text in texts {
        if let Some(number) = text.number_id {
            by_number.entry(number).or_default().push(text);
        }
    }
    Ok(by_number)
}
