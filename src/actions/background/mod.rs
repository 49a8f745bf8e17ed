//! Long work in pieces. Each piece is one transaction: it does a bounded part and writes how far the job came, so that nothing
//! is done twice or left out, whatever happens between two pieces. `jobs::background` runs them; each kind of job is a file
//! beside this one.
//!
//! A new kind is a variant of `JobTask`, an arm in [`count_work`] and one in `do_piece`. Its piece gets where it begins and how
//! many things it may do, and may add to the job's result file with [`append_result`].

mod cancel_waiting;
mod program_rows;
mod reschedule;
mod results;
mod steer;

use crate::domain::background_job::{JOB_LEASE, JobState, JobTask, wait_after};
use crate::domain::id::JobId;
use crate::domain::time::Timestamp;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::{LockedRow, ReadConn, StoreError, Tx};

use super::ActionError;

pub use reschedule::reschedule_soon;
pub use results::{append_result, delete_old_jobs, finish_result, hash_result};
pub use steer::{cancel_job, retry_job};

/// What a piece did, and where the next one begins.
#[derive(Debug)]
pub(super) struct JobPiece {
    /// How many things it looked at.
    pub(super) done: i64,
    /// Where the next one begins; `None` when all is done.
    pub(super) next: Option<String>,
}

impl JobPiece {
    /// A piece that did so many things and says nothing about how many are left.
    pub(super) fn goes_on(done: usize, next: &str) -> JobPiece {
        JobPiece { done: i64::try_from(done).unwrap_or(i64::MAX), next: Some(next.to_owned()) }
    }

    /// A piece that looked at so many things, the last of which is `last`; the last piece when it found less than it might do.
    pub(super) fn up_to(done: usize, limit: i64, last: Option<impl ToString>) -> JobPiece {
        let done = i64::try_from(done).unwrap_or(limit);
        JobPiece { done, next: last.filter(|_| done >= limit).map(|last| last.to_string()) }
    }
}

/// How a job stands after a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PieceOutcome {
    /// It was canceled, or another instance has it: this one did nothing.
    Lost,
    /// There is more to do.
    GoesOn,
    /// All is written; its result file still needs its hash ([`hash_result`], [`finish_result`]).
    NeedsHash,
    /// All is done.
    Done,
}

/// How much there is to do, where that can be counted. It may read a whole table: not for pages.
///
/// # Errors
/// When the database fails.
pub fn count_work(conn: &mut ReadConn<'_>, job: &BackgroundJob) -> Result<Option<i64>, StoreError> {
    match job.task()? {
        JobTask::ProgramRows { .. } => program_rows::count(conn).map(Some),
        JobTask::Reschedule { .. } | JobTask::CancelWaiting { .. } => Ok(None),
    }
}

fn do_piece(
    tx: &mut Tx<'_>,
    job: &LockedRow<BackgroundJob>,
    limit: i64,
    now: Timestamp,
) -> Result<JobPiece, ActionError> {
    match job.task()? {
        JobTask::ProgramRows { program } => program_rows::piece(tx, program, job.cursor.as_deref(), limit),
        JobTask::Reschedule { program, until } => {
            reschedule::piece(tx, program, until, job.cursor.as_deref(), limit, now)
        }
        JobTask::CancelWaiting { until } => cancel_waiting::piece(tx, job, until, limit, now),
    }
}

/// Takes a job for an instance: false when it is no longer free.
///
/// # Errors
/// When the database fails.
pub fn claim_job(
    tx: &mut Tx<'_>,
    id: JobId,
    holder: &str,
    total: Option<i64>,
    now: Timestamp,
) -> Result<bool, ActionError> {
    let Some(job) = background_jobs::get_locked(tx, id)? else { return Ok(false) };
    let is_free = match job.state {
        JobState::Queued => job.not_before <= now,
        JobState::Running => job.lease_until.is_none_or(|until| until < now),
        JobState::Done | JobState::Failed | JobState::Cancelled => false,
    };
    if is_free {
        let total = total.or(job.total);
        background_jobs::update(tx, &job, &BackgroundJob { total, ..held(&job, holder, now) })?;
    }
    Ok(is_free)
}

/// The job in the hands of an instance from now on.
fn held(job: &BackgroundJob, holder: &str, now: Timestamp) -> BackgroundJob {
    BackgroundJob {
        state: JobState::Running,
        holder: Some(holder.to_owned()),
        lease_until: Some(now.plus(JOB_LEASE)),
        ..job.clone()
    }
}

/// The job out of anybody's hands.
fn released(job: &BackgroundJob, state: JobState, now: Timestamp) -> BackgroundJob {
    let finished_at = Some(now).filter(|_| !state.is_active());
    BackgroundJob { state, holder: None, lease_until: None, finished_at, ..job.clone() }
}

/// Does one piece of a job, of at most `limit` things, if it is still this instance's.
///
/// # Errors
/// What the work came across: then nothing was done, and [`fail_piece`] writes it down.
pub fn run_piece(
    tx: &mut Tx<'_>,
    id: JobId,
    holder: &str,
    limit: i64,
    now: Timestamp,
) -> Result<PieceOutcome, ActionError> {
    let Some(job) = lock_held(tx, id, holder)? else { return Ok(PieceOutcome::Lost) };
    let piece = do_piece(tx, &job, limit, now)?;
    let is_last = piece.next.is_none();
    let after = BackgroundJob {
        done: job.done + piece.done,
        // The end is kept: after a crash before the hash, the last piece finds nothing left.
        cursor: piece.next.or_else(|| job.cursor.clone()),
        attempts: 0,
        last_error: None,
        ..held(&job, holder, now)
    };
    let outcome = match (is_last, job.result_name.is_some()) {
        (false, _) => PieceOutcome::GoesOn,
        (true, true) => PieceOutcome::NeedsHash,
        (true, false) => PieceOutcome::Done,
    };
    let after = match outcome {
        PieceOutcome::Done => released(&after, JobState::Done, now),
        _ => after,
    };
    if outcome == PieceOutcome::Done && after.done == 0 && job.kind.is_optional() {
        background_jobs::delete(tx, &job)?;
    } else {
        background_jobs::update(tx, &job, &after)?;
    }
    Ok(outcome)
}

fn lock_held(
    tx: &mut Tx<'_>,
    id: JobId,
    holder: &str,
) -> Result<Option<LockedRow<BackgroundJob>>, StoreError> {
    let job = background_jobs::lock_for_piece(tx, id)?;
    Ok(job.filter(|job| job.state == JobState::Running && job.holder.as_deref() == Some(holder)))
}

/// Writes down that a piece failed: the job waits and is tried again, or it has failed. Returns false in that case.
///
/// # Errors
/// When the database fails.
pub fn fail_piece(
    tx: &mut Tx<'_>,
    id: JobId,
    holder: &str,
    why: &str,
    now: Timestamp,
) -> Result<bool, ActionError> {
    let Some(job) = lock_held(tx, id, holder)? else { return Ok(true) };
    let attempts = job.attempts + 1;
    let wait = wait_after(attempts);
    let state = if wait.is_some() { JobState::Queued } else { JobState::Failed };
    let not_before = wait.map_or(job.not_before, |wait| now.plus(wait));
    let last_error = Some(why.to_owned());
    let after = BackgroundJob { attempts, not_before, last_error, ..released(&job, state, now) };
    background_jobs::update(tx, &job, &after)?;
    Ok(wait.is_some())
}
