//! The one writer: closures queue up, run each under its own savepoint, and are committed together. Nobody is answered
//! before the commit; an error or a panic rolls back its own savepoint only.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use tokio::sync::{Notify, oneshot};

use super::tx::Aftermath;
use super::{StoreError, Tx, tallies};
use crate::domain::id::{NumberId, ProgramId};

/// Writes that wait at most; more make their callers wait in turn.
const QUEUE: usize = 4096;
/// Beyond this many closures the pages a group dirties cost more than the sync it saves.
const GROUP: usize = 128;

pub(super) type Job = Box<dyn FnOnce(&mut SqliteConnection) -> Ran + Send>;
/// Answers the caller, once it is known whether the group was committed.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;

/// A closure that ran: whether its writes stay, what they leave behind, and how its caller is answered.
pub(super) struct Ran {
    keep: bool,
    aftermath: Aftermath,
    answer: Answer,
}

pub(super) struct Writer {
    queue: SyncSender<Job>,
}

impl Writer {
    pub(super) fn start(db: SqliteConnection) -> Result<Writer, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(db, &jobs))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Writer { queue })
    }

    /// Queues a job. When the writer is gone the job is dropped, and its caller sees the channel closed.
    pub(super) fn submit(&self, job: Job) {
        if let Err(std::sync::mpsc::SendError(_)) = self.queue.send(job) {
            log::error!("The store's writer has stopped; a write was refused.");
        }
    }
}

/// Wraps a write so that it can wait in the queue.
pub(super) fn job<T, E>(
    write: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    caller: oneshot::Sender<(Result<T, E>, Vec<NumberId>)>,
    due: Arc<Notify>,
) -> Job
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    Box::new(move |db| {
        let mut tx = Tx::new(db);
        let result = catch_unwind(AssertUnwindSafe(|| write(&mut tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let keep = result.is_ok();
        // A refused write still passes the barrier: a repeated STOP is acknowledged no earlier than the first one.
        let mut aftermath = std::mem::take(&mut tx.aftermath);
        let tightened = std::mem::take(&mut aftermath.tightened);
        let wakes = keep && aftermath.made_due;
        let answer: Answer = Box::new(move |committed| {
            let result = match committed {
                Ok(()) => result,
                Err(why) => Err(StoreError::Commit(why.to_owned()).into()),
            };
            if wakes && result.is_ok() {
                due.notify_one();
            }
            let _ = caller.send((result, tightened));
        });
        Ran { keep, aftermath, answer }
    })
}

fn run(mut db: SqliteConnection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP - 1));
        let mut answers = Vec::with_capacity(group.len());
        let committed = commit(&mut db, group, &mut answers).map_err(|error| error.to_string());
        if let Err(why) = &committed {
            log::error!("A group of {} writes was not committed: {why}", answers.len());
            let _ = db.batch_execute("ROLLBACK");
        }
        for answer in answers {
            answer(committed.as_ref().copied().map_err(String::as_str));
        }
    }
}

fn commit(
    db: &mut SqliteConnection,
    group: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), diesel::result::Error> {
    db.batch_execute("BEGIN IMMEDIATE")?;
    let mut tallies: BTreeMap<(ProgramId, &'static str), i64> = BTreeMap::new();
    for job in group {
        db.batch_execute("SAVEPOINT job")?;
        let ran = job(db);
        let end = if ran.keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        answers.push(ran.answer);
        db.batch_execute(end)?;
        if ran.keep {
            for (key, by) in ran.aftermath.tallies {
                *tallies.entry(key).or_default() += by;
            }
        }
    }
    tallies::add(db, &tallies)?;
    db.batch_execute("COMMIT")
}
