//! Commands about files that people send. Each one is the action of its name. Used by the forms that take files.

use std::sync::Arc;

use super::Commands;
use crate::actions::ActionError;
use crate::actions::uploads::{add_to_upload, discard_upload};
use crate::domain::id::FileId;

impl Commands {
    /// Adds a chunk to an upload, which begins with its first one.
    pub async fn add_to_upload(
        self,
        upload: Option<FileId>,
        chunk: Arc<Vec<u8>>,
    ) -> Result<FileId, ActionError> {
        self.run(move |tx, context| add_to_upload(tx, upload, &chunk, context.now)).await
    }

    /// Deletes an upload that nothing names, or a part of it.
    pub async fn discard_upload(self, upload: FileId) -> Result<bool, ActionError> {
        self.run(move |tx, context| discard_upload(tx, upload, context.now)).await
    }
}
