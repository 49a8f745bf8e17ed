//! The JSON API: its routes, and errors as problems (RFC 9457) with a stable `code`. The server registers it under
//! `/api/v1`.

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

use super::routes::{API, patterns};

pub use key::secret_hash;
pub use problem::ProblemDetails;

/// The API's addresses, below `/api/v1`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(64 * 1024).error_handler(problem::unreadable))
        .app_data(web::QueryConfig::default().error_handler(problem::unreadable_query))
        .app_data(web::PathConfig::default().error_handler(problem::unreadable_path))
        .route(below_api(patterns::API_MESSAGES), web::post().to(messages::create))
        .route(below_api(patterns::API_MESSAGE), web::get().to(messages::show))
        .route(below_api(patterns::API_CONSENT), web::get().to(numbers::consent))
        .route(below_api(patterns::API_EVENTS), web::get().to(numbers::events))
        .route(below_api(patterns::API_OPT_OUTS), web::post().to(numbers::opt_out))
        .route(below_api(patterns::API_CONTACTS), web::post().to(contacts::create))
        .route(below_api(patterns::API_CONTACTS), web::get().to(contacts::index))
        .route(below_api(patterns::API_DOCUMENT), web::get().to(openapi::show))
        .default_service(web::to(problem::no_such_path));
}

/// The pattern as the scope of the API takes it.
fn below_api(pattern: &'static str) -> &'static str {
    pattern.strip_prefix(API).unwrap_or(pattern)
}
