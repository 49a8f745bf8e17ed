//! The simulated phones' one machine path: the lead types on a handset. Exists only while the simulator carries the texts.

use actix_web::web::{Data, Form, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::App;
use crate::domain::phone::Phone;
use crate::domain::sms;
use crate::store::{StoreError, programs};

/// The handsets' addresses.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/simulator/handsets/{number}/texts", web::post().to(text));
}

#[derive(Deserialize)]
struct Typed {
    body: String,
    to: Option<String>,
}

/// The lead texts our sender number. A browser goes back to the page it came from.
async fn text(
    app: Data<App>,
    request: HttpRequest,
    number: Path<String>,
    typed: Form<Typed>,
) -> HttpResponse {
    let Some(simulator) = &app.simulator else { return HttpResponse::NotFound().finish() };
    let phone = match Phone::parse(&number, &app.config.default_region) {
        Ok(phone) => phone,
        Err(error) => return HttpResponse::UnprocessableEntity().body(error.to_string()),
    };
    let Typed { body, to } = typed.into_inner();
    if body.chars().count() > sms::MAX_BODY {
        return HttpResponse::UnprocessableEntity().body("A text has at most 1,600 characters.");
    }
    let to = match to.filter(|to| !to.is_empty()) {
        Some(to) => to,
        None => default_sender(&app).await.unwrap_or_default(),
    };
    match simulator.lead_texts(&phone, &to, &body).await {
        Ok(200) if wants_page(&request) => {
            HttpResponse::SeeOther().insert_header(("Location", "/simulator")).finish()
        }
        Ok(200) => HttpResponse::Ok().body("received"),
        Ok(status) => HttpResponse::BadGateway().body(format!("The webhook answered {status}.")),
        Err(error) => {
            log::error!("A simulated text did not reach the webhook: {error}");
            HttpResponse::BadGateway().body("The webhook could not be reached.")
        }
    }
}

async fn default_sender(app: &App) -> Result<String, StoreError> {
    let found = app.store.read(|conn| {
        let program = programs::find(conn, None)?;
        program.map_or(Ok(None), |program| programs::sender(conn, program.id))
    });
    Ok(found.await?.unwrap_or_default())
}

fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get("Accept").and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
