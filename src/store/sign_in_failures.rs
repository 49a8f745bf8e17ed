//! Failed attempts to sign in, counted under keyed hashes: all servers of an installation count together. A row is one moment:
//! when its count will have come to nothing. Written by `actions::sign_in_limits`.

use diesel::dsl::case_when;
use diesel::prelude::*;

use super::engine::{CachedQuery, CachedStatement, few_lengths, load_free_locked, on};
use super::schema::sign_in_failures;
use super::{ReadConn, StoreError, Tx};
use crate::domain::sign_in::FailureBudget;
use crate::domain::time::Timestamp;

/// Rows that are forgotten at once.
const FORGOTTEN: i64 = 1_000;

/// Counts one failure, unless the budget is used up. Of two at once, one waits for the other: both never count as one.
///
/// # Errors
/// When the database fails.
pub fn count(
    tx: &mut Tx<'_>,
    bucket: &[u8],
    budget: FailureBudget,
    now: Timestamp,
) -> Result<bool, StoreError> {
    wait_in_order(tx)?;
    // A row that another server begins meanwhile is waited for by the insertion, and then counted in.
    Ok(count_one_more(tx, bucket, budget, now)?
        || begin_count(tx, bucket, budget, now)?
        || count_one_more(tx, bucket, budget, now)?)
}

/// Counts one more where a count stands and has room.
fn count_one_more(
    tx: &mut Tx<'_>,
    bucket: &[u8],
    budget: FailureBudget,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(tx, db => {
        let later = case_when(sign_in_failures::empty_at.gt(now), sign_in_failures::empty_at + budget.step())
            .otherwise(now.plus_micros(budget.step()));
        let has_room = sign_in_failures::empty_at.le(budget.latest_end(now));
        let counted = diesel::update(sign_in_failures::table.find(bucket).filter(has_room))
            .set(sign_in_failures::empty_at.eq(later))
            .returning(sign_in_failures::empty_at);
        let counted: Vec<Timestamp> = CachedQuery(counted).load(db)?;
        Ok(counted.len() == 1)
    })
}

/// Counts the first one; false where a count stands.
fn begin_count(
    tx: &mut Tx<'_>,
    bucket: &[u8],
    budget: FailureBudget,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(tx, db => {
        let first = sign_in_failures::empty_at.eq(now.plus_micros(budget.step()));
        let row = (sign_in_failures::bucket.eq(bucket), first);
        Ok(diesel::insert_into(sign_in_failures::table).values(row).on_conflict_do_nothing().execute(db)? == 1)
    })
}

/// Takes one failure back: the attempt was none.
///
/// # Errors
/// When the database fails.
pub fn take_back(tx: &mut Tx<'_>, bucket: &[u8], step: i64) -> Result<(), StoreError> {
    wait_in_order(tx)?;
    on!(tx, db => {
        let less = sign_in_failures::empty_at.eq(sign_in_failures::empty_at - step);
        let row = sign_in_failures::table.find(bucket);
        Ok(CachedStatement(diesel::update(row).set(less)).run(db)?)
    })
}

/// When the count will have come to nothing; `None` when it has.
///
/// # Errors
/// When the database fails.
pub fn empty_at(conn: &mut ReadConn<'_>, bucket: &[u8]) -> Result<Option<Timestamp>, StoreError> {
    on!(conn, db => {
        let found = sign_in_failures::table.find(bucket).select(sign_in_failures::empty_at);
        Ok(found.first(db).optional()?)
    })
}

/// Forgets counts that have come to nothing, a thousand at a time; those that another server counts in right now stay. Returns
/// how many.
///
/// # Errors
/// When the database fails.
pub fn forget_old(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let old: Vec<Vec<u8>> = load_free_locked!(
        tx,
        sign_in_failures::table
            .filter(sign_in_failures::empty_at.lt(now))
            .order(sign_in_failures::empty_at)
            .select(sign_in_failures::bucket)
            .limit(FORGOTTEN)
    )?;
    if old.is_empty() {
        return Ok(0);
    }
    let forgotten = old.len();
    on!(tx, db => {
        let old = sign_in_failures::table.filter(sign_in_failures::bucket.eq_any(few_lengths(old)));
        CachedStatement(diesel::delete(old)).run(db)?;
        Ok(forgotten)
    })
}

/// Two that want the same rows wait for each other in one direction: the caller goes from the widest scope to the narrowest,
/// and only in a transaction that holds no other locks yet.
fn wait_in_order(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    match tx.db.engine().has_rivals() && !tx.may_wait() {
        true => Err(StoreError::Busy),
        false => Ok(()),
    }
}
