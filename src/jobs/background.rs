//! Runs background jobs: claims them under a lease, and does a piece of each in turn, so that a short job never waits for a long
//! one. Between two pieces the writer is free for as long as a piece took. `jobs::mod` starts it; it writes through
//! `actions::background`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::actions::ActionError;
use crate::actions::background::{
    PieceOutcome, claim_job, count_work, fail_piece, finish_result, hash_result, run_piece,
};
use crate::clock::Clock;
use crate::domain::background_job::JobKind;
use crate::domain::id::JobId;
use crate::store::{Store, StoreError, background_jobs};

use super::JobContext;

/// How often the runner looks for jobs that other instances queued or left.
const EVERY: Duration = Duration::from_secs(2);
/// Jobs that an instance has in hand at once.
const AT_ONCE: usize = 4;
/// A piece keeps the writer no longer, with its commit.
const BOUND: Duration = Duration::from_millis(50);
/// A piece should take so long: the next rows may be slower than the last ones.
const AIM: Duration = Duration::from_millis(25);
/// A piece has so many times as much to do as the one before at most, and a quarter of it at least.
const GROWTH: f64 = 2.0;
/// The first piece of a job is small, because its speed is not known.
const FIRST: i64 = 50;
/// No piece is larger.
const LARGEST: i64 = 5000;

/// Does the jobs of a database, a piece of each in turn.
pub struct JobRunner {
    store: Store,
    clock: Clock,
    holder: String,
    active: VecDeque<ActiveJob>,
    longest: Duration,
}

struct ActiveJob {
    id: JobId,
    kind: JobKind,
    /// How many things its next piece may do.
    limit: i64,
}

impl JobRunner {
    /// A runner with a name of its own among the instances.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new(store: Store, clock: Clock) -> Result<JobRunner, StoreError> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|_| StoreError::Randomness)?;
        let holder = data_encoding::HEXLOWER.encode(&name);
        Ok(JobRunner { store, clock, holder, active: VecDeque::new(), longest: Duration::ZERO })
    }

    /// The longest time that a piece has run so far, with its commit.
    pub fn longest_piece(&self) -> Duration {
        self.longest
    }

    /// Takes up jobs that are free, and does one piece of the next one. False when there is nothing to do.
    ///
    /// # Errors
    /// When the database cannot be reached. A piece that fails is written down with its job, and is no error here.
    pub async fn step(&mut self) -> Result<bool, ActionError> {
        self.take_up().await?;
        let Some(mut job) = self.active.pop_front() else { return Ok(false) };
        let begun = Instant::now();
        match self.piece(&job).await {
            Ok((PieceOutcome::GoesOn, took)) => {
                self.longest = self.longest.max(took);
                log::debug!("A piece of {} of background job {} took {took:?}.", job.limit, job.id);
                job.limit = next_limit(job.limit, took);
                self.active.push_back(job);
                tokio::time::sleep(begun.elapsed().min(BOUND)).await;
            }
            Ok((PieceOutcome::NeedsHash, _)) => self.finish(&job).await?,
            Ok((PieceOutcome::Done, _)) => log::info!("Background job {} ({}) is done.", job.id, job.kind),
            Ok((PieceOutcome::Lost, _)) => {
                log::info!("Background job {} ({}) was canceled or taken over.", job.id, job.kind);
            }
            Err(error @ (ActionError::Busy(_) | ActionError::Unconfirmed(_))) => {
                // The row says what was done: the next piece begins there.
                self.active.push_back(job);
                return Err(error);
            }
            Err(error) => self.fail(&job, &error).await?,
        }
        Ok(true)
    }

    async fn take_up(&mut self) -> Result<(), ActionError> {
        while self.active.len() < AT_ONCE {
            let now = self.clock.now();
            let free = self.store.read(move |conn| background_jobs::next_free(conn, now)).await?;
            let Some(job) = free else { return Ok(()) };
            let (id, kind, holder) = (job.id, job.kind, self.holder.clone());
            let total = match job.total {
                Some(total) => Some(total),
                // What cannot be counted fails in its first piece, which is written down; the other jobs go on.
                None => self.store.read_blocking(move |conn| count_work(conn, &job)).await.unwrap_or(None),
            };
            let claim = self.store.write(move |tx| claim_job(tx, id, &holder, total, now));
            if claim.await? {
                log::info!("Background job {id} ({kind}) begins or goes on.");
                self.active.push_back(ActiveJob { id, kind, limit: FIRST });
            }
        }
        Ok(())
    }

    async fn piece(&self, job: &ActiveJob) -> Result<(PieceOutcome, Duration), ActionError> {
        let (id, limit, holder, now) = (job.id, job.limit, self.holder.clone(), self.clock.now());
        let write = move |tx: &mut crate::store::Tx<'_>| {
            let begun = Instant::now();
            Ok::<_, ActionError>((run_piece(tx, id, &holder, limit, now)?, begun))
        };
        let (outcome, begun) = self.store.write(write).await?;
        Ok((outcome, begun.elapsed()))
    }

    async fn finish(&self, job: &ActiveJob) -> Result<(), ActionError> {
        let (id, holder, now) = (job.id, self.holder.clone(), self.clock.now());
        let hashed = self.store.read_file(move |conn| hash_result(conn, id)).await?;
        if self.store.write(move |tx| finish_result(tx, id, &holder, &hashed, now)).await? {
            log::info!("Background job {} ({}) is done. Its file is ready.", job.id, job.kind);
        }
        Ok(())
    }

    async fn fail(&self, job: &ActiveJob, error: &ActionError) -> Result<(), ActionError> {
        let (id, holder, now, why) = (job.id, self.holder.clone(), self.clock.now(), error.to_string());
        let is_retried = self.store.write(move |tx| fail_piece(tx, id, &holder, &why, now)).await?;
        let next = if is_retried { "It will be retried." } else { "A person has to retry it." };
        log::error!("Background job {} ({}) failed. {next} {error}", job.id, job.kind);
        Ok(())
    }
}

/// How many things the next piece may do after one that took so long.
fn next_limit(limit: i64, took: Duration) -> i64 {
    let factor = AIM.as_secs_f64() / took.as_secs_f64().max(0.000_1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "between 10 and 5000")]
    let next = (limit as f64 * factor.clamp(0.25, GROWTH)) as i64;
    next.clamp(10, LARGEST)
}

/// Does all that can be done now. Returns how many pieces that took.
///
/// # Errors
/// When the database fails; what was done stays done.
pub async fn run_background(store: &Store, clock: &Clock) -> Result<usize, ActionError> {
    let (mut runner, mut pieces) = (JobRunner::new(store.clone(), clock.clone())?, 0);
    while runner.step().await? {
        pieces += 1;
    }
    Ok(pieces)
}

/// Does jobs for as long as the server runs. The same trouble is told once.
pub(super) async fn background_loop(jobs: &JobContext) {
    let mut runner = match JobRunner::new(jobs.store.clone(), jobs.clock.clone()) {
        Ok(runner) => runner,
        Err(error) => return log::error!("Background jobs do not run: {error}"),
    };
    let alarms = jobs.store.alarms();
    let mut told = String::new();
    loop {
        let stepped = runner.step().await;
        let trouble = stepped.as_ref().err().map(ToString::to_string).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            log::error!("Background jobs wait for the database: {trouble}");
        }
        told = trouble;
        if !matches!(stepped, Ok(true)) {
            tokio::select! {
                () = alarms.background.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

/// Ends the leases of the server that ran before, where this one has the database to itself.
///
/// # Errors
/// When the database fails.
pub async fn end_old_leases(store: &Store) -> Result<(), StoreError> {
    if store.is_shared() {
        return Ok(());
    }
    store.write(background_jobs::end_leases).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_while_they_are_fast_and_shrink_when_they_are_slow() {
        let after = |limit, ms| next_limit(limit, Duration::from_millis(ms));
        assert_eq!(after(FIRST, 0), 2 * FIRST);
        assert_eq!(after(400, 13), 769);
        assert_eq!(after(400, 25), 400);
        assert_eq!(after(400, 50), 200);
        assert_eq!(after(400, 10_000), 100);
        assert_eq!((after(LARGEST, 1), after(10, 10_000)), (LARGEST, 10));
    }

    #[test]
    fn a_piece_that_is_as_fast_as_the_last_one_takes_half_of_the_bound_at_most() {
        assert_eq!(AIM * 2, BOUND);
        for micros in (1..200_000).step_by(37) {
            let took = Duration::from_micros(micros);
            #[expect(clippy::cast_precision_loss, reason = "at most 5000")]
            let forecast = took.as_secs_f64() * next_limit(400, took) as f64 / 400.0;
            let most = AIM.as_secs_f64().max(took.as_secs_f64() / 4.0);
            assert!(forecast <= most + 1e-9, "{took:?}: {forecast}");
        }
    }
}
