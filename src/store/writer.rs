//! The writers: closures queue up, run one after the other, and are committed together. Nobody is answered before the commit.
//! When one fails or panics, the group begins again with a savepoint for each, and only its own is rolled back. SQLite has one
//! writer; on PostgreSQL several commit side by side, and a closure that met somebody else's write is run again.

mod group;
mod job;
mod work;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use tokio::sync::oneshot;

use super::config_cache::{self, CachedConfig};
use super::engine::{Checkpoints, DatabaseUrl, OwnConnection};
use super::error::StoreFailure;
use super::tx::PostCommit;
use super::{JobAlarms, StoreError, Tx, counters, limit_hits};
use group::GroupState;
use job::{GroupError, WriteJob, answer, refuse};
pub(super) use work::WriteAnswer;
use work::{RunOutcome, TypedWrite};

/// Writes that wait at most; more are answered that the database is busy.
const QUEUE: usize = 4096;
/// Beyond this many closures the pages a group dirties cost more than the sync it saves.
const GROUP: usize = 128;
/// After a refusal so many groups run with savepoints: where one was refused, others may follow.
const WARY: u32 = 16;
/// A closure that keeps meeting somebody else's writes is given up after so many runs.
const RUNS: u32 = 10;
/// A write that waits for a database that went away is given up after this long: who asked repeats it elsewhere.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a writer waits before it asks again for a database that went away.
const RECONNECT: Duration = Duration::from_millis(250);

/// The queue in front of the writers.
pub(super) struct WriteQueue {
    queue: SyncSender<WriteJob>,
    alarms: Arc<JobAlarms>,
}

impl WriteQueue {
    pub(super) fn start(
        place: &DatabaseUrl,
        alarms: &Arc<JobAlarms>,
        known: &Arc<CachedConfig>,
    ) -> Result<WriteQueue, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let (jobs, mut checkpoints) = (Arc::new(Mutex::new(jobs)), place.checkpoints()?);
        for n in 0..place.writers() {
            let (db, place, jobs) = (place.writing()?, place.clone(), Arc::clone(&jobs));
            let slot = if db.has_rivals() { random_slot()? } else { 0 };
            let mut writer = GroupWriter {
                db,
                place,
                known: Arc::clone(known),
                slot,
                checkpoints: checkpoints.take(),
                again: VecDeque::new(),
                whole: VecDeque::new(),
                wary: 0,
                is_away: false,
            };
            std::thread::Builder::new()
                .name(format!("store-writer-{n}"))
                .spawn(move || writer.serve(&jobs))
                .map_err(|error| StoreError::Connection(error.to_string()))?;
        }
        Ok(WriteQueue { queue, alarms: Arc::clone(alarms) })
    }

    /// Queues a write, unless too many wait already: the caller is on an async thread, which must not wait here.
    pub(super) fn submit<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<WriteAnswer<T, E>>, StoreError>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        let (job, answer) = self.job(write);
        let refused = match self.queue.try_send(job) {
            Ok(()) => return Ok(answer),
            Err(TrySendError::Full(_)) => "too many writes wait already",
            Err(TrySendError::Disconnected(_)) => "the writers have stopped",
        };
        Err(StoreError::Unavailable(refused.to_owned()))
    }

    /// Queues a write, and waits while too many wait already. Without writers its caller sees the channel closed.
    pub(super) fn submit_and_wait<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> oneshot::Receiver<WriteAnswer<T, E>>
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        let (job, answer) = self.job(write);
        // A job that comes back is dropped, and with it the sender of its answer.
        drop(self.queue.send(job));
        answer
    }

    fn job<T, E>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> (WriteJob, oneshot::Receiver<WriteAnswer<T, E>>)
    where
        T: Send + 'static,
        E: StoreFailure,
    {
        let (caller, answer) = oneshot::channel();
        let work = TypedWrite::new(write, caller, Arc::clone(&self.alarms));
        (WriteJob { work: Box::new(work), runs: 0, since: Instant::now() }, answer)
    }
}

/// Where a writer counts; two of them rarely meet in one place, and then only wait for each other.
fn random_slot() -> Result<i32, StoreError> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(i32::from(u16::from_be_bytes(bytes) % 256))
}

struct GroupWriter {
    db: OwnConnection,
    place: DatabaseUrl,
    known: Arc<CachedConfig>,
    slot: i32,
    checkpoints: Option<Checkpoints>,
    /// What met somebody else's writes: each comes first in another group, where it may wait for them.
    again: VecDeque<WriteJob>,
    /// What comes next, in this order: a group that did not come to its commit, or what stood behind a write that stands alone.
    whole: VecDeque<WriteJob>,
    /// So many groups more run with savepoints from the beginning.
    wary: u32,
    /// The database went away, which was said.
    is_away: bool,
}

impl GroupWriter {
    fn serve(&mut self, jobs: &Mutex<Receiver<WriteJob>>) {
        while let Some(group) = self.next_group(jobs) {
            let mut done = Vec::with_capacity(group.len());
            match self.commit(group, &mut done) {
                Ok(()) => {
                    if let Some(checkpoints) = &mut self.checkpoints {
                        checkpoints.committed(done.len());
                    }
                    answer(done, Ok(()));
                }
                Err(failed @ GroupError::Before(_)) => self.put_back(done, &failed),
                Err(failed @ GroupError::Unconfirmed(_)) => refuse(done, &failed),
            }
        }
    }

    /// Nothing of the group was written: what has not waited too long comes again.
    fn put_back(&mut self, done: Vec<WriteJob>, failed: &GroupError) {
        let (again, over) = done.into_iter().partition(|job| self.may_come_again(job));
        self.whole.extend::<Vec<WriteJob>>(again);
        refuse(over, failed);
    }

    fn may_come_again(&self, job: &WriteJob) -> bool {
        self.db.has_rivals() && job.runs < RUNS && job.since.elapsed() < PATIENCE
    }

    /// What waits, as far as it fits into one commit; `None` when nobody can ask any more.
    fn next_group(&mut self, jobs: &Mutex<Receiver<WriteJob>>) -> Option<VecDeque<WriteJob>> {
        if !self.whole.is_empty() {
            return Some(std::mem::take(&mut self.whole));
        }
        if let Some(first) = self.again.pop_front() {
            let mut group = VecDeque::from([first]);
            if let Ok(jobs) = jobs.try_lock() {
                group.extend(jobs.try_iter().take(GROUP - 1));
            }
            return Some(group);
        }
        let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut group = VecDeque::from([jobs.recv().ok()?]);
        group.extend(jobs.try_iter().take(GROUP - 1));
        Some(group)
    }

    fn commit(&mut self, mut group: VecDeque<WriteJob>, done: &mut Vec<WriteJob>) -> Result<(), GroupError> {
        let ran = self.begin().and_then(|()| self.run_all(&mut group, done));
        let is_asked = ran.is_ok();
        let committed = ran.and_then(|()| self.db.commit().map_err(|error| error.to_string()));
        let committed = committed.map_err(|why| {
            // Whatever went wrong, another group may meet it again.
            self.wary = WARY;
            // What can still be rolled back was not committed.
            let is_over = self.db.db().batch("ROLLBACK").is_err();
            if is_asked && is_over { GroupError::Unconfirmed(why) } else { GroupError::Before(why) }
        });
        match &committed {
            Err(GroupError::Before(_)) => done.extend(group),
            // What stood behind a write that stands alone.
            _ => self.whole.extend(group),
        }
        committed
    }

    /// Begins a transaction, on a new connection if the old one is gone.
    fn begin(&mut self) -> Result<(), String> {
        let Err(error) = self.db.begin() else { return Ok(()) };
        if !self.db.has_rivals() {
            return Err(error.to_string());
        }
        if !std::mem::replace(&mut self.is_away, true) {
            log::warn!("The connection to the database is lost. Opening a new one: {error}");
        }
        let again = self.place.writing().map_err(|error| error.to_string());
        let begun = again.and_then(|db| {
            self.db = db;
            self.db.begin().map_err(|error| error.to_string())
        });
        match &begun {
            Ok(()) => {
                self.is_away = false;
                log::info!("The connection to the database is open again.");
            }
            Err(_) => std::thread::sleep(RECONNECT),
        }
        begun
    }

    fn run_all(&mut self, group: &mut VecDeque<WriteJob>, done: &mut Vec<WriteJob>) -> Result<(), String> {
        let together = if self.wary == 0 { self.run_together(group, done)? } else { None };
        self.wary = self.wary.saturating_sub(1);
        let course = match together {
            Some(course) => course,
            None => self.run_each(group, done)?,
        };
        let has_rivals = self.db.has_rivals();
        let mut tx = Tx::new(self.db.db(), &self.known, true);
        counters::add(&mut tx, self.slot, &course.counted)
            .and_then(|()| limit_hits::add(&mut tx, self.slot, &course.hits))
            .map_err(|error| error.to_string())?;
        match &course.relied_on {
            Some(version) if has_rivals && !config_cache::is_current(&mut tx, version)? => {
                Err("the programs or the switch of all sending were changed meanwhile".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Runs the group without savepoints, which cost as much as a statement each. `None` when something was refused: then
    /// nothing has happened, and the group is as it was.
    fn run_together(
        &mut self,
        group: &mut VecDeque<WriteJob>,
        done: &mut Vec<WriteJob>,
    ) -> Result<Option<GroupState>, String> {
        let mut course = GroupState::default();
        while let Some(mut job) = group.pop_front() {
            let (fate, aftermath) = job.work.run(self.db.db(), &self.known, &mut course);
            done.push(job);
            if fate != RunOutcome::Keep {
                // One that was refused before anything else was done would be refused again.
                let is_answered = fate == RunOutcome::Refuse && done.len() == 1;
                if !is_answered {
                    done.drain(..).rev().for_each(|job| group.push_front(job));
                }
                self.wary = WARY;
                let again = self.db.db().batch("ROLLBACK").and_then(|()| self.db.begin());
                return again.map(|()| None).map_err(|error| error.to_string());
            }
            if course.keep(aftermath) {
                break;
            }
        }
        Ok(Some(course))
    }

    /// Runs each of the group under a savepoint of its own.
    fn run_each(
        &mut self,
        group: &mut VecDeque<WriteJob>,
        done: &mut Vec<WriteJob>,
    ) -> Result<GroupState, String> {
        let mut course = GroupState::default();
        while let Some(mut job) = group.pop_front() {
            let ran = self.run_one(&mut job, &mut course);
            let fate = match &ran {
                Ok((fate, _)) => *fate,
                Err(_) => RunOutcome::Refuse,
            };
            if fate == RunOutcome::Again && self.may_come_again(&job) {
                self.again.push_back(job);
            } else {
                done.push(job);
            }
            let (_, aftermath) = ran.map_err(|error| error.to_string())?;
            if fate == RunOutcome::Keep && course.keep(aftermath) {
                break;
            }
        }
        Ok(course)
    }

    fn run_one(
        &mut self,
        job: &mut WriteJob,
        course: &mut GroupState,
    ) -> QueryResult<(RunOutcome, PostCommit)> {
        job.runs += 1;
        self.db.db().batch("SAVEPOINT job")?;
        let (fate, aftermath) = job.work.run(self.db.db(), &self.known, course);
        if fate == RunOutcome::Keep {
            let Err(error) = self.db.db().batch("RELEASE job") else { return Ok((fate, aftermath)) };
            // It went on after an error of the database: nothing of it can be kept.
            job.work.fail(&error.to_string());
            course.catalog = None;
        }
        self.db.db().batch("ROLLBACK TO job; RELEASE job")?;
        Ok((if fate == RunOutcome::Keep { RunOutcome::Refuse } else { fate }, aftermath))
    }
}
