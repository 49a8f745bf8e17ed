//! Which contacts stand on a page of the list. Every question has one sensible plan on both databases, and leaves the planner
//! no other: rows are walked in list order, and what is asked of each is a lookup of its own, not a join.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

use super::super::dialect::{self, on};
use super::super::schema::{consents, contacts, numbers};
use super::super::{Conn, StoreError, tallies};
use super::Filter;
use crate::domain::consent::StateName;
use crate::domain::id::ProgramId;

/// The figures of the tabs may be behind by what is being written.
const MARGIN: i64 = 1000;
/// More are not found one by one: SQLite takes no more than 32,766 values in one statement.
const MANY: i64 = 30_000;

/// The rows on the page, in list order; one more than asked where the list goes on.
pub(super) fn rows(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<i64>, StoreError> {
    if let Some(search) = &filter.search {
        let found = search_rows(conn, search)?;
        return among(conn, filter, &found, true);
    }
    match few(conn, filter)? {
        Some(few) => among(conn, filter, &few, false),
        None => walk(conn, filter),
    }
}

/// The state asked for, looked up for each row that is walked past.
macro_rules! in_list {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(state) = $filter.state {
            query = query.filter(
                sql::<Bool>(
                    "coalesce((SELECT state FROM consents \
                     WHERE number_id = contacts.number_id AND program_id = ",
                )
                .bind::<Binary, _>($filter.program)
                .sql("), 'not_asked') = ")
                .bind::<Text, _>(state),
            );
        }
        if $filter.needs_review {
            query = query.filter(sql::<Bool>("(SELECT paused FROM numbers WHERE id = contacts.number_id)"));
        }
        query
    }};
}

/// Walks through everybody until the page is full.
fn walk(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<i64>, StoreError> {
    on!(conn, db => {
        let all = contacts::table.select(contacts::row_id).limit(filter.limit + 1).into_boxed();
        let mut query = in_list!(all, filter);
        if let Some((name, place)) = &filter.cursor {
            query = match (filter.by_name, filter.backwards) {
                (false, false) => query.filter(contacts::row_id.lt(*place)),
                (false, true) => query.filter(contacts::row_id.gt(*place)),
                // One range of the index, however many share a name.
                (true, backwards) => query.filter(
                    sql::<Bool>("(contacts.name_key, contacts.row_id) ")
                        .sql(if backwards { "< (" } else { "> (" })
                        .bind::<Text, _>(name.clone())
                        .sql(", ")
                        .bind::<BigInt, _>(*place)
                        .sql(")"),
                ),
            };
        }
        query = match (filter.by_name, filter.backwards) {
            (false, false) => query.order(contacts::row_id.desc()),
            (false, true) => query.order(contacts::row_id.asc()),
            (true, false) => query.order((contacts::name_key.asc(), contacts::row_id.asc())),
            (true, true) => query.order((contacts::name_key.desc(), contacts::row_id.desc())),
        };
        Ok(query.load(db)?)
    })
}

/// The page out of the rows in question.
fn among(
    conn: &mut Conn<'_>,
    filter: &Filter,
    rows: &[i64],
    ask_state: bool,
) -> Result<Vec<i64>, StoreError> {
    let is_asked = ask_state && (filter.state.is_some() || filter.needs_review);
    let mut lines: Vec<(String, i64)> = if filter.by_name || is_asked {
        on!(conn, db => {
            let mut query = contacts::table
                .select((contacts::name_key, contacts::row_id))
                .filter(contacts::row_id.eq_any(rows))
                .into_boxed();
            if is_asked {
                query = in_list!(query, filter);
            }
            query.load(db)?
        })
    } else {
        rows.iter().map(|row| (String::new(), *row)).collect()
    };
    if !filter.by_name {
        lines.iter_mut().for_each(|(name, _)| name.clear());
    }
    lines.sort_unstable();
    lines.dedup();
    // By name it is read forwards, else the newest come first.
    let upwards = filter.by_name != filter.backwards;
    if !upwards {
        lines.reverse();
    }
    let cursor = filter
        .cursor
        .as_ref()
        .map(|(name, place)| (if filter.by_name { name.clone() } else { String::new() }, *place));
    let is_beyond = |line: &(String, i64)| match &cursor {
        Some(cursor) if upwards => line > cursor,
        Some(cursor) => line < cursor,
        None => true,
    };
    let page = usize::try_from(filter.limit + 1).unwrap_or_default();
    Ok(lines.into_iter().filter(is_beyond).map(|(_, row)| row).take(page).collect())
}

/// Everybody in the state the list is about, where that is cheaper than to walk until a page is full; `None` where it is not.
fn few(conn: &mut Conn<'_>, filter: &Filter) -> Result<Option<Vec<i64>>, StoreError> {
    let state = match (filter.needs_review, filter.state) {
        (true, _) => tallies::NEEDS_REVIEW,
        (false, Some(state)) => state.as_str(),
        (false, None) => return Ok(None),
    };
    let figures = tallies::of(conn, filter.program)?;
    let figure = |of: &str| figures.get(of).copied().unwrap_or(0).max(0);
    // So many are met until a page is full, if they are spread evenly.
    let walked = figure(tallies::ALL).saturating_mul(filter.limit) / figure(state).max(1);
    if figure(state) > walked.min(MANY - MARGIN) {
        return Ok(None);
    }
    // The figures may be behind by what is being written.
    let limit = figure(state) + MARGIN;
    match (filter.needs_review, filter.state) {
        (true, _) => paused(conn, limit).map(Some),
        (false, Some(state)) => in_state(conn, filter.program, state, limit).map(Some),
        (false, None) => Ok(None),
    }
}

fn paused(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<i64>, StoreError> {
    on!(conn, db => Ok(contacts::table
        .inner_join(numbers::table)
        .filter(numbers::paused)
        .select(contacts::row_id)
        .limit(limit)
        .load(db)?))
}

fn in_state(
    conn: &mut Conn<'_>,
    program: ProgramId,
    state: StateName,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut rows: Vec<i64> = on!(conn, db => consents::table
        .inner_join(contacts::table.on(contacts::number_id.eq(consents::number_id)))
        .filter(consents::program_id.eq(program))
        .filter(consents::state.eq(state))
        .select(contacts::row_id)
        .limit(limit)
        .load(db)?);
    if state == StateName::NotAsked {
        // Only numbers that nothing ever happened to have no row in `consents`.
        rows.extend::<Vec<i64>>(on!(conn, db => contacts::table
            .inner_join(numbers::table)
            .filter(sql::<Bool>("numbers.head_seq = 0"))
            .select(contacts::row_id)
            .limit(limit)
            .load(db)?));
    }
    Ok(rows)
}

/// As many digits are more than the end of a number: a 0 before them belongs to the way it is dialled.
const NATIONAL_DIGITS: usize = 6;

/// The rows that match words, part of a word, or digits of a number in any format.
fn search_rows(conn: &mut Conn<'_>, search: &str) -> Result<Vec<i64>, StoreError> {
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
            .limit(dialect::SEARCH_ROWS)
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
    let mut found = dialect::search_rows(conn, words)?;
    if national {
        found.extend(dialect::search_rows(conn, bare)?);
    }
    Ok(found)
}

/// Looks like an e-mail address from beginning to end.
fn is_address(words: &str) -> bool {
    let parts = words.split_once('@');
    parts.is_some_and(|(_, domain)| domain.contains('.')) && !words.contains(char::is_whitespace)
}

/// The rows with this very address, in capitals or not. The index is in the order that is asked for.
fn with_email(conn: &mut Conn<'_>, address: &str) -> Result<Vec<i64>, StoreError> {
    on!(conn, db => Ok(contacts::table
        .filter(sql::<Bool>("lower(email) = lower(").bind::<Text, _>(address).sql(")"))
        .order(contacts::row_id.desc())
        .select(contacts::row_id)
        .limit(dialect::SEARCH_ROWS)
        .load(db)?))
}
