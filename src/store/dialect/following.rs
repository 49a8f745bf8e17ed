//! PostgreSQL's replicas: how far the primary has written its log, how far a replica has come in it, and connections to a
//! replica that is really one of this database. SQLite has none.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, NopErrorHandler};
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{Bridge, Db, Place, postgres};
use crate::store::{Conn, StoreError};

/// Readers of a replica at most at once, of one instance.
const READERS: u32 = 16;
/// A page that gets no connection within this time is read from the primary.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a database and its replicas have in common, and nothing else has: the cluster's identifier, and the database's name.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(in crate::store) struct Identity {
    #[diesel(sql_type = Text)]
    system: String,
    #[diesel(sql_type = Text)]
    database: String,
}

/// Connections to a replica.
pub(in crate::store) struct Followers {
    pool: postgres::Pool,
    _bridge: Option<Bridge>,
}

#[derive(QueryableByName)]
struct Reached {
    #[diesel(sql_type = Nullable<BigInt>)]
    place: Option<i64>,
}

/// How far the primary has written its log, in bytes; `None` where there is no such log.
pub(in crate::store) fn written(conn: &mut Conn<'_>) -> Result<Option<i64>, StoreError> {
    match &mut conn.db {
        Db::Sqlite(_) => Ok(None),
        Db::Postgres(db) => ask(db, "SELECT (pg_current_wal_lsn() - '0/0')::bigint AS place"),
    }
}

/// How far a replica has come in that log; `None` on a server that is no replica (any more).
pub(in crate::store) fn replayed(conn: &mut Conn<'_>) -> Result<Option<i64>, StoreError> {
    match &mut conn.db {
        Db::Sqlite(_) => Ok(None),
        Db::Postgres(db) => ask(
            db,
            "SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END AS place",
        ),
    }
}

fn ask(db: &mut PgConnection, sql: &str) -> Result<Option<i64>, StoreError> {
    Ok(diesel::sql_query(sql).get_result::<Reached>(db)?.place)
}

fn identity(db: &mut PgConnection) -> QueryResult<Identity> {
    diesel::sql_query(
        "SELECT system_identifier::text AS system, current_database()::text AS database FROM pg_control_system()",
    )
    .get_result(db)
}

impl Followers {
    /// Opens the replica at `url` of the database at `place`. One that does not answer now may do so later; one that is of
    /// another database never will.
    pub(in crate::store) fn open(place: &Place, url: &str) -> Result<Followers, StoreError> {
        let Place::Postgres(primary) = place else {
            return Err(StoreError::Replica(
                "only a PostgreSQL database (DATABASE_URL) has replicas.".to_owned(),
            ));
        };
        let (Place::Postgres(address), bridge) = Place::reach(url)? else {
            return Err(StoreError::Replica("it must begin with postgres://.".to_owned()));
        };
        let ours = identity(&mut postgres::connect_to_primary(primary)?)?;
        match postgres::connect(&address).and_then(|mut db| Ok(identity(&mut db)?)) {
            Ok(theirs) if theirs != ours => return Err(StoreError::Replica(foreign())),
            Ok(_) => {}
            Err(error) => log::warn!("The replica does not answer; pages are read from the primary: {error}"),
        }
        let pool = r2d2::Pool::builder()
            .max_size(READERS)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(NopErrorHandler))
            .connection_customizer(Box::new(Replica { of: ours }))
            .build_unchecked(ConnectionManager::new(address));
        Ok(Followers { pool, _bridge: bridge })
    }

    /// Hands `read` a connection to the replica.
    pub(in crate::store) fn with<T>(
        &self,
        read: impl FnOnce(Db<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pooled = self.pool.get().map_err(|error| StoreError::Connection(error.to_string()))?;
        read(Db::Postgres(&mut pooled))
    }
}

fn foreign() -> String {
    "it leads to another database than DATABASE_URL; a replica follows it by streaming replication."
        .to_owned()
}

/// Every new connection is looked at: a proxy may lead elsewhere than yesterday.
#[derive(Debug)]
struct Replica {
    of: Identity,
}

impl CustomizeConnection<PgConnection, r2d2::Error> for Replica {
    fn on_acquire(&self, db: &mut PgConnection) -> Result<(), r2d2::Error> {
        db.batch_execute(postgres::SETTINGS).map_err(r2d2::Error::QueryError)?;
        db.batch_execute("SET default_transaction_read_only = on").map_err(r2d2::Error::QueryError)?;
        match identity(db) {
            Ok(theirs) if theirs == self.of => Ok(()),
            Ok(_) => Err(r2d2::Error::ConnectionError(ConnectionError::BadConnection(foreign()))),
            Err(error) => Err(r2d2::Error::QueryError(error)),
        }
    }
}
