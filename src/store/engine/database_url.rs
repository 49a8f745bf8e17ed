//! Where the database is: the address that an operator gives, and every connection that begins with it.

use std::mem::ManuallyDrop;

use diesel::{PgConnection, SqliteConnection};

use super::{
    Bridge, Checkpoints, DatabaseLocker, OwnConnection, ReadPool, parameters, postgres, sqlite, tls,
};
use crate::store::StoreError;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum DatabaseUrl {
    Sqlite(String),
    /// As libpq takes it: an URL, or words when a bridge leads there.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite://FILE` or `postgres://…`. Every connection starts from here; where they need a bridge for TLS, it
    /// must live as long as they do.
    pub(in crate::store) fn reach(url: &str) -> Result<(DatabaseUrl, Option<Bridge>), StoreError> {
        match url.split_once("://") {
            Some(("sqlite", path)) => {
                parameters::check_sqlite(path)?;
                Ok((DatabaseUrl::Sqlite(path.to_owned()), None))
            }
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                let (address, bridge) = tls::reach(url)?;
                Ok((DatabaseUrl::Postgres(address), bridge))
            }
            Some((scheme, _)) => Err(StoreError::UnknownScheme(scheme.to_owned())),
            None => Err(StoreError::Address("it must begin with sqlite:// or postgres://".to_owned())),
        }
    }

    /// The file of the database, where it is one.
    pub(in crate::store) fn file(url: &str) -> Option<&str> {
        url.strip_prefix("sqlite://")
    }

    /// Checks an address without opening or making anything. PostgreSQL's is checked where it is reached.
    pub(in crate::store) fn check(url: &str) -> Result<(), StoreError> {
        match url.split_once("://") {
            Some(("sqlite", path)) => parameters::check_sqlite(path),
            Some(_) => Ok(()),
            None => Err(StoreError::Address("it must begin with sqlite:// or postgres://".to_owned())),
        }
    }

    /// Brings the tables up to date.
    pub(in crate::store) fn migrate(&self) -> Result<(), StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => sqlite::migrate(path),
            DatabaseUrl::Postgres(url) => postgres::migrate(url),
        }
    }

    /// Connections to read with.
    pub(in crate::store) fn readers(&self) -> Result<ReadPool, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => ReadPool::Sqlite(sqlite::pool(path)?),
            DatabaseUrl::Postgres(url) => ReadPool::Postgres(postgres::pool(url)?),
        })
    }

    /// A connection to write with.
    pub(in crate::store) fn writing(&self) -> Result<OwnConnection, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => OwnConnection::Sqlite(Box::new(sqlite::connect(path)?)),
            DatabaseUrl::Postgres(url) => OwnConnection::Postgres(Box::new(postgres::connect_to_write(url)?)),
        })
    }

    /// A connection to read with, to a database that must be there and up to date. It makes and changes nothing.
    pub(in crate::store) fn reading(&self) -> Result<OwnConnection, StoreError> {
        Ok(match self {
            DatabaseUrl::Sqlite(path) => OwnConnection::Sqlite(Box::new(sqlite::connect_existing(path)?)),
            DatabaseUrl::Postgres(url) => OwnConnection::Postgres(Box::new(postgres::connect_existing(url)?)),
        })
    }

    /// Copies the database to a new file, where it is a file.
    pub(in crate::store) fn copy_into(&self, file: &str) -> Result<(), StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => sqlite::copy_into(path, file),
            DatabaseUrl::Postgres(_) => Err(StoreError::UnknownScheme("postgres".to_owned())),
        }
    }

    /// How many connections write side by side.
    pub(in crate::store) fn writers(&self) -> u16 {
        match self {
            DatabaseUrl::Sqlite(_) => 1,
            DatabaseUrl::Postgres(_) => postgres::WRITERS,
        }
    }

    /// Copies the writer's log into the database beside it, where there is such a log.
    pub(in crate::store) fn checkpoints(&self) -> Result<Option<Checkpoints>, StoreError> {
        match self {
            DatabaseUrl::Sqlite(path) => Checkpoints::start(path).map(Some),
            DatabaseUrl::Postgres(_) => Ok(None),
        }
    }

    /// Locks that other instances see, where there can be others.
    pub(in crate::store) fn locker(&self) -> Result<Option<DatabaseLocker>, StoreError> {
        match self {
            DatabaseUrl::Sqlite(_) => Ok(None),
            DatabaseUrl::Postgres(url) => DatabaseLocker::start(url).map(Some),
        }
    }
}

/// Opens a copy of a SQLite database that nobody else has open, to write; `None` when its tables are of another version.
pub(in crate::store) fn open_copy(file: &str) -> Result<Option<OwnConnection>, StoreError> {
    Ok(sqlite::connect_copy(file)?.map(|db| OwnConnection::Sqlite(Box::new(db))))
}

/// Both ends of a move from one database into the other: a source that nobody else has open, and a target to fill.
pub(in crate::store) fn moving(
    source: &str,
    target: &str,
) -> Result<(ManuallyDrop<SqliteConnection>, PgConnection, Option<Bridge>), StoreError> {
    match (DatabaseUrl::reach(source)?, DatabaseUrl::reach(target)?) {
        ((DatabaseUrl::Sqlite(path), _), (DatabaseUrl::Postgres(url), bridge)) => {
            // Never closed: see Move.
            let source = ManuallyDrop::new(sqlite::connect_alone(&path)?);
            Ok((source, postgres::connect_to_fill(&url)?, bridge))
        }
        _ => Err(StoreError::Move(
            "Only a SQLite database (DATABASE_URL) can be copied, and only into PostgreSQL.".to_owned(),
        )),
    }
}

/// A SQLite database that is there, to write; nothing of it is brought up to date.
pub(in crate::store) fn existing_source(source: &str) -> Result<SqliteConnection, StoreError> {
    match DatabaseUrl::reach(source)? {
        (DatabaseUrl::Sqlite(path), _) => sqlite::connect_existing_to_write(&path),
        _ => Err(StoreError::Move(
            "Only a SQLite database (DATABASE_URL) moves, so only it has a mark.".to_owned(),
        )),
    }
}
