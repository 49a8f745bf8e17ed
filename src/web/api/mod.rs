//! The JSON API: its routes, and errors as problems (RFC 9457) with a stable `code`. The server registers it under
//! `/api/v1`.

mod contacts;
mod key;
mod messages;
mod number_list;
mod numbers;
pub mod openapi;
mod paging;
mod problem;
mod strict;
mod verdict;
mod views;
mod words;

use actix_web::web::{self, ServiceConfig};

use super::routes::{API, patterns};
use super::routing;

pub use key::secret_hash;
pub use problem::ProblemDetails;

/// The API's addresses, below `/api/v1`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(64 * 1024).error_handler(problem::unreadable))
        .app_data(web::QueryConfig::default().error_handler(problem::unreadable_query))
        .app_data(web::PathConfig::default().error_handler(problem::unreadable_path))
        .route(below_api(patterns::API_MESSAGES), routing::post(messages::create))
        .route(below_api(patterns::API_MESSAGE), routing::get(messages::show))
        .route(below_api(patterns::API_NUMBERS), routing::get(number_list::index))
        .route(below_api(patterns::API_CONSENT), routing::get(numbers::consent))
        .route(below_api(patterns::API_EVENTS), routing::get(numbers::events))
        .route(below_api(patterns::API_OPT_OUTS), routing::post(numbers::opt_out))
        .route(below_api(patterns::API_CONTACTS), routing::post(contacts::create))
        .route(below_api(patterns::API_CONTACTS), routing::get(contacts::index))
        .route(below_api(patterns::API_DOCUMENT), routing::get(openapi::show))
        .default_service(web::to(problem::no_such_path));
}

/// The pattern as the scope of the API takes it.
fn below_api(pattern: &'static str) -> &'static str {
    pattern.strip_prefix(API).unwrap_or(pattern)
}
