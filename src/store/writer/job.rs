//! A write that waits for its commit, and what it is answered when there is none.

use std::time::Instant;

use super::work::Work;

/// A write in the queue.
pub(super) struct Job {
    pub(super) work: Box<dyn Work>,
    pub(super) runs: u32,
    pub(super) since: Instant,
}

/// Why a group was not committed.
pub(super) enum Failed {
    /// The commit was not asked for, or rolled back: nothing was written.
    Before(String),
    /// It was asked for and not confirmed: it may have happened.
    Unconfirmed(String),
}

pub(super) fn answer(jobs: Vec<Job>, committed: Result<(), &Failed>) {
    for job in jobs {
        job.work.answer(committed);
    }
}

pub(super) fn refuse(jobs: Vec<Job>, failed: &Failed) {
    match failed {
        _ if jobs.is_empty() => {}
        Failed::Before(why) => log::error!("A group of {} writes was not made: {why}", jobs.len()),
        Failed::Unconfirmed(why) => {
            log::error!("A group of {} writes was not confirmed; they may be there or not: {why}", jobs.len())
        }
    }
    answer(jobs, Err(failed));
}
