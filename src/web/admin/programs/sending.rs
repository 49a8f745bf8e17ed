//! The form for a program's sender number, hours, code and keywords. Administrators use it; it writes through
//! `actions::edit_sending`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{ProgramRedisplay, program_page};
use crate::actions::edit_sending::SendingChange;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Administrator};

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
