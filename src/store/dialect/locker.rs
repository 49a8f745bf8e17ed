//! Locks that every instance sees: PostgreSQL's advisory locks, all held by one session of this process, so that they end
//! with it. Within the process [`super::super::locks`] comes first; here only other instances are kept out.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::Bool;
use tokio::sync::oneshot;

use super::postgres;
use crate::store::StoreError;

/// How often a lock that another instance holds is asked for again.
const AGAIN: Duration = Duration::from_millis(5);
/// After a failed connection the next attempt comes this much later, however many ask meanwhile.
const RECONNECT: Duration = Duration::from_millis(200);

enum Ask {
    Take(i64, oneshot::Sender<Result<bool, String>>),
    Free(i64),
}

/// Takes and frees locks.
#[derive(Clone)]
pub(in crate::store) struct Locker {
    asks: Sender<Ask>,
}

/// A lock that is held until this is dropped.
pub(in crate::store) struct Held {
    key: i64,
    asks: Sender<Ask>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.asks.send(Ask::Free(self.key));
    }
}

impl Locker {
    pub(super) fn start(url: &str) -> Result<Locker, StoreError> {
        let (asks, questions) = channel();
        let (first, url) = (postgres::connect(url)?, url.to_owned());
        std::thread::Builder::new()
            .name("store-locks".to_owned())
            .spawn(move || serve(first, &url, &questions))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Locker { asks })
    }

    /// Takes the lock, however long another instance holds it.
    pub(in crate::store) async fn take(&self, key: i64) -> Held {
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
    pub(in crate::store) async fn try_take(&self, key: i64) -> Result<Option<Held>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Take(key, answer)).map_err(|_| StoreError::Closed)?;
        let taken = answered.await.map_err(|_| StoreError::Closed)?.map_err(StoreError::Connection)?;
        Ok(taken.then(|| Held { key, asks: self.asks.clone() }))
    }
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// The one session that holds this process's locks.
struct Session {
    url: String,
    db: Option<PgConnection>,
    /// When it was last tried in vain, and told about.
    failed: Option<Instant>,
}

fn serve(first: PgConnection, url: &str, questions: &Receiver<Ask>) {
    let mut session = Session { url: url.to_owned(), db: Some(first), failed: None };
    while let Ok(ask) = questions.recv() {
        match ask {
            // A lock of a session that ended is free already.
            Ask::Free(key) => session.free(key),
            Ask::Take(key, asker) => {
                // Nobody waits for it any more: a lock without a holder would never be freed.
                if let Err(Ok(true)) = asker.send(session.take(key)) {
                    session.free(key);
                }
            }
        }
    }
}

impl Session {
    fn take(&mut self, key: i64) -> Result<bool, String> {
        if self.failed.is_some_and(|at| at.elapsed() < RECONNECT) {
            return Err("the database was not reachable a moment ago".to_owned());
        }
        let connected = self.db.take().map_or_else(|| postgres::connect(&self.url), Ok);
        let taken = connected.and_then(|mut db| {
            let taken = ask_for(&mut db, "SELECT pg_try_advisory_lock($1) AS taken", key)?;
            self.db = Some(db);
            Ok(taken)
        });
        self.told(taken.as_ref().err());
        taken.map_err(|error| error.to_string())
    }

    fn free(&mut self, key: i64) {
        let freed = self.db.as_mut().map(|db| ask_for(db, "SELECT pg_advisory_unlock($1) AS taken", key));
        if let Some(Err(error)) = freed {
            // Not to be kept: whether it still holds the lock is not known, and with the session the lock ends.
            self.db = None;
            self.told(Some(&error.into()));
        }
    }

    /// Says once that the session broke, and once that there is another.
    fn told(&mut self, error: Option<&StoreError>) {
        match (error, self.failed) {
            (Some(error), None) => {
                log::error!("The session that holds the locks broke, and the locks ended with it: {error}");
            }
            (None, Some(_)) => log::info!("There is a session for the locks again."),
            _ => {}
        }
        self.failed = error.map(|_| Instant::now());
    }
}

fn ask_for(db: &mut PgConnection, sql: &str, key: i64) -> QueryResult<bool> {
    let query = diesel::sql_query(sql).bind::<diesel::sql_types::BigInt, _>(key);
    query.get_result::<Taken>(db).map(|row| row.taken)
}
