//! Answers with a file that the database keeps: chunk by chunk, so that no file is in memory as a whole, and as an attachment,
//! so that no file runs in a browser. Downloads of documents and of the results of jobs use it; it writes nothing.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use futures_util::stream;

use crate::domain::id::FileId;
use crate::store::{Store, StoreError, stored_files};

/// A stored file of `size` bytes, as the body of an answer.
pub(super) fn stored_body(store: &Store, file: FileId, size: i64) -> BoxBody {
    let chunks = stream::unfold(NextChunk { store: store.clone(), file, n: 0 }, NextChunk::read);
    BoxBody::new(SizedStream::new(u64::try_from(size).unwrap_or_default(), Box::pin(chunks)))
}

/// An answer that a browser saves under `name`.
pub(super) fn attachment(name: &str, media_type: &str, body: BoxBody) -> HttpResponse<BoxBody> {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(body)
}

/// Where a download stands.
struct NextChunk {
    store: Store,
    file: FileId,
    n: i64,
}

impl NextChunk {
    /// The next chunk; a file that is deleted meanwhile ends early, which the browser notices by its size.
    async fn read(self) -> Option<(Result<Bytes, StoreError>, NextChunk)> {
        let (file, n) = (self.file, self.n);
        let read = self.store.read_file(move |conn| stored_files::chunk(conn, file, n)).await;
        let chunk = read.transpose()?.map(Bytes::from);
        Some((chunk, NextChunk { n: n + 1, ..self }))
    }
}
