//! Recognizes uploaded files by their content, and serves them as attachments only, so that no upload runs in a
//! browser. The consent form and the timeline use it; it writes nothing.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::actions::record_consent::EvidenceFile;
use crate::store::{StoreError, documents};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::routes::patterns;
use crate::web::routing;
use crate::web::session::Viewer;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::DOCUMENT, routing::get(show));
}

/// What `infer` calls a kind of file, its media type and how its name ends; text is everything else that reads as text.
const KINDS: [(&str, &str, &str); 5] = [
    ("application/pdf", "application/pdf", "pdf"),
    ("image/png", "image/png", "png"),
    ("image/jpeg", "image/jpeg", "jpg"),
    ("audio/x-wav", "audio/wav", "wav"),
    ("audio/mpeg", "audio/mpeg", "mp3"),
];

/// The file with its media type by its content, whatever it was called.
pub(super) fn recognised(bytes: Vec<u8>) -> Result<EvidenceFile, &'static str> {
    let found = infer::get(&bytes).map(|kind| kind.mime_type());
    let media_type = match KINDS.iter().find(|(mime, ..)| found == Some(mime)) {
        Some((_, media_type, _)) => media_type,
        None if std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0) => "text/plain",
        None => return Err("This kind of file cannot be kept. Choose a PDF, PNG, JPEG, TXT, WAV or MP3."),
    };
    Ok(EvidenceFile { sha256: Sha256::digest(&bytes).into(), media_type, bytes: Arc::new(bytes) })
}

async fn show(app: Data<AppState>, _: Viewer, hash: Path<String>) -> Result<HttpResponse, PageError> {
    let sha256 = unhex(&hash).ok_or(PageError::NotFound)?;
    let found = app.store.read_file::<_, StoreError>(move |conn| documents::get(conn, &sha256)).await?;
    let (media_type, bytes) = found.ok_or(PageError::NotFound)?;
    let kind = KINDS.iter().find(|(_, known, _)| *known == media_type);
    let name = format!("attachment; filename=\"{hash}.{}\"", kind.map_or("txt", |(.., ending)| ending));
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("Content-Disposition", name))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(bytes))
}

/// The 32 bytes of a hash in lower-case hexadecimal.
fn unhex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok().filter(|hash| hash.len() == 32)
}
