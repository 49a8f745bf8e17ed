//! An administrator cancels a job, or has one retried that failed or was canceled. Used by the page of the job through `Commands`;
//! it writes the job and the admin log.

use crate::domain::background_job::JobState;
use crate::domain::id::JobId;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::{LockedRow, Tx, admin_log};

use super::released;
use crate::actions::{ActionContext, ActionError};

/// Ends a job that waits or runs. What it did stays done.
///
/// # Errors
/// [`ActionError::Conflict`] when it has ended, or must be done.
pub fn cancel_job(tx: &mut Tx<'_>, context: &ActionContext<'_>, id: JobId) -> Result<(), ActionError> {
    let job = locked(tx, id)?;
    if !job.state.is_active() {
        return Err(ActionError::Conflict("This job has already ended.".to_owned()));
    }
    if !job.kind.may_be_cancelled() {
        return Err(ActionError::Conflict("This job cannot be canceled. Sending waits for it.".to_owned()));
    }
    let last_error = Some("Canceled by a person.".to_owned());
    let after = BackgroundJob { last_error, ..released(&job, JobState::Cancelled, context.now) };
    background_jobs::update(tx, &job, &after)?;
    note(tx, context, "job.canceled", &job)
}

/// Queues a job again that failed or was canceled. It goes on where it stopped.
///
/// # Errors
/// [`ActionError::Conflict`] when it waits, runs or is done.
pub fn retry_job(tx: &mut Tx<'_>, context: &ActionContext<'_>, id: JobId) -> Result<(), ActionError> {
    let job = locked(tx, id)?;
    if !job.state.may_be_retried() {
        return Err(ActionError::Conflict("Only failed and canceled jobs can be retried.".to_owned()));
    }
    let (attempts, not_before, last_error) = (0, context.now, None);
    let queued = released(&job, JobState::Queued, context.now);
    let after = BackgroundJob { attempts, not_before, last_error, ..queued };
    background_jobs::update(tx, &job, &after)?;
    note(tx, context, "job.retried", &job)
}

fn locked(tx: &mut Tx<'_>, id: JobId) -> Result<LockedRow<BackgroundJob>, ActionError> {
    background_jobs::get_locked(tx, id)?.ok_or(ActionError::NotFound("background job"))
}

fn note(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    action: &str,
    job: &BackgroundJob,
) -> Result<(), ActionError> {
    let (subject, details) = (format!("job:{}", job.id), job.kind.as_str());
    Ok(admin_log::add(tx, context.actor, action, &subject, details, context.now)?)
}
