//! What a job leaves behind: the chunks of its file, its hash over all of them once they are written, and the end of the job's
//! row after a year. Pieces of jobs, their runner and housekeeping use it; it writes stored files under the identifiers of jobs.

use sha2::{Digest, Sha256};

use crate::domain::background_job::{JOB_KEPT, JobState, RESULT_KEPT};
use crate::domain::id::{FileId, JobId};
use crate::domain::stored_file::FilePurpose;
use crate::domain::time::Timestamp;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::stored_files::{self, FileFacts, StoredFile};
use crate::store::{LockedRow, ReadConn, StoreError, Tx};

use super::{lock_held, released};
use crate::actions::ActionError;

/// Adds bytes to the end of a job's result, in the transaction of the piece that made them.
///
/// # Errors
/// When the database fails.
pub fn append_result(
    tx: &mut Tx<'_>,
    job: &LockedRow<BackgroundJob>,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let file = result_file(tx, job, now)?;
    stored_files::append(tx, &file, bytes)
}

/// The file of a job's result, which begins when it is first asked for.
fn result_file(
    tx: &mut Tx<'_>,
    job: &LockedRow<BackgroundJob>,
    now: Timestamp,
) -> Result<LockedRow<StoredFile>, StoreError> {
    match stored_files::get_locked(tx, job.id.into())? {
        Some(file) => Ok(file),
        None => stored_files::begin(tx, job.id.into(), FilePurpose::JobResult, None, now),
    }
}

/// SHA-256 and size of all that a job has written. It reads the whole file, chunk by chunk: not in a write transaction.
///
/// # Errors
/// When the database fails.
pub fn hash_result(conn: &mut ReadConn<'_>, id: JobId) -> Result<(Vec<u8>, i64), StoreError> {
    let (file, mut hash, mut size, mut n) = (FileId::from(id), Sha256::new(), 0, 0);
    while let Some(chunk) = stored_files::chunk(conn, file, n)? {
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
    let (file, until) = (result_file(tx, &job, now)?, Some(now.plus(RESULT_KEPT)));
    let media_type = job.result_type.as_deref().unwrap_or_default();
    stored_files::complete(tx, &file, &FileFacts { sha256, size: *size, media_type }, until)?;
    let after = BackgroundJob {
        result_sha256: Some(sha256.clone()),
        result_size: Some(*size),
        result_until: until,
        ..released(&job, JobState::Done, now)
    };
    background_jobs::update(tx, &job, &after)?;
    Ok(true)
}

/// Deletes some of the jobs that ended long ago, but for those that something still waits for. True when no more are left.
///
/// # Errors
/// When the database fails.
pub fn delete_old_jobs(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, ActionError> {
    Ok(background_jobs::delete_ended(tx, now.plus(-JOB_KEPT))?)
}
