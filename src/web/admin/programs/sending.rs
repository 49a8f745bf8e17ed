//! A form of a program's page: its sender number, hours, code and keywords.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::{Again, program_page};
use crate::actions::ActionError;
use crate::actions::edit_sending::{Sending, edit_sending};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::Posted;
use crate::web::page::see_other;
use crate::web::session::{self, Administrator};

pub(super) async fn sending(
    app: Data<App>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    Posted(given): Posted<Sending>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let (wanted, of, region) = (given.clone(), slug.clone(), app.config.default_region.clone());
    let (actor, now) = (who.actor(), app.clock.now());
    match app.store.write(move |tx| edit_sending(tx, &of, &wanted, &region, &actor, now)).await {
        Ok(()) => {
            session::flash(&session, "The sender, hours and keywords are saved. They count from now on.");
            Ok(see_other(format!("/programs/{slug}")))
        }
        Err(ActionError::Invalid(errors)) => {
            program_page(&app, &who, slug, Some(Again::Sending(given, errors))).await
        }
        Err(error) => Err(error.into()),
    }
}
