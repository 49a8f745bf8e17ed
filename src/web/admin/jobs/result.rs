//! Downloads the file that a background job left behind. Administrators use it; it writes nothing.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};

use crate::domain::id::JobId;
use crate::store::{StoreError, background_jobs};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::page;
use crate::web::routes::patterns;
use crate::web::routing;
use crate::web::session::Administrator;
use crate::web::stored_file::{attachment, stored_body};

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
    let job = job.filter(|job| job.keeps_result(now)).ok_or(PageError::NotFound)?;
    let (Some(name), Some(kind), Some(size)) = (&job.result_name, &job.result_type, job.result_size) else {
        return Err(PageError::NotFound);
    };
    Ok(attachment(name, kind, stored_body(&app.store, id.into(), size)))
}
