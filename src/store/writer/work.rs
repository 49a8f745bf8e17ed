//! A closure that waits for its turn: it may run more than once, and its caller is answered once, after the commit. Used by
//! the writers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::config_cache::CachedConfig;
use super::super::engine::DbConn;
use super::super::error::StoreFailure;
use super::super::tx::{JobWakes, PostCommit};
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
    wakes: JobWakes,
    alarms: Arc<JobAlarms>,
    caller: oneshot::Sender<WriteAnswer<T, E>>,
}

impl<W, T, E> TypedWrite<W, T, E> {
    pub(super) fn new(write: W, caller: oneshot::Sender<WriteAnswer<T, E>>, alarms: Arc<JobAlarms>) -> Self {
        let (result, tightened, hits, wakes) = Default::default();
        TypedWrite { write, result, tightened, hits, wakes, alarms, caller }
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
        let (hits, wakes) = match fate {
            RunOutcome::Keep => (aftermath.hits.keys().copied().collect(), aftermath.wakes),
            RunOutcome::Refuse | RunOutcome::Again => Default::default(),
        };
        (self.hits, self.wakes) = (hits, wakes);
        self.result = Some(result);
        (fate, aftermath)
    }

    fn fail(&mut self, why: &str) {
        (self.hits, self.wakes) = Default::default();
        self.result = Some(Err(StoreError::NotWritten(why.to_owned()).into()));
    }

    fn answer(self: Box<Self>, committed: Result<(), &GroupError>) {
        let result = match committed {
            Ok(()) => self.result.unwrap_or_else(|| Err(StoreError::Closed.into())),
            Err(GroupError::Before(why)) => Err(StoreError::Unavailable(why.clone()).into()),
            Err(GroupError::Unconfirmed(why)) => Err(StoreError::Commit(why.clone()).into()),
        };
        // Only a closure that was kept has any of these.
        if result.is_ok() {
            self.hits.iter().for_each(|hit| log::warn!("A limit held a text back: {hit}"));
            self.alarms.ring(self.wakes);
        }
        let _ = self.caller.send((result, self.tightened));
    }
}
