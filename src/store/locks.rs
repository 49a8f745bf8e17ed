//! One lock a number, in this process: the STOP barrier of a single machine. Striped, so that it needs no clean-up; two
//! numbers on one stripe only wait for each other.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::domain::id::NumberId;

const STRIPES: usize = 4096;

pub(super) struct Locks {
    stripes: Vec<Arc<Mutex<()>>>,
    hasher: RandomState,
}

/// Holding this means: nobody else sends to the number, and no STOP for it is acknowledged.
pub struct NumberGuard {
    _held: Option<OwnedMutexGuard<()>>,
}

impl Default for Locks {
    fn default() -> Self {
        Locks { stripes: (0..STRIPES).map(|_| Arc::default()).collect(), hasher: RandomState::new() }
    }
}

impl Locks {
    pub(super) async fn lock(&self, number: NumberId) -> NumberGuard {
        let stripe = self.hasher.hash_one(number) as usize % STRIPES;
        match self.stripes.get(stripe) {
            Some(stripe) => NumberGuard { _held: Some(Arc::clone(stripe).lock_owned().await) },
            None => NumberGuard { _held: None },
        }
    }
}
