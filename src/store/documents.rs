//! Files that show a consent, known by the SHA-256 of their content. Written by `actions::record_consent`; never changed. The
//! content is in [`super::stored_files`]; an earlier version kept it in the row itself.

use diesel::prelude::*;

use super::engine::on;
use super::schema::documents;
use super::stored_files::{self, FileFacts};
use super::{ReadConn, StoreError, Tx};
use crate::domain::id::FileId;
use crate::domain::time::Timestamp;

/// A document as it is kept.
#[derive(Clone, Debug)]
pub struct KeptDocument {
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: i64,
    /// Its content.
    pub content: DocumentContent,
}

/// Where a document's content is.
#[derive(Clone, Debug)]
pub enum DocumentContent {
    /// In the row, as an earlier version kept it.
    Row(Vec<u8>),
    /// In a file of its own.
    File(FileId),
}

/// Makes an upload known as a document; the same content is kept once, and then the upload stays unnamed. False when the upload
/// is no longer there.
///
/// # Errors
/// When the database fails.
pub fn keep(
    tx: &mut Tx<'_>,
    upload: FileId,
    facts: &FileFacts<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = on!(tx, db => {
        documents::table.find(facts.sha256).select(documents::size).first::<i32>(db).optional()
    })?;
    if known.is_some() {
        return Ok(true);
    }
    let Some(file) = stored_files::upload_locked(tx, upload, now)? else { return Ok(false) };
    stored_files::complete(tx, &file, facts, None)?;
    on!(tx, db => {
        diesel::insert_into(documents::table)
            .values((
                documents::sha256.eq(facts.sha256),
                documents::media_type.eq(facts.media_type),
                documents::size.eq(i32::try_from(facts.size).unwrap_or(i32::MAX)),
                documents::bytes.eq(&[] as &[u8]),
                documents::stored_at.eq(now),
                documents::file_id.eq(upload),
            ))
            .execute(db)?;
        Ok(true)
    })
}

/// A document.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, sha256: &[u8]) -> Result<Option<KeptDocument>, StoreError> {
    type Row = (String, i32, Vec<u8>, Option<FileId>);
    let row: Option<Row> = on!(conn, db => {
        let columns = (documents::media_type, documents::size, documents::bytes, documents::file_id);
        documents::table.find(sha256).select(columns).first(db).optional()?
    });
    Ok(row.map(|(media_type, size, bytes, file)| {
        let content = file.map_or(DocumentContent::Row(bytes), DocumentContent::File);
        KeptDocument { media_type, size: size.into(), content }
    }))
}
