//! Opt-outs by phone, email, letter or in person, for any number, with the deadline of the law. Support and
//! administrators use it; it writes through `actions::record_consent`.

use std::str::FromStr;

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::civil_day::civil_day;
use super::names::DisplayNames;
use crate::actions::FieldError;
use crate::domain::business_days;
use crate::domain::calendar::{LocalCalendar, date_words};
use crate::domain::consent::Source;
use crate::domain::evidence::RevocationChannel;
use crate::domain::intent::Revocation;
use crate::domain::phone::Phone;
use crate::domain::schedule::{DeadlineName, RevocationDeadlines, Rulebook};
use crate::domain::time::Timestamp;
use crate::store::revocations::{self, RevocationRow};
use crate::store::{StoreError, rulebooks};
use crate::web::AppState;
use crate::web::admin::list_page::read_at_most;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors, PostedForm};
use crate::web::page::{PageFrame, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Calendars, Editor, Viewer};
use crate::words::{InWords, Label, phone_error_text};

/// Revocations on one page.
const SHOWN: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::REVOCATIONS, routing::get(index))
        .route(patterns::REVOCATIONS, routing::post(create))
        .route(patterns::NEW_REVOCATION, routing::get(new));
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
    until: NaiveDate,
}

impl RevocationClock {
    pub(super) fn new(
        rules: &Rulebook,
        received_at: Timestamp,
        recorded_at: Timestamp,
        organization: LocalCalendar,
    ) -> RevocationClock {
        let received_on = organization.record_date(received_at);
        let days = business_days::between(received_on, organization.date(recorded_at), 999);
        let limit = rules.deadlines(received_at).honor_days;
        RevocationClock { days, limit, until: business_days::due(received_on, limit) }
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
        format!("{taken} (due {})", date_words(self.until))
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
    let limit = read_at_most(SHOWN);
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
    let organization = who.calendars.organization;
    let line = |recorded: RevocationRow| RevocationItem {
        by: names.of(&recorded.actor),
        clock: RevocationClock::new(&rules, recorded.received_at, recorded.recorded_at, organization),
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
        let (honor, confirm) =
            (deadlines.time(DeadlineName::Honor).words(), deadlines.time(DeadlineName::Confirm).words());
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
    let received_on = who.calendars.organization.date(app.clock.now()).to_string();
    let given = RevocationForm { phone, received_on, ..RevocationForm::default() };
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

async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<RevocationForm>,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let phone = Phone::look_up(&given.phone, &app.config.default_region);
    let (received_on, confirm) = (civil_day(&given.received_on, who.calendars, now), given.confirm == "yes");
    let revocation = read(&given.channel, &given.reason, received_on, confirm, who.calendars, now);
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
            let phone = phone.err().map(|why| FieldError::new("phone", phone_error_text(why)));
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
    received_on: Option<NaiveDate>,
    confirm: bool,
    calendars: Calendars,
    now: Timestamp,
) -> Result<Revocation, Vec<FieldError>> {
    let channel = RevocationChannel::from_str(channel);
    let reason = reason.trim().to_owned();
    let mut errors = Vec::new();
    if channel.is_err() {
        errors.push(FieldError::new("channel", "Choose how the contact opted out."));
    }
    if received_on.is_none() {
        errors.push(FieldError::new(
            "received_on",
            "Enter the day as year, month and day, for example 2026-11-03.",
        ));
    }
    if reason.is_empty() {
        errors.push(FieldError::new("reason", "Enter what the contact said."));
    }
    match (channel, received_on) {
        (Ok(channel), Some(received_on)) if errors.is_empty() => {
            // Today means just now: a clock that runs from midnight would say that it was late.
            let is_today = received_on == calendars.organization.date(now);
            let received_at = (!is_today).then(|| Timestamp::of_day(received_on));
            Ok(Revocation { channel, reason, received_at, confirm })
        }
        _ => Err(errors),
    }
}
