//! The review desk: replies that may be a revocation, the longest waiting first, each with its conversation and two ways to
//! decide. What nobody decides on in time is revoked without this page.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

use super::contact::{Bubble, conversation};
use super::names::Names;
use crate::actions::review::{Decision, decide_review};
use crate::actions::{ActionError, FieldError};
use crate::domain::business_days::{self, REVIEW};
use crate::domain::consent::StateName;
use crate::domain::id::{ContactId, NumberId, ProgramId};
use crate::domain::time::Timestamp;
use crate::store::inbound::Inbound;
use crate::store::numbers::{self, Number};
use crate::store::reviews::{self, Place, Waiting};
use crate::store::{Conn, StoreError, contacts, inbound, programs};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{self, Errors, Posted};
use crate::web::page::{self, Page, html, html_status, see_other, span};
use crate::web::session::{self, Editor, Signed, Viewer};

/// Replies on one page.
const SHOWN: usize = 25;
/// Texts of each direction beside a decision.
const TEXTS: i64 = 12;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/reviews", web::get().to(index))
        .route("/reviews/{id}", web::get().to(show))
        .route("/reviews/{id}", web::post().to(decide));
}

#[derive(Template)]
#[template(path = "reviews/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    next: Option<String>,
    is_first: bool,
}

/// One reply of the queue.
struct Line {
    waiting: Waiting,
    clock: Clock,
}

/// How long a reply has waited, and by when it is decided.
struct Clock {
    waited: String,
    until: Timestamp,
    /// "in 26 hours".
    left: String,
    is_urgent: bool,
}

impl Clock {
    fn new(since: Timestamp, now: Timestamp) -> Clock {
        let until = business_days::after(since, REVIEW);
        let left = until.since(now);
        let is_urgent = left < Duration::days(1);
        let left = if left > Duration::zero() { format!("in {}", span(left)) } else { "now".to_owned() };
        Clock { waited: span(now.since(since)), until, left, is_urgent }
    }
}

#[derive(Deserialize, Default)]
struct Asked {
    #[serde(default)]
    after: String,
}

async fn index(app: Data<App>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let after = place(&form::query::<Asked>(&request).after);
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut waiting =
        app.store.read::<_, StoreError>(move |conn| reviews::waiting(conn, after, limit)).await?;
    let goes_on = waiting.len() > SHOWN;
    waiting.truncate(SHOWN);
    let last = waiting.last().filter(|_| goes_on);
    let next = last.map(|last| format!("/reviews?after={}.{}", last.since.micros(), last.number.id));
    let now = app.clock.now();
    let line = |waiting: Waiting| Line { clock: Clock::new(waiting.since, now), waiting };
    let lines = waiting.into_iter().map(line).collect();
    html(IndexPage { page: Page::new(&app, "reviews", &who), lines, next, is_first: after.is_none() })
}

fn place(after: &str) -> Option<Place> {
    let (since, number) = after.split_once('.')?;
    Some((Timestamp::from_micros(since.parse().ok()?), number.parse().ok()?))
}

#[derive(Template)]
#[template(path = "reviews/show.html")]
struct ShowPage {
    page: Page,
    review: Review,
    clock: Clock,
    reason: String,
    errors: Errors,
}

/// All that a decision is made on.
struct Review {
    number: Number,
    since: Timestamp,
    name: String,
    contact: Option<ContactId>,
    replies: Vec<Inbound>,
    states: Vec<(String, StateName)>,
    bubbles: Vec<Bubble>,
}

async fn show(app: Data<App>, who: Viewer, number: Path<String>) -> Result<HttpResponse, PageError> {
    one(&app, &who, page::id(&number)?, String::new(), Vec::new()).await
}

async fn one(
    app: &App,
    who: &impl Signed,
    number: NumberId,
    reason: String,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, PageError> {
    let Some(review) = app.store.read(move |conn| read(conn, number)).await? else {
        // Decided meanwhile, perhaps by somebody else: the next one waits.
        return Ok(see_other("/reviews"));
    };
    let clock = Clock::new(review.since, app.clock.now());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page::new(app, "reviews", who);
    html_status(status, ShowPage { page, review, clock, reason, errors: errors.into() })
}

fn read(conn: &mut Conn<'_>, id: NumberId) -> Result<Option<Review>, PageError> {
    let number = numbers::get(conn, id)?.ok_or(PageError::NotFound)?;
    let Some(since) = number.consent.paused.as_ref().map(|flag| flag.since) else { return Ok(None) };
    let contact = contacts::of_number(conn, id)?.into_iter().next();
    let name = contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default();
    let state = |id: ProgramId| number.consent.state_in(id).name();
    let states = programs::all(conn)?.into_iter().map(|program| (program.name, state(program.id))).collect();
    let names = Names::read(conn)?;
    Ok(Some(Review {
        since,
        replies: inbound::unclear_since(conn, id, since)?,
        states,
        bubbles: conversation(conn, id, &name, &names, TEXTS)?,
        contact: contact.map(|contact| contact.id),
        name,
        number,
    }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Decided {
    decision: String,
    reason: String,
    /// Since when the reply waits that was decided on.
    since: i64,
}

async fn decide(
    app: Data<App>,
    who: Editor,
    session: Session,
    number: Path<String>,
    Posted(given): Posted<Decided>,
) -> Result<HttpResponse, PageError> {
    let number: NumberId = page::id(&number)?;
    let decision = match given.decision.as_str() {
        "revoke" => Decision::Revoke,
        "resume" => Decision::Resume(given.reason.clone()),
        _ => return Err(PageError::BadRequest("Choose to revoke or to resume.".to_owned())),
    };
    let done = match decision {
        Decision::Revoke => "Revoked: the number is opted out of all programs.",
        Decision::Resume(_) => "Resumed: texting goes on as before the reply.",
    };
    let (since, actor, now) = (Timestamp::from_micros(given.since), who.actor(), app.clock.now());
    let decided =
        app.store.write(move |tx| decide_review(tx, number, since, decision.clone(), &actor, now)).await;
    match decided {
        Ok(()) => session::flash(&session, done),
        Err(ActionError::Conflict(why)) => session::flash_refusal(&session, why),
        Err(ActionError::Refused(refusal)) => {
            let errors = vec![FieldError::new("reason", refusal.to_string())];
            return one(&app, &who, number, given.reason, errors).await;
        }
        Err(error) => return Err(error.into()),
    }
    let next = app.store.read::<_, StoreError>(|conn| reviews::waiting(conn, None, 1)).await?;
    Ok(see_other(next.first().map_or("/reviews".to_owned(), |next| format!("/reviews/{}", next.number.id))))
}
