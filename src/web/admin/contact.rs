//! One contact: the gate's verdict on top, the history of consent with its evidence, and the conversation with a box to
//! write in. It shows and hands over; what may be sent is decided by the gate alone.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::troubleshoot::VerdictPanel;
use crate::actions::record_consent::hex;
use crate::actions::send_message::{Wanted, send_message};
use crate::actions::{ActionError, FieldError, standing};
use crate::domain::consent::{Event, EventKind, NumberConsent};
use crate::domain::evidence::Evidence;
use crate::domain::gate::{Answer, Verdict};
use crate::domain::id::{ContactId, MessageId};
use crate::domain::ledger::Stored;
use crate::domain::message::{Category, Lane, Status};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact};
use crate::store::inbound::Inbound;
use crate::store::messages::Message;
use crate::store::numbers::Number;
use crate::store::{Conn, events, inbound, messages, numbers, programs};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{Errors, Posted};
use crate::web::page::{self, Page, html_status, see_other};
use crate::web::session::{self, Editor, Signed, Viewer};

/// Texts of each direction that are shown.
const TEXTS: i64 = 100;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/contacts/{id}", web::get().to(show))
        .route("/contacts/{id}/messages", web::post().to(send));
}

#[derive(Template)]
#[template(path = "contact/show.html")]
struct ShowPage {
    page: Page,
    record: Record,
    body: String,
    errors: Errors,
}

/// All that the page shows of a contact.
struct Record {
    contact: Contact,
    number: Number,
    state: &'static str,
    panel: VerdictPanel,
    forecast: Forecast,
    days: Vec<Day>,
    bubbles: Vec<Bubble>,
    others: Vec<Contact>,
}

/// What would become of a text written now.
struct Forecast {
    tone: &'static str,
    icon: &'static str,
    words: String,
}

/// The entries of one day.
type Day = (String, Vec<Entry>);

/// One event of the history.
struct Entry {
    icon: &'static str,
    tone: &'static str,
    label: &'static str,
    about: String,
    change: String,
    source: &'static str,
    actor: String,
    seq: i32,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    facts: Vec<Fact>,
    hash: String,
    prev_hash: String,
}

struct Fact {
    term: &'static str,
    value: String,
    style: &'static str,
}

/// One text of the conversation.
struct Bubble {
    sent: Option<(MessageId, Status)>,
    unsent: bool,
    body: String,
    who: String,
    at: Timestamp,
}

async fn show(app: Data<App>, who: Viewer, id: Path<String>) -> Result<HttpResponse, PageError> {
    one(&app, &who, page::id(&id)?, String::new(), Vec::new()).await
}

async fn one(
    app: &App,
    who: &impl Signed,
    id: ContactId,
    body: String,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let record = app.store.read(move |conn| record(conn, id, now)).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page::new(app, "contacts", who);
    html_status(status, ShowPage { page, record, body, errors: errors.into() })
}

#[derive(Deserialize)]
struct Compose {
    body: String,
}

async fn send(
    app: Data<App>,
    who: Editor,
    session: Session,
    id: Path<String>,
    Posted(given): Posted<Compose>,
) -> Result<HttpResponse, PageError> {
    let id: ContactId = page::id(&id)?;
    let (_, number) = app.store.read(move |conn| find(conn, id)).await?;
    let to = number.phone.as_str().to_owned();
    let body = given.body.replace("\r\n", "\n");
    let wanted = Wanted { to, body, category: Category::Conversation, program: None };
    let (region, actor, now) = (app.config.default_region.clone(), who.actor(), app.clock.now());
    match app.store.write(move |tx| send_message(tx, &wanted, &region, &actor, now)).await {
        Ok(accepted) => {
            let words = match accepted.status {
                Status::Blocked => format!("Refused and kept on record. {}", accepted.words),
                _ => accepted.words,
            };
            session::flash(&session, words);
            Ok(see_other(format!("/contacts/{id}")))
        }
        Err(ActionError::Invalid(errors)) => one(&app, &who, id, given.body, errors).await,
        Err(error) => Err(error.into()),
    }
}

fn find(conn: &mut Conn<'_>, id: ContactId) -> Result<(Contact, Number), PageError> {
    let contact = contacts::get(conn, id)?.ok_or(PageError::NotFound)?;
    let number = numbers::get(conn, contact.number_id)?.ok_or(PageError::NotFound)?;
    Ok((contact, number))
}

fn record(conn: &mut Conn<'_>, id: ContactId, now: Timestamp) -> Result<Record, PageError> {
    let (contact, number) = find(conn, id)?;
    let all = programs::all(conn)?;
    let program = all.iter().find(|program| program.is_default).ok_or(PageError::NotFound)?;
    let verdict = standing(conn, program)?.verdict(&number, program, now);
    let sent = messages::of_number(conn, number.id, TEXTS)?;
    let received = inbound::of_number(conn, number.id, TEXTS)?;
    let mut others = contacts::of_number(conn, number.id)?;
    others.retain(|other| other.id != id);
    let bubbles = bubbles(&contact, sent, received);
    Ok(Record {
        state: number.consent.state_in(program.id).name().as_str(),
        panel: VerdictPanel::new(&verdict, "Can we text this number now?", Some(id), false),
        forecast: forecast(&verdict),
        days: by_day(history(events::of(conn, number.id)?, program, &all)),
        bubbles,
        others,
        contact,
        number,
    })
}

fn forecast(verdict: &Verdict) -> Forecast {
    let asked = verdict.since.is_some();
    let wait = "This text would wait until sending is switched on again.";
    let (tone, icon, words) = match verdict.answer(Lane::Gated) {
        Answer::Send(_) => ("good", "pass", "This text would be sent right away.".to_owned()),
        Answer::Wait => ("warn", "clock", wait.to_owned()),
        Answer::Hold if asked => ("warn", "clock", "This text would be held until the lead replies START.".to_owned()),
        Answer::Hold => (
            "warn",
            "clock",
            "This text would be held: the opt-in template goes first, and the text follows when the lead replies START."
                .to_owned(),
        ),
        Answer::Refuse(_) => {
            ("bad", "fail", format!("This text would be refused, and the attempt kept. {}", verdict.headline()))
        }
    };
    Forecast { tone, icon, words }
}

fn bubbles(contact: &Contact, sent: Vec<Message>, received: Vec<Inbound>) -> Vec<Bubble> {
    let out = sent.into_iter().map(|message| Bubble {
        unsent: !matches!(message.status, Status::Sending | Status::Sent | Status::Delivered),
        sent: Some((message.id, message.status)),
        who: if message.lane == Lane::Gated { message.actor } else { "automatic".to_owned() },
        body: message.body,
        // Where the lead saw it: a held text stands after the START that released it.
        at: message.claimed_at.unwrap_or(message.created_at),
    });
    let name = if contact.name.is_empty() { "lead" } else { contact.name.as_str() };
    let in_ = received.into_iter().map(|text| Bubble {
        unsent: false,
        sent: None,
        who: name.to_owned(),
        body: text.body,
        at: text.received_at,
    });
    let mut all: Vec<Bubble> = out.chain(in_).collect();
    all.sort_by_key(|bubble| bubble.at);
    all
}

/// The history, newest first, with what each event changed in `program`.
fn history(stored: Vec<Stored>, program: &Program, all: &[Program]) -> Vec<Entry> {
    let mut known = NumberConsent::default();
    let mut entries: Vec<Entry> =
        stored.into_iter().map(|row| entry(row, &mut known, program, all)).collect();
    entries.reverse();
    entries
}

fn entry(row: Stored, known: &mut NumberConsent, program: &Program, all: &[Program]) -> Entry {
    let before = known.state_in(program.id).name();
    let facts = match serde_json::from_str::<Evidence>(&row.facts) {
        Ok(evidence) => {
            let facts = facts(&evidence);
            let Stored { seq, program, kind, source, occurred_at, recorded_at, .. } = row;
            known.apply(&Event { seq, program, kind, source, occurred_at, recorded_at, evidence });
            facts
        }
        Err(_) => vec![fact("Evidence", "It cannot be read. Run verify on the server.")],
    };
    let after = known.state_in(program.id).name();
    let about = match row.program {
        None => "all programs".to_owned(),
        Some(id) => {
            all.iter().find(|program| program.id == id).map_or_else(|| id.to_string(), |p| p.name.clone())
        }
    };
    let (icon, tone) = look(row.kind);
    Entry {
        icon,
        tone,
        label: row.kind.label(),
        about,
        change: if before == after {
            after.label().to_owned()
        } else {
            format!("{} → {}", before.label(), after.label())
        },
        source: row.source.label(),
        actor: row.actor,
        seq: row.seq,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        facts,
        hash: hex(&row.hash),
        prev_hash: hex(&row.prev_hash),
    }
}

fn look(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::OptedIn => ("pass", "green"),
        EventKind::OptedOut | EventKind::OptOutRepeated | EventKind::DoNotTextSet => ("fail", "red"),
        EventKind::Invited => ("message", "blue"),
        EventKind::InvitationFailed | EventKind::Paused => ("warn", "amber"),
        EventKind::ConsentEnded => ("person", "amber"),
        EventKind::Recorded | EventKind::DoNotTextCleared | EventKind::Resumed => ("note", ""),
    }
}

fn fact(term: &'static str, value: impl Into<String>) -> Fact {
    Fact { term, value: value.into(), style: "" }
}

fn styled(style: &'static str, term: &'static str, value: impl Into<String>) -> Fact {
    Fact { style, ..fact(term, value) }
}

fn facts(evidence: &Evidence) -> Vec<Fact> {
    match evidence {
        Evidence::HandsetText(text) => vec![
            styled("quote", "Text", &text.body),
            fact("Read as", &text.matched),
            fact("Sent to", &text.to),
            styled("mono", "Provider id", format!("{} {}", text.provider, text.provider_message_id)),
        ],
        Evidence::WebForm(form) => vec![
            styled("quote", "Wording shown", &form.wording),
            fact("Form", format!("{}, version {}, language {}", form.form, form.version, form.locale)),
            styled("mono", "Wording hash", &form.wording_sha256),
            fact("Box ticked", if form.checkbox_ticked { "Yes" } else { "No" }),
            fact("Page", &form.page_url),
            styled("mono", "IP address", &form.ip),
            fact("Browser", &form.user_agent),
            fact("Name given", form.name.as_deref().unwrap_or("none")),
        ],
        Evidence::Document(document) => {
            let mut facts = vec![
                fact("Document", document.document.label()),
                fact("Given on", document.given_at.day()),
                fact("Reference or reason", &document.reason),
            ];
            facts.extend(document.file_sha256.as_ref().map(|hash| styled("file", "File", hash)));
            facts.extend(document.file_type.as_ref().map(|kind| fact("File type", kind)));
            facts
        }
        Evidence::Revocation { channel, reason } => {
            vec![fact("Channel", channel.label()), styled("quote", "Words", reason)]
        }
        Evidence::ProviderBlock { provider, code, message } => vec![
            fact("Provider", provider),
            styled("mono", "Code", code),
            styled("message", "Message", message.to_string()),
        ],
        Evidence::Invitation { message, text } => {
            vec![styled("quote", "Text", text), styled("message", "Message", message.to_string())]
        }
        Evidence::Note { reason } => vec![styled("quote", "Reason", reason)],
    }
}

fn by_day(entries: Vec<Entry>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for entry in entries {
        let day = entry.recorded_at.day();
        match days.last_mut().filter(|(last, _)| *last == day) {
            Some((_, entries)) => entries.push(entry),
            None => days.push((day, vec![entry])),
        }
    }
    days
}
