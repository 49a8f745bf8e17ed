//! Lets a program on this machine text as a contact, without a session. It exists in a simulated database only, for
//! loopback peers, and not through a proxy. It writes texts.

use std::fmt;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{Data, Form, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::lines;
use crate::domain::phone::Phone;
use crate::domain::sms;
use crate::providers::simulator::Simulator;
use crate::web::routes::patterns;
use crate::web::routing::{self, PublicAccess};
use crate::web::{AppState, local_caller};
use crate::words::phone_error_text;

/// No session, no token. For others the address is not there.
pub fn routes(config: &mut ServiceConfig) {
    let texts = web::resource(patterns::SIMULATOR_HANDSET_TEXTS).guard(fn_guard(is_open));
    config.service(texts.route(routing::post(text)));
}

#[derive(Deserialize)]
struct MachineTextForm {
    body: String,
    #[serde(default)]
    to: String,
}

/// Why a simulated text did not arrive.
pub(super) enum NotReceived {
    /// The sender or the text cannot be used.
    Invalid(String),
    /// Our own webhook did not take it.
    Webhook(String),
}

impl fmt::Display for NotReceived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (NotReceived::Invalid(why) | NotReceived::Webhook(why)) = self;
        f.write_str(why)
    }
}

async fn text(
    app: Data<AppState>,
    _: PublicAccess,
    number: Path<String>,
    typed: Form<MachineTextForm>,
) -> HttpResponse {
    let Some(simulator) = &app.simulator else { return HttpResponse::NotFound().finish() };
    match lead_texts(&app, simulator, &number, &typed.to, &typed.body).await {
        Ok(()) => HttpResponse::Ok().body("received"),
        Err(NotReceived::Invalid(why)) => HttpResponse::UnprocessableEntity().body(why),
        Err(NotReceived::Webhook(why)) => HttpResponse::BadGateway().body(why),
    }
}

/// True in a simulated database, for a program on this machine that talks to us directly.
fn is_open(request: &GuardContext<'_>) -> bool {
    let head = request.head();
    let Some(app) = request.app_data::<Data<AppState>>().filter(|app| app.simulator.is_some()) else {
        return false;
    };
    local_caller::is_local_program(head, &app.config.bind)
}

/// A simulated phone texts `to`, or the default program's number when that is empty.
pub(super) async fn lead_texts(
    app: &AppState,
    simulator: &Simulator,
    number: &str,
    to: &str,
    body: &str,
) -> Result<(), NotReceived> {
    // A handset texts under its own spelling of the number, as a carrier would bring it.
    let region = &app.config.default_region;
    let phone = Phone::from_e164(number).map_or_else(|| Phone::look_up(number, region), Ok);
    let phone = phone.map_err(|error| NotReceived::Invalid(phone_error_text(error).to_owned()))?;
    if body.chars().count() > sms::MAX_BODY {
        return Err(NotReceived::Invalid("A message has at most 1,600 characters.".to_owned()));
    }
    let to = match to {
        "" => lines(app).await.unwrap_or_default().into_iter().next().map(|line| line.sender),
        to => Some(to.to_owned()),
    };
    match simulator.lead_texts(&phone, &to.unwrap_or_default(), body).await {
        Ok(200) => Ok(()),
        Ok(status) => Err(NotReceived::Webhook(format!("The webhook answered {status}."))),
        Err(error) => {
            log::error!("A simulated text did not reach the webhook: {error}");
            Err(NotReceived::Webhook("The webhook did not answer.".to_owned()))
        }
    }
}
