//! Phone numbers and the projection of their consent. Rows are made by the actions that meet a number; the projection is
//! written by `events::append` alone.

mod marks;
mod pairs;

use std::collections::HashMap;

use diesel::prelude::*;

pub use marks::{count_reply, set_language, set_unasked, set_unreachable, write_replies};
pub use pairs::{find_or_create_with_twin, get_locked_with_twin, lock_both, lock_twins};

use super::engine::{CachedStatement, few_lengths, first_locked, load_locked, on};
use super::schema::{consents, numbers};
use super::{LockedRow, ReadConn, StoreError, Tx, backfill, config_cache, counters};
use crate::domain::consent::{ConsentState, NumberConsent, StateName};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::language::Language;
use crate::domain::ledger::GENESIS;
use crate::domain::phone::Phone;
use crate::domain::reply_budget::ReplyCount;
use crate::domain::time::Timestamp;
use crate::domain::unasked::UnaskedTexts;

/// A number with all that is known of it.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its identifier.
    pub id: NumberId,
    /// The number.
    pub phone: Phone,
    /// The projection of its history.
    pub consent: NumberConsent,
    /// The carrier's code, when it cannot receive texts.
    pub unreachable: Option<String>,
    /// How many contacts point at it.
    pub contact_count: i32,
    /// The hash of its last event.
    pub head_hash: Vec<u8>,
    /// The language of its last text that had one.
    pub language: Option<Language>,
    /// What it got without asking for it.
    pub unasked: UnaskedTexts,
    /// The automatic replies to it lately.
    pub replies: ReplyCount,
}

impl Number {
    /// How many lines of the lists it is: one for each contact, and one where it has none.
    pub(super) fn lines(&self) -> i64 {
        counters::lines_of(self.contact_count)
    }

    /// A number nothing was ever kept about, as the gate sees it: not asked. It has no row of its own.
    pub fn never_seen(phone: Phone) -> Number {
        Number {
            id: NumberId::from(uuid::Uuid::nil()),
            phone,
            consent: NumberConsent::default(),
            unreachable: None,
            contact_count: 0,
            head_hash: GENESIS.to_vec(),
            language: None,
            unasked: UnaskedTexts::default(),
            replies: ReplyCount::default(),
        }
    }
}

pub(super) type NumberRow =
    (NumberId, Phone, String, Option<String>, i32, Vec<u8>, Option<String>, Option<String>, Option<String>);
pub(super) type NumberColumns = (
    numbers::id,
    numbers::e164,
    numbers::consent,
    numbers::unreachable_code,
    numbers::contact_count,
    numbers::head_hash,
    numbers::language,
    numbers::unasked,
    numbers::replies,
);
pub(super) const COLUMNS: NumberColumns = (
    numbers::id,
    numbers::e164,
    numbers::consent,
    numbers::unreachable_code,
    numbers::contact_count,
    numbers::head_hash,
    numbers::language,
    numbers::unasked,
    numbers::replies,
);

pub(super) fn read(
    (id, phone, consent, unreachable, contact_count, head_hash, language, unasked, replies): NumberRow,
) -> Result<Number, StoreError> {
    let consent = serde_json::from_str(&consent)?;
    // A language that is not known must not keep anybody from a STOP: English answers.
    let language = language.and_then(|word| word.parse().ok());
    let unasked =
        unasked.map(|json| serde_json::from_str(&json).unwrap_or_else(|_| UnaskedTexts::unreadable()));
    let unasked = unasked.unwrap_or_default();
    let replies = replies.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    Ok(Number { id, phone, consent, unreachable, contact_count, head_hash, language, unasked, replies })
}

/// The number's record, if anything was ever kept about it. An old spelling leads to the canonical one.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut ReadConn<'_>, phone: &Phone) -> Result<Option<Number>, StoreError> {
    find_spelled(conn, &phone.canonical())
}

/// The record under exactly this spelling.
///
/// # Errors
/// When the database fails.
pub fn find_spelled(conn: &mut ReadConn<'_>, phone: &Phone) -> Result<Option<Number>, StoreError> {
    on!(conn, db => {
        let row = numbers::table.filter(numbers::e164.eq(phone)).select(COLUMNS).first(db).optional()?;
        row.map(read).transpose()
    })
}

/// The number's record, which nobody else changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_locked(tx: &mut Tx<'_>, phone: &Phone) -> Result<Option<LockedRow<Number>>, StoreError> {
    find_spelled_locked(tx, &phone.canonical())
}

/// The record under exactly this spelling, which nobody else changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_spelled_locked(tx: &mut Tx<'_>, phone: &Phone) -> Result<Option<LockedRow<Number>>, StoreError> {
    let row: Result<Option<NumberRow>, StoreError> =
        first_locked!(tx, numbers::table.filter(numbers::e164.eq(phone)).select(COLUMNS));
    Ok(row?.map(read).transpose()?.map(LockedRow::new))
}

/// The number's record by identifier, which nobody else changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: NumberId) -> Result<Option<LockedRow<Number>>, StoreError> {
    let row: Result<Option<NumberRow>, StoreError> =
        first_locked!(tx, numbers::table.filter(numbers::id.eq(id)).select(COLUMNS));
    let Some(number) = row?.map(read).transpose()?.map(LockedRow::new) else { return Ok(None) };
    Ok(Some(current_spelling(tx, number)?))
}

/// A record under an old spelling is closed: the canonical one goes on.
fn current_spelling(tx: &mut Tx<'_>, number: LockedRow<Number>) -> Result<LockedRow<Number>, StoreError> {
    let canonical = number.phone.canonical();
    if canonical == number.phone {
        return Ok(number);
    }
    Ok(find_spelled_locked(tx, &canonical)?.unwrap_or(number))
}

/// Several numbers' records by identifier, which nobody else changes before the commit. They are locked in the order of their
/// identifiers, as everybody does who locks more than one.
///
/// # Errors
/// When the database fails.
pub fn lock_all(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = NumberId>,
) -> Result<HashMap<NumberId, LockedRow<Number>>, StoreError> {
    let ids = few_lengths(ids);
    let query = || numbers::table.filter(numbers::id.eq_any(ids.clone())).order(numbers::id).select(COLUMNS);
    let rows: Vec<NumberRow> = load_locked!(tx, query)?;
    let mut locked = HashMap::new();
    for row in rows {
        let number = read(row)?;
        locked.insert(number.id, current_spelling(tx, LockedRow::new(number))?);
    }
    Ok(locked)
}

/// The number's record by identifier.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: NumberId) -> Result<Option<Number>, StoreError> {
    let found: Option<Number> = on!(conn, db => {
        numbers::table.find(id).select(COLUMNS).first(db).optional()?.map(read).transpose()
    })?;
    let Some(number) = found else { return Ok(None) };
    let canonical = number.phone.canonical();
    if canonical == number.phone {
        return Ok(Some(number));
    }
    Ok(find_spelled(conn, &canonical)?.or(Some(number)))
}

/// Records of numbers outside the North American plan after `after`, in the order of their digits: those that may have been
/// kept under an old spelling.
///
/// # Errors
/// When the database fails.
pub fn spelled_after(conn: &mut ReadConn<'_>, after: &str, limit: i64) -> Result<Vec<Number>, StoreError> {
    on!(conn, db => {
        let query = numbers::table.filter(numbers::e164.gt(after)).order(numbers::e164).select(COLUMNS);
        query.limit(limit).load(db)?.into_iter().map(read).collect()
    })
}

/// Numbers after `after` in the order of their identifiers, for walks through everything.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut ReadConn<'_>, after: Option<NumberId>, limit: i64) -> Result<Vec<Number>, StoreError> {
    on!(conn, db => {
        let mut query = numbers::table.select(COLUMNS).order(numbers::id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(numbers::id.gt(after));
        }
        query.load(db)?.into_iter().map(read).collect()
    })
}

/// The number's record, made if it is new; nobody else changes it before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_or_create(
    tx: &mut Tx<'_>,
    phone: &Phone,
    now: Timestamp,
) -> Result<LockedRow<Number>, StoreError> {
    let phone = &phone.canonical();
    if let Some(number) = find_locked(tx, phone)? {
        return Ok(number);
    }
    let id: NumberId = tx.new_id(now)?;
    let new = Number { id, ..Number::never_seen(phone.clone()) };
    on!(tx, db => diesel::insert_into(numbers::table)
        .values((
            numbers::id.eq(id),
            numbers::e164.eq(phone),
            numbers::consent.eq(serde_json::to_string(&new.consent)?),
            numbers::do_not_text.eq(false),
            numbers::paused.eq(false),
            numbers::contact_count.eq(new.contact_count),
            numbers::head_seq.eq(0),
            numbers::head_hash.eq(&new.head_hash),
            numbers::created_at.eq(now),
        ))
        .execute(db))?;
    for program in config_cache::read(tx)?.programs.iter() {
        tx.count(program.id, counters::ALL, new.lines());
        tx.count(program.id, StateName::NotAsked.as_str(), new.lines());
    }
    Ok(LockedRow::new(new))
}

/// Counts a contact to (or, with -1, away from) the number, and moves the figures of the tabs with it: the first one takes the
/// number's own line.
///
/// # Errors
/// When the database fails.
pub(super) fn count_contact(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    programs: &[ProgramId],
    by: i32,
) -> Result<(), StoreError> {
    backfill::add_rows_of(tx, number.id, &number.consent, number.lines())?;
    let lines_before = number.lines();
    number.running_copy().contact_count += by;
    let more = number.lines() - lines_before;
    on!(tx, db => CachedStatement(
        diesel::update(numbers::table.find(number.id)).set(numbers::contact_count.eq(numbers::contact_count + by)),
    )
    .run(db))?;
    for program in programs {
        tx.count(*program, number.consent.state_in(*program).name().as_str(), more);
        tx.count(*program, counters::ALL, more);
        if number.consent.paused.is_some() {
            tx.count(*program, counters::NEEDS_REVIEW, more);
        }
    }
    Ok(())
}

/// Writes the projection after an event, and what lists need of it.
pub(super) fn project(
    tx: &mut Tx<'_>,
    before: &LockedRow<Number>,
    after: &NumberConsent,
    hash: &[u8],
    programs: &[ProgramId],
) -> Result<(), StoreError> {
    let consent = serde_json::to_string(after)?;
    on!(tx, db => CachedStatement(diesel::update(numbers::table.find(before.id)).set((
        numbers::consent.eq(consent),
        numbers::do_not_text.eq(after.do_not_text.is_some()),
        numbers::paused.eq(after.paused.is_some()),
        numbers::paused_at.eq(after.paused.as_ref().map(|flag| flag.since)),
        numbers::head_seq.eq(after.seq),
        numbers::head_hash.eq(hash),
        numbers::replies.eq(marks::reply_column(before)?),
    )))
    .run(db))?;
    let lines = before.lines();
    backfill::add_rows_of(tx, before.id, &before.consent, lines)?;
    for program in programs {
        let (was, is) = (before.consent.state_in(*program), after.state_in(*program));
        // Who is not asked has a row as soon as anything happens: lists of few find people by it.
        if was == is && is != ConsentState::NotAsked {
            continue;
        }
        let since = is.since().map_or(Timestamp::default(), |since| since.recorded_at);
        set_state(tx, before.id, *program, is.name(), since)?;
        tx.count(*program, was.name().as_str(), -lines);
        tx.count(*program, is.name().as_str(), lines);
    }
    let reviews = i64::from(after.paused.is_some()) - i64::from(before.consent.paused.is_some());
    if reviews != 0 {
        for program in programs {
            tx.count(*program, counters::NEEDS_REVIEW, reviews * lines);
        }
    }
    Ok(())
}

fn set_state(
    tx: &mut Tx<'_>,
    number: NumberId,
    program: ProgramId,
    state: StateName,
    since: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, db => {
        let key = (consents::number_id.eq(number), consents::program_id.eq(program));
        let values = (consents::state.eq(state), consents::since.eq(since));
        let row = diesel::insert_into(consents::table).values((key.0, key.1, values.0, values.1));
        Ok(CachedStatement(row.on_conflict((consents::number_id, consents::program_id)).do_update().set(values)).run(db)?)
    })
}
