//! Files that show a consent, stored under the SHA-256 of their content. Written by `actions::record_consent`; never
//! changed.

use diesel::prelude::*;

use super::engine::on;
use super::schema::documents;
use super::{ReadConn, StoreError, Tx};
use crate::domain::time::Timestamp;

/// Keeps a file; the same content is kept once.
///
/// # Errors
/// When the database fails.
pub fn keep(
    tx: &mut Tx<'_>,
    sha256: &[u8],
    media_type: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, db => {
        let known = documents::table.find(sha256).select(documents::size).first::<i32>(db).optional()?;
        if known.is_some() {
            return Ok(());
        }
        diesel::insert_into(documents::table)
            .values((
                documents::sha256.eq(sha256),
                documents::media_type.eq(media_type),
                documents::size.eq(i32::try_from(bytes.len()).unwrap_or(i32::MAX)),
                documents::bytes.eq(bytes),
                documents::stored_at.eq(now),
            ))
            .execute(db)?;
        Ok(())
    })
}

/// A file's media type and content.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, sha256: &[u8]) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    on!(conn, db => {
        let query = documents::table.find(sha256).select((documents::media_type, documents::bytes));
        Ok(query.first(db).optional()?)
    })
}
