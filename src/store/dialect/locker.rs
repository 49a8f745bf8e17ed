//! Locks that every instance sees: PostgreSQL's advisory locks, all held by one session of this process, so that they end
//! with it. Within the process [`super::super::locks`] comes first; here only other instances are kept out.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use tokio::sync::oneshot;

use super::postgres;
use crate::store::StoreError;

/// How often a lock that another instance holds is asked for again.
const AGAIN: Duration = Duration::from_millis(5);
/// After a lost connection the next attempt comes this much later.
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
                Err(error) => {
                    log::error!("A lock could not be asked for and is asked for again: {error}");
                    tokio::time::sleep(RECONNECT).await;
                }
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

fn serve(first: PgConnection, url: &str, questions: &Receiver<Ask>) {
    let mut db = Some(first);
    while let Ok(ask) = questions.recv() {
        let connected = db.take().map_or_else(|| postgres::connect(url), Ok);
        let answer = connected.and_then(|mut connection| {
            let taken = ask_for(&mut connection, &ask)?;
            db = Some(connection);
            Ok(taken)
        });
        if let Err(error) = &answer {
            log::error!("The session that holds the locks broke, and the locks ended with it: {error}");
        }
        if let Ask::Take(key, asker) = ask {
            let forgotten = asker.send(answer.map_err(|error| error.to_string()));
            // Nobody waits for it any more: a lock without a holder would never be freed.
            if let (Err(Ok(true)), Some(connection)) = (forgotten, &mut db) {
                let _ = ask_for(connection, &Ask::Free(key));
            }
        }
    }
}

fn ask_for(db: &mut PgConnection, ask: &Ask) -> QueryResult<bool> {
    let (sql, key) = match ask {
        Ask::Take(key, _) => ("SELECT pg_try_advisory_lock($1) AS taken", key),
        Ask::Free(key) => ("SELECT pg_advisory_unlock($1) AS taken", key),
    };
    let query = diesel::sql_query(sql).bind::<diesel::sql_types::BigInt, _>(*key);
    query.get_result::<Taken>(db).map(|row| row.taken)
}
