//! The description of the API (OpenAPI 3.1), made from the handlers and their types. The reference and the tests read
//! it; it writes nothing.

use crate::web::routing::PublicAccess;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{contacts, messages, number_list, numbers};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "SMS Opt-In API",
        description = "Send through the consent check, read consent and its history, record opt-outs, keep contacts. Times are RFC 3339 \
            in UTC, programs are slugs. Errors are problems (RFC 9457) with a stable code. A 503 with Retry-After means that nothing was \
            recorded, unless its code is unconfirmed: then ask again with the same Idempotency-Key, or look the record up.",
        license(name = "MIT"),
    ),
    paths(
        messages::create,
        messages::show,
        number_list::index,
        numbers::consent,
        numbers::events,
        numbers::opt_out,
        contacts::create,
        contacts::index,
    ),
    modifiers(&BearerKey),
    servers((url = "/")),
    tags(
        (name = "Messages", description = "Send a text, and see what became of it."),
        (name = "Numbers", description = "The consent of a phone number, its history, and opt-outs."),
        (name = "Contacts", description = "The people behind the numbers."),
    ),
)]
struct ApiDescription;

/// How a caller proves who it is.
struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description =
            Some("A key from the API keys page. Each address names the scope that it needs.".to_owned());
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    ApiDescription::openapi().to_json().unwrap_or_else(|error| {
        log::error!("The description of the API cannot be written: {error}");
        String::new()
    })
});

/// The description as JSON.
pub fn document() -> &'static str {
    &DOCUMENT
}

/// `GET /api/v1/openapi.json`: no key is needed.
pub(super) async fn show(_: PublicAccess) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document())
}
