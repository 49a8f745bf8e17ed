//! The message log and the page of one message: its steps, its code in plain words, and the consent check. Everyone
//! who signs in reads it; it writes nothing.

pub(super) mod meaning;

use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use self::meaning::{CodeMeaning, meaning};
use super::expired_holds::{HoldItem, by_number};
use super::names::DisplayNames;
use super::troubleshoot::{VerdictPanel, VerdictSubject};
use crate::actions::sending_context;
use crate::domain::gate::{CheckName, GateCheck, GateOutcome, Outcome, Verdict};
use crate::domain::id::MessageId;
use crate::domain::message::{Category, HoldDecision, Lane, Status};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact};
use crate::store::messages::{self, Message, MessageStep};
use crate::store::{self, ReadConn, ReplicaRead, StoreError, expired_holds, numbers, programs};
use crate::web::AppState;
use crate::web::admin::list_page::read_at_most;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::live;
use crate::web::page::{self, PageFrame, PageReader, html};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Viewer;

const PER_PAGE: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::MESSAGES, routing::get(index))
        .route(patterns::MESSAGE, routing::get(show))
        .route(patterns::MESSAGE_LIVE, routing::get(live));
}

#[derive(Template)]
#[template(path = "messages/index.html")]
struct MessagesPage {
    page: PageFrame,
    /// Address, label and whether it is the current one.
    tabs: Vec<(String, String, bool)>,
    status: String,
    known: bool,
    /// The cause that narrows the list, in words, and the way out of it.
    cause: Option<(String, String)>,
    lines: Vec<MessageItem>,
    /// Each line names its program.
    names_programs: bool,
    newest: Option<String>,
    older: Option<String>,
}

/// A message with its program, where there are several, the name of the person or program that sent it, and why it was not delivered.
struct MessageItem {
    message: Message,
    program: Option<String>,
    by: String,
    why: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MessagesQuery {
    status: String,
    code: String,
    before: String,
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = form::query::<MessagesQuery>(&request);
    let (status, before) = (asked.status.parse::<Status>().ok(), asked.before.parse::<MessageId>().ok());
    let limit = read_at_most(PER_PAGE);
    // A cause is the cause of a bad end: of anything else there is no such filter.
    let code = Some(asked.code).filter(|code| !code.is_empty() && status.is_some_and(Status::is_bad_end));
    let cause = code.clone();
    let read = move |conn: &mut ReadConn<'_>| lines(conn, status, code.as_deref(), before, limit);
    let seen = app.store.read_replica(who.mark, read).await?;
    let page = PageFrame::new(&app, "messages", &who).showing(&seen, app.clock.now());
    let mut lines = seen.found;
    let more = lines.len() > PER_PAGE;
    lines.truncate(PER_PAGE);
    let here = |before| href(status, cause.as_deref(), before);
    let older = lines.last().filter(|_| more).map(|last| here(Some(last.message.id)));
    let tab = |known: &Status| (href(Some(*known), None, None), label(*known), status == Some(*known));
    html(MessagesPage {
        page,
        tabs: Status::ALL.iter().map(tab).collect(),
        known: status.is_some() || asked.status.is_empty(),
        newest: before.map(|_| here(None)),
        cause: cause.as_deref().map(|code| (format!("Code: {code}"), href(status, None, None))),
        status: asked.status,
        names_programs: lines.iter().any(|line| line.program.is_some()),
        lines,
        older,
    })
}

fn lines(
    conn: &mut ReadConn<'_>,
    status: Option<Status>,
    code: Option<&str>,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<MessageItem>, StoreError> {
    let names = DisplayNames::read(conn)?;
    let line = |message: Message| MessageItem {
        program: names.of_program(message.program_id),
        by: names.of(&message.actor),
        why: meaning::why(&message),
        message,
    };
    Ok(messages::page(conn, status, code, before, limit)?.into_iter().map(line).collect())
}

/// The address of the list, narrowed.
pub(super) fn href(status: Option<Status>, code: Option<&str>, before: Option<MessageId>) -> String {
    let before = before.map(|before| before.to_string());
    let fields = [
        ("status", status.map_or("", |status| status.as_str())),
        ("code", code.unwrap_or_default()),
        ("before", before.as_deref().unwrap_or_default()),
    ];
    routes::with_query(routes::messages(), &fields)
}

/// As pages write it: in the database and the API the word stays "cancelled".
fn label(status: Status) -> String {
    if status == Status::Cancelled {
        return "Canceled".to_owned();
    }
    let mut letters = status.as_str().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Template)]
#[template(path = "messages/show.html")]
struct MessageDetailPage {
    page: PageFrame,
    life: MessageHistory,
}

/// The part of the page that changes by itself.
#[derive(Template)]
#[template(path = "messages/live.html")]
struct MessageFragment {
    page: PageFrame,
    life: MessageHistory,
}

/// Everything about one message.
struct MessageHistory {
    /// What tells whether any of it has changed.
    tag: String,
    message: Message,
    /// Its program, where there are several.
    program: Option<String>,
    by: String,
    steps: Vec<MessageStep>,
    contacts: Vec<Contact>,
    panel: Option<VerdictPanel>,
    meaning: Option<CodeMeaning>,
    /// It ran out before the lead opted in: what a person is asked, and what they answered.
    question: Option<HoldItem>,
    answer: Option<StaleAnswer>,
    /// The message that ran out, in whose place this one went through the gate.
    in_place_of: Option<MessageId>,
}

impl MessageHistory {
    /// What kind of message it is: "Alert", "Opt-out confirmation".
    fn type_words(&self) -> &'static str {
        match (self.message.lane, self.message.category) {
            (Lane::Invitation, _) => "Opt-in request",
            (Lane::OptOutConfirmation, _) => "Opt-out confirmation",
            (Lane::OptInConfirmation, _) => "Opt-in confirmation",
            (Lane::Help, _) => "Reply to HELP",
            (Lane::Gated, Category::Automated) => "Automated",
            (Lane::Gated, Category::Alert) => "Alert",
            (Lane::Gated, Category::FollowUp) => "Follow-up",
            (Lane::Gated, Category::Conversation) => "Conversation",
        }
    }

    /// The heading over what is in the message's way; it follows the status.
    fn meaning_title(&self) -> &'static str {
        match self.message.status {
            Status::Held | Status::Queued | Status::Scheduled => "What this message is waiting for",
            Status::Sending => "Waiting for the provider",
            Status::Sent | Status::Delivered => "What happened before this message was sent",
            Status::Failed => "Why this message wasn’t delivered",
            Status::Blocked => "Why this message was blocked",
            Status::Cancelled => "Why this message was canceled",
            Status::Expired => "Why this message expired",
        }
    }
}

/// What became of a message that ran out.
struct StaleAnswer {
    words: &'static str,
    by: String,
    at: Option<Timestamp>,
    sent_as: Option<MessageId>,
}

fn answered(decision: HoldDecision) -> &'static str {
    match decision {
        HoldDecision::Sent => "Sent again",
        HoldDecision::Left => "Not sent",
        HoldDecision::Withdrawn => "Closed (consent ended)",
    }
}

async fn show(app: Data<AppState>, who: Viewer, id: Path<String>) -> Result<HttpResponse, PageError> {
    let id: MessageId = page::id(&id)?;
    let page = PageFrame::new(&app, "messages", &who);
    let reader = page.reader();
    let read = move |conn: &mut ReadConn<'_>| {
        let tag = tag(conn, id, reader.now)?;
        life(conn, id, reader, tag)
    };
    let seen = app.store.read_replica(who.mark, read).await?;
    html(MessageDetailPage { page: page.showing(&seen, reader.now), life: seen.found })
}

/// The part that changes by itself, if it has changed since.
async fn live(
    app: Data<AppState>,
    who: Viewer,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, since) = (page::id::<MessageId>(&id)?, live::since(&request));
    let page = PageFrame::new(&app, "messages", &who);
    let reader = page.reader();
    let read = move |conn: &mut ReadConn<'_>| {
        let tag = tag(conn, id, reader.now)?;
        if tag == since { Ok(None) } else { life(conn, id, reader, tag).map(Some) }
    };
    let seen: ReplicaRead<Option<MessageHistory>> = app.store.read_replica(who.mark, read).await?;
    match seen.found {
        Some(life) => html(MessageFragment { page, life }),
        None => Ok(live::unchanged()),
    }
}

/// What tells whether a message's page has changed. It is read before the page is.
fn tag(conn: &mut ReadConn<'_>, id: MessageId, now: Timestamp) -> Result<String, PageError> {
    let marks = store::live::of_message(conn, id)?.ok_or(PageError::NotFound)?;
    Ok(live::tag(&marks, "", now))
}

/// What holds a message that waits for its next attempt now, beside the time: the gate itself is asked.
fn in_the_way(
    conn: &mut ReadConn<'_>,
    message: &Message,
    program: Option<&Program>,
    reader: PageReader,
) -> Result<Option<GateCheck>, StoreError> {
    let number = match message.number_id {
        Some(id) if message.status == Status::Queued => numbers::get(conn, id)?,
        _ => None,
    };
    let (Some(number), Some(program)) = (number, program) else { return Ok(None) };
    let context = sending_context(conn, program)?.read_by(reader.calendars.reader);
    let verdict = context.verdict_on(conn, message, &number, program, reader.now)?;
    let check = match verdict.answer(message.lane) {
        GateOutcome::Refuse(check) => check,
        GateOutcome::Wait { until: None } => CheckName::Operations,
        GateOutcome::Send(_) | GateOutcome::Hold | GateOutcome::Wait { .. } => return Ok(None),
    };
    Ok(verdict.checks.into_iter().find(|asked| asked.name == check && asked.outcome == Outcome::Fail))
}

fn life(
    conn: &mut ReadConn<'_>,
    id: MessageId,
    reader: PageReader,
    tag: String,
) -> Result<MessageHistory, PageError> {
    let PageReader { role, calendars, .. } = reader;
    let message = messages::get(conn, id)?.ok_or(PageError::NotFound)?;
    let steps = messages::steps(conn, id)?;
    let contacts = match message.number_id {
        Some(number) => contacts::of_number(conn, number)?,
        None => Vec::new(),
    };
    let kept = message.verdict.as_deref();
    let verdict = kept.and_then(|json| Verdict::recorded(json, calendars.reader));
    let (contact, program) =
        (contacts.first().map(|contact| contact.id), programs::get(conn, message.program_id)?);
    let about = VerdictSubject { number: message.number_id, contact, program: program.as_deref(), role };
    let panel = verdict.map(|verdict| {
        let question = format!("Consent check on {}", calendars.reader.time(verdict.asked_at));
        match message.status {
            Status::Blocked => VerdictPanel::new(&verdict, &question, &about, true),
            _ => VerdictPanel::on_record(&verdict, &question, &about),
        }
    });
    let meaning = match in_the_way(conn, &message, program.as_deref(), reader)? {
        Some(check) => Some(meaning::of_check(&check, calendars.reader)),
        None => meaning(&message),
    };
    let names = DisplayNames::read(conn)?;
    let asked = expired_holds::get(conn, id)?;
    let answer = asked.as_ref().and_then(|asked| {
        let by = names.of(asked.decided_by.as_deref().unwrap_or_default());
        let words = answered(asked.decision?);
        Some(StaleAnswer { words, by, at: asked.decided_at, sent_as: asked.sent_as })
    });
    let open = asked.filter(|asked| asked.decision.is_none()).map(|asked| (asked, message.clone()));
    let question = by_number(conn, open.into_iter().collect())?.into_iter().next();
    let in_place_of = expired_holds::answered_by(conn, id)?.map(|asked| asked.message_id);
    let (program, by) = (names.of_program(message.program_id), names.of(&message.actor));
    Ok(MessageHistory {
        tag,
        message,
        program,
        by,
        steps,
        contacts,
        panel,
        meaning,
        question,
        answer,
        in_place_of,
    })
}
