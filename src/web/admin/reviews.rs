//! The review desk: replies that may be an opt-out, the longest waiting first. Support and administrators decide
//! here; it writes through `actions::review`. A job opts out what is not decided in time.

use std::sync::Arc;

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

use super::contact::conversation::{ConversationItem, by_day, conversation};
use super::names::DisplayNames;
use crate::actions::review::{ReviewDecision, ReviewedState};
use crate::actions::{ActionError, FieldError};
use crate::domain::business_days;
use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::StateName;
use crate::domain::id::{ContactId, NumberId, ProgramId};
use crate::domain::schedule::Rulebook;
use crate::domain::time::Timestamp;
use crate::store::inbound::InboundRow;
use crate::store::numbers::{self, Number};
use crate::store::reviews::{self, ReviewCursor, WaitingReview};
use crate::store::{ReadConn, StoreError, contacts, inbound, programs, rulebooks};
use crate::web::AppState;
use crate::web::admin::list_page::read_at_most;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors, PostedForm};
use crate::web::page::{self, PageFrame, html, html_status, see_other, span};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor, SignedIn, Viewer};
use crate::words::refusal_text;

/// Replies on one page.
const SHOWN: usize = 25;
/// The newest texts of both directions beside a decision.
const TEXTS: usize = 24;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::REVIEWS, routing::get(index))
        .route(patterns::REVIEW, routing::get(show))
        .route(patterns::REVIEW, routing::post(decide));
}

#[derive(Template)]
#[template(path = "reviews/index.html")]
struct ReviewsPage {
    page: PageFrame,
    lines: Vec<ReviewItem>,
    next: Option<String>,
    is_first: bool,
    /// Business days within which a reply is reviewed.
    days: u32,
}

/// One reply of the queue.
struct ReviewItem {
    waiting: WaitingReview,
    clock: ReviewClock,
}

/// How long a reply has waited, and by when it is decided.
struct ReviewClock {
    waited: String,
    until: Timestamp,
    /// "in 26 hours".
    left: String,
    is_urgent: bool,
}

impl ReviewClock {
    /// `days`: business days that the rules give a review.
    fn new(since: Timestamp, days: u32, now: Timestamp, organization: LocalCalendar) -> ReviewClock {
        let until = business_days::after(since, days, organization);
        let left = until.since(now);
        let is_urgent = left < Duration::days(1);
        let left = if left > Duration::zero() { format!("in {}", span(left)) } else { "now".to_owned() };
        ReviewClock { waited: span(now.since(since)), until, left, is_urgent }
    }
}

#[derive(Deserialize, Default)]
struct ReviewsQuery {
    #[serde(default)]
    after: String,
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let after = place(&form::query::<ReviewsQuery>(&request).after);
    let limit = read_at_most(SHOWN);
    let now = app.clock.now();
    let read = move |conn: &mut ReadConn<'_>| {
        let days = rulebooks::current(conn)?.deadlines(now).review_days;
        Ok::<_, StoreError>((reviews::waiting(conn, after, limit)?, days))
    };
    let (mut waiting, days) = app.store.read(read).await?;
    let goes_on = waiting.len() > SHOWN;
    waiting.truncate(SHOWN);
    let last = waiting.last().filter(|_| goes_on);
    let next = last.map(|last| routes::reviews_after(last.since.micros(), last.number.id));
    let organization = who.calendars.organization;
    let line = |waiting: WaitingReview| ReviewItem {
        clock: ReviewClock::new(waiting.since, days, now, organization),
        waiting,
    };
    let lines = waiting.into_iter().map(line).collect();
    html(ReviewsPage {
        page: PageFrame::new(&app, "reviews", &who),
        lines,
        next,
        is_first: after.is_none(),
        days,
    })
}

fn place(after: &str) -> Option<ReviewCursor> {
    let (since, number) = after.split_once('.')?;
    Some((Timestamp::from_micros(since.parse().ok()?), number.parse().ok()?))
}

#[derive(Template)]
#[template(path = "reviews/show.html")]
struct ReviewPage {
    page: PageFrame,
    review: ReviewRecord,
    talk: Vec<(String, Vec<ConversationItem>)>,
    clock: ReviewClock,
    reason: String,
    errors: FormErrors,
}

/// All that a decision is made on.
struct ReviewRecord {
    rules: Arc<Rulebook>,
    number: Number,
    since: Timestamp,
    /// How many texts the lead has written since about then.
    texts: i64,
    name: String,
    contact: Option<ContactId>,
    replies: Vec<InboundRow>,
    states: Vec<(String, StateName)>,
    bubbles: Vec<ConversationItem>,
}

async fn show(app: Data<AppState>, who: Viewer, number: Path<String>) -> Result<HttpResponse, PageError> {
    let number = page::id(&number)?;
    match app.store.read(move |conn| read(conn, number)).await? {
        Some(review) => render(&app, &who, review, String::new(), FormErrors::default()),
        // It was decided meanwhile, perhaps by another person: the next one waits.
        None => Ok(see_other(routes::reviews())),
    }
}

fn render(
    app: &AppState,
    who: &impl SignedIn,
    mut review: ReviewRecord,
    reason: String,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let days = review.rules.deadlines(now).review_days;
    let clock = ReviewClock::new(review.since, days, now, who.calendars().organization);
    let page = PageFrame::new(app, "reviews", who);
    let talk = by_day(std::mem::take(&mut review.bubbles), page.reader());
    html_status(errors.status(), ReviewPage { page, review, talk, clock, reason, errors })
}

fn read(conn: &mut ReadConn<'_>, id: NumberId) -> Result<Option<ReviewRecord>, PageError> {
    let number = numbers::get(conn, id)?.ok_or(PageError::NotFound)?;
    let Some(since) = number.consent.paused.as_ref().map(|flag| flag.since) else { return Ok(None) };
    // Before the texts themselves: one that comes in between is then news.
    let texts = inbound::count_since(conn, id, since)?;
    let (contact, name) = contacts::first_on(conn, &[id])?.remove(&id).unzip();
    let name: String = name.unwrap_or_default();
    let state = |id: ProgramId| number.consent.state_in(id).name();
    let states =
        programs::all(conn)?.iter().map(|program| (program.name.clone(), state(program.id))).collect();
    let names = DisplayNames::read(conn)?;
    Ok(Some(ReviewRecord {
        rules: rulebooks::current(conn)?,
        since,
        texts,
        replies: inbound::unclear_since(conn, id, since)?,
        states,
        bubbles: conversation(conn, id, &name, &names, "", TEXTS)?.texts,
        contact,
        name,
        number,
    }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReviewForm {
    decision: String,
    reason: String,
    /// Since when the reply waits that was decided on.
    since: i64,
    /// How many texts of the lead since about then were on record when it was shown.
    texts: i64,
}

async fn decide(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    number: Path<String>,
    PostedForm(given): PostedForm<ReviewForm>,
) -> Result<HttpResponse, PageError> {
    let number: NumberId = page::id(&number)?;
    let decision = match given.decision.as_str() {
        "revoke" => ReviewDecision::Revoke,
        "resume" => ReviewDecision::Resume(given.reason.clone()),
        _ => return Err(PageError::BadRequest("Choose to opt out or to resume.".to_owned())),
    };
    let shown = ReviewedState { since: Timestamp::from_micros(given.since), texts: given.texts };
    let (is_revoked, actor) = (decision == ReviewDecision::Revoke, who.actor());
    let errors = match app.commands(actor).decide_review(number, shown, decision).await {
        Ok(()) => {
            let lead = lead(&app, &who, number).await?;
            let done = match is_revoked {
                true => format!("{lead} is opted out of all programs."),
                false => format!("Texting {lead} is resumed."),
            };
            session::flash(&session, done);
            return next(&app).await;
        }
        Err(ActionError::Conflict(why)) => FormErrors::outdated("", why),
        Err(ActionError::Refused(refusal)) => vec![FieldError::new("reason", refusal_text(&refusal))].into(),
        Err(error) => return Err(error.into()),
    };
    if let Some(review) = app.store.read(move |conn| read(conn, number)).await? {
        return render(&app, &who, review, given.reason, errors);
    }
    let lead = lead(&app, &who, number).await?;
    session::flash_refusal(&session, format!("{lead}: {}", errors.sentences()));
    next(&app).await
}

/// The lead that a decision was about, as people call them.
async fn lead(app: &AppState, who: &impl SignedIn, id: NumberId) -> Result<String, PageError> {
    let read = move |conn: &mut ReadConn<'_>| {
        Ok::<_, StoreError>((numbers::get(conn, id)?, contacts::first_on(conn, &[id])?.remove(&id)))
    };
    let (number, contact) = app.store.read(read).await?;
    let phone = number.ok_or(PageError::NotFound)?.phone;
    let name = contact.map(|(_, name)| name).filter(|name| !name.is_empty());
    Ok(name.unwrap_or_else(|| PageFrame::new(app, "reviews", who).number(&phone)))
}

/// On to the one that waits the longest.
async fn next(app: &AppState) -> Result<HttpResponse, PageError> {
    let next = app.store.read::<_, StoreError>(|conn| reviews::waiting(conn, None, 1)).await?;
    Ok(see_other(next.first().map_or(routes::reviews().to_owned(), |next| routes::review(next.number.id))))
}
