//! Continues what a change of rules or of a program began: scheduled messages get new times, a batch in each
//! transaction. `jobs::mod` runs it; it writes the messages and its own progress.

use std::time::Duration;

use super::JobContext;
use crate::actions::ActionError;
use crate::store::{Tx, messages};

/// How often the job looks whether there is something to go on with.
const EVERY: Duration = Duration::from_secs(2);

pub(super) async fn reschedule_loop(jobs: &JobContext) {
    loop {
        if let Err(error) = reschedule(jobs).await {
            log::error!("Scheduled messages could not be checked and will be retried: {error}");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Goes on until nothing is left. Returns how many transactions that took.
///
/// # Errors
/// When the database fails; what was done stays done.
pub async fn reschedule(jobs: &JobContext) -> Result<usize, ActionError> {
    let mut pieces = 0;
    while jobs.store.read(messages::is_rescheduling).await? {
        let now = jobs.clock.now();
        jobs.store.write(move |tx: &mut Tx<'_>| messages::reschedule_next(tx, now)).await?;
        pieces += 1;
    }
    Ok(pieces)
}
