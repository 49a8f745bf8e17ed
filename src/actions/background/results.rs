//! What a job leaves behind: the hash of its file over all chunks once they are written, the file's end after its date, and the
//! end of the job's row a year later. Used by the runner of background jobs and by housekeeping.

use sha2::{Digest, Sha256};

use crate::domain::background_job::{JOB_KEPT, JobState, RESULT_KEPT};
use crate::domain::id::JobId;
use crate::domain::time::Timestamp;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::{ReadConn, StoreError, Tx, job_results};

use super::{lock_held, released};
use crate::actions::ActionError;

/// SHA-256 and size of all that a job has written. It reads the whole file, chunk by chunk: not in a write transaction.
///
/// # Errors
/// When the database fails.
pub fn hash_result(conn: &mut ReadConn<'_>, id: JobId) -> Result<(Vec<u8>, i64), StoreError> {
    let (mut hash, mut size, mut n) = (Sha256::new(), 0, 0);
    while let Some(chunk) = job_results::chunk(conn, id, n)? {
        hash.update(&chunk);
        size += i64::try_from(chunk.len()).unwrap_or_default();
        n += 1;
    }
    Ok((hash.finalize().to_vec(), size))
}

/// Ends a job whose result file is complete. False when the job is no longer this instance's.
///
/// # Errors
/// When the database fails.
pub fn finish_result(
    tx: &mut Tx<'_>,
    id: JobId,
    holder: &str,
    (sha256, size): &(Vec<u8>, i64),
    now: Timestamp,
) -> Result<bool, ActionError> {
    let Some(job) = lock_held(tx, id, holder)? else { return Ok(false) };
    let after = BackgroundJob {
        result_sha256: Some(sha256.clone()),
        result_size: Some(*size),
        result_until: Some(now.plus(RESULT_KEPT)),
        ..released(&job, JobState::Done, now)
    };
    background_jobs::update(tx, &job, &after)?;
    Ok(true)
}

/// Deletes some of the files whose date is over. What is left is deleted by the next call.
///
/// # Errors
/// When the database fails.
pub fn delete_old_results(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), ActionError> {
    Ok(job_results::delete_expired(tx, now)?)
}

/// Deletes some of the jobs that ended long ago, but for those that something still waits for. True when no more are left.
///
/// # Errors
/// When the database fails.
pub fn delete_old_jobs(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, ActionError> {
    Ok(background_jobs::delete_ended(tx, now.plus(-JOB_KEPT))?)
}
