//! Lets a program on this machine text as a contact, without a session. It exists in a simulated database only, for
//! loopback peers, and not through a proxy. It writes texts.

use std::fmt;
use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::header::{FORWARDED, HOST, ORIGIN, VIA};
use actix_web::web::{Data, Form, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::lines;
use crate::domain::phone::Phone;
use crate::domain::sms;
use crate::providers::simulator::Simulator;
use crate::web::AppState;
use crate::web::routes::patterns;
use crate::web::routing::{self, PublicAccess};
use crate::words::phone_error_text;

/// Headers that only a proxy, or a browser on some page, adds. Those that begin with `X-Forwarded` count as well.
const NOT_FROM_A_PROGRAM: &[&str] = &[
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-proxyuser-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "client-ip",
    "forwarded-for",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "fly-client-ip",
    "x-azure-clientip",
    "cf-ray",
    "cdn-loop",
    "max-forwards",
    "sec-fetch-site",
];

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
    let is_near = head.peer_addr.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_passed_on = [FORWARDED, VIA, ORIGIN].iter().any(|name| head.headers().contains_key(name))
        || head.headers().keys().any(|name| {
            let name = name.as_str();
            name.starts_with("x-forwarded") || NOT_FROM_A_PROGRAM.contains(&name)
        });
    is_near && names_this_machine(head, &app.config.bind) && !is_passed_on
}

/// True when the request was made to a loopback address, or to the one that the server listens on. Behind a proxy, or after a
/// name was bound to this machine's address, it is another host.
fn names_this_machine(head: &RequestHead, bind: &str) -> bool {
    let given = head.headers().get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = given.or_else(|| head.uri.host()) else { return false };
    let name = name_of(host);
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    name == name_of(bind) || name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

/// A host without its port and brackets.
fn name_of(host: &str) -> &str {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => host,
    };
    name.trim_start_matches('[').trim_end_matches(']')
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
