//! One lock a number: the STOP barrier. Striped within this process, so that it needs no clean-up (two numbers on one stripe
//! only wait for each other); where other instances share the database, their lock is taken behind it.

use std::sync::Arc;

use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::StoreError;
use super::engine::{DatabaseLocker, HeldLock};
use crate::domain::id::NumberId;

const STRIPES: usize = 4096;

/// A hand-off to a provider begins within this time of its claim, or not at all. What was claimed before a STOP was committed
/// has begun, or never will, when the STOP has waited for so long: whatever another instance does, and whether it lives.
pub const LEASE: Duration = Duration::from_secs(2);

/// What only one of the instances does at a time.
#[derive(Clone, Copy, Debug)]
pub enum SingletonTask {
    /// Asking about unknown outcomes. Earlier versions did the next two under it as well; their rows are locked, so both may run.
    Housekeeping,
    /// Expiring held messages.
    Holds,
    /// Deciding reviews whose deadline has come.
    Reviews,
    /// Dropping what no limit needs any more.
    Tidying,
    /// Sealing the history.
    Sealing,
    /// Reading the carrier's list of received texts.
    Inbox,
}

impl SingletonTask {
    /// The lock's number. It only has to be the same everywhere, and none of those in `dialect::postgres`.
    fn key(self) -> i64 {
        match self {
            SingletonTask::Housekeeping => 0x736d_735f_6f70_7433,
            SingletonTask::Holds => 0x736d_735f_6f70_7438,
            SingletonTask::Reviews => 0x736d_735f_6f70_7439,
            SingletonTask::Tidying => 0x736d_735f_6f70_7441,
            SingletonTask::Sealing => 0x736d_735f_6f70_7432,
            SingletonTask::Inbox => 0x736d_735f_6f70_7434,
        }
    }
}

/// Holding this means: no other instance does the same.
pub struct OnDuty {
    _among_instances: Option<HeldLock>,
}

pub(super) struct NumberLocks {
    stripes: Vec<Arc<Mutex<()>>>,
    others: Option<DatabaseLocker>,
}

/// Holding this means: nobody else sends to the number, and no STOP for it is acknowledged.
pub struct NumberGuard {
    // Fields are dropped in this order: the other instances' lock is freed before this process's.
    _among_instances: Option<HeldLock>,
    _within_process: Option<OwnedMutexGuard<()>>,
}

impl NumberLocks {
    pub(super) fn new(others: Option<DatabaseLocker>) -> Self {
        NumberLocks { stripes: (0..STRIPES).map(|_| Arc::default()).collect(), others }
    }

    pub(super) async fn lock(&self, number: NumberId) -> NumberGuard {
        let key = key(number);
        let within_process = self.stripe(key).await;
        let among_instances = match &self.others {
            Some(locker) => Some(locker.take(key).await),
            None => None,
        };
        NumberGuard { _among_instances: among_instances, _within_process: within_process }
    }

    /// The same for a hand-off, which waits no longer for another instance: one that froze keeps its locks until its session ends.
    /// False when that instance has the lock still.
    pub(super) async fn lock_within(&self, number: NumberId, patience: Duration) -> (NumberGuard, bool) {
        let key = key(number);
        let within_process = self.stripe(key).await;
        let Some(locker) = &self.others else {
            return (NumberGuard { _among_instances: None, _within_process: within_process }, true);
        };
        let among_instances = tokio::time::timeout(patience, locker.take(key)).await.ok();
        let is_free = among_instances.is_some();
        (NumberGuard { _among_instances: among_instances, _within_process: within_process }, is_free)
    }

    /// The STOP barrier: waits until nothing is being handed to the number that was claimed before, and for [`LEASE`] at
    /// most. The caller has committed what forbids the next claim.
    pub(super) async fn pass(&self, number: NumberId) {
        let handed_over = async {
            drop(self.stripe(key(number)).await);
            if let Some(locker) = &self.others {
                locker.pass(number).await;
            }
        };
        let _is_over_or_ended = tokio::time::timeout(LEASE, handed_over).await;
    }

    async fn stripe(&self, key: i64) -> Option<OwnedMutexGuard<()>> {
        let stripe = usize::try_from(key.unsigned_abs() % STRIPES as u64).unwrap_or_default();
        match self.stripes.get(stripe) {
            Some(stripe) => Some(Arc::clone(stripe).lock_owned().await),
            None => None,
        }
    }

    /// `None` when another instance is at it.
    pub(super) async fn try_lock_task(&self, duty: SingletonTask) -> Result<Option<OnDuty>, StoreError> {
        match &self.others {
            Some(locker) => {
                Ok(locker.try_take(duty.key()).await?.map(|held| OnDuty { _among_instances: Some(held) }))
            }
            None => Ok(Some(OnDuty { _among_instances: None })),
        }
    }
}

/// The last eight bytes of the identifier: random, so they spread.
fn key(number: NumberId) -> i64 {
    let last = number.as_bytes().last_chunk::<8>().copied().unwrap_or_default();
    i64::from_be_bytes(last)
}
