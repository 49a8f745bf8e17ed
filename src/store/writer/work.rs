//! A closure that waits for its turn: it may run more than once, and its caller is answered once, after the commit. Used by
//! the writers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::config_cache::CachedConfig;
use super::super::engine::DbConn;
use super::super::error::StoreFailure;
use super::super::tx::PostCommit;
use super::super::{JobAlarms, StoreError, Tx};
use super::{GroupError, GroupState};
use crate::domain::id::NumberId;
use crate::domain::limit_hit::LimitHit;

/// The caller's answer, and the numbers whose barrier it passes first.
pub(in crate::store) type WriteAnswer<T, E> = (Result<T, E>, Vec<NumberId>);

/// What becomes of a closure that ran.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RunOutcome {
    Keep,
    Refuse,
    /// Somebody else wrote at the same moment: it is worth another run.
    Again,
}

/// A write that waits for its turn, whatever it returns.
pub(super) trait QueuedWrite: Send {
    fn run(
        &mut self,
        db: DbConn<'_>,
        known: &CachedConfig,
        course: &mut GroupState,
    ) -> (RunOutcome, PostCommit);
    /// What it did cannot be kept after all.
    fn fail(&mut self, why: &str);
    fn answer(self: Box<Self>, committed: Result<(), &GroupError>);
}

pub(super) struct TypedWrite<W, T, E> {
    write: W,
    result: Option<Result<T, E>>,
    tightened: Vec<NumberId>,
    hits: Vec<LimitHit>,
    wakes: bool,
    wakes_questions: bool,
    wakes_background: bool,
    alarms: Arc<JobAlarms>,
    caller: oneshot::Sender<WriteAnswer<T, E>>,
}

impl<W, T, E> TypedWrite<W, T, E> {
    pub(super) fn new(write: W, caller: oneshot::Sender<WriteAnswer<T, E>>, alarms: Arc<JobAlarms>) -> Self {
        let (result, tightened, hits) = (None, Vec::new(), Vec::new());
        let (wakes, wakes_questions, wakes_background) = (false, false, false);
        TypedWrite {
            write,
            result,
            tightened,
            hits,
            wakes,
            wakes_questions,
            wakes_background,
            alarms,
            caller,
        }
    }
}

impl<W, T, E> QueuedWrite for TypedWrite<W, T, E>
where
    W: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: StoreFailure,
{
    fn run(
        &mut self,
        db: DbConn<'_>,
        known: &CachedConfig,
        course: &mut GroupState,
    ) -> (RunOutcome, PostCommit) {
        let mut tx = Tx::new(db, known, !course.has_kept);
        tx.catalog = course.catalog.take();
        tx.counted_before = std::mem::take(&mut course.counted);
        let result = catch_unwind(AssertUnwindSafe(|| (self.write)(&mut tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let fate = match &result {
            Ok(_) => RunOutcome::Keep,
            Err(error) if error.of_store().is_some_and(StoreError::is_passing) => RunOutcome::Again,
            Err(_) => RunOutcome::Refuse,
        };
        // What a closure saw that is rolled back, nobody may see.
        course.catalog = tx.catalog.take().filter(|_| fate == RunOutcome::Keep);
        course.counted = std::mem::take(&mut tx.counted_before);
        let mut aftermath = std::mem::take(&mut tx.aftermath);
        // A refused write still passes the barrier: a repeated STOP is acknowledged no earlier than the first one.
        self.tightened = std::mem::take(&mut aftermath.tightened);
        self.wakes = fate == RunOutcome::Keep && aftermath.made_due;
        self.wakes_questions = fate == RunOutcome::Keep && aftermath.opened_question;
        self.hits = aftermath.hits.keys().copied().filter(|_| fate == RunOutcome::Keep).collect();
        self.wakes_background = fate == RunOutcome::Keep && aftermath.began_job;
        self.result = Some(result);
        (fate, aftermath)
    }

    fn fail(&mut self, why: &str) {
        (self.wakes, self.wakes_questions, self.wakes_background) = (false, false, false);
        self.hits.clear();
        self.result = Some(Err(StoreError::NotWritten(why.to_owned()).into()));
    }

    fn answer(self: Box<Self>, committed: Result<(), &GroupError>) {
        let is_committed = committed.is_ok();
        let result = match committed {
            Ok(()) => self.result.unwrap_or_else(|| Err(StoreError::Closed.into())),
            Err(GroupError::Before(why)) => Err(StoreError::Unavailable(why.clone()).into()),
            Err(GroupError::Unconfirmed(why)) => Err(StoreError::Commit(why.clone()).into()),
        };
        for hit in self.hits.iter().filter(|_| is_committed) {
            log::warn!("A limit held a text back: {hit}");
        }
        if self.wakes && result.is_ok() {
            self.alarms.due.notify_one();
        }
        if self.wakes_questions && result.is_ok() {
            self.alarms.questions.notify_one();
        }
        if self.wakes_background && result.is_ok() {
            self.alarms.background.notify_one();
        }
        let _ = self.caller.send((result, self.tightened));
    }
}
