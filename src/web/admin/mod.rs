//! The pages of those who sign in. The map of their addresses; each page's handler lives with its noun.

pub mod api_keys;
pub mod dashboard;
pub mod log;
pub mod setup;
pub mod sign_in;
pub mod users;

use actix_web::web::ServiceConfig;

/// The addresses of the administration.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(sign_in::routes)
        .configure(setup::routes)
        .configure(dashboard::routes)
        .configure(users::routes)
        .configure(api_keys::routes)
        .configure(log::routes);
    // Others add theirs here: `pub mod contacts;` above and `.configure(contacts::routes)`.
}
