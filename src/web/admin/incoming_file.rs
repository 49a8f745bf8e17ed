//! Takes in a file while it arrives: chunk by chunk into the database, so that no file is in memory as a whole. Forms with a file
//! use it; it writes through `actions::uploads`, and deletes what no record comes to name.

use std::mem::take;
use std::sync::Arc;

use actix_web::web::Data;
use sha2::{Digest, Sha256};

use super::file_kind::KindReader;
use crate::actions::Commands;
use crate::actions::record_consent::EvidenceFile;
use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::id::FileId;
use crate::store::Store;
use crate::store::stored_files::CHUNK;
use crate::web::AppState;
use crate::web::error::PageError;

/// A file of which a part is there.
pub(super) struct IncomingFile {
    app: Data<AppState>,
    actor: Actor,
    upload: Option<Upload>,
    buffer: Vec<u8>,
    hash: Sha256,
    size: i64,
    kind: KindReader,
}

/// A file that is there.
pub(super) struct ReceivedFile {
    /// What it is.
    pub(super) file: EvidenceFile,
    /// Until it is dropped, the upload stays.
    _upload: Upload,
}

/// An upload. When this is dropped it is deleted, unless a record names it by then.
struct Upload {
    id: FileId,
    store: Store,
    clock: Clock,
}

impl IncomingFile {
    pub(super) fn new(app: &Data<AppState>, actor: Actor) -> IncomingFile {
        IncomingFile {
            app: app.clone(),
            actor,
            upload: None,
            buffer: Vec::new(),
            hash: Sha256::new(),
            size: 0,
            kind: KindReader::default(),
        }
    }

    /// Adds what arrived. Of a file of a kind that is not kept, no more is written.
    pub(super) async fn add(&mut self, mut bytes: &[u8]) -> Result<(), PageError> {
        while !bytes.is_empty() && !self.kind.is_unknown() {
            let (fits, rest) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
            self.buffer.extend_from_slice(fits);
            bytes = rest;
            if self.buffer.len() == CHUNK {
                self.keep_chunk().await?;
            }
        }
        Ok(())
    }

    /// The whole file; `None` when it is of a kind that is not kept.
    pub(super) async fn finish(mut self) -> Result<Option<ReceivedFile>, PageError> {
        if !self.buffer.is_empty() {
            self.keep_chunk().await?;
        }
        let (Some(media_type), Some(upload)) = (self.kind.media_type(), self.upload) else { return Ok(None) };
        let sha256 = self.hash.finalize().into();
        let file = EvidenceFile { upload: upload.id, sha256, size: self.size, media_type };
        Ok(Some(ReceivedFile { file, _upload: upload }))
    }

    async fn keep_chunk(&mut self) -> Result<(), PageError> {
        let chunk = Arc::new(take(&mut self.buffer));
        self.kind = take(&mut self.kind).after(&chunk);
        if self.kind.is_unknown() {
            self.upload = None;
            return Ok(());
        }
        self.hash.update(chunk.as_slice());
        self.size += i64::try_from(chunk.len()).unwrap_or_default();
        let begun = self.upload.as_ref().map(|upload| upload.id);
        let id = self.app.commands(self.actor.clone()).add_to_upload(begun, chunk).await?;
        if self.upload.is_none() {
            self.upload = Some(Upload { id, store: self.app.store.clone(), clock: self.app.clock.clone() });
        }
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let (id, store, clock) = (self.id, self.store.clone(), self.clock.clone());
        // Without a runtime, or when the database is busy, housekeeping deletes it after its hour.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let discard = || Commands::system(store.clone(), clock.now()).discard_upload(id);
            while matches!(discard().await, Ok(false)) {}
        });
    }
}
