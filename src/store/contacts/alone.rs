//! Numbers that no contact has, as lines of the list: by when they were met, by their digits, and as a search finds them. Each
//! page is a range of an index that holds nothing else. The list of everyone uses it; it writes nothing.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use uuid::Uuid;

use super::super::engine::{self, CachedQuery, on};
use super::super::schema::numbers;
use super::super::{ReadConn, StoreError};
use super::number_states::states_of;
use super::place::{ContactFilter, FoundLine, LineSubject, ListOrder, ListPlace};
use crate::domain::id::NumberId;

/// What the indexes of these numbers hold, in their own words.
const NO_CONTACT: &str = "numbers.contact_count = 0";
/// Digits of the longest number.
const MOST_DIGITS: usize = 15;
/// As many digits at the end of a number have an index.
const LAST_DIGITS: usize = 4;

/// Those met before the place, the latest first; backwards those met after it, the earliest first.
pub(super) fn by_time_met(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<Vec<FoundLine>, StoreError> {
    let ids: Vec<NumberId> = on!(conn, db => {
        let all = numbers::table.filter(sql::<Bool>(NO_CONTACT)).select(numbers::id);
        let query = all.limit(filter.limit + 1).into_boxed();
        let query = match (filter.begins_at(), filter.backwards) {
            (Some(ListPlace::Added(id)), false) => query.filter(numbers::id.lt(NumberId::from(*id))),
            (Some(ListPlace::Added(id)), true) => query.filter(numbers::id.gt(NumberId::from(*id))),
            _ => query,
        };
        let query = match filter.backwards {
            false => query.order(numbers::id.desc()),
            true => query.order(numbers::id.asc()),
        };
        CachedQuery(query).load(db)?
    });
    Ok(ids.into_iter().map(|id| (ListPlace::Added(id.into()), LineSubject::Number(id))).collect())
}

/// Those behind the place in the order of their digits; backwards those before it, the last first.
pub(super) fn by_digits(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<Vec<FoundLine>, StoreError> {
    let found: Vec<(NumberId, String)> = on!(conn, db => {
        let all = numbers::table.filter(sql::<Bool>(NO_CONTACT)).select((numbers::id, numbers::e164));
        let query = all.limit(filter.limit + 1).into_boxed();
        let query = match (filter.begins_at(), filter.backwards) {
            (Some(ListPlace::Digits(digits)), false) => query.filter(numbers::e164.gt(digits.clone())),
            (Some(ListPlace::Digits(digits)), true) => query.filter(numbers::e164.lt(digits.clone())),
            _ => query,
        };
        let query = match filter.backwards {
            false => query.order(numbers::e164.asc()),
            true => query.order(numbers::e164.desc()),
        };
        CachedQuery(query).load(db)?
    });
    Ok(found.into_iter().map(|(id, digits)| (ListPlace::Digits(digits), LineSubject::Number(id))).collect())
}

/// Those that begin or end with the digits, as far as they are in the list.
pub(super) fn with_digits(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    digits: &str,
) -> Result<Vec<FoundLine>, StoreError> {
    let mut found = beginning_with(conn, format!("+{digits}"))?;
    if let Some(code) = &filter.home_code {
        found.extend(beginning_with(conn, format!("{code}{digits}"))?);
    }
    if digits.len() >= LAST_DIGITS {
        found.extend(ending_with(conn, digits)?);
    }
    let mut states = states_of(conn, filter.program, found.iter().map(|(id, _)| *id))?;
    let is_in_list = |(id, digits): (NumberId, String)| {
        let row = states.remove(&id)?;
        let is_wanted = filter.state.is_none_or(|state| row.state == state);
        let place = match filter.order() {
            ListOrder::Name => ListPlace::Digits(digits),
            _ => ListPlace::Added(Uuid::from(id)),
        };
        (is_wanted && (row.paused || !filter.needs_review)).then_some((place, LineSubject::Number(id)))
    };
    Ok(found.into_iter().filter_map(is_in_list).collect())
}

fn beginning_with(conn: &mut ReadConn<'_>, from: String) -> Result<Vec<(NumberId, String)>, StoreError> {
    // No number is longer, and digits stand in one order in every collation.
    let to = format!("{from}{}", "9".repeat(MOST_DIGITS));
    on!(conn, db => {
        let query = numbers::table
            .filter(sql::<Bool>(NO_CONTACT))
            .filter(numbers::e164.ge(&from))
            .filter(numbers::e164.le(&to))
            .order(numbers::e164)
            .select((numbers::id, numbers::e164))
            .limit(engine::SEARCH_ROWS);
        Ok(CachedQuery(query).load(db)?)
    })
}

/// Found by their last digits; the longer ending is looked at in each.
fn ending_with(conn: &mut ReadConn<'_>, digits: &str) -> Result<Vec<(NumberId, String)>, StoreError> {
    let last = digits.get(digits.len().saturating_sub(LAST_DIGITS)..).unwrap_or_default();
    let found: Vec<(NumberId, String)> = on!(conn, db => {
        let query = numbers::table
            .filter(sql::<Bool>(NO_CONTACT))
            .filter(sql::<Bool>("substr(numbers.e164, length(numbers.e164) - 3) = ").bind::<Text, _>(last))
            .select((numbers::id, numbers::e164))
            .limit(engine::SEARCH_ROWS);
        CachedQuery(query).load(db)?
    });
    Ok(found.into_iter().filter(|(_, e164)| e164.ends_with(digits)).collect())
}
