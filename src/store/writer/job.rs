//! A write that waits for its commit, and what it is answered when there is none. Used by the writers.

use std::time::Instant;

use super::work::QueuedWrite;

/// A write in the queue.
pub(super) struct WriteJob {
    pub(super) work: Box<dyn QueuedWrite>,
    pub(super) runs: u32,
    pub(super) since: Instant,
}

/// Why a group was not committed.
pub(super) enum GroupError {
    /// The commit was not asked for, or rolled back: nothing was written.
    Before(String),
    /// It was asked for and not confirmed: it may have happened.
    Unconfirmed(String),
}

pub(super) fn answer(jobs: Vec<WriteJob>, committed: Result<(), &GroupError>) {
    for job in jobs {
        job.work.answer(committed);
    }
}

pub(super) fn refuse(jobs: Vec<WriteJob>, failed: &GroupError) {
    match failed {
        _ if jobs.is_empty() => {}
        GroupError::Before(why) => log::error!("A group of {} writes failed: {why}", jobs.len()),
        GroupError::Unconfirmed(why) => {
            log::error!(
                "A group of {} writes was not confirmed. It may or may not be recorded: {why}",
                jobs.len()
            )
        }
    }
    answer(jobs, Err(failed));
}
