//! Which contacts stand on a page of the list. Every question has one sensible plan on both databases, and leaves the planner
//! no other. Lists of everybody are walked in list order, lists of one state in `by_time`; a search looks at what it found.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

use super::super::engine::{self, CachedQuery, few_lengths, on};
use super::super::schema::contacts;
use super::super::{ReadConn, StoreError};
use super::by_time;
use super::place::{ContactFilter, ListOrder, ListPlace};

/// The places on the page, in list order; and where the list goes on, if it does.
pub(super) fn places(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<(Vec<ListPlace>, Option<ListPlace>), StoreError> {
    let (mut places, mut on) = match (&filter.search, filter.order()) {
        (Some(search), _) => {
            let found = search_rows(conn, search)?;
            (among(conn, filter, &found)?, None)
        }
        (None, ListOrder::LatestChange) => by_time::places(conn, filter)?,
        (None, _) => (walk(conn, filter)?, None),
    };
    let page = usize::try_from(filter.limit).unwrap_or_default();
    if places.len() > page {
        places.truncate(page);
        on = places.last().cloned();
    }
    Ok((places, on))
}

/// Walks through everybody until the page is full.
fn walk(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<ListPlace>, StoreError> {
    match filter.order() {
        ListOrder::Name => by_name(conn, filter),
        _ => newest(conn, filter),
    }
}

fn newest(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<ListPlace>, StoreError> {
    let rows: Vec<i64> = on!(conn, db => {
        let query = contacts::table.select(contacts::row_id).limit(filter.limit + 1).into_boxed();
        let query = match (filter.begins_at(), filter.backwards) {
            (Some(ListPlace::Newest(row)), false) => query.filter(contacts::row_id.lt(*row)),
            (Some(ListPlace::Newest(row)), true) => query.filter(contacts::row_id.gt(*row)),
            _ => query,
        };
        let query = match filter.backwards {
            false => query.order(contacts::row_id.desc()),
            true => query.order(contacts::row_id.asc()),
        };
        CachedQuery(query).load(db)?
    });
    Ok(rows.into_iter().map(ListPlace::Newest).collect())
}

fn by_name(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<ListPlace>, StoreError> {
    let rows: Vec<(String, i64)> = on!(conn, db => {
        let all = contacts::table.select((contacts::name_key, contacts::row_id));
        let query = all.limit(filter.limit + 1).into_boxed();
        let query = match filter.begins_at() {
            // One range of the index, however many share a name.
            Some(ListPlace::Name(name, row)) => query.filter(
                sql::<Bool>("(contacts.name_key, contacts.row_id) ")
                    .sql(if filter.backwards { "< (" } else { "> (" })
                    .bind::<Text, _>(name.clone())
                    .sql(", ")
                    .bind::<BigInt, _>(*row)
                    .sql(")"),
            ),
            _ => query,
        };
        let query = match filter.backwards {
            false => query.order((contacts::name_key.asc(), contacts::row_id.asc())),
            true => query.order((contacts::name_key.desc(), contacts::row_id.desc())),
        };
        CachedQuery(query).load(db)?
    });
    Ok(rows.into_iter().map(|(name, row)| ListPlace::Name(name, row)).collect())
}

fn place(filter: &ContactFilter, (name, row): (String, i64)) -> ListPlace {
    match filter.order() {
        ListOrder::Name => ListPlace::Name(name, row),
        _ => ListPlace::Newest(row),
    }
}

/// The page out of the rows that a search found.
fn among(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    rows: &[i64],
) -> Result<Vec<ListPlace>, StoreError> {
    let stopped = conn.db.engine().stopped_everywhere_at();
    let lines: Vec<(String, i64)> = on!(conn, db => {
        let mut query = contacts::table
            .select((contacts::name_key, contacts::row_id))
            .filter(contacts::row_id.eq_any(few_lengths(rows.iter().copied())))
            .into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(
                sql::<Bool>(
                    "coalesce((SELECT state FROM consents \
                     WHERE number_id = contacts.number_id AND program_id = ",
                )
                .bind::<Binary, _>(filter.program)
                // It has no row yet where the program is being prepared.
                .sql(&format!(
                    "), (SELECT CASE WHEN {stopped} IS NULL THEN 'not_asked' ELSE 'opted_out' END \
                     FROM numbers n WHERE n.id = contacts.number_id)) = "
                ))
                .bind::<Text, _>(state),
            );
        }
        if filter.needs_review {
            query = query.filter(sql::<Bool>("(SELECT paused FROM numbers WHERE id = contacts.number_id)"));
        }
        CachedQuery(query).load(db)?
    });
    let mut places: Vec<ListPlace> = lines.into_iter().map(|line| place(filter, line)).collect();
    places.sort_unstable();
    places.dedup();
    // By name it is read forwards, else the newest come first.
    let upwards = (filter.order() == ListOrder::Name) != filter.backwards;
    if !upwards {
        places.reverse();
    }
    let is_beyond = |place: &ListPlace| match filter.begins_at() {
        Some(from) if upwards => place > from,
        Some(from) => place < from,
        None => true,
    };
    let page = usize::try_from(filter.limit + 1).unwrap_or_default();
    Ok(places.into_iter().filter(is_beyond).take(page).collect())
}

/// As many digits are more than the end of a number: a 0 before them belongs to the way it is dialled.
const NATIONAL_DIGITS: usize = 6;

/// The rows that match words, part of a word, or digits of a number in any format.
fn search_rows(conn: &mut ReadConn<'_>, search: &str) -> Result<Vec<i64>, StoreError> {
    // A control character is nothing anybody looks for, and NUL ends the phrase for FTS5.
    let search: String = search.chars().filter(|letter| !letter.is_control()).collect();
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    let is_number = digits.len() >= 3 && search.chars().all(|c| c.is_ascii_digit() || " +().-".contains(c));
    let words = if is_number { digits.as_str() } else { search.trim() };
    if words.chars().count() < 3 {
        let from = words.to_lowercase();
        let to = format!("{from}{}", char::MAX);
        return on!(conn, db => Ok(contacts::table
            .filter(contacts::name_key.ge(&from))
            .filter(contacts::name_key.lt(&to))
            .order(contacts::row_id.desc())
            .select(contacts::row_id)
            .limit(engine::SEARCH_ROWS)
            .load(db)?));
    }
    if is_address(words) {
        let found = with_email(conn, words)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    // A national format may begin with a 0 that E.164 leaves out: 020 7946 0000 is +44 20 7946 0000.
    let bare = words.trim_start_matches('0');
    let national = is_number && bare.len() < words.len() && bare.len() >= NATIONAL_DIGITS;
    let mut found = conn.db.engine().search_rows(words)?;
    if national {
        found.extend(conn.db.engine().search_rows(bare)?);
    }
    Ok(found)
}

/// Looks like an e-mail address from beginning to end.
fn is_address(words: &str) -> bool {
    let parts = words.split_once('@');
    parts.is_some_and(|(_, domain)| domain.contains('.')) && !words.contains(char::is_whitespace)
}

/// The rows with this very address, in capitals or not. The index is in the order that is asked for.
fn with_email(conn: &mut ReadConn<'_>, address: &str) -> Result<Vec<i64>, StoreError> {
    on!(conn, db => Ok(contacts::table
        .filter(sql::<Bool>("lower(email) = lower(").bind::<Text, _>(address).sql(")"))
        .order(contacts::row_id.desc())
        .select(contacts::row_id)
        .limit(engine::SEARCH_ROWS)
        .load(db)?))
}
