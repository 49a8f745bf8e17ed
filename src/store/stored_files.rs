//! Files in the database, in chunks: each chunk is written in a short transaction while the file arrives or is made, and read
//! alone, so that no file is in memory as a whole. Documents and the results of background jobs are kept here. Written by
//! `actions::uploads`, [`super::documents`] and `actions::background`; a complete file is never changed.

use diesel::dsl::max;
use diesel::prelude::*;

use super::engine::{CachedQuery, first_locked, on};
use super::schema::{stored_file_chunks, stored_files};
use super::{LockedRow, ReadConn, StoreError, Tx};
use crate::domain::id::FileId;
use crate::domain::stored_file::FilePurpose;
use crate::domain::time::Timestamp;

/// No chunk is longer.
pub const CHUNK: usize = 256 * 1024;
/// Chunks that are deleted in one transaction.
const DELETED_AT_ONCE: i64 = 16;

/// A file, without its content.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = stored_files)]
pub struct StoredFile {
    /// Its identifier.
    pub id: FileId,
    /// What it is for.
    pub purpose: FilePurpose,
    /// When it began to arrive.
    pub stored_at: Timestamp,
    /// After this moment it is deleted; absent while something names it or writes it.
    pub delete_after: Option<Timestamp>,
    /// SHA-256 of its content, once it is complete.
    pub sha256: Option<Vec<u8>>,
    /// Its size in bytes, once it is complete.
    pub size: Option<i64>,
    /// Its media type, once it is complete.
    pub media_type: Option<String>,
}

/// What is known of a file once all of it is there.
#[derive(Clone, Debug)]
pub struct FileFacts<'a> {
    /// SHA-256 of the content.
    pub sha256: &'a [u8],
    /// The size in bytes.
    pub size: i64,
    /// The media type.
    pub media_type: &'a str,
}

/// Begins a file without content.
///
/// # Errors
/// When the database fails.
pub fn begin(
    tx: &mut Tx<'_>,
    id: FileId,
    purpose: FilePurpose,
    delete_after: Option<Timestamp>,
    now: Timestamp,
) -> Result<LockedRow<StoredFile>, StoreError> {
    let (sha256, size, media_type) = Default::default();
    let file = StoredFile { id, purpose, stored_at: now, delete_after, sha256, size, media_type };
    on!(tx, db => diesel::insert_into(stored_files::table).values(&file).execute(db))?;
    Ok(LockedRow::new(file))
}

/// A file, which no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: FileId) -> Result<Option<LockedRow<StoredFile>>, StoreError> {
    let row: Result<Option<StoredFile>, StoreError> =
        first_locked!(tx, stored_files::table.find(id).select(StoredFile::as_select()));
    Ok(row?.map(LockedRow::new))
}

/// An upload that nothing names yet and that is still kept.
///
/// # Errors
/// When the database fails.
pub fn upload_locked(
    tx: &mut Tx<'_>,
    id: FileId,
    now: Timestamp,
) -> Result<Option<LockedRow<StoredFile>>, StoreError> {
    let file = get_locked(tx, id)?;
    Ok(file.filter(|file| file.sha256.is_none() && file.delete_after.is_some_and(|after| now < after)))
}

/// Adds bytes to the end of a file.
///
/// # Errors
/// When the database fails.
pub fn append(tx: &mut Tx<'_>, file: &LockedRow<StoredFile>, bytes: &[u8]) -> Result<(), StoreError> {
    on!(tx, db => {
        use stored_file_chunks as c;
        let last: Option<i64> = c::table.filter(c::file_id.eq(file.id)).select(max(c::n)).first(db)?;
        let next = last.map_or(0, |last| last + 1);
        for (n, content) in (next..).zip(bytes.chunks(CHUNK)) {
            let row = (c::file_id.eq(file.id), c::n.eq(n), c::content.eq(content));
            diesel::insert_into(c::table).values(row).execute(db)?;
        }
        Ok(())
    })
}

/// Writes down what a file is, once all of it is there, and until when it is kept.
///
/// # Errors
/// When the database fails.
pub fn complete(
    tx: &mut Tx<'_>,
    file: &LockedRow<StoredFile>,
    facts: &FileFacts<'_>,
    delete_after: Option<Timestamp>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        use stored_files as f;
        let facts = (f::sha256.eq(facts.sha256), f::size.eq(facts.size), f::media_type.eq(facts.media_type));
        let row = diesel::update(f::table.find(file.id)).set((f::delete_after.eq(delete_after), facts));
        row.execute(db)?;
        Ok(())
    })
}

/// A chunk of a file; none behind the last.
///
/// # Errors
/// When the database fails.
pub fn chunk(conn: &mut ReadConn<'_>, file: FileId, n: i64) -> Result<Option<Vec<u8>>, StoreError> {
    on!(conn, db => {
        let query = stored_file_chunks::table.find((file, n)).select(stored_file_chunks::content);
        Ok(query.first(db).optional()?)
    })
}

/// Deletes an upload that nothing names, or a part of it. From the first call on nothing can name it. True when there is no
/// more to delete.
///
/// # Errors
/// When the database fails.
pub fn discard(tx: &mut Tx<'_>, id: FileId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(file) = get_locked(tx, id)?.filter(|file| file.delete_after.is_some()) else { return Ok(true) };
    on!(tx, db => {
        let over = stored_files::delete_after.eq(now);
        diesel::update(stored_files::table.find(file.id)).set(over).execute(db)
    })?;
    delete_part(tx, &file)
}

/// Deletes a part of what is kept no longer. True when there is no more to delete.
///
/// # Errors
/// When the database fails.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let over: Option<FileId> = on!(tx, db => {
        let query = stored_files::table.filter(stored_files::delete_after.lt(now));
        CachedQuery(query.select(stored_files::id).limit(1)).load(db)?.into_iter().next()
    });
    let Some(id) = over else { return Ok(true) };
    let file = get_locked(tx, id)?.filter(|file| file.delete_after.is_some_and(|after| after < now));
    if let Some(file) = file {
        delete_part(tx, &file)?;
    }
    Ok(false)
}

/// Deletes some chunks of a file, the last ones first, and after them the file. True when it is gone.
fn delete_part(tx: &mut Tx<'_>, file: &LockedRow<StoredFile>) -> Result<bool, StoreError> {
    on!(tx, db => {
        use stored_file_chunks as c;
        let chunks = c::table.filter(c::file_id.eq(file.id));
        let last: Vec<i64> = chunks.order(c::n.desc()).select(c::n).limit(DELETED_AT_ONCE).load(db)?;
        if let Some(first) = last.last() {
            diesel::delete(c::table.filter(c::file_id.eq(file.id)).filter(c::n.ge(*first))).execute(db)?;
        }
        let is_all = i64::try_from(last.len()).is_ok_and(|deleted| deleted < DELETED_AT_ONCE);
        if is_all {
            diesel::delete(stored_files::table.find(file.id)).execute(db)?;
        }
        Ok(is_all)
    })
}
