//! Ends the sessions of a user, from the user's page. Administrators use it; it writes through `actions::sessions`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use serde::Deserialize;

use super::super::account::{ENDED, end_one};
use crate::domain::id::UserId;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::{self, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::END_USER_SESSIONS, routing::post(end));
}

#[derive(Deserialize)]
struct EndingForm {
    /// The one that ends; all of them where none is named.
    session: Option<String>,
}

async fn end(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<EndingForm>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = page::id(&id)?;
    if id == who.user.id {
        // One's own are ended one by one, or all others at once.
        return Ok(see_other(routes::account()));
    }
    if let Some(one) = given.session {
        end_one(&app, who.actor(), id, &one).await?;
        session::flash(&session, ENDED);
        return Ok(see_other(routes::user(id).as_str()));
    }
    let user = app.commands(who.actor()).end_all_sessions(id).await?;
    session::flash(&session, format!("The sessions of {} are ended. They can sign in again.", user.name));
    Ok(see_other(routes::user(id).as_str()))
}
