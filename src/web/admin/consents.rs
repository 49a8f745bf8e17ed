//! Consent recorded by hand: which updates the number's state allows, and the form for one of them with its file. Whether an update stands is decided by the rules; this file only says beforehand what they will say.

use std::str::FromStr;

use actix_multipart::{Field, Multipart};
use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{NaiveDate, NaiveTime};
use futures_util::StreamExt;
use serde::Deserialize;

use super::documents::recognised;
use crate::actions::record_consent::{Update, record_consent};
use crate::actions::{ActionError, FieldError};
use crate::domain::consent::{Refusal, Source, State};
use crate::domain::evidence::{ConsentDocument, DocumentKind, RevocationChannel};
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact};
use crate::store::numbers::{self, Number};
use crate::store::{Conn, programs};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{self, Errors};
use crate::web::page::{self, Page, html_status, see_other};
use crate::web::session::{self, Editor};

/// A document is no larger, in bytes.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// What is longer than this is not read to its end.
const LARGEST_UPLOAD: usize = 2 * LARGEST_FILE;
/// An answer in a field is no longer, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/contacts/{id}/consents/new", web::get().to(new))
        .route("/contacts/{id}/consents", web::post().to(create));
}

#[derive(Template)]
#[template(path = "consents/new.html")]
struct NewPage {
    page: Page,
    contact: Contact,
    number: Number,
    choices: Vec<Choice>,
    given: Given,
    errors: Errors,
}

/// One of the updates, and why it cannot be made now, if so.
struct Choice {
    href: String,
    key: &'static str,
    label: &'static str,
    hint: String,
    refused: Option<String>,
}

/// The answers, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct Given {
    update: String,
    document: String,
    given_on: String,
    reason: String,
    channel: String,
    seen: String,
}

/// Whom it is about, as far as is known.
struct Known {
    contact: Contact,
    number: Number,
    state: State,
}

fn known(conn: &mut Conn<'_>, id: ContactId) -> Result<Known, PageError> {
    let contact = contacts::get(conn, id)?.ok_or(PageError::NotFound)?;
    let number = numbers::get(conn, contact.number_id)?.ok_or(PageError::NotFound)?;
    let program = programs::find(conn, None)?.ok_or(PageError::NotFound)?;
    let state = number.consent.state_in(program.id);
    Ok(Known { contact, number, state })
}

impl Known {
    fn choices(&self, is_admin: bool) -> Vec<Choice> {
        let consent = &self.number.consent;
        let admins = (!is_admin).then(|| "Only an administrator can do this.".to_owned());
        let unless = |possible: bool, why: &str| (!possible).then(|| why.to_owned());
        let choice = |key, label, hint: &str, refused| {
            let href = format!("/contacts/{}/consents/new?update={key}", self.contact.id);
            Choice { href, key, label, hint: hint.to_owned(), refused }
        };
        let (hint, refused) = match self.state {
            State::OptedOut(since) => ("", Some(Refusal::OptedOut { since: since.occurred_at }.to_string())),
            State::OptedIn(_) => {
                ("This number is opted in already: the document is added to its history.", None)
            }
            State::Invited(_) | State::NotAsked => ("Consent begins. Held messages are released.", None),
        };
        let revoked = if consent.is_out_everywhere() {
            "This number has opted out of everything already: the words are added to its history."
        } else {
            "Consent ends at once, for all programs. Waiting messages are cancelled."
        };
        let moved = "The person with this number has changed. Consent ends, nothing is revoked; the number may be asked anew.";
        let flagged = consent.do_not_text.is_some();
        vec![
            choice("opt_in", "Opted in by a document", hint, refused),
            choice("opt_out", "Opted out by other means", revoked, None),
            choice("reassigned", "Number has another owner", moved, None),
            choice(
                "do_not_text",
                "Mark Do not text",
                "No text may go to this number, not even the invitation.",
                admins.clone().or_else(|| unless(!flagged, "The number is marked Do not text already.")),
            ),
            choice(
                "clear_do_not_text",
                "Clear Do not text",
                "The flag is lifted. Consent is as it was.",
                unless(flagged, "The number is not marked Do not text.").or(admins),
            ),
            choice(
                "resume",
                "Resume after an unclear reply",
                "You have read the reply and it is no revocation. If it is one, record an opt-out instead.",
                unless(consent.paused.is_some(), "No unclear reply is waiting."),
            ),
        ]
    }
}

async fn new(
    app: Data<App>,
    who: Editor,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id: ContactId = page::id(&id)?;
    let known = app.store.read(move |conn| known(conn, id)).await?;
    show(&app, &who, known, form::query(&request), Vec::new())
}

fn show(
    app: &App,
    who: &Editor,
    known: Known,
    mut given: Given,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, PageError> {
    let page = Page::new(app, "contacts", who);
    let choices = known.choices(page.is_admin());
    let allowed = |key: &str| choices.iter().any(|choice| choice.key == key && choice.refused.is_none());
    if errors.is_empty() && !allowed(&given.update) {
        given.update = choices.iter().find(|c| c.refused.is_none()).map_or("", |c| c.key).to_owned();
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let Known { contact, number, .. } = known;
    html_status(status, NewPage { page, contact, number, choices, given, errors: errors.into() })
}

async fn create(
    app: Data<App>,
    who: Editor,
    session: Session,
    id: Path<String>,
    request: HttpRequest,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let id: ContactId = page::id(&id)?;
    let (given, file) = read(&request, parts).await?;
    let about = app.store.read(move |conn| known(conn, id)).await?;
    let is_admin = Page::new(&app, "contacts", &who).is_admin();
    if given.update.ends_with("do_not_text") && !is_admin {
        return Err(PageError::Forbidden("Administrator"));
    }
    let update = match checked(&given, file) {
        Ok(update) => update,
        Err(errors) => return show(&app, &who, about, given, errors),
    };
    let (number, actor, now) = (about.number.id, who.actor(), app.clock.now());
    let recorded = app
        .store
        .write(move |tx| record_consent(tx, number, None, update.clone(), Source::Manual, &actor, now))
        .await;
    let errors = match recorded {
        Ok(entry) => {
            session::flash(&session, format!("Recorded: {}.", entry.event.kind.label()));
            return Ok(see_other(format!("/contacts/{id}")));
        }
        Err(ActionError::Refused(refusal)) => {
            vec![FieldError::new(refusal.field().unwrap_or("update"), refusal.to_string())]
        }
        Err(ActionError::Conflict(why)) => vec![FieldError::new("update", why)],
        Err(ActionError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    show(&app, &who, about, given, errors)
}

/// The content of the file field; `Err` when it is larger than a document may be.
type Upload = Result<Vec<u8>, ()>;

/// Reads the form. Its token comes first: nothing of a file is kept before the token was found right.
async fn read(request: &HttpRequest, mut parts: Multipart) -> Result<(Given, Upload), PageError> {
    let (mut given, mut file, mut token) = (Given::default(), Ok(Vec::new()), None);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| unreadable())?;
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            form::check(request, token.as_deref().unwrap_or_default())?;
            file = content(part).await?;
            continue;
        }
        let value = answer(part).await?;
        match name.as_str() {
            "csrf" => token = Some(value),
            "update" => given.update = value,
            "document" => given.document = value,
            "given_on" => given.given_on = value,
            "reason" => given.reason = value,
            "channel" => given.channel = value,
            "seen" => given.seen = value,
            _ => {}
        }
    }
    form::check(request, token.as_deref().unwrap_or_default())?;
    Ok((given, file))
}

fn unreadable() -> PageError {
    PageError::BadRequest("The form did not arrive whole. Go back and send it again.".to_owned())
}

async fn content(mut part: Field) -> Result<Upload, PageError> {
    let bytes = whole(&mut part, LARGEST_UPLOAD, TOO_LARGE).await?;
    Ok(if bytes.len() > LARGEST_FILE { Err(()) } else { Ok(bytes) })
}

async fn answer(mut part: Field) -> Result<String, PageError> {
    let bytes = whole(&mut part, LONGEST_ANSWER, "One of the answers is too long. Shorten it.").await?;
    String::from_utf8(bytes).map_err(|_| unreadable())
}

async fn whole(part: &mut Field, most: usize, too_long: &str) -> Result<Vec<u8>, PageError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| unreadable())?);
        if bytes.len() > most {
            return Err(PageError::Unprocessable(vec![too_long.to_owned()]));
        }
    }
    Ok(bytes)
}

const TOO_LARGE: &str = "The file is larger than 10 MB. Choose a smaller one.";

fn checked(given: &Given, file: Upload) -> Result<Update, Vec<FieldError>> {
    let reason = given.reason.trim().to_owned();
    match given.update.as_str() {
        "opt_in" => opt_in(given, reason, file),
        "opt_out" => {
            let channel = RevocationChannel::from_str(&given.channel);
            let unknown =
                channel.is_err().then(|| FieldError::new("channel", "Choose how the lead opted out."));
            let empty =
                reason.is_empty().then(|| FieldError::new("reason", "Write down what the lead said."));
            match channel {
                Ok(channel) if empty.is_none() => Ok(Update::OptOut(channel, reason)),
                _ => Err(unknown.into_iter().chain(empty).collect()),
            }
        }
        "reassigned" => Ok(Update::Reassigned(reason)),
        "do_not_text" => Ok(Update::SetDoNotText(reason)),
        "clear_do_not_text" => Ok(Update::ClearDoNotText(reason)),
        "resume" => Ok(Update::Resume(reason)),
        _ => Err(vec![FieldError::new("update", "Choose what is to be recorded.")]),
    }
}

fn opt_in(given: &Given, reason: String, file: Upload) -> Result<Update, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, why: &str| errors.push(FieldError::new(field, why));
    let document = DocumentKind::from_str(&given.document).ok();
    if document.is_none() {
        wrong("document", "Choose the kind of document.");
    }
    let given_at = NaiveDate::parse_from_str(given.given_on.trim(), "%Y-%m-%d")
        .map(|day| Timestamp::from(day.and_time(NaiveTime::MIN).and_utc()))
        .ok();
    if given_at.is_none() {
        wrong("given_on", "Enter the day on the document as year, month and day, for example 2026-11-03.");
    }
    let file = file.map_err(|()| TOO_LARGE).and_then(recognised).map_err(|why| wrong("file", why)).ok();
    if given.seen != "yes" {
        wrong("seen", "Confirm that you have seen the document.");
    }
    match (document, given_at, file) {
        (Some(document), Some(given_at), Some(file)) if errors.is_empty() => {
            let document = ConsentDocument { document, given_at, reason, file_sha256: None, file_type: None };
            Ok(Update::OptIn(document, file))
        }
        _ => Err(errors),
    }
}
