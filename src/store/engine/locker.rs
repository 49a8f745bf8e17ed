//! Locks that every instance sees: PostgreSQL's advisory locks, all held by one session of this process, so that they end
//! with it. What is asked while the session is busy is asked together. Within the process [`super::super::locks`] comes
//! first; here only other instances are kept out.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Text};
use tokio::sync::oneshot;

use super::{CachedQuery, postgres};
use crate::domain::id::NumberId;
use crate::store::StoreError;
use crate::store::messages::UNANSWERED;

/// How often a lock that another instance holds is asked for again, and whether a hand-off is over.
const AGAIN: Duration = Duration::from_millis(5);
/// After a failed connection the next attempt comes this much later, however many ask meanwhile.
const RECONNECT: Duration = Duration::from_millis(200);
/// A session that is asked nothing shows this often that its process is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// Questions at most that are asked together.
const TOGETHER: usize = 256;
/// A claim that is older is no hand-off that may still begin, even by the clock of a machine that is this far behind.
const RECENT: Duration = Duration::from_secs(60);

const TAKE: &str = "SELECT key, pg_try_advisory_lock(key) AS free FROM unnest($1) AS asked (key)";
const FREE: &str = "SELECT key, pg_advisory_unlock(key) AS free FROM unnest($1) AS asked (key)";
/// The rows say what every instance is handing over, also one that froze or lost its locks. A confirmation of STOP is no
/// reason to wait, and neither is a hand-off that ended without an answer.
const IN_HAND: &str = "SELECT number FROM unnest($1::bytea[]) AS asked (number) WHERE EXISTS (\
    SELECT FROM messages WHERE number_id = number AND status = 'sending' AND lane <> 'opt_out_confirmation' \
    AND error_code IS DISTINCT FROM $3 \
    AND claimed_at > extract(epoch FROM clock_timestamp()) * 1000000 - $2)";

type LockReply<T> = oneshot::Sender<Result<T, String>>;

enum LockRequest {
    /// Answered with the session that holds it.
    Take(i64, LockReply<Option<u64>>),
    Free(i64, u64),
    /// Answered with whether some instance may be handing a text to the number.
    Pass(NumberId, LockReply<bool>),
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

    /// Waits until no instance hands anything to `number` that was claimed before. The caller waits for a limited time: the
    /// claims of an instance that froze look as if they were under way.
    pub(in crate::store) async fn pass(&self, number: NumberId) {
        loop {
            let pause = match self.ask(|asker| LockRequest::Pass(number, asker)).await {
                Ok(false) => return,
                Ok(true) => AGAIN,
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
}

/// A number to which a text is being handed.
#[derive(QueryableByName)]
struct NumberInHand {
    #[diesel(sql_type = Binary)]
    number: NumberId,
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
                LockRequest::Pass(number, asker) => passes.push((number, asker)),
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
        if takes.is_empty() {
            return;
        }
        let keys: Vec<i64> = takes.iter().map(|(key, _)| *key).collect();
        let found =
            self.ask(|db| CachedQuery(diesel::sql_query(TAKE).bind::<Array<BigInt>, _>(&keys)).load(db));
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

    fn pass(&mut self, passes: Vec<(NumberId, LockReply<bool>)>) {
        if passes.is_empty() {
            return;
        }
        let numbers: Vec<NumberId> = passes.iter().map(|(number, _)| *number).collect();
        let recent = i64::try_from(RECENT.as_micros()).unwrap_or(i64::MAX);
        let found = self.ask(|db| {
            let query = diesel::sql_query(IN_HAND).bind::<Array<Binary>, _>(&numbers);
            CachedQuery(query.bind::<BigInt, _>(recent).bind::<Text, _>(UNANSWERED)).load(db)
        });
        let in_hand = found.map(|found: Vec<NumberInHand>| {
            found.into_iter().map(|found| found.number).collect::<HashSet<NumberId>>()
        });
        for (number, asker) in passes {
            let is_in_hand = in_hand.as_ref().map(|in_hand| in_hand.contains(&number));
            let _ = asker.send(is_in_hand.map_err(String::clone));
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
    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut PgConnection) -> QueryResult<Vec<T>>,
    ) -> Result<Vec<T>, String> {
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
