//! The few switches of the whole installation, as words under a key. Written by actions and the start.

use diesel::prelude::*;

use super::engine::on;
use super::schema::settings;
use super::{ReadConn, StoreError, Tx};
use crate::domain::database_kind::DatabaseKind;

/// Is sending switched on? ("off" stops everything; on unless said otherwise.)
pub const SENDING: &str = "sending";
/// Why the installation itself switched sending off ([`crate::domain::restore_hold::Standstill`] as JSON); absent when it did not.
pub const SENDING_OFF_BECAUSE: &str = "sending_off_because";
/// How often the switch of all sending was turned.
pub(super) const SENDING_TURNS: &str = "sending_turns";
/// SHA-256 of the one-time setup token, in hexadecimal, while no user exists.
pub const SETUP_TOKEN: &str = "setup_token";

/// The installation's secret, where several instances share it and none was given. Beside the database it lies in a file.
pub const SECRET_KEY: &str = "secret_key";

/// The configured SENDER_NUMBER that was last made the default program's number.
pub const SENDER: &str = "sender_number";

/// The number of the newest seal under SECRET_KEY, so that a newest seal that is deleted is missed.
pub const SEAL_HEAD: &str = "seal_head";

/// How far a copy from another database came; there until it was found complete.
pub const MOVING: &str = "moving";

/// Where the installation moved to, once a copy of it was found complete: this one neither starts nor sends.
pub const MOVED: &str = "moved_to";

/// What the database is for ([`DatabaseKind`]); written at its first start.
pub const DATABASE_KIND: &str = "database_kind";

/// Set once the numbers that were kept under old spellings have been joined to their canonical records.
pub const SPELLINGS_JOINED: &str = "spellings_joined";

/// When it was last tried whether the database takes writes.
pub const WRITE_PROBE: &str = "write_probe";

/// The organization's time zone, by its IANA name; chosen at the first start, changed by an administrator.
pub const TIME_ZONE: &str = "time_zone";

/// The limits on unasked texts and automatic replies, as JSON; absent until an administrator changes them.
pub(super) const LIMITS: &str = "texting_limits";

/// The rules of signing in ([`crate::domain::sign_in::SignInRules`] as JSON); chosen by an administrator.
pub const SIGN_IN_RULES: &str = "sign_in_rules";

/// The limits on failed sign-ins ([`crate::domain::sign_in::FailureLimits`] as JSON); absent until an administrator changes them.
pub const FAILURE_LIMITS: &str = "failed_sign_in_limits";

/// A setting's value.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, key: &str) -> Result<Option<String>, StoreError> {
    on!(conn, db => {
        Ok(settings::table.find(key).select(settings::value).first(db).optional()?)
    })
}

/// The version of what is kept in memory of programs, senders and the switch of all sending.
pub(super) const CATALOG: &str = "catalog";

/// Writes a setting.
///
/// # Errors
/// When the database fails.
pub fn set(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    on!(tx, db => {
        if diesel::update(settings::table.find(key)).set(settings::value.eq(value)).execute(db)? == 0 {
            diesel::insert_into(settings::table)
                .values((settings::key.eq(key), settings::value.eq(value)))
                .execute(db)?;
        }
        Ok(())
    })
}

/// The setting's value; `fresh` becomes it where there is none. Of several who come at once all get the same one.
///
/// # Errors
/// When the database fails.
pub fn get_or_set(tx: &mut Tx<'_>, key: &str, fresh: &str) -> Result<String, StoreError> {
    on!(tx, db => {
        let row = (settings::key.eq(key), settings::value.eq(fresh));
        diesel::insert_into(settings::table).values(row).on_conflict_do_nothing().execute(db)?;
        // Whoever was first has committed by now: the insertion waited for them.
        Ok(settings::table.find(key).select(settings::value).first(db)?)
    })
}

/// Forgets a setting.
///
/// # Errors
/// When the database fails.
pub fn clear(tx: &mut Tx<'_>, key: &str) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(settings::table.find(key)).execute(db)?;
        Ok(())
    })
}

/// What the database is for, once that is known.
///
/// # Errors
/// When the database fails.
pub fn database_kind(conn: &mut ReadConn<'_>) -> Result<Option<DatabaseKind>, StoreError> {
    Ok(get(conn, DATABASE_KIND)?.and_then(|word| word.parse().ok()))
}

/// Writes down what the database is for, unless that is known; returns what is known then.
///
/// # Errors
/// When the database fails.
pub fn keep_database_kind(tx: &mut Tx<'_>, kind: DatabaseKind) -> Result<Option<DatabaseKind>, StoreError> {
    Ok(get_or_set(tx, DATABASE_KIND, kind.as_str())?.parse().ok())
}
