//! Files that people send: a chunk at a time while the file arrives, deleted when nothing comes to name them. Used by the
//! pages through `Commands`, and by housekeeping; it writes stored files. What names a file is an action of its own.

use crate::domain::id::FileId;
use crate::domain::stored_file::{FilePurpose, UPLOAD_KEPT};
use crate::domain::time::Timestamp;
use crate::store::{Tx, stored_files};

use super::ActionError;

/// Adds a chunk to an upload, which begins with its first one. Returns the upload.
///
/// # Errors
/// [`ActionError::Conflict`] when the upload is no longer kept.
pub fn add_to_upload(
    tx: &mut Tx<'_>,
    upload: Option<FileId>,
    chunk: &[u8],
    now: Timestamp,
) -> Result<FileId, ActionError> {
    let file = match upload {
        Some(id) => stored_files::upload_locked(tx, id, now)?.ok_or_else(no_longer_kept)?,
        None => {
            let id = tx.new_id(now)?;
            stored_files::begin(tx, id, FilePurpose::Document, Some(now.plus(UPLOAD_KEPT)), now)?
        }
    };
    stored_files::append(tx, &file, chunk)?;
    Ok(file.id)
}

/// The upload took longer than it is kept.
pub(super) fn no_longer_kept() -> ActionError {
    ActionError::Conflict("The file took too long to arrive. Choose it again.".to_owned())
}

/// Deletes an upload that nothing names, or a part of it: true when there is no more to delete. What a record names stays.
///
/// # Errors
/// When the database fails.
pub fn discard_upload(tx: &mut Tx<'_>, upload: FileId, now: Timestamp) -> Result<bool, ActionError> {
    Ok(stored_files::discard(tx, upload, now)?)
}

/// Deletes a part of the files that are kept no longer: true when there is no more to delete.
///
/// # Errors
/// When the database fails.
pub fn delete_old_files(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, ActionError> {
    Ok(stored_files::delete_expired(tx, now)?)
}
