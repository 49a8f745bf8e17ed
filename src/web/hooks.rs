//! The webhooks of the providers: it checks the signature over the raw body, then writes the text or the receipt
//! through the actions. It answers 2xx only after the commit.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::{Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use super::AppState;
use super::error::{PageError, RETRY_AFTER};
use super::routes::patterns;
use super::routing::{self, AccessCheck};
use crate::actions::ActionError;
use crate::actions::receive_text::ReceivedResult;
use crate::domain::actor::Actor;
use crate::domain::message::{InboundText, Receipt};
use crate::providers::{BadSignature, Provider, WebhookError, WebhookRequest};

/// No webhook is larger than this, in bytes.
const LARGEST: usize = 256 * 1024;
const TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// The providers' addresses.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(LARGEST))
        .route(patterns::TWILIO_INBOUND, routing::post(inbound::<TwilioCarrier>))
        .route(patterns::TWILIO_STATUS, routing::post(status::<TwilioCarrier>))
        .route(patterns::SIMULATOR_INBOUND, routing::post(inbound::<SimulatedCarrier>))
        .route(patterns::SIMULATOR_STATUS, routing::post(status::<SimulatedCarrier>));
}

/// The carrier that calls an address.
trait WebhookCarrier: 'static {
    /// The configured carrier, or the answer where there is none.
    fn of(app: &AppState) -> Result<Arc<dyn Provider>, actix_web::Error>;
}

struct TwilioCarrier;
struct SimulatedCarrier;

impl WebhookCarrier for TwilioCarrier {
    fn of(app: &AppState) -> Result<Arc<dyn Provider>, actix_web::Error> {
        app.twilio.clone().ok_or_else(|| refused(unconfigured()))
    }
}

impl WebhookCarrier for SimulatedCarrier {
    fn of(app: &AppState) -> Result<Arc<dyn Provider>, actix_web::Error> {
        match &app.simulator {
            Some(simulator) => Ok(simulator.clone()),
            None => Err(refused(HttpResponse::NotFound().finish())),
        }
    }
}

/// What a webhook carries, with how its signature is checked and how it is read.
trait WebhookContent: Sized + 'static {
    fn verify(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<(), BadSignature>;
    fn parse(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<Self, WebhookError>;
}

impl WebhookContent for InboundText {
    fn verify(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        carrier.verify(hook)
    }
    fn parse(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<Self, WebhookError> {
        carrier.parse_inbound(hook)
    }
}

impl WebhookContent for Receipt {
    fn verify(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        carrier.verify_receipt(hook)
    }
    fn parse(carrier: &dyn Provider, hook: &WebhookRequest<'_>) -> Result<Self, WebhookError> {
        carrier.parse_receipt(hook)
    }
}

/// A webhook with the right signature. It is parsed only after the signature was checked.
struct SignedWebhook<C, T> {
    /// The carrier's name, as events are stored under it.
    carrier: &'static str,
    content: T,
    caller: PhantomData<C>,
}

impl<C, T> AccessCheck for SignedWebhook<C, T> {}

impl<C: WebhookCarrier, T: WebhookContent> FromRequest for SignedWebhook<C, T> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Bytes::from_request(request, payload));
        Box::pin(async move {
            let body = body.await?;
            let app = request.app_data::<Data<AppState>>();
            let app = app.ok_or_else(|| PageError::internal("no App in app_data"))?;
            SignedWebhook::read(app, &request, &body)
        })
    }
}

impl<C: WebhookCarrier, T: WebhookContent> SignedWebhook<C, T> {
    fn read(app: &AppState, request: &HttpRequest, body: &Bytes) -> Result<Self, actix_web::Error> {
        let carrier = C::of(app)?;
        let signature = signature(request, carrier.signature_header());
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        for base in called_urls(app, carrier.as_ref()) {
            let url = format!("{base}{path}");
            let hook = WebhookRequest { url: &url, body, signature };
            if T::verify(carrier.as_ref(), &hook).is_ok() {
                let content = T::parse(carrier.as_ref(), &hook)
                    .map_err(|error| refused(HttpResponse::BadRequest().body(error.to_string())))?;
                return Ok(SignedWebhook { carrier: carrier.name(), content, caller: PhantomData });
            }
        }
        Err(refused(forged(app)))
    }
}

/// The answer as the extractor's error.
fn refused(answer: HttpResponse) -> actix_web::Error {
    InternalError::from_response("a webhook was refused", answer).into()
}

async fn inbound<C: WebhookCarrier>(
    app: Data<AppState>,
    hook: SignedWebhook<C, InboundText>,
) -> HttpResponse {
    let received = app.commands(Actor::Lead).receive_text(hook.carrier, hook.content).await;
    match received {
        Ok(ReceivedResult::Refused) => forged(&app),
        received => answer(received.map(|_| ())),
    }
}

async fn status<C: WebhookCarrier>(app: Data<AppState>, hook: SignedWebhook<C, Receipt>) -> HttpResponse {
    let commands = app.commands(Actor::Provider(hook.carrier.to_owned()));
    answer(commands.receive_receipt(hook.carrier, hook.content).await)
}

/// The addresses the provider may have called: the configured public ones, never what the request claims.
fn called_urls<'a>(app: &'a AppState, provider: &dyn Provider) -> &'a [String] {
    match provider.name() {
        "simulator" => std::slice::from_ref(&app.local_url),
        _ => &app.called_urls,
    }
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
        "The signature does not match. Check that PUBLIC_URL (or FALLBACK_URL) is the address the provider calls and that the auth token is current.",
    )
}

fn unconfigured() -> HttpResponse {
    HttpResponse::Forbidden().body("Twilio is not configured here: TWILIO_AUTH_TOKEN is missing.")
}
