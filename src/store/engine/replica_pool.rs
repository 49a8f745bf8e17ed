//! PostgreSQL's replicas: how far the primary has written its log, how far a replica has come in it and whether it is this
//! primary's, and connections to a replica. SQLite has none.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, NopErrorHandler};
use diesel::sql_types::{BigInt, Integer, Text};

use super::{Bridge, DatabaseUrl, DbConn, postgres};
use crate::store::StoreError;

/// Readers of a replica at most at once, of one instance.
const READERS: u32 = 16;
/// A page that gets no connection within this time is read from the primary.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a database and its replicas have in common, and nothing else has: the cluster's identifier, and the database's name.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(in crate::store) struct ClusterIdentity {
    #[diesel(sql_type = Text)]
    system: String,
    #[diesel(sql_type = Text)]
    database: String,
}

/// Connections to a replica.
pub(in crate::store) struct ReplicaPool {
    pool: postgres::PostgresPool,
    _bridge: Option<Bridge>,
}

/// How far a server has come in the log, and in whose.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(in crate::store) struct ServerPosition {
    /// Bytes of the log that are written on the primary, or replayed on a replica.
    #[diesel(sql_type = BigInt)]
    pub(in crate::store) place: i64,
    /// A random word in the database, which every instance renews when it starts and when another server was promoted: what
    /// branched off before does not have it.
    #[diesel(sql_type = Text)]
    pub(in crate::store) lineage: String,
    /// The line's number, which every promotion raises; on a replica as of the word.
    #[diesel(sql_type = Integer)]
    pub(in crate::store) timeline: i32,
}

fn identity(db: &mut PgConnection) -> QueryResult<ClusterIdentity> {
    diesel::sql_query(
        "SELECT system_identifier::text AS system, current_database()::text AS database FROM pg_control_system()",
    )
    .get_result(db)
}

impl ReplicaPool {
    /// Opens the replica at `url` of the database at `place`. One that does not answer now may do so later; one that is of
    /// another database never will.
    pub(in crate::store) fn open(place: &DatabaseUrl, url: &str) -> Result<ReplicaPool, StoreError> {
        let DatabaseUrl::Postgres(primary) = place else {
            return Err(StoreError::Replica(
                "only a PostgreSQL database (DATABASE_URL) has replicas.".to_owned(),
            ));
        };
        let (DatabaseUrl::Postgres(address), bridge) = DatabaseUrl::reach(url)? else {
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
            .connection_customizer(Box::new(ReplicaCheck { of: ours }))
            .build_unchecked(ConnectionManager::new(address));
        Ok(ReplicaPool { pool, _bridge: bridge })
    }

    /// Hands `read` a connection to the replica.
    pub(in crate::store) fn with<T>(
        &self,
        read: impl FnOnce(DbConn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pooled = self.pool.get().map_err(|error| StoreError::Connection(error.to_string()))?;
        read(DbConn::Postgres(&mut pooled))
    }
}

fn foreign() -> String {
    "it leads to another database than DATABASE_URL; a replica follows it by streaming replication."
        .to_owned()
}

/// Every new connection is looked at: a proxy may lead elsewhere than yesterday.
#[derive(Debug)]
struct ReplicaCheck {
    of: ClusterIdentity,
}

impl CustomizeConnection<PgConnection, r2d2::Error> for ReplicaCheck {
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
