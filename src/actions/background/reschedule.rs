//! Messages that wait for an allowed time are looked at again when rules or a program change. Nothing goes out under the old ones
//! meanwhile: each claim asks the gate. Queued by the actions that change rules or a program; its pieces write messages.

use chrono::Duration;

use crate::domain::background_job::{JobKind, JobState, JobTask};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::time::Timestamp;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::{Tx, messages};

use super::{JobPiece, released};
use crate::actions::{ActionContext, ActionError};

/// Another instance's clock may be ahead by less.
const MARGIN: Duration = Duration::minutes(1);
const REPLACED: &str = "A later change replaced this job.";

/// Queues the job for all messages that wait now: of a program, or of all. It replaces an earlier one that has not ended. It is
/// queued although no message may wait: on PostgreSQL a claim that asked the gate before this change may still schedule
/// one, and commit it after all that this transaction can see. A job that finds none leaves no row.
///
/// # Errors
/// When the database fails.
pub fn reschedule_soon(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    program: Option<ProgramId>,
) -> Result<(), ActionError> {
    for earlier in background_jobs::active(tx, JobKind::Reschedule, program)? {
        let Some(job) = background_jobs::get_locked(tx, earlier)?.filter(|job| job.state.is_active()) else {
            continue;
        };
        if job.done == 0 {
            background_jobs::delete(tx, &job)?;
            continue;
        }
        let last_error = Some(REPLACED.to_owned());
        let after = BackgroundJob { last_error, ..released(&job, JobState::Cancelled, context.now) };
        background_jobs::update(tx, &job, &after)?;
    }
    let task = JobTask::Reschedule { program, until: tx.new_id(context.now.plus(MARGIN))? };
    background_jobs::queue(tx, &task, context.actor, None, context.now)?;
    Ok(())
}

pub(super) fn piece(
    tx: &mut Tx<'_>,
    program: Option<ProgramId>,
    until: MessageId,
    cursor: Option<&str>,
    limit: i64,
    now: Timestamp,
) -> Result<JobPiece, ActionError> {
    let after = cursor.and_then(|cursor| cursor.parse().ok());
    let after = after.unwrap_or(MessageId::from(uuid::Uuid::nil()));
    let (last, seen) = messages::reschedule_some(tx, program, (after, until), limit, now)?;
    Ok(JobPiece::up_to(seen, limit, last))
}
