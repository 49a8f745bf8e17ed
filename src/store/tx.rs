//! One write transaction: a connection that may write, and what the store has to know after the commit. Actions are given
//! one; pages never are.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use uuid::{NoContext, Uuid};

use super::config_cache::CachedConfig;
use super::engine::DbConn;
use super::{ReadConn, StoreError};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::ledger::CommitmentSalt;
use crate::domain::limit_hit::LimitHit;
use crate::domain::time::Timestamp;

/// Counts the identifiers minted by this process, so that those of one microsecond keep their order.
static MINTED: AtomicU32 = AtomicU32::new(0);

/// What a write leaves for after it: counted by the group, told to the caller.
#[derive(Default)]
pub(super) struct PostCommit {
    pub(super) tightened: Vec<NumberId>,
    pub(super) tallies: BTreeMap<(ProgramId, &'static str), i64>,
    pub(super) hits: BTreeMap<LimitHit, i64>,
    pub(super) wakes: JobWakes,
    pub(super) stands_alone: bool,
}

/// Which jobs have something to do once the write is committed.
#[derive(Clone, Copy, Default)]
pub(super) struct JobWakes {
    pub(super) due: bool,
    pub(super) questions: bool,
    pub(super) background: bool,
}

/// A write transaction. Everything that reads takes a [`Conn`]; everything that writes takes a `Tx`.
pub struct Tx<'a> {
    conn: ReadConn<'a>,
    may_wait: bool,
    /// What earlier closures of the same group counted: it is written at the end of the group.
    pub(super) counted_before: BTreeMap<(ProgramId, &'static str), i64>,
    pub(super) aftermath: PostCommit,
}

impl<'a> Tx<'a> {
    pub(super) fn new(db: DbConn<'a>, known: &'a CachedConfig, may_wait: bool) -> Self {
        let (counted_before, aftermath) = Default::default();
        Tx { conn: ReadConn::new(db, known), may_wait, counted_before, aftermath }
    }

    /// True as long as nothing was kept in this group: nothing that came before holds locks, so that waiting for somebody
    /// else's cannot end in a deadlock with what this closure has not taken itself.
    pub(super) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// A new identifier that sorts by `now`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new_id<Id: From<Uuid>>(&self, now: Timestamp) -> Result<Id, StoreError> {
        let micros = u64::try_from(now.micros()).unwrap_or(0);
        let at = uuid::Timestamp::from_unix(
            NoContext,
            micros / 1_000_000,
            u32::try_from(micros % 1_000_000).unwrap_or(0) * 1000,
        );
        let (seconds, nanos) = at.to_unix();
        let millis = seconds * 1000 + u64::from(nanos / 1_000_000);
        let mut random = [0u8; 10];
        getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
        // Microseconds within the millisecond, then a count (RFC 9562, methods 3 and 1): ids of one moment keep order.
        let within = u16::try_from((nanos / 1000) % 1000 * 4).unwrap_or(0);
        let count = MINTED.fetch_add(1, Ordering::Relaxed) & 0x3FFF_FFFF;
        for (byte, ordered) in
            random.iter_mut().zip(within.to_be_bytes().into_iter().chain(count.to_be_bytes()))
        {
            *byte = ordered;
        }
        Ok(Id::from(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
    }

    /// A fresh salt for a commitment.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new_salt(&self) -> Result<CommitmentSalt, StoreError> {
        let mut salt = CommitmentSalt::default();
        getrandom::fill(&mut salt).map_err(|_| StoreError::Randomness)?;
        Ok(salt)
    }

    /// Makes the caller wait, after the commit, until nothing is being handed to a provider for `number`.
    pub fn pass_barrier(&mut self, number: NumberId) {
        if !self.aftermath.tightened.contains(&number) {
            self.aftermath.tightened.push(number);
        }
    }

    /// Wakes the delivery worker after the commit.
    pub(super) fn wake_delivery(&mut self) {
        self.aftermath.wakes.due = true;
    }

    /// Wakes the job that asks the carrier after the commit.
    pub(super) fn opened_question(&mut self) {
        self.aftermath.wakes.questions = true;
    }

    /// Counts and logs, once it is committed, that a limit held a text back.
    pub fn record_hit(&mut self, hit: LimitHit) {
        *self.aftermath.hits.entry(hit).or_default() += 1;
    }

    /// Wakes the runner of background jobs after the commit.
    pub(super) fn began_job(&mut self) {
        self.aftermath.wakes.background = true;
    }

    /// Counts `by` more contacts in a state of a program.
    pub(super) fn count(&mut self, program: ProgramId, state: &'static str, by: i64) {
        *self.aftermath.tallies.entry((program, state)).or_default() += by;
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = ReadConn<'a>;
    fn deref(&self) -> &ReadConn<'a> {
        &self.conn
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut ReadConn<'a> {
        &mut self.conn
    }
}
