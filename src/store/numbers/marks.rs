//! What a number's row remembers beside its consent: the carrier's code, the language, and what the number got without asking.
//! Written by the actions that receive texts and hand texts over.

use diesel::prelude::*;

use super::Number;
use crate::domain::language::Language;
use crate::domain::message::Lane;
use crate::domain::reply_budget::ReplyCount;
use crate::domain::texting_limits::TextingLimits;
use crate::domain::time::Timestamp;
use crate::domain::unasked::UnaskedTexts;
use crate::store::engine::{CachedStatement, on};
use crate::store::schema::numbers;
use crate::store::{LockedRow, StoreError, Tx};

/// Remembers that the carrier cannot deliver to the number, or (with `None`) that it can again.
///
/// # Errors
/// When the database fails.
pub fn set_unreachable(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    code: Option<&str>,
) -> Result<(), StoreError> {
    number.running_copy().unreachable = code.map(str::to_owned);
    on!(tx, db => {
        diesel::update(numbers::table.find(number.id)).set(numbers::unreachable_code.eq(code)).execute(db)?;
        Ok(())
    })
}

/// Remembers the language the number writes, or (with `None`) forgets it.
///
/// # Errors
/// When the database fails.
pub fn set_language(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    language: Option<Language>,
) -> Result<(), StoreError> {
    if number.language == language {
        return Ok(());
    }
    number.running_copy().language = language;
    on!(tx, db => {
        Ok(CachedStatement(diesel::update(numbers::table.find(number.id)).set(numbers::language.eq(language))).run(db)?)
    })
}

/// Writes down what the number got without asking for it.
///
/// # Errors
/// When the database fails.
pub fn set_unasked(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    unasked: UnaskedTexts,
) -> Result<(), StoreError> {
    let json = if unasked.is_empty() { None } else { Some(serde_json::to_string(&unasked)?) };
    number.running_copy().unasked = unasked;
    on!(tx, db => {
        Ok(CachedStatement(diesel::update(numbers::table.find(number.id)).set(numbers::unasked.eq(json))).run(db)?)
    })
}

/// Counts an automatic reply, if it may go. The count is written with the next event of the number, or by [`write_replies`].
pub fn count_reply(
    number: &mut LockedRow<Number>,
    lane: Lane,
    limits: &TextingLimits,
    now: Timestamp,
) -> bool {
    number.running_copy().replies.take(lane, limits, now)
}

/// Writes the count of automatic replies, where no event does.
///
/// # Errors
/// When the database fails.
pub fn write_replies(tx: &mut Tx<'_>, number: &LockedRow<Number>) -> Result<(), StoreError> {
    let json = reply_column(number)?;
    on!(tx, db => {
        Ok(CachedStatement(diesel::update(numbers::table.find(number.id)).set(numbers::replies.eq(json))).run(db)?)
    })
}

/// The count as its column has it.
pub(super) fn reply_column(number: &Number) -> Result<Option<String>, StoreError> {
    let is_empty = number.replies == ReplyCount::default();
    Ok(if is_empty { None } else { Some(serde_json::to_string(&number.replies)?) })
}
