//! The seals: points at which the whole history was digested under SECRET_KEY. `actions::seal` makes them, `verify` checks
//! them, and `seal_file` keeps them a second time. Rows are only added.

use data_encoding::HEXLOWER;
use diesel::prelude::*;

use super::engine::on;
use super::schema::seals;
use super::{ReadConn, StoreError, Tx};
use crate::domain::time::Timestamp;

/// The form of the oldest seals: without a number under their keyed digest, and by event hashes alone.
pub const PLAIN: i32 = 1;
/// Today's form: number, positions and times are under the keyed digest too.
pub const NUMBERED: i32 = 2;

/// In front of every seal (see [`Seal::place`]).
pub const BEFORE_ALL: (i64, i64) = (-1, 0);

/// A sealed point of the whole history.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = seals)]
pub struct Seal {
    /// Its number: 1, 2, 3, …
    pub serial: i64,
    /// Its form: [`PLAIN`] or [`NUMBERED`].
    pub version: i32,
    /// The last event it covers; 0 before the first.
    pub through_position: i64,
    /// How many events it adds to the seal before it. None at all in the first one, which is made with the installation.
    pub events: i64,
    /// The running digest of the history so far.
    pub digest: Vec<u8>,
    /// The seal under SECRET_KEY.
    pub mac: Vec<u8>,
    /// When it was made.
    pub sealed_at: Timestamp,
    /// True when no event was left to seal: what comes later was recorded later.
    pub caught_up: bool,
}

impl Seal {
    /// Its digest in hexadecimal, for the log.
    pub fn digest_words(&self) -> String {
        HEXLOWER.encode(&self.digest)
    }

    /// Its keyed digest in hexadecimal.
    pub fn mac_words(&self) -> String {
        HEXLOWER.encode(&self.mac)
    }

    /// Where it stands among all: seals of the oldest form had no numbers when they were written to files.
    pub fn place(&self) -> (i64, i64) {
        (self.through_position, if self.version == PLAIN { 0 } else { self.serial })
    }

    /// True when both are copies of one seal.
    pub fn is_same(&self, other: &Seal) -> bool {
        let numbered = |seal: &Seal| match seal.version {
            PLAIN => (0, false),
            _ => (seal.serial, seal.caught_up),
        };
        self.version == other.version
            && numbered(self) == numbered(other)
            && (self.through_position, self.events, self.sealed_at)
                == (other.through_position, other.events, other.sealed_at)
            && (&self.digest, &self.mac) == (&other.digest, &other.mac)
    }
}

/// The seals behind `place` (see [`Seal::place`]), oldest first.
///
/// # Errors
/// When the database fails.
pub fn behind(conn: &mut ReadConn<'_>, place: (i64, i64)) -> Result<Vec<Seal>, StoreError> {
    on!(conn, db => {
        // The order of places, and of the index `seals_through`.
        let order = (seals::through_position, seals::serial);
        let query = seals::table.filter(seals::through_position.ge(place.0)).order(order);
        let found: Vec<Seal> = query.select(Seal::as_select()).load(db)?;
        Ok(found.into_iter().filter(|seal| seal.place() > place).collect())
    })
}

/// Every seal, by number.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut ReadConn<'_>) -> Result<Vec<Seal>, StoreError> {
    on!(conn, db => {
        Ok(seals::table.order(seals::serial).select(Seal::as_select()).load(db)?)
    })
}

/// True when the database holds this very seal.
///
/// # Errors
/// When the database fails.
pub fn holds(conn: &mut ReadConn<'_>, wanted: &Seal) -> Result<bool, StoreError> {
    on!(conn, db => {
        let query = seals::table.filter(seals::through_position.eq(wanted.through_position));
        let found: Vec<Seal> = query.select(Seal::as_select()).load(db)?;
        Ok(found.iter().any(|seal| seal.is_same(wanted)))
    })
}

/// The newest seal.
///
/// # Errors
/// When the database fails.
pub fn last(conn: &mut ReadConn<'_>) -> Result<Option<Seal>, StoreError> {
    on!(conn, db => {
        let query = seals::table.order(seals::serial.desc()).select(Seal::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// Keeps a seal.
///
/// # Errors
/// When the database fails.
pub fn add(tx: &mut Tx<'_>, seal: &Seal) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(seals::table).values(seal).execute(db)?;
        Ok(())
    })
}
