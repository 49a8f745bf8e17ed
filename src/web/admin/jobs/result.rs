//! Downloads the file that a background job left behind: chunk by chunk, so that no file is in memory as a whole. Administrators
//! use it; it writes nothing.

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Bytes, Data, Path, ServiceConfig};
use futures_util::stream;

use crate::domain::id::JobId;
use crate::store::{Store, StoreError, background_jobs, job_results};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::page;
use crate::web::routes::patterns;
use crate::web::routing;
use crate::web::session::Administrator;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::JOB_RESULT, routing::get(download));
}

async fn download(
    app: Data<AppState>,
    _: Administrator,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: JobId = page::id(&id)?;
    let job = app.store.read::<_, StoreError>(move |conn| background_jobs::get(conn, id)).await?;
    let now = app.clock.now();
    let job = job.filter(|job| job.result_until.is_some_and(|until| now < until));
    let job = job.ok_or(PageError::NotFound)?;
    let (Some(name), Some(kind), Some(size)) = (job.result_name, job.result_type, job.result_size) else {
        return Err(PageError::NotFound);
    };
    let chunks = stream::unfold(NextChunk { store: app.store.clone(), job: id, n: 0 }, NextChunk::read);
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(SizedStream::new(u64::try_from(size).unwrap_or_default(), Box::pin(chunks))))
}

/// Where a download stands.
struct NextChunk {
    store: Store,
    job: JobId,
    n: i64,
}

impl NextChunk {
    /// The next chunk; a file that is deleted meanwhile ends early, which the browser notices by its size.
    async fn read(self) -> Option<(Result<Bytes, StoreError>, NextChunk)> {
        let (job, n) = (self.job, self.n);
        let read = self.store.read_file(move |conn| job_results::chunk(conn, job, n)).await;
        let chunk = read.transpose()?.map(Bytes::from);
        Some((chunk, NextChunk { n: n + 1, ..self }))
    }
}
