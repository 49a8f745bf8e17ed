//! Which contacts stand on a page of the list, and which numbers without one. Every question has one sensible plan on both
//! databases, and leaves the planner no other. Lists of everybody are walked in list order, lists of one state in `by_time`;
//! a search looks at what it found.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

use super::super::engine::{self, CachedQuery, few_lengths, on};
use super::super::schema::contacts;
use super::super::{ReadConn, StoreError};
use super::place::{ContactFilter, FoundLine, LineSubject, ListOrder, ListPlace, ListSubject};
use super::{alone, by_time};
use crate::domain::id::ContactId;

/// The lines on the page, in list order; and where the list goes on, if it does.
pub(super) fn lines(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
) -> Result<(Vec<FoundLine>, Option<ListPlace>), StoreError> {
    let (mut lines, mut on) = match (&filter.search, filter.order()) {
        (Some(search), _) => (searched(conn, filter, search)?, None),
        (None, ListOrder::LatestChange) => by_time::lines(conn, filter)?,
        (None, _) => (walk(conn, filter)?, None),
    };
    let page = usize::try_from(filter.limit).unwrap_or_default();
    if lines.len() > page {
        lines.truncate(page);
        on = lines.last().map(|(place, _)| place.clone());
    }
    Ok((lines, on))
}

/// Walks through everybody until the page is full.
fn walk(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<FoundLine>, StoreError> {
    match (filter.order(), filter.of) {
        (ListOrder::Name, ListSubject::Everyone) => by_name_and_digits(conn, filter),
        (ListOrder::Name, _) => by_name(conn, filter),
        (ListOrder::Added, _) => added(conn, filter),
        _ => newest(conn, filter),
    }
}

/// Contacts, and numbers that no contact has, the latest first.
fn added(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<FoundLine>, StoreError> {
    let rows: Vec<(ContactId, i64)> = on!(conn, db => {
        let query = contacts::table.select((contacts::id, contacts::row_id)).limit(filter.limit + 1).into_boxed();
        let query = match (filter.begins_at(), filter.backwards) {
            (Some(ListPlace::Added(id)), false) => query.filter(contacts::id.lt(ContactId::from(*id))),
            (Some(ListPlace::Added(id)), true) => query.filter(contacts::id.gt(ContactId::from(*id))),
            _ => query,
        };
        let query = match filter.backwards {
            false => query.order(contacts::id.desc()),
            true => query.order(contacts::id.asc()),
        };
        CachedQuery(query).load(db)?
    });
    let mut lines = alone::by_time_met(conn, filter)?;
    lines.extend(rows.into_iter().map(|(id, row)| (ListPlace::Added(id.into()), LineSubject::Contact(row))));
    lines.sort_unstable();
    if !filter.backwards {
        lines.reverse();
    }
    Ok(lines)
}

/// Contacts by name, and behind them numbers that no contact has.
fn by_name_and_digits(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<FoundLine>, StoreError> {
    let is_among_numbers = matches!(filter.begins_at(), Some(ListPlace::Digits(_)));
    let is_among_names = matches!(filter.begins_at(), Some(ListPlace::Name(..)));
    let page = usize::try_from(filter.limit).unwrap_or_default();
    let mut lines = Vec::new();
    match filter.backwards {
        false if is_among_numbers => {}
        false => lines = by_name(conn, filter)?,
        true if is_among_names => {}
        true => lines = alone::by_digits(conn, filter)?,
    }
    if lines.len() <= page {
        lines.extend(match filter.backwards {
            false => alone::by_digits(conn, filter)?,
            true => by_name(conn, filter)?,
        });
    }
    Ok(lines)
}

fn newest(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<FoundLine>, StoreError> {
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
    Ok(rows.into_iter().map(|row| (ListPlace::Newest(row), LineSubject::Contact(row))).collect())
}

fn by_name(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<Vec<FoundLine>, StoreError> {
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
    Ok(rows.into_iter().map(|(name, row)| (ListPlace::Name(name, row), LineSubject::Contact(row))).collect())
}

fn place(filter: &ContactFilter, (name, id, row): (String, ContactId, i64)) -> FoundLine {
    let place = match filter.order() {
        ListOrder::Name => ListPlace::Name(name, row),
        ListOrder::Added => ListPlace::Added(id.into()),
        _ => ListPlace::Newest(row),
    };
    (place, LineSubject::Contact(row))
}

/// The page out of what a search found.
fn searched(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    search: &str,
) -> Result<Vec<FoundLine>, StoreError> {
    let words = SearchWords::read(search);
    let rows = search_rows(conn, &words)?;
    let mut lines = among(conn, filter, &rows)?;
    if words.is_number && filter.of == ListSubject::Everyone {
        lines.extend(alone::with_digits(conn, filter, &words.text)?);
        if let Some(bare) = words.national() {
            lines.extend(alone::with_digits(conn, filter, bare)?);
        }
    }
    Ok(page_of(lines, filter))
}

/// The lines of a search that come behind the place, in list order.
fn page_of(mut lines: Vec<FoundLine>, filter: &ContactFilter) -> Vec<FoundLine> {
    lines.sort_unstable();
    lines.dedup();
    // By name it is read forwards, else the newest come first.
    let upwards = (filter.order() == ListOrder::Name) != filter.backwards;
    if !upwards {
        lines.reverse();
    }
    let is_beyond = |(place, _): &FoundLine| match filter.begins_at() {
        Some(from) if upwards => place > from,
        Some(from) => place < from,
        None => true,
    };
    let page = usize::try_from(filter.limit + 1).unwrap_or_default();
    lines.into_iter().filter(is_beyond).take(page).collect()
}

/// The contacts out of these rows that are in the list.
fn among(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    rows: &[i64],
) -> Result<Vec<FoundLine>, StoreError> {
    let stopped = conn.db.engine().stopped_everywhere_at();
    let lines: Vec<(String, ContactId, i64)> = on!(conn, db => {
        let mut query = contacts::table
            .select((contacts::name_key, contacts::id, contacts::row_id))
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
    Ok(lines.into_iter().map(|line| place(filter, line)).collect())
}

/// As many digits are more than the end of a number: a 0 before them belongs to the way it is dialled.
const NATIONAL_DIGITS: usize = 6;

/// What is looked for.
struct SearchWords {
    /// The digits of a number, or words.
    text: String,
    /// Digits of a number in any format.
    is_number: bool,
}

impl SearchWords {
    fn read(search: &str) -> SearchWords {
        // A control character is nothing anybody looks for, and NUL ends the phrase for FTS5.
        let search: String = search.chars().filter(|letter| !letter.is_control()).collect();
        let digits: String = search.chars().filter(char::is_ascii_digit).collect();
        let is_number =
            digits.len() >= 3 && search.chars().all(|c| c.is_ascii_digit() || " +().-".contains(c));
        SearchWords { text: if is_number { digits } else { search.trim().to_owned() }, is_number }
    }

    /// A national format may begin with a 0 that E.164 leaves out: 020 7946 0000 is +44 20 7946 0000.
    fn national(&self) -> Option<&str> {
        let bare = self.text.trim_start_matches('0');
        let is_national = self.is_number && bare.len() < self.text.len() && bare.len() >= NATIONAL_DIGITS;
        is_national.then_some(bare)
    }
}

/// The rows that match words, part of a word, or digits of a number in any format.
fn search_rows(conn: &mut ReadConn<'_>, search: &SearchWords) -> Result<Vec<i64>, StoreError> {
    let words = search.text.as_str();
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
    let mut found = conn.db.engine().search_rows(words)?;
    if let Some(bare) = search.national() {
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
