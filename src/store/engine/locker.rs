//! Locks that every instance sees: PostgreSQL's advisory locks, all held by one session of this process, so that they end
//! with it. What is asked while the session is busy is asked together. Within the process [`super::super::locks`] comes
//! first; here only other instances are kept out.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool};
use tokio::sync::oneshot;

use super::{CachedQuery, postgres};
use crate::domain::id::NumberId;
use crate::store::{HAND_OFF, StoreError};

/// How often a lock that another instance holds is asked for again.
const AGAIN: Duration = Duration::from_millis(5);
/// How often it is looked whether a hand-off without a lock is over.
const LOOK: Duration = Duration::from_millis(50);
/// After a failed connection the next attempt comes this much later, however many ask meanwhile.
const RECONNECT: Duration = Duration::from_millis(200);
/// A session that is asked nothing shows this often that its process is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// Questions at most that are asked together.
const TOGETHER: usize = 256;

const TAKE: &str =
    "SELECT key, pg_try_advisory_lock(key) AS free, false AS in_hand FROM unnest($1) AS asked (key)";
const FREE: &str =
    "SELECT key, pg_advisory_unlock(key) AS free, false AS in_hand FROM unnest($1) AS asked (key)";
/// The lock is let go with the statement. A confirmation of STOP is no reason to wait.
const PASS: &str = "SELECT key, pg_try_advisory_xact_lock(key) AS free, EXISTS (\
    SELECT FROM messages WHERE number_id = number AND status = 'sending' AND lane <> 'opt_out_confirmation' \
    AND claimed_at > extract(epoch FROM clock_timestamp()) * 1000000 - $3) AS in_hand \
    FROM unnest($1, $2) AS asked (key, number)";

type LockReply<T> = oneshot::Sender<Result<T, String>>;

enum LockRequest {
    /// Answered with the session that holds it.
    Take(i64, LockReply<Option<u64>>),
    Free(i64, u64),
    Pass(i64, NumberId, LockReply<StopPassage>),
}

/// How it stands with a number that nothing may be sent to any more.
#[derive(Clone, Copy)]
struct StopPassage {
    /// No instance holds the number's lock.
    is_free: bool,
    /// Some instance may be handing a text over without the lock: it was killed, or its session ended, after the claim.
    in_hand: bool,
}

/// Takes and frees locks.
#[derive(Clone)]
pub(in crate::store) struct DatabaseLocker {
    asks: Sender<LockRequest>,
}

/// A lock that is held until this is dropped.
pub(in crate::store) struct HeldLock {
    key: i64,
    session: u64,
    asks: Sender<LockRequest>,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let _ = self.asks.send(LockRequest::Free(self.key, self.session));
    }
}

impl DatabaseLocker {
    pub(super) fn start(url: &str) -> Result<DatabaseLocker, StoreError> {
        let (asks, questions) = channel();
        let (first, url) = (connect(url)?, url.to_owned());
        std::thread::Builder::new()
            .name("store-locks".to_owned())
            .spawn(move || serve(first, &url, &questions))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(DatabaseLocker { asks })
    }

    /// Takes the lock, however long another instance holds it.
    pub(in crate::store) async fn take(&self, key: i64) -> HeldLock {
        loop {
            match self.try_take(key).await {
                Ok(Some(held)) => return held,
                Ok(None) => tokio::time::sleep(AGAIN).await,
                // The session is being made anew, which was said once; all who wait ask again.
                Err(_) => tokio::time::sleep(RECONNECT).await,
            }
        }
    }

    /// Takes the lock unless another instance holds it.
    pub(in crate::store) async fn try_take(&self, key: i64) -> Result<Option<HeldLock>, StoreError> {
        let taken = self.ask(|asker| LockRequest::Take(key, asker)).await?;
        Ok(taken.map(|session| HeldLock { key, session, asks: self.asks.clone() }))
    }

    /// Waits until no instance hands anything to `number` that was claimed before: until its lock was free once, and then,
    /// at most for [`HAND_OFF`], for hand-offs that nobody's lock covers any more because the session that held it ended.
    pub(in crate::store) async fn pass(&self, key: i64, number: NumberId) {
        let mut free_since = None;
        loop {
            let pause = match self.ask(|asker| LockRequest::Pass(key, number, asker)).await {
                Ok(found) if found.is_free => {
                    let since = *free_since.get_or_insert_with(Instant::now);
                    if !found.in_hand || since.elapsed() > HAND_OFF {
                        return;
                    }
                    LOOK
                }
                Ok(_) => AGAIN,
                Err(_) => RECONNECT,
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn ask<T>(&self, ask: impl FnOnce(LockReply<T>) -> LockRequest) -> Result<T, StoreError> {
        let (asker, answered) = oneshot::channel();
        self.asks.send(ask(asker)).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?.map_err(StoreError::Connection)
    }
}

#[derive(QueryableByName)]
struct LockKey {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Bool)]
    free: bool,
    #[diesel(sql_type = Bool)]
    in_hand: bool,
}

/// The one session that holds this process's locks.
struct LockSession {
    url: String,
    db: Option<PgConnection>,
    /// Counts the sessions: a lock ends with the one that took it.
    count: u64,
    /// When it was last tried in vain, and told about.
    failed: Option<Instant>,
}

fn serve(first: PgConnection, url: &str, questions: &Receiver<LockRequest>) {
    let mut session = LockSession { url: url.to_owned(), db: Some(first), count: 1, failed: None };
    loop {
        let first = match questions.recv_timeout(SIGN_OF_LIFE) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                session.show_life();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let (mut takes, mut frees, mut passes) = (Vec::new(), Vec::new(), Vec::new());
        for ask in std::iter::once(first).chain(questions.try_iter().take(TOGETHER - 1)) {
            match ask {
                LockRequest::Take(key, asker) => takes.push((key, asker)),
                // A lock of a session that ended is free already.
                LockRequest::Free(key, of) if of == session.count => frees.push(key),
                LockRequest::Free(..) => {}
                LockRequest::Pass(key, number, asker) => passes.push((key, number, asker)),
            }
        }
        session.free(&frees);
        session.take(takes);
        session.pass(passes);
    }
}

/// The session of a process that froze ends by itself, and its locks with it: a STOP elsewhere waits no longer than that.
fn connect(url: &str) -> Result<PgConnection, StoreError> {
    let mut db = postgres::connect_to_primary(url)?;
    db.batch_execute("SET idle_session_timeout = '10s'")?;
    Ok(db)
}

impl LockSession {
    fn show_life(&mut self) {
        let shown = self.db.as_mut().map(|db| db.batch_execute("SELECT 1"));
        if let Some(Err(error)) = shown {
            self.db = None;
            self.report_error(Some(&error.into()));
        }
    }

    fn take(&mut self, takes: Vec<(i64, LockReply<Option<u64>>)>) {
        let keys: Vec<i64> = takes.iter().map(|(key, _)| *key).collect();
        let found = self
            .ask(&keys, |db| CachedQuery(diesel::sql_query(TAKE).bind::<Array<BigInt>, _>(&keys)).load(db));
        // Nobody waits for it any more: a lock without a holder would never be freed.
        let mut unwanted = Vec::new();
        for (place, (key, asker)) in takes.into_iter().enumerate() {
            let taken = answer(&found, place, key, |found| found.free.then_some(self.count));
            if let Err(Ok(Some(_))) = asker.send(taken) {
                unwanted.push(key);
            }
        }
        self.free(&unwanted);
    }

    fn pass(&mut self, passes: Vec<(i64, NumberId, LockReply<StopPassage>)>) {
        let keys: Vec<i64> = passes.iter().map(|(key, ..)| *key).collect();
        let numbers: Vec<NumberId> = passes.iter().map(|(_, number, _)| *number).collect();
        // Claims carry the time of the instance's machine: its clock may be behind the database's by as much again.
        let hand_off = i64::try_from(HAND_OFF.as_micros() * 2).unwrap_or(i64::MAX);
        let found = self.ask(&keys, |db| {
            let query = diesel::sql_query(PASS).bind::<Array<BigInt>, _>(&keys);
            CachedQuery(query.bind::<Array<Binary>, _>(&numbers).bind::<BigInt, _>(hand_off)).load(db)
        });
        for (place, (key, _, asker)) in passes.into_iter().enumerate() {
            let passage = |found: &LockKey| StopPassage { is_free: found.free, in_hand: found.in_hand };
            let _ = asker.send(answer(&found, place, key, passage));
        }
    }

    fn free(&mut self, keys: &[i64]) {
        let Some(db) = self.db.as_mut().filter(|_| !keys.is_empty()) else { return };
        let freed = CachedQuery(diesel::sql_query(FREE).bind::<Array<BigInt>, _>(keys)).load::<LockKey>(db);
        if let Err(error) = freed {
            // Not to be kept: whether it still holds the locks is not known, and with the session they end.
            self.db = None;
            self.report_error(Some(&error.into()));
        }
    }

    /// Asks on the session, on a new one if the old one is gone.
    fn ask(
        &mut self,
        keys: &[i64],
        question: impl FnOnce(&mut PgConnection) -> QueryResult<Vec<LockKey>>,
    ) -> Result<Vec<LockKey>, String> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if self.failed.is_some_and(|at| at.elapsed() < RECONNECT) {
            return Err("the database was not reachable a moment ago".to_owned());
        }
        let connected = match self.db.take() {
            Some(db) => Ok(db),
            None => {
                self.count += 1;
                connect(&self.url)
            }
        };
        let found = connected.and_then(|mut db| {
            let found = question(&mut db)?;
            self.db = Some(db);
            Ok(found)
        });
        self.report_error(found.as_ref().err());
        found.map_err(|error| error.to_string())
    }

    /// Says once that the session broke, and once that there is another.
    fn report_error(&mut self, error: Option<&StoreError>) {
        match (error, self.failed) {
            (Some(error), None) => {
                log::error!("The session that holds the locks failed, and its locks ended: {error}");
            }
            (None, Some(_)) => log::info!("The session for the locks is open again."),
            _ => {}
        }
        self.failed = error.map(|_| Instant::now());
    }
}

/// What was answered to the question at `place`: if two asked for one lock, each has an answer of its own.
fn answer<T>(
    found: &Result<Vec<LockKey>, String>,
    place: usize,
    key: i64,
    of: impl Fn(&LockKey) -> T,
) -> Result<T, String> {
    let found = found.as_ref().map_err(String::clone)?;
    let row = found.get(place).filter(|found| found.key == key);
    row.map(of).ok_or_else(|| "the database did not answer about a lock".to_owned())
}
