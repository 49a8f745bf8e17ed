//! Serves the documents that show a consent. The timeline links to them; it writes nothing.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::web::{Data, Path, ServiceConfig};
use data_encoding::HEXLOWER;

use super::file_kind::name_ending;
use crate::store::StoreError;
use crate::store::documents::{self, DocumentContent};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::routes::patterns;
use crate::web::routing;
use crate::web::session::Viewer;
use crate::web::stored_file::{attachment, stored_body};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::DOCUMENT, routing::get(show));
}

async fn show(app: Data<AppState>, _: Viewer, hash: Path<String>) -> Result<HttpResponse, PageError> {
    let sha256 = unhex(&hash).ok_or(PageError::NotFound)?;
    let found = app.store.read_file::<_, StoreError>(move |conn| documents::get(conn, &sha256)).await?;
    let document = found.ok_or(PageError::NotFound)?;
    let name = format!("{hash}.{}", name_ending(&document.media_type));
    let body = match document.content {
        DocumentContent::Row(bytes) => BoxBody::new(bytes),
        DocumentContent::File(file) => stored_body(&app.store, file, document.size),
    };
    Ok(attachment(&name, &document.media_type, body))
}

/// The 32 bytes of a hash in lower-case hexadecimal.
fn unhex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok().filter(|hash| hash.len() == 32)
}
