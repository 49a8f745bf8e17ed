//! The pages behind the sign-in. The app registers their routes here; each page's handlers live in the module of its
//! noun, which says what they write.

pub mod account;
pub mod api_keys;
pub(super) mod basis;
mod civil_day;
pub mod consents;
pub mod contact;
pub mod contacts;
pub mod dashboard;
pub mod documents;
mod expired_holds;
mod file_kind;
pub mod forms;
mod incoming_file;
mod jobs;
pub mod list_page;
mod log;
pub mod messages;
mod names;
mod notices;
pub(super) mod program_scope;
pub mod programs;
mod reachable;
mod record_subject;
mod reinvitations;
pub mod reply_tester;
pub mod reviews;
pub mod revocations;
pub mod rules;
pub mod second_factor;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod troubleshoot;
pub mod users;

use actix_web::web::ServiceConfig;

/// The addresses of the administration.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(sign_in::routes)
        .configure(setup::routes)
        .configure(dashboard::routes)
        .configure(contacts::routes)
        .configure(contact::routes)
        .configure(consents::routes)
        .configure(reinvitations::routes)
        .configure(reachable::routes)
        .configure(documents::routes)
        .configure(messages::routes)
        .configure(notices::routes)
        .configure(expired_holds::routes)
        .configure(troubleshoot::routes)
        .configure(reviews::routes)
        .configure(revocations::routes)
        .configure(reply_tester::routes)
        .configure(users::routes)
        .configure(account::routes)
        .configure(second_factor::routes)
        .configure(api_keys::routes)
        .configure(forms::routes)
        .configure(programs::routes)
        .configure(rules::routes)
        .configure(super::simulator::pages)
        .configure(settings::routes)
        .configure(jobs::routes)
        .configure(log::routes);
}
