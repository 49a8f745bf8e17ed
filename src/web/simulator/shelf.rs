//! The phones that a person added before they had a text. The simulated phones use it; it writes the person's
//! session.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;

use super::{PhonesRedisplay, simulator, table};
use crate::actions::FieldError;
use crate::domain::phone::Phone;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::see_other;
use crate::web::routes;
use crate::web::session::{self, Editor};
use crate::words::phone_error_text;

/// Handsets without a text that a person may put there.
const PUT: usize = 12;
const TABLE: &str = "handsets";

/// The handsets this person put on the table.
pub(super) fn put(session: &Session) -> Vec<String> {
    session.get(TABLE).ok().flatten().unwrap_or_default()
}

pub(super) fn keep_on_table(session: &Session, phone: &Phone) {
    let mut numbers = put(session);
    numbers.retain(|number| number != phone.as_str());
    numbers.push(phone.as_str().to_owned());
    let numbers: Vec<String> = numbers.into_iter().rev().take(PUT).rev().collect();
    if let Err(error) = session.insert(TABLE, numbers) {
        log::error!("A simulated phone could not be added: {error}");
    }
}

#[derive(Deserialize)]
pub(super) struct NewPhoneForm {
    phone: String,
}

pub(super) async fn put_on_table(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<NewPhoneForm>,
) -> Result<HttpResponse, PageError> {
    simulator(&app)?;
    match Phone::parse(&given.phone, &app.config.default_region) {
        Ok(phone) => {
            keep_on_table(&session, &phone);
            session::flash(&session, format!("Phone {} added.", phone.shown(&app.config.default_region)));
            Ok(see_other(routes::simulator()))
        }
        Err(error) => {
            let errors = vec![FieldError::new("handset", phone_error_text(error))].into();
            let again = PhonesRedisplay { handset: given.phone, errors, ..PhonesRedisplay::default() };
            table(&app, &who, &session, again).await
        }
    }
}
