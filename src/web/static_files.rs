//! Serves the files of `static/` under the names that [`super::assets`] gives them. Browsers ask for them; it writes
//! nothing.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::assets;
use super::error::PageError;
use super::routes::patterns;
use super::routing::{self, PublicAccess};

/// The addresses of static files.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route(patterns::ASSET, routing::get(serve));
}

async fn serve(_: PublicAccess, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let file = assets::find(&name).ok_or(PageError::NotFound)?;
    let keep = if file.is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = HttpResponse::Ok();
    Ok(answer.content_type(file.content_type).insert_header((CACHE_CONTROL, keep)).body(file.content))
}
