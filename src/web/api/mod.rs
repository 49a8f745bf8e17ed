//! The JSON API. Errors are problems of RFC 9457 with a stable `code`.

mod contacts;
mod key;
mod messages;
mod numbers;
pub mod openapi;
mod problem;
mod strict;
mod verdict;
mod views;
mod words;

use actix_web::web::{self, ServiceConfig};

pub use key::secret_hash;
pub use problem::ProblemDetails;

/// The API's addresses, below `/api/v1`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(64 * 1024).error_handler(problem::unreadable))
        .app_data(web::QueryConfig::default().error_handler(problem::unreadable_query))
        .app_data(web::PathConfig::default().error_handler(problem::unreadable_path))
        .route("/messages", web::post().to(messages::create))
        .route("/messages/{id}", web::get().to(messages::show))
        .route("/numbers/{number}/consent", web::get().to(numbers::consent))
        .route("/numbers/{number}/events", web::get().to(numbers::events))
        .route("/numbers/{number}/opt-outs", web::post().to(numbers::opt_out))
        .route("/contacts", web::post().to(contacts::create))
        .route("/contacts", web::get().to(contacts::index))
        .route("/openapi.json", web::get().to(openapi::show))
        .default_service(web::to(problem::no_such_path));
}
