//! "Mark as reachable": a carrier said that a number can't receive texts, and a person knows better. Support and
//! administrators use it; it writes the number, a note and the log.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use crate::actions::ActionError;
use crate::domain::id::NumberId;
use crate::store::numbers::Number;
use crate::store::{ReadConn, contacts, numbers};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::REACHABLE, routing::get(new)).route(patterns::REACHABLE, routing::post(create));
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
    redisplay(&app, &who, number, back, ReachableForm::default(), FormErrors::default())
}

fn redisplay(
    app: &AppState,
    who: &Editor,
    number: Number,
    back: String,
    given: ReachableForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let page = PageFrame::new(app, "contacts", who);
    html_status(errors.status(), ReachablePage { page, number, back, given, errors })
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
    let (reason, actor) = (given.reason.clone(), who.actor());
    match app.commands(actor).mark_reachable(id, reason).await {
        Ok(()) => session::flash(&session, "Marked as reachable. Messages can be sent again.".to_owned()),
        Err(ActionError::Conflict(why)) => session::flash_refusal(&session, why),
        Err(error) => return redisplay(&app, &who, number, back, given, error.try_into()?),
    }
    Ok(see_other(back))
}

/// The number, and the page about it: its first contact's, else its own.
fn find(conn: &mut ReadConn<'_>, id: NumberId) -> Result<(Number, String), PageError> {
    let number = numbers::get(conn, id)?.ok_or(PageError::NotFound)?;
    let back = match contacts::of_number(conn, id)?.first() {
        Some(contact) => routes::contact(contact.id),
        None => routes::number(number.id),
    };
    Ok((number, back))
}
