//! The form for a program's sender number, hours, code and keywords. Administrators use it; it writes through
//! `actions::edit_sending`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{ProgramRedisplay, program_page};
use crate::actions::edit_sending::SendingChange;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{PostedForm, SavedMeanwhile, saved_meanwhile};
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Administrator};

/// Where what is saved differs from what was typed.
pub(super) fn beside(typed: &SendingChange, saved: &SendingChange) -> Vec<SavedMeanwhile> {
    saved_meanwhile([
        ("Sender number", saved.sender.as_str(), typed.sender.as_str()),
        ("Hours of its own", &saved.hours, &typed.hours),
        ("Kind of texts", &saved.kind, &typed.kind),
        ("STOP code", &saved.code, &typed.code),
        ("More words that mean STOP", &saved.revoke_words, &typed.revoke_words),
        ("More words that mean HELP", &saved.help_words, &typed.help_words),
        ("More words that mean START", &saved.opt_in_words, &typed.opt_in_words),
    ])
}

pub(super) async fn sending(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    PostedForm(given): PostedForm<SendingChange>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let (wanted, of) = (given.clone(), slug.clone());
    let actor = who.actor();
    match app.commands(actor).edit_sending(of, wanted).await {
        Ok(()) => {
            session::flash(&session, "The sender, hours and keywords are saved. They count from now on.");
            Ok(see_other(routes::program(slug)))
        }
        Err(error) => {
            let typed = ProgramRedisplay::Sending(given);
            program_page(&app, &who, slug, Some((typed, error.try_into()?))).await
        }
    }
}
