//! Revocations by any channel: a call, an e-mail, a letter, a word at the counter. What is recorded here counts at once, for
//! every number, known or not; the list shows the law's clock beside each.

use std::str::FromStr;

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

use super::day_field::day;
use super::names::DisplayNames;
use crate::actions::FieldError;
use crate::domain::business_days;
use crate::domain::consent::Source;
use crate::domain::evidence::RevocationChannel;
use crate::domain::intent::Revocation;
use crate::domain::phone::Phone;
use crate::domain::schedule::{DeadlineName, RevocationDeadlines, Rulebook};
use crate::domain::time::Timestamp;
use crate::store::revocations::{self, RevocationRow};
use crate::store::{StoreError, rulebooks};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors, PostedForm};
use crate::web::page::{PageFrame, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::session::{self, Editor, Viewer};

/// How far the clocks are behind UTC in the westernmost place with numbers of ours, American Samoa.
const WESTERNMOST: Duration = Duration::hours(11);
/// Revocations on one page.
const SHOWN: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::REVOCATIONS, web::get().to(index))
        .route(patterns::REVOCATIONS, web::post().to(create))
        .route(patterns::NEW_REVOCATION, web::get().to(new));
}

#[derive(Template)]
#[template(path = "revocations/index.html")]
struct RevocationsPage {
    page: PageFrame,
    lines: Vec<RevocationItem>,
    next: Option<String>,
    is_first: bool,
    deadlines: RevocationDeadlines,
}

struct RevocationItem {
    recorded: RevocationRow,
    by: String,
    clock: RevocationClock,
}

/// How long it took from an opt-out to its record, beside the deadline of the rules.
pub(super) struct RevocationClock {
    days: u32,
    limit: u32,
    until: Timestamp,
}

impl RevocationClock {
    pub(super) fn new(rules: &Rulebook, received_at: Timestamp, recorded_at: Timestamp) -> RevocationClock {
        let days = business_days::between(received_at, recorded_at, 999);
        let limit = rules.deadlines(received_at).honor_days;
        RevocationClock { days, limit, until: business_days::after(received_at, limit) }
    }

    pub(super) fn is_late(&self) -> bool {
        self.days > self.limit
    }

    /// "Same business day (due Dec 11, 2026)", "3 business days later (due Dec 11, 2026)".
    pub(super) fn words(&self) -> String {
        let taken = match self.days {
            0 => "Same business day".to_owned(),
            1 => "1 business day later".to_owned(),
            days => format!("{days} business days later"),
        };
        format!("{taken} (due {})", self.until.day())
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RevocationsQuery {
    before: String,
    phone: String,
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let before = form::query::<RevocationsQuery>(&request).before.parse().ok();
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let read = move |conn: &mut crate::store::ReadConn<'_>| {
        let rules = rulebooks::current(conn)?;
        Ok::<_, StoreError>((revocations::page(conn, before, limit)?, DisplayNames::read(conn)?, rules))
    };
    let seen = app.store.read_replica(who.mark, read).await?;
    let page = PageFrame::new(&app, "revocations", &who).showing(&seen, app.clock.now());
    let (mut found, names, rules) = seen.found;
    let goes_on = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| goes_on).map(|last| routes::revocations_before(last.position));
    let line = |recorded: RevocationRow| RevocationItem {
        by: names.of(&recorded.actor),
        clock: RevocationClock::new(&rules, recorded.received_at, recorded.recorded_at),
        recorded,
    };
    let lines = found.into_iter().map(line).collect();
    let deadlines = rules.deadlines(app.clock.now());
    html(RevocationsPage { page, lines, next, is_first: before.is_none(), deadlines })
}

#[derive(Template)]
#[template(path = "revocations/new.html")]
struct NewRevocationPage {
    page: PageFrame,
    hints: RevocationHints,
    given: RevocationForm,
    errors: FormErrors,
}

/// What the fields of a revocation say about the deadlines of the rules.
pub(super) struct RevocationHints {
    pub(super) received_on: String,
    pub(super) confirm: String,
}

impl RevocationHints {
    pub(super) fn new(deadlines: RevocationDeadlines) -> RevocationHints {
        let (honor, confirm) = (deadlines.words(DeadlineName::Honor), deadlines.words(DeadlineName::Confirm));
        RevocationHints {
            received_on: format!(
                "The day you received it. The deadline is {honor} later. We stop texts at once."
            ),
            confirm: format!(
                "Only if you received the opt-out just now. Sent within {confirm} or not at all."
            ),
        }
    }
}

/// The answers, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct RevocationForm {
    phone: String,
    channel: String,
    received_on: String,
    reason: String,
    confirm: String,
}

async fn new(app: Data<AppState>, who: Editor, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let phone = form::query::<RevocationsQuery>(&request).phone;
    let given = RevocationForm { phone, received_on: today(app.clock.now()), ..RevocationForm::default() };
    show(&app, &who, given, FormErrors::default()).await
}

async fn show(
    app: &AppState,
    who: &Editor,
    given: RevocationForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let deadlines = app.store.read::<_, StoreError>(move |conn| Ok(rulebooks::current(conn)?.deadlines(now)));
    let (page, hints) = (PageFrame::new(app, "revocations", who), RevocationHints::new(deadlines.await?));
    html_status(errors.status(), NewRevocationPage { page, hints, given, errors })
}

/// The day as a date field takes it.
pub(super) fn today(now: Timestamp) -> String {
    now.utc().format("%Y-%m-%d").to_string()
}

/// True while the day lasts in UTC or anywhere west of it: at 22:16 in New York, UTC is a day ahead.
fn is_today(day: Timestamp, now: Timestamp) -> bool {
    (day..day.plus(Duration::days(1) + WESTERNMOST)).contains(&now)
}

async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<RevocationForm>,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let phone = Phone::look_up(&given.phone, &app.config.default_region);
    let revocation = read(&given.channel, &given.reason, &given.received_on, given.confirm == "yes", now);
    let errors = match (phone, revocation) {
        (Ok(phone), Ok(revocation)) => {
            let commands = app.commands(who.actor());
            match commands.record_opt_out(phone.clone(), revocation, Source::Manual).await {
                Ok(_) => {
                    let number = PageFrame::new(&app, "revocations", &who).number(&phone);
                    session::flash(&session, format!("{number} is opted out of all programs."));
                    return Ok(see_other(routes::revocations()));
                }
                Err(error) => error.try_into()?,
            }
        }
        (phone, revocation) => {
            let phone = phone.err().map(|why| FieldError::new("phone", why.to_string()));
            let errors: Vec<FieldError> =
                phone.into_iter().chain(revocation.err().unwrap_or_default()).collect();
            errors.into()
        }
    };
    show(&app, &who, given, errors).await
}

/// The revocation that the answers describe, or everything that is wrong with them, at once.
pub(super) fn read(
    channel: &str,
    reason: &str,
    received_on: &str,
    confirm: bool,
    now: Timestamp,
) -> Result<Revocation, Vec<FieldError>> {
    let channel = RevocationChannel::from_str(channel);
    let received = day(received_on);
    let reason = reason.trim().to_owned();
    let mut errors = Vec::new();
    if channel.is_err() {
        errors.push(FieldError::new("channel", "Choose how the lead opted out."));
    }
    if received.is_none() {
        errors.push(FieldError::new(
            "received_on",
            "Enter the day as year, month and day, for example 2026-11-03.",
        ));
    }
    if reason.is_empty() {
        errors.push(FieldError::new("reason", "Write down what the lead said."));
    }
    match (channel, received) {
        (Ok(channel), Some(received)) if errors.is_empty() => {
            // Today means just now: a clock that runs from midnight would say that it was late.
            let received_at = Some(received).filter(|day| !is_today(*day, now));
            Ok(Revocation { channel, reason, received_at, confirm })
        }
        _ => Err(errors),
    }
}
