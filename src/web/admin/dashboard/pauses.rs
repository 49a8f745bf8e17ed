//! Forms and prefixes whose opt-in requests are paused: the dashboard shows them, and a person lets them go on. It writes
//! through `actions::resume_requests`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;

use crate::domain::request_pause::{PauseKey, PauseKind};
use crate::domain::time::Timestamp;
use crate::store::{ReadConn, StoreError, form_requests};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Editor};

/// What is paused.
pub(super) struct PauseItem {
    pub(super) words: String,
    pub(super) since: Timestamp,
    pub(super) kind: PauseKind,
    pub(super) name: String,
}

pub(super) fn pauses(conn: &mut ReadConn<'_>) -> Result<Vec<PauseItem>, StoreError> {
    Ok(form_requests::paused(conn)?.into_iter().map(item).collect())
}

fn item(((kind, name), since): (PauseKey, Timestamp)) -> PauseItem {
    let words = match kind {
        PauseKind::Form => format!("Opt-in requests from the form “{name}” are paused"),
        PauseKind::Prefix => format!("Opt-in requests to numbers that begin with {name} are paused"),
    };
    PauseItem { words, since, kind, name }
}

#[derive(Deserialize)]
pub(super) struct ResumeForm {
    kind: String,
    name: String,
}

pub(super) async fn resume(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<ResumeForm>,
) -> Result<HttpResponse, PageError> {
    let kind = given.kind.parse().map_err(|_| PageError::NotFound)?;
    app.commands(who.actor()).resume_requests((kind, given.name)).await?;
    session::flash(&session, "Resumed. Waiting requests are sent within 10 minutes.");
    Ok(see_other(routes::dashboard()))
}
