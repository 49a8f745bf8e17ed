//! Which contacts a list is about, where that can be told before the list is walked: a search, or a state that few are in.

use diesel::prelude::*;

use super::super::dialect::{self, on};
use super::super::schema::{consents, contacts, numbers};
use super::super::{Conn, StoreError, tallies};
use super::Filter;
use crate::domain::consent::StateName;
use crate::domain::id::ProgramId;

/// Fewer contacts than this are found by their state; more are met often enough on a walk through everybody.
const FEW: i64 = 2000;

/// The rows the list is about; `None` means all of them.
pub(super) fn rows(conn: &mut Conn<'_>, filter: &Filter) -> Result<Option<Vec<i64>>, StoreError> {
    if let Some(search) = &filter.search {
        return search_rows(conn, search).map(Some);
    }
    let state = match (filter.needs_review, filter.state) {
        (true, _) => tallies::NEEDS_REVIEW,
        (false, Some(state)) => state.as_str(),
        (false, None) => return Ok(None),
    };
    let there_are = tallies::of(conn, filter.program)?.get(state).copied().unwrap_or(0);
    if there_are >= FEW {
        return Ok(None);
    }
    match (filter.needs_review, filter.state) {
        (true, _) => paused(conn).map(Some),
        (false, Some(state)) => in_state(conn, filter.program, state).map(Some),
        (false, None) => Ok(None),
    }
}

fn paused(conn: &mut Conn<'_>) -> Result<Vec<i64>, StoreError> {
    on!(conn, db => Ok(contacts::table
        .inner_join(numbers::table)
        .filter(numbers::paused)
        .select(contacts::row_id)
        .limit(FEW)
        .load(db)?))
}

fn in_state(conn: &mut Conn<'_>, program: ProgramId, state: StateName) -> Result<Vec<i64>, StoreError> {
    let mut rows: Vec<i64> = on!(conn, db => consents::table
        .inner_join(contacts::table.on(contacts::number_id.eq(consents::number_id)))
        .filter(consents::program_id.eq(program))
        .filter(consents::state.eq(state))
        .select(contacts::row_id)
        .limit(FEW)
        .load(db)?);
    if state == StateName::NotAsked {
        // Numbers that nothing ever happened to have no row in `consents`.
        rows.extend::<Vec<i64>>(on!(conn, db => contacts::table
            .inner_join(numbers::table)
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("numbers.head_seq = 0"))
            .select(contacts::row_id)
            .limit(FEW)
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
    // A national format may begin with a 0 that E.164 leaves out: 020 7946 0000 is +44 20 7946 0000.
    let bare = words.trim_start_matches('0');
    let national = is_number && bare.len() < words.len() && bare.len() >= NATIONAL_DIGITS;
    let mut found = dialect::search_rows(conn, words)?;
    if national {
        found.extend(dialect::search_rows(conn, bare)?);
    }
    Ok(found)
}
