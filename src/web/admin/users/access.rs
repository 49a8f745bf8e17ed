//! Deactivates an account or activates it again, after a page that says what follows. Administrators use it; it
//! writes users.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use crate::actions::ActionError;
use crate::actions::users::user_revision;
use crate::domain::id::UserId;
use crate::store::StoreError;
use crate::store::users::{self, User};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::Label;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::DEACTIVATE_USER, routing::get(confirm_deactivate))
        .route(patterns::DEACTIVATE_USER, routing::post(deactivate))
        .route(patterns::REACTIVATE_USER, routing::get(confirm_reactivate))
        .route(patterns::REACTIVATE_USER, routing::post(reactivate));
}

#[derive(Template)]
#[template(path = "users/access.html")]
struct AccessPage {
    page: PageFrame,
    user: User,
    /// What the page was opened upon.
    revision: String,
    to_active: bool,
    refused: String,
}

#[derive(Deserialize)]
struct AccessForm {
    #[serde(default)]
    revision: String,
}

async fn confirm_deactivate(
    app: Data<AppState>,
    who: Administrator,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    confirm(&app, &who, page::id(&id)?, false, None).await
}

async fn confirm_reactivate(
    app: Data<AppState>,
    who: Administrator,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    confirm(&app, &who, page::id(&id)?, true, None).await
}

async fn confirm(
    app: &AppState,
    who: &Administrator,
    id: UserId,
    to_active: bool,
    refused: Option<String>,
) -> Result<HttpResponse, PageError> {
    let user = app.store.read::<_, StoreError>(move |conn| users::get(conn, id)).await?;
    let user = user.ok_or(PageError::NotFound)?;
    let status = if refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let (page, refused) = (PageFrame::new(app, "users", who), refused.unwrap_or_default());
    html_status(status, AccessPage { page, revision: user_revision(&user), user, to_active, refused })
}

async fn deactivate(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    PostedForm(shown): PostedForm<AccessForm>,
) -> Result<HttpResponse, PageError> {
    set(&app, &who, &session, page::id(&id)?, false, shown).await
}

async fn reactivate(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    PostedForm(shown): PostedForm<AccessForm>,
) -> Result<HttpResponse, PageError> {
    set(&app, &who, &session, page::id(&id)?, true, shown).await
}

async fn set(
    app: &AppState,
    who: &Administrator,
    session: &Session,
    id: UserId,
    active: bool,
    shown: AccessForm,
) -> Result<HttpResponse, PageError> {
    let actor = who.actor();
    match app.commands(actor).set_active(id, active, shown.revision).await {
        Ok(user) if active => session::flash(session, format!("{} can sign in again.", user.name)),
        Ok(user) => session::flash(session, format!("{} can no longer sign in.", user.name)),
        Err(ActionError::Conflict(why)) => return confirm(app, who, id, active, Some(why)).await,
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(routes::users()))
}
