//! What lists show of a number in one program, and the list of all numbers, with or without a contact. The list of contacts and
//! the JSON API use it; it writes nothing.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::engine::{CachedQuery, few_lengths, on};
use super::super::schema::{consents, numbers};
use super::super::{ReadConn, StoreError, backfill};
use super::by_time;
use super::place::{ContactFilter, ListOrder, ListPlace};
use crate::domain::consent::StateName;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// A number in a list, with its state in the program asked about.
#[derive(Clone, Debug)]
pub struct NumberStateRow {
    /// Its identifier.
    pub id: NumberId,
    /// The number.
    pub phone: Phone,
    /// The state in the program asked about.
    pub state: StateName,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The administrator's flag.
    pub do_not_text: bool,
    /// An unclear reply waits.
    pub paused: bool,
    /// How many contacts point at it.
    pub contact_count: i32,
    /// When it was first met.
    pub created_at: Timestamp,
}

/// A page of the list of numbers.
#[derive(Clone, Debug)]
pub struct NumberListPage {
    /// Its numbers, in list order.
    pub numbers: Vec<NumberStateRow>,
    /// Where the list goes on, if it does.
    pub goes_on: Option<ListPlace>,
}

/// A number's columns, and those of its row in the program.
pub(super) type StateColumns =
    (NumberId, Phone, bool, bool, i32, Timestamp, Option<StateName>, Option<Timestamp>);

/// The columns of [`StateColumns`], as a query selects them.
macro_rules! state_columns {
    () => {
        (
            numbers::id,
            numbers::e164,
            numbers::do_not_text,
            numbers::paused,
            numbers::contact_count,
            numbers::created_at,
            consents::state.nullable(),
            consents::since.nullable(),
        )
    };
}
pub(super) use state_columns;

/// The rows of lists, from what was read. A number without a row in the program is not asked there, unless the program is being
/// prepared.
pub(super) fn told(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    found: Vec<StateColumns>,
) -> Result<HashMap<NumberId, NumberStateRow>, StoreError> {
    let without_row = found.iter().filter(|row| row.6.is_none()).map(|row| row.0).collect();
    let prepared = backfill::states_without_row(conn, program, without_row)?;
    let row = |(id, phone, do_not_text, paused, contact_count, created_at, state, since): StateColumns| {
        let known = state.map(|state| (state, since)).or(prepared.get(&id).copied());
        let (state, since) = known.unwrap_or((StateName::NotAsked, None));
        // Nothing began then.
        let since = since.filter(|_| state != StateName::NotAsked);
        (id, NumberStateRow { id, phone, state, since, do_not_text, paused, contact_count, created_at })
    };
    Ok(found.into_iter().map(row).collect())
}

/// These numbers, with their states in the program.
pub(super) fn states_of(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    ids: impl IntoIterator<Item = NumberId>,
) -> Result<HashMap<NumberId, NumberStateRow>, StoreError> {
    let ids = few_lengths(ids);
    let found: Vec<StateColumns> = on!(conn, db => {
        let state_row = consents::table.on(consents::number_id.eq(numbers::id).and(consents::program_id.eq(program)));
        let rows = numbers::table.left_join(state_row).filter(numbers::id.eq_any(&ids)).select(state_columns!());
        CachedQuery(rows).load(db)?
    });
    told(conn, program, found)
}

/// One page of all numbers: of one state, the latest change first; of every state, in the order of their identifiers.
///
/// # Errors
/// When the database fails.
pub fn number_page(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<NumberListPage, StoreError> {
    let mut places = match filter.order() {
        ListOrder::LatestChange => by_time::numbers(conn, filter)?,
        _ => by_id(conn, filter)?,
    };
    let page = usize::try_from(filter.limit).unwrap_or_default();
    let has_more = places.len() > page;
    places.truncate(page);
    let goes_on = places.last().filter(|_| has_more).map(|(place, _)| place.clone());
    let mut rows = states_of(conn, filter.program, places.iter().map(|(_, id)| *id))?;
    let numbers = places.into_iter().filter_map(|(_, id)| rows.remove(&id)).collect();
    Ok(NumberListPage { numbers, goes_on })
}

fn by_id(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<(ListPlace, NumberId)>, StoreError> {
    let ids: Vec<NumberId> = on!(conn, db => {
        let query = numbers::table.select(numbers::id).order(numbers::id).limit(filter.limit + 1).into_boxed();
        let query = match filter.begins_at() {
            Some(ListPlace::Number(after)) => query.filter(numbers::id.gt(*after)),
            _ => query,
        };
        CachedQuery(query).load(db)?
    });
    Ok(ids.into_iter().map(|id| (ListPlace::Number(id), id)).collect())
}
