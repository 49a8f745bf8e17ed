//! Takes the answer to a reminder on the dashboard: a rule was adopted and is not in force yet. Administrators use
//! it; it writes a setting.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::actions::answer_reminder::{POSTPONED_DAYS, ReminderAnswer};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Administrator};

/// Any word is read, so that the role is asked before the word is looked at.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ReminderForm {
    answer: String,
}

pub(super) async fn post(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    name: Path<String>,
    PostedForm(form): PostedForm<ReminderForm>,
) -> Result<HttpResponse, PageError> {
    let (answer, said) = match form.answer.as_str() {
        "done" => (ReminderAnswer::Done, "Reminder closed.".to_owned()),
        "postpone" => {
            (ReminderAnswer::Postpone, format!("You'll be reminded again in {POSTPONED_DAYS} days."))
        }
        _ => return Err(PageError::Unprocessable(vec!["Choose an answer.".to_owned()])),
    };
    let actor = who.actor();
    app.commands(actor).answer_reminder(name.into_inner(), answer).await?;
    session::flash(&session, said);
    Ok(see_other(routes::dashboard()))
}
