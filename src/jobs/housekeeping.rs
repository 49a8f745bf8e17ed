//! Housekeeping on four clocks: messages of unknown outcome; holds, failures to sign in and files whose time is over; reviews
//! whose deadline has come; and once an hour what no limit needs any more.
//! Each has a loop and a lock among instances of its own: only the first asks the carrier, and a carrier that does not answer
//! holds up none of the others. `jobs::mod` starts them; they write through the actions.

use crate::actions::background::delete_old_jobs;
use crate::actions::sign_in_limits::forget_old_failures;
use crate::actions::uploads::delete_old_files;
use crate::actions::{ActionError, drop_old_requests, expire, review};
use crate::domain::time::Timestamp;
use crate::store::{SingletonTask, Store};

use super::{HOUSEKEEPING, JobContext, TIDYING, reconcile};

/// Asks the carrier about unknown outcomes, again and again.
pub(super) async fn look_up_loop(jobs: &JobContext) {
    loop {
        report("Unknown outcomes could not be looked up", look_up(jobs).await);
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// Expires holds, again and again.
pub(super) async fn hold_loop(jobs: &JobContext) {
    loop {
        report("Held messages could not be expired", expire_holds(jobs).await);
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// Decides reviews whose deadline has come, again and again.
pub(super) async fn review_loop(jobs: &JobContext) {
    loop {
        report("Review deadlines could not be kept", decide_reviews(jobs).await);
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// Drops what no limit needs any more, again and again.
pub(super) async fn tidy_loop(jobs: &JobContext) {
    loop {
        report("What is no longer needed could not be dropped", tidy(jobs).await);
        tokio::time::sleep(TIDYING).await;
    }
}

fn report(what: &str, done: Result<(), ActionError>) {
    if let Err(error) = done {
        log::error!("{what}. This will be retried: {error}");
    }
}

async fn look_up(jobs: &JobContext) -> Result<(), ActionError> {
    let Some(_on_duty) = jobs.store.try_lock_task(SingletonTask::Housekeeping).await? else {
        return Ok(());
    };
    reconcile(jobs).await
}

async fn expire_holds(jobs: &JobContext) -> Result<(), ActionError> {
    let Some(_on_duty) = jobs.store.try_lock_task(SingletonTask::Holds).await? else { return Ok(()) };
    let now = jobs.clock.now();
    jobs.store.write(move |tx| expire::expire(tx, now)).await?;
    jobs.store.write(move |tx| forget_old_failures(tx, now)).await?;
    while !jobs.store.write(move |tx| delete_old_files(tx, now)).await? {}
    Ok(())
}

async fn decide_reviews(jobs: &JobContext) -> Result<(), ActionError> {
    let Some(_on_duty) = jobs.store.try_lock_task(SingletonTask::Reviews).await? else { return Ok(()) };
    expire_reviews(&jobs.store, jobs.clock.now()).await.map(drop)
}

/// Decides reviews whose deadline has come. Returns how many.
///
/// # Errors
/// When the database fails.
pub async fn expire_reviews(store: &Store, now: Timestamp) -> Result<usize, ActionError> {
    let mut decided = 0;
    for overdue in store.read(move |conn| review::overdue_reviews(conn, now)).await? {
        let is_expired = store.write(move |tx| review::expire_review(tx, overdue, now)).await?;
        decided += usize::from(is_expired);
    }
    Ok(decided)
}

async fn tidy(jobs: &JobContext) -> Result<(), ActionError> {
    let Some(_on_duty) = jobs.store.try_lock_task(SingletonTask::Tidying).await? else { return Ok(()) };
    let now = jobs.clock.now();
    while !jobs.store.write(move |tx| drop_old_requests::drop_old_requests(tx, now)).await? {}
    while !jobs.store.write(move |tx| delete_old_jobs(tx, now)).await? {}
    Ok(())
}
