//! Why this server hands nothing to the carrier yet, whatever the switch of all sending says. Written by `jobs`, read by the
//! delivery loop and shown on the dashboard; it is kept in memory, because it is about this server alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What keeps this server from handing texts over.
#[derive(Clone, Debug, Default)]
pub struct HandOverGate {
    joins: Arc<AtomicBool>,
    reads_first: Arc<AtomicBool>,
    told_silent: Arc<AtomicBool>,
}

/// A reason to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandOverWait {
    /// It is not clear whether this is a new instance or a restore.
    OtherInstance,
    /// No server ran for a while: the carrier's list of received texts is read first.
    CarrierList,
}

impl HandOverGate {
    /// True when nothing keeps this server from handing texts over.
    pub fn is_open(&self) -> bool {
        self.waits_for().is_none()
    }

    /// What this server waits for, if it does.
    pub fn waits_for(&self) -> Option<HandOverWait> {
        if self.joins() {
            Some(HandOverWait::OtherInstance)
        } else if self.reads_first() {
            Some(HandOverWait::CarrierList)
        } else {
            None
        }
    }

    /// True while it is not clear whether this is a new instance or a restore.
    pub fn joins(&self) -> bool {
        self.joins.load(Ordering::SeqCst)
    }

    /// True while the carrier's list has to be read before anything is handed over.
    pub fn reads_first(&self) -> bool {
        self.reads_first.load(Ordering::SeqCst)
    }

    /// True the first time it is asked after a start: then it is told that the carrier's list does not answer.
    pub fn tells_silence_first(&self) -> bool {
        !self.told_silent.swap(true, Ordering::SeqCst)
    }

    /// Waits for another instance's heartbeat, or no longer.
    pub fn set_joins(&self, joins: bool) {
        self.joins.store(joins, Ordering::SeqCst);
    }

    /// Waits for the carrier's list, or no longer.
    pub fn set_reads_first(&self, reads_first: bool) {
        self.reads_first.store(reads_first, Ordering::SeqCst);
    }
}
