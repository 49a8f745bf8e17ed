//! Limits how often a wrong password or code may be tried. A failure is counted before anything is verified, so that two at
//! once do not have twice the budget, and taken back when the attempt was right. The pages of sign-in and of one's own
//! account use it. It writes the counts.

use crate::domain::sign_in::FailureScope;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, sign_in_failures};

use super::ActionError;
use super::set_failure_limits::failure_limits;

/// What an attempt counts against: from the widest scope to the narrowest, each with its keyed hash.
#[derive(Clone, Debug)]
pub struct AttemptBuckets(Vec<(FailureScope, Vec<u8>)>);

impl AttemptBuckets {
    /// In whatever order they come.
    pub fn new(mut buckets: Vec<(FailureScope, Vec<u8>)>) -> Self {
        buckets.sort_by_key(|(scope, _)| *scope);
        AttemptBuckets(buckets)
    }
}

/// Too many attempts have failed: nothing was verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpentBudget {
    /// What they were counted by.
    pub scope: FailureScope,
    /// When one more attempt is allowed.
    pub free_at: Timestamp,
}

/// Counts an attempt as a failure until it turns out to be right. An attempt that is refused here counts nowhere.
///
/// # Errors
/// When the database fails.
pub fn count_attempt(
    tx: &mut Tx<'_>,
    attempt: &AttemptBuckets,
    now: Timestamp,
) -> Result<Result<(), SpentBudget>, ActionError> {
    let limits = failure_limits(tx)?;
    for (at, (scope, bucket)) in attempt.0.iter().enumerate() {
        let budget = limits.budget(*scope);
        if sign_in_failures::count(tx, bucket, budget, now)? {
            continue;
        }
        let empty_at = sign_in_failures::empty_at(tx, bucket)?.unwrap_or(now);
        take_back(tx, attempt.0.iter().take(at))?;
        return Ok(Err(SpentBudget { scope: *scope, free_at: budget.free_at(empty_at) }));
    }
    Ok(Ok(()))
}

/// The attempt was right: it does not count.
///
/// # Errors
/// When the database fails.
pub fn forgive_attempt(tx: &mut Tx<'_>, attempt: &AttemptBuckets) -> Result<(), StoreError> {
    take_back(tx, attempt.0.iter())
}

fn take_back<'a>(
    tx: &mut Tx<'_>,
    buckets: impl Iterator<Item = &'a (FailureScope, Vec<u8>)>,
) -> Result<(), StoreError> {
    for (scope, bucket) in buckets {
        sign_in_failures::take_back(tx, bucket, scope.step())?;
    }
    Ok(())
}

/// Forgets counts that have come to nothing. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn forget_old_failures(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, ActionError> {
    Ok(sign_in_failures::forget_old(tx, now)?)
}
