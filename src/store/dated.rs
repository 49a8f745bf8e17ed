//! Identifiers beside the times at which rows say they were made: an identifier begins with the moment it was minted, so that
//! neither can be changed alone. Read by `verify`, a page at a time.

use diesel::prelude::*;

use super::engine::on;
use super::schema::{admin_log, api_keys, contacts, forms, number_notes, programs, senders, users};
use super::{ReadConn, StoreError};

/// An identifier and a time.
pub type TimedId = (Vec<u8>, i64);
/// Reads the rows of a table after an identifier.
pub type ReadDated = fn(&mut ReadConn<'_>, &[u8], i64) -> Result<Vec<TimedId>, StoreError>;

macro_rules! tables {
    ($($table:ident at $at:ident;)*) => {
        /// Tables whose rows carry both, beside those that are walked number by number.
        pub const TABLES: &[(&str, ReadDated)] = &[$((stringify!($table), |conn, after, limit| {
            on!(conn, db => {
                let query = $table::table.filter($table::id.gt(after)).order($table::id);
                Ok(query.select(($table::id, $table::$at)).limit(limit).load(db)?)
            })
        }),)*];
    };
}

tables! {
    admin_log at at;
    api_keys at created_at;
    contacts at created_at;
    forms at created_at;
    number_notes at at;
    programs at created_at;
    senders at created_at;
    users at created_at;
}

/// Names of contacts, and the form they are sorted by: identifier, name, sorted form.
///
/// # Errors
/// When the database fails.
pub fn names(
    conn: &mut ReadConn<'_>,
    after: &[u8],
    limit: i64,
) -> Result<Vec<(Vec<u8>, String, String)>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::id.gt(after)).order(contacts::id);
        Ok(query.select((contacts::id, contacts::name, contacts::name_key)).limit(limit).load(db)?)
    })
}
