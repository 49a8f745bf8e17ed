//! Lists of one state, or of numbers that wait for a person: numbers in the order of their latest change, and their contacts.
//! Each page is a range of an index, wherever its rows lie. In a list of contacts alone, a number without one is passed by.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool};

use super::super::engine::{CachedQuery, few_lengths, on};
use super::super::schema::{consents, contacts, numbers};
use super::super::{ReadConn, StoreError};
use super::place::{ContactFilter, FoundLine, LineSubject, ListPlace, ListSubject, SinceRange};
use crate::domain::consent::StateName;
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;

/// Numbers that are looked at for one page at most: many in a row may have no contact.
const LOOKED_AT: usize = 2000;
/// The row of a number itself, before all of its contacts.
const ITSELF: i64 = 0;
/// Before and behind every row.
const ENDS: (i64, i64) = (ITSELF, i64::MAX);

/// A number's place.
type ListPosition = (Timestamp, NumberId);

/// The lines on the page, one more than asked where the list goes on; and where to go on when the page could not be filled.
pub(super) fn lines(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<(Vec<FoundLine>, Option<ListPlace>), StoreError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut from = match filter.begins_at() {
        Some(ListPlace::LatestChange(since, number, row)) => Some(((*since, *number), *row)),
        _ => None,
    };
    let page = usize::try_from(filter.limit + 1).unwrap_or_default();
    // The number that the page before ended with is read again.
    let mut chunk = page + 1;
    loop {
        let spots = spots(conn, filter, from.map(|(spot, _)| spot), chunk)?;
        let is_last = spots.len() < chunk;
        looked_at += spots.len();
        found.extend(with_contacts(conn, filter, &spots, from)?);
        if let Some(last) = spots.last() {
            let behind = if filter.backwards { ENDS.1 } else { ENDS.0 };
            from = Some((*last, behind));
        }
        if found.len() >= page || is_last {
            found.truncate(page);
            return Ok((found, None));
        }
        if looked_at >= LOOKED_AT {
            let on = from.map(|((since, number), row)| ListPlace::LatestChange(since, number, row));
            return Ok((found, on));
        }
        chunk = (chunk * 4).min(LOOKED_AT / 2);
    }
}

/// The numbers on the page themselves, one more than asked where the list goes on.
pub(super) fn numbers(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<Vec<(ListPlace, NumberId)>, StoreError> {
    let from = match filter.begins_at() {
        Some(ListPlace::LatestChange(since, number, _)) => Some((*since, *number)),
        _ => None,
    };
    // The number that the page before ended with is read again, and left out.
    let most = usize::try_from(filter.limit + 2).unwrap_or_default();
    let spots = spots(conn, filter, from, most)?;
    let others = spots.into_iter().filter(|spot| Some(*spot) != from);
    let page = usize::try_from(filter.limit + 1).unwrap_or_default();
    Ok(others.take(page).map(|(since, id)| (ListPlace::LatestChange(since, id, ITSELF), id)).collect())
}

/// The contacts of the numbers, in list order, as far as they come after `from`.
fn with_contacts(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    spots: &[ListPosition],
    from: Option<(ListPosition, i64)>,
) -> Result<Vec<FoundLine>, StoreError> {
    let backwards = filter.backwards;
    let ids = few_lengths(spots.iter().map(|spot| spot.1));
    let rows: Vec<(NumberId, i64)> = on!(conn, db => {
        let query = contacts::table
            .filter(contacts::number_id.eq_any(&ids))
            .select((contacts::number_id, contacts::row_id));
        CachedQuery(query).load(db)?
    });
    let mut by_number: HashMap<NumberId, Vec<i64>> = HashMap::new();
    rows.into_iter().for_each(|(number, row)| by_number.entry(number).or_default().push(row));
    let mut places = Vec::new();
    for spot in spots {
        let mut rows = by_number.remove(&spot.1).unwrap_or_default();
        if rows.is_empty() && filter.of == ListSubject::Everyone {
            rows.push(ITSELF);
        }
        rows.sort_unstable();
        if !backwards {
            rows.reverse();
        }
        let is_new = |row: &i64| match from {
            Some((at, last)) if at == *spot => (*row > last) == backwards && *row != last,
            _ => true,
        };
        let line = |row: i64| {
            let of = if row == ITSELF { LineSubject::Number(spot.1) } else { LineSubject::Contact(row) };
            (ListPlace::LatestChange(spot.0, spot.1, row), of)
        };
        places.extend(rows.into_iter().filter(is_new).map(line));
    }
    Ok(places)
}

/// So many numbers from that place on, itself included.
fn spots(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    from: Option<ListPosition>,
    limit: usize,
) -> Result<Vec<ListPosition>, StoreError> {
    let from = begins(filter, from);
    let mut spots = in_list(conn, filter, from, limit)?;
    // What comes behind the range ends the list.
    spots.retain(|(since, _)| filter.since.has(*since));
    Ok(spots)
}

/// Where the walk begins: at the place, or at the end of the range of time.
fn begins(filter: &ContactFilter, from: Option<ListPosition>) -> ListPosition {
    let SinceRange { from: earliest, to } = filter.since;
    match filter.backwards {
        true => {
            let earliest = earliest.unwrap_or(Timestamp::from_micros(i64::MIN));
            let end = (earliest, NumberId::from(uuid::Uuid::nil()));
            from.map_or(end, |from| from.max(end))
        }
        false => {
            let latest = to.map_or(Timestamp::from_micros(i64::MAX), |to| to.plus_micros(-1));
            let end = (latest, NumberId::from(uuid::Uuid::max()));
            from.map_or(end, |from| from.min(end))
        }
    }
}

fn in_list(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    from: ListPosition,
    limit: usize,
) -> Result<Vec<ListPosition>, StoreError> {
    let state = match filter.state {
        _ if filter.needs_review => return paused(conn, from, filter.backwards, limit),
        Some(state) => state,
        None => return Ok(Vec::new()),
    };
    let mut spots = in_state(conn, filter, state, from, limit)?;
    if state == StateName::NotAsked {
        // Numbers that nothing ever happened to have no row in `consents`.
        let untouched = untouched(conn, from.1, filter.backwards, limit)?;
        spots = merged(spots, untouched, filter.backwards, limit);
    }
    Ok(spots)
}

/// The first of both.
fn merged(
    mut spots: Vec<ListPosition>,
    others: Vec<ListPosition>,
    backwards: bool,
    limit: usize,
) -> Vec<ListPosition> {
    spots.extend(others);
    spots.sort_unstable();
    if !backwards {
        spots.reverse();
    }
    spots.truncate(limit);
    spots
}

/// A page of one index, in one direction or the other.
macro_rules! walk {
    ($conn:expr, $query:expr, $columns:literal, $order:expr, $from:expr, $backwards:expr, $limit:expr) => {{
        let limit = i64::try_from($limit).unwrap_or(i64::MAX);
        let (since, number): ListPosition = $from;
        on!($conn, db => {
            let query = $query.limit(limit).into_boxed();
            let query = match $backwards {
                true => query
                    .filter(
                        sql::<Bool>(concat!($columns, " >= ("))
                            .bind::<BigInt, _>(since).sql(", ").bind::<Binary, _>(number).sql(")"),
                    )
                    .order(($order.0.asc(), $order.1.asc())),
                false => query
                    .filter(
                        sql::<Bool>(concat!($columns, " <= ("))
                            .bind::<BigInt, _>(since).sql(", ").bind::<Binary, _>(number).sql(")"),
                    )
                    .order(($order.0.desc(), $order.1.desc())),
            };
            Ok(CachedQuery(query).load(db)?)
        })
    }};
}

fn in_state(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    state: StateName,
    from: ListPosition,
    limit: usize,
) -> Result<Vec<ListPosition>, StoreError> {
    walk!(
        conn,
        consents::table
            .filter(consents::program_id.eq(filter.program))
            .filter(consents::state.eq(state))
            .select((consents::since, consents::number_id)),
        "(consents.since, consents.number_id)",
        (consents::since, consents::number_id),
        from,
        filter.backwards,
        limit
    )
}

fn paused(
    conn: &mut ReadConn<'_>,
    from: ListPosition,
    backwards: bool,
    limit: usize,
) -> Result<Vec<ListPosition>, StoreError> {
    walk!(
        conn,
        numbers::table.filter(numbers::paused).select((numbers::paused_at.assume_not_null(), numbers::id)),
        "(numbers.paused_at, numbers.id)",
        (numbers::paused_at, numbers::id),
        from,
        backwards,
        limit
    )
}

fn untouched(
    conn: &mut ReadConn<'_>,
    from: NumberId,
    backwards: bool,
    limit: usize,
) -> Result<Vec<ListPosition>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ids: Vec<NumberId> = on!(conn, db => {
        let query = numbers::table
            .filter(sql::<Bool>("numbers.head_seq = 0"))
            .select(numbers::id)
            .limit(limit)
            .into_boxed();
        match backwards {
            true => CachedQuery(query.filter(numbers::id.ge(from)).order(numbers::id.asc())).load(db)?,
            false => CachedQuery(query.filter(numbers::id.le(from)).order(numbers::id.desc())).load(db)?,
        }
    });
    Ok(ids.into_iter().map(|id| (Timestamp::default(), id)).collect())
}
