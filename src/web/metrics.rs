//! Figures for a monitoring system, in the text format of Prometheus. Those who send `METRICS_TOKEN` read it, and where none is
//! set, programs on this machine; for others the address is not there. It writes nothing and shows nothing about a single number.

use std::future::{Ready, ready};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::error::PageError;
use super::routing::AccessCheck;
use super::{AppState, local_caller};
use crate::domain::background_job::JobState;
use crate::domain::limit_hit::LimitHit;
use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::messages::QueuePart;
use crate::store::{
    ReadConn, StoreError, background_jobs, counters, form_requests, limit_hits, messages, programs, sending,
};

type MetricLabels = [(&'static str, String); 1];
type GaugeFamily = Family<MetricLabels, Gauge<i64, AtomicI64>>;

struct MetricValues {
    sending_on: bool,
    contacts: Vec<(String, i64)>,
    waiting: Vec<(Status, i64)>,
    queue_age: Vec<(&'static str, i64)>,
    pauses: usize,
    jobs: Vec<(JobState, i64)>,
    hits: Vec<(LimitHit, i64)>,
}

fn figures(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<MetricValues, StoreError> {
    let contacts = match programs::find(conn, None)? {
        Some(program) => counters::of(conn, program.id)?.into_iter().collect(),
        None => Vec::new(),
    };
    let sending_on = sending::is_on(conn)?;
    let mut queue_age = Vec::new();
    for (words, part) in [("replies", QueuePart::Replies), ("texts", QueuePart::Texts)] {
        let oldest = messages::due(conn, part, None, now, 1)?.first().map(|due| due.place.0);
        queue_age.push((words, oldest.map_or(0, |oldest| now.since(oldest).num_seconds())));
    }
    let pauses = form_requests::paused(conn)?.len();
    let jobs = background_jobs::count_by_state(conn)?;
    let (waiting, hits) = (messages::count_waiting(conn)?, limit_hits::all(conn)?);
    Ok(MetricValues { pauses, jobs, hits, sending_on, contacts, waiting, queue_age })
}

/// `GET /metrics`.
///
/// # Errors
/// When the caller may not read it, or the database fails.
pub async fn metrics(app: Data<AppState>, _: MetricsReader) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let figures = app.store.read_blocking(move |conn| figures(conn, now)).await?;
    let text = as_text(&app, figures, now).map_err(PageError::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

/// A caller who may read the metrics: one that sends the token, or where none is set a program on this machine.
pub struct MetricsReader;

impl AccessCheck for MetricsReader {}

impl FromRequest for MetricsReader {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<Data<AppState>>();
        let may_read = app.is_some_and(|app| match app.config.metrics_token() {
            Some(token) => sends_token(request, token),
            None => local_caller::is_local_program(request.head(), &app.config.bind),
        });
        ready(if may_read { Ok(MetricsReader) } else { Err(PageError::NotFound) })
    }
}

fn sends_token(request: &HttpRequest, token: &SecretString) -> bool {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    // The comparison takes as long for a token that is almost right.
    given.is_some_and(|given| given.as_bytes().ct_eq(token.expose_secret().trim().as_bytes()).into())
}

fn as_text(app: &AppState, figures: MetricValues, now: Timestamp) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("sms_opt_in");
    let (contacts, waiting) = (GaugeFamily::default(), GaugeFamily::default());
    for (state, n) in figures.contacts {
        contacts.get_or_create(&[("state", state)]).set(n);
    }
    for (status, n) in figures.waiting {
        waiting.get_or_create(&[("status", status.to_string())]).set(n);
    }
    let sending = Gauge::<i64, AtomicI64>::default();
    sending.set(i64::from(figures.sending_on));
    let forged = Counter::<u64, AtomicU64>::default();
    forged.inc_by(app.forged_webhooks.load(Ordering::Relaxed));
    let age = GaugeFamily::default();
    for (part, seconds) in figures.queue_age {
        age.get_or_create(&[("part", part.to_owned())]).set(seconds);
    }
    let outage = app.breaker.outage();
    let (takes, silent) = (Gauge::<i64, AtomicI64>::default(), Gauge::<i64, AtomicI64>::default());
    takes.set(i64::from(outage.is_none()));
    silent.set(outage.map_or(0, |outage| now.since(outage.since).num_seconds()));
    registry.register(
        "queue_age_seconds",
        "How long the oldest message has been due, by part of the queue",
        age,
    );
    registry.register("carrier_up", "0 while the carrier takes no messages", takes);
    registry.register("carrier_down_seconds", "How long the carrier has taken no messages", silent);
    registry.register(
        "contacts",
        "Contacts, and numbers without one, by consent state in the default program",
        contacts,
    );
    registry.register(
        "messages_waiting",
        "Messages that are not over, by status; counted up to 10,000",
        waiting,
    );
    registry.register("sending_on", "1 while sending is switched on", sending);
    let refused = Family::<MetricLabels, Counter>::default();
    for (scope, n) in app.refused_sign_ins.all() {
        refused.get_or_create(&[("counted_by", scope.to_string())]).inc_by(n);
    }
    registry.register(
        "sign_ins_refused",
        "Sign-ins refused since the start because too many had failed, by what failures are counted by",
        refused,
    );
    let pauses = Gauge::<i64, AtomicI64>::default();
    pauses.set(i64::try_from(figures.pauses).unwrap_or(i64::MAX));
    let jobs = GaugeFamily::default();
    for (state, n) in figures.jobs {
        jobs.get_or_create(&[("state", state.to_string())]).set(n);
    }
    registry.register("background_jobs", "Background jobs by state; counted up to 10,000", jobs);
    registry.register("request_pauses", "Forms and prefixes whose opt-in requests are paused", pauses);
    let held_back = Family::<MetricLabels, Counter>::default();
    for (limit, n) in figures.hits {
        held_back.get_or_create(&[("limit", limit.to_string())]).inc_by(n.unsigned_abs());
    }
    registry.register(
        "limit_hits",
        "Texts that a limit held back, by limit, counted in the database for all servers together",
        held_back,
    );
    registry.register("forged_webhooks", "Webhooks with a wrong signature since the start", forged);
    if let Some(shares) = app.store.shares() {
        let pages = Family::<MetricLabels, Counter>::default();
        for (from, n) in [("replica", shares.replica), ("primary", shares.primary)] {
            pages.get_or_create(&[("from", from.to_owned())]).inc_by(n);
        }
        registry.register("page_reads", "Reads for pages, by the database that answered", pages);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
