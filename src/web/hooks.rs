//! The webhooks of the providers: it checks the signature over the raw body, then writes the text or the receipt
//! through the actions. It answers 2xx only after the commit.

use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};

use super::AppState;
use super::error::RETRY_AFTER;
use crate::actions::ActionError;
use crate::actions::receive_text::ReceivedResult;
use crate::domain::actor::Actor;
use crate::providers::{BadSignature, Provider, WebhookError, WebhookRequest};
use crate::web::routes::patterns;

/// No webhook is larger than this, in bytes.
const LARGEST: usize = 256 * 1024;
const TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// The providers' addresses.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(LARGEST))
        .route(patterns::TWILIO_INBOUND, web::post().to(twilio_inbound))
        .route(patterns::TWILIO_STATUS, web::post().to(twilio_status))
        .route(patterns::SIMULATOR_INBOUND, web::post().to(simulator_inbound))
        .route(patterns::SIMULATOR_STATUS, web::post().to(simulator_status));
}

async fn twilio_inbound(app: Data<AppState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match &app.twilio {
        Some(twilio) => inbound(&app, twilio.as_ref(), &request, &body).await,
        None => unconfigured(),
    }
}

async fn twilio_status(app: Data<AppState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match &app.twilio {
        Some(twilio) => status(&app, twilio.as_ref(), &request, &body).await,
        None => unconfigured(),
    }
}

async fn simulator_inbound(app: Data<AppState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match &app.simulator {
        Some(simulator) => inbound(&app, simulator.as_ref(), &request, &body).await,
        None => HttpResponse::NotFound().finish(),
    }
}

async fn simulator_status(app: Data<AppState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match &app.simulator {
        Some(simulator) => status(&app, simulator.as_ref(), &request, &body).await,
        None => HttpResponse::NotFound().finish(),
    }
}

async fn inbound(
    app: &AppState,
    provider: &dyn Provider,
    request: &HttpRequest,
    body: &Bytes,
) -> HttpResponse {
    let verify = |hook: &WebhookRequest<'_>| provider.verify(hook);
    let text =
        match verify_and_parse(app, provider, request, body, verify, |hook| provider.parse_inbound(hook)) {
            Ok(text) => text,
            Err(refused) => return *refused,
        };
    let name = provider.name();
    let received = app.commands(Actor::Lead).receive_text(name, text).await;
    match received {
        Ok(ReceivedResult::Refused) => forged(app),
        received => answer(received.map(|_| ())),
    }
}

async fn status(
    app: &AppState,
    provider: &dyn Provider,
    request: &HttpRequest,
    body: &Bytes,
) -> HttpResponse {
    let verify = |hook: &WebhookRequest<'_>| provider.verify_receipt(hook);
    let receipt =
        match verify_and_parse(app, provider, request, body, verify, |hook| provider.parse_receipt(hook)) {
            Ok(receipt) => receipt,
            Err(refused) => return *refused,
        };
    let commands = app.commands(Actor::Provider(provider.name().to_owned()));
    answer(commands.receive_receipt(provider.name(), receipt).await)
}

/// Reads a webhook only after its signature was found right.
fn verify_and_parse<T>(
    app: &AppState,
    provider: &dyn Provider,
    request: &HttpRequest,
    body: &Bytes,
    verify: impl Fn(&WebhookRequest<'_>) -> Result<(), BadSignature>,
    parse: impl Fn(&WebhookRequest<'_>) -> Result<T, WebhookError>,
) -> Result<T, Box<HttpResponse>> {
    let url = called_url(app, provider, request);
    let hook = WebhookRequest { url: &url, body, signature: signature(request, provider.signature_header()) };
    if verify(&hook).is_err() {
        return Err(Box::new(forged(app)));
    }
    parse(&hook).map_err(|error| Box::new(HttpResponse::BadRequest().body(error.to_string())))
}

/// The address the provider called: the configured public one, never what the request claims.
fn called_url(app: &AppState, provider: &dyn Provider, request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let base = if provider.name() == "simulator" { &app.local_url } else { &app.public_url };
    format!("{base}{path}")
}

fn signature<'a>(request: &'a HttpRequest, header: &str) -> Option<&'a str> {
    request.headers().get(header).and_then(|value| value.to_str().ok())
}

fn answer(done: Result<(), ActionError>) -> HttpResponse {
    match done {
        Ok(()) => HttpResponse::Ok().content_type("text/xml").body(TWIML),
        Err(error) => {
            log::error!("A webhook may not be recorded. The provider will repeat it: {error}");
            HttpResponse::ServiceUnavailable().insert_header(("Retry-After", RETRY_AFTER)).finish()
        }
    }
}

fn forged(app: &AppState) -> HttpResponse {
    app.forged_webhooks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    HttpResponse::Forbidden().body(
        "The signature does not match. Check that PUBLIC_URL is the address the provider calls and that the auth token is current.",
    )
}

fn unconfigured() -> HttpResponse {
    HttpResponse::Forbidden().body("Twilio is not configured here: TWILIO_AUTH_TOKEN is missing.")
}
