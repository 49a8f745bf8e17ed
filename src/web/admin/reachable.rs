//! "Mark as reachable": a carrier said that a number cannot receive texts, and a person knows better. The page asks for the
//! reason; the log and the number's timeline keep it.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::mark_reachable::mark_reachable;
use crate::actions::{ActionError, FieldError};
use crate::domain::id::NumberId;
use crate::store::numbers::Number;
use crate::store::{ReadConn, contacts, numbers};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::session::{self, Editor};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/numbers/{id}/reachable", web::get().to(new))
        .route("/numbers/{id}/reachable", web::post().to(create));
}

#[derive(Template)]
#[template(path = "numbers/reachable.html")]
struct ReachablePage {
    page: PageFrame,
    number: Number,
    /// Where the person came from.
    back: String,
    given: ReachableForm,
    errors: FormErrors,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReachableForm {
    reason: String,
}

async fn new(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: NumberId = page::id(&id)?;
    let (number, back) = app.store.read(move |conn| find(conn, id)).await?;
    if number.unreachable.is_none() {
        session::flash_refusal(&session, "This number is not marked as unreachable.".to_owned());
        return Ok(see_other(back));
    }
    redisplay(&app, &who, number, back, ReachableForm::default(), Vec::new())
}

fn redisplay(
    app: &AppState,
    who: &Editor,
    number: Number,
    back: String,
    given: ReachableForm,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, PageError> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (page, errors) = (PageFrame::new(app, "contacts", who), errors.into());
    html_status(status, ReachablePage { page, number, back, given, errors })
}

async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<ReachableForm>,
) -> Result<HttpResponse, PageError> {
    let id: NumberId = page::id(&id)?;
    let (number, back) = app.store.read(move |conn| find(conn, id)).await?;
    let (reason, actor, now) = (given.reason.clone(), who.actor(), app.clock.now());
    match app.store.write(move |tx| mark_reachable(tx, id, &reason, &actor, now)).await {
        Ok(()) => session::flash(&session, "Marked as reachable. Messages can be sent again.".to_owned()),
        Err(ActionError::Invalid(errors)) => return redisplay(&app, &who, number, back, given, errors),
        Err(ActionError::Conflict(why)) => session::flash_refusal(&session, why),
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(back))
}

/// The number, and the page about it: its first contact's, else the one that takes any number.
fn find(conn: &mut ReadConn<'_>, id: NumberId) -> Result<(Number, String), PageError> {
    let number = numbers::get(conn, id)?.ok_or(PageError::NotFound)?;
    let back = match contacts::of_number(conn, id)?.first() {
        Some(contact) => format!("/contacts/{}", contact.id),
        None => format!("/troubleshoot?number={}", number.phone.as_str().replace('+', "%2B")),
    };
    Ok((number, back))
}
