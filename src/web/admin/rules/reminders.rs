//! The answer to a reminder on the dashboard: a rule that was adopted and is not in force yet.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::actions::answer_reminder::{POSTPONED_DAYS, ReminderAnswer, answer_reminder};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::Posted;
use crate::web::page::see_other;
use crate::web::session::{self, Administrator};

#[derive(Deserialize)]
pub(super) struct ReminderForm {
    answer: ReminderWord,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReminderWord {
    Done,
    Postpone,
}

pub(super) async fn post(
    app: Data<App>,
    who: Administrator,
    session: Session,
    name: Path<String>,
    Posted(form): Posted<ReminderForm>,
) -> Result<HttpResponse, PageError> {
    let (answer, said) = match form.answer {
        ReminderWord::Done => (ReminderAnswer::Done, "Reminder closed.".to_owned()),
        ReminderWord::Postpone => {
            (ReminderAnswer::Postpone, format!("You'll be reminded again in {POSTPONED_DAYS} days."))
        }
    };
    let (actor, now) = (who.actor(), app.clock.now());
    app.store.write(move |tx| answer_reminder(tx, &name, answer, &actor, now)).await?;
    session::flash(&session, said);
    Ok(see_other("/"))
}
