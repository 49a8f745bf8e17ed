//! The form to record consent by hand. Support and administrators use it; it writes through
//! `actions::record_consent`. The rules decide; this page only shows beforehand what they will say.

mod answers;
mod upload;

use actix_multipart::Multipart;
use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use self::answers::checked;
use self::upload::read;
use super::contact::timeline::{HistoryContext, title};
use super::program_scope::{self, ProgramScope, ProgramTab};
use super::record_subject::{RecordInProgram, RecordSubject, record_name};
use super::revocations::RevocationHints;
use crate::actions::{ActionError, FieldError};
use crate::domain::consent::ConsentState;
use crate::domain::evidence::{DocumentKind, RevocationChannel};
use crate::domain::intent::Refusal;
use crate::domain::program::Program;
use crate::domain::schedule::RevocationDeadlines;
use crate::domain::time::Timestamp;
use crate::store::contacts::Contact;
use crate::store::numbers::Number;
use crate::store::{self, ReadConn, rulebooks};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Calendars, Editor};
use crate::words::{Label, refusal_for_person};

const TOO_LARGE: &str = "The file is larger than 10 MB. Choose a smaller one.";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::NEW_CONSENT, routing::get(new))
        .route(patterns::CONSENTS, routing::post(create))
        .route(patterns::NEW_NUMBER_CONSENT, routing::get(new))
        .route(patterns::NUMBER_CONSENTS, routing::post(create));
}

#[derive(Template)]
#[template(path = "consents/new.html")]
struct NewConsentPage {
    page: PageFrame,
    subject: RecordSubject,
    contact: Option<Contact>,
    number: Number,
    programs: Vec<ProgramTab>,
    /// What an address ends with to mean the program it is about.
    suffix: String,
    choices: Vec<UpdateItem>,
    /// Why the update that was asked for cannot be made, in place of its form.
    refused: Option<String>,
    given: ConsentForm,
    errors: FormErrors,
    hints: RevocationHints,
}

impl NewConsentPage {
    /// What the record is called.
    fn name(&self) -> String {
        record_name(self.contact.as_ref(), &self.number.phone, &self.page)
    }
}

/// One of the updates, and why it cannot be made now, if so.
struct UpdateItem {
    href: String,
    key: &'static str,
    label: &'static str,
    hint: String,
    refused: Option<String>,
}

/// The answers, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct ConsentForm {
    update: String,
    document: String,
    given_on: String,
    reason: String,
    channel: String,
    received_on: String,
    confirm: String,
    seen: String,
    /// When the flag was set that the page showed.
    flag_set_at: String,
}

/// Whom it is about, as far as is known.
struct ConsentSubject {
    subject: RecordSubject,
    contact: Option<Contact>,
    number: Number,
    state: ConsentState,
    sender: Option<String>,
    programs: ProgramScope,
    deadlines: RevocationDeadlines,
    calendars: Calendars,
}

fn known(
    conn: &mut ReadConn<'_>,
    subject: RecordSubject,
    slug: &str,
    calendars: Calendars,
    now: Timestamp,
) -> Result<ConsentSubject, PageError> {
    let RecordInProgram { subject, contact, number, programs } = RecordInProgram::read(conn, subject, slug)?;
    let program = programs.selected()?.id;
    let state = number.consent.state_in(program);
    let sender = store::programs::sender(conn, program)?;
    let deadlines = rulebooks::current(conn)?.deadlines(now);
    Ok(ConsentSubject { subject, contact, number, state, sender, programs, deadlines, calendars })
}

impl ConsentSubject {
    fn choices(&self, is_admin: bool) -> Vec<UpdateItem> {
        let consent = &self.number.consent;
        let admins = (!is_admin).then(|| "Only an administrator can do this.".to_owned());
        let unless = |possible: bool, why: &str| (!possible).then(|| why.to_owned());
        let choice = |key, label, hint: &str, refused| {
            let form = self.subject.new_consent_address(key);
            let href = routes::with_query(&form, &[("program", self.programs.named())]);
            UpdateItem { href, key, label, hint: hint.to_owned(), refused }
        };
        let (hint, refused) = match self.state {
            ConsentState::OptedOut(since) => {
                let refusal = Refusal::OptedOut { on: since.date(self.calendars.organization) };
                ("", Some(refusal_for_person(&refusal, self.sender.as_deref())))
            }
            ConsentState::OptedIn(_) => {
                ("This number is already opted in. The document will be added to its history.", None)
            }
            ConsentState::Invited(_) | ConsentState::NotAsked => {
                ("The contact will be opted in and held messages will be sent.", None)
            }
        };
        let revoked = if consent.is_out_everywhere() {
            "This number has already opted out of everything. The words will be added to its history."
        } else {
            "The contact will be opted out of all programs. Waiting messages will be canceled."
        };
        let moved = match self.state {
            ConsentState::OptedOut(_) => {
                "The person with this number has changed. It stays opted out all the same: only a START from the handset brings it back."
            }
            _ => "This number has a new owner. The old consent ends. You can invite the new owner.",
        };
        let flagged = consent.do_not_text.is_some();
        vec![
            choice("opt_in", "Opt in with proof", hint, refused),
            choice("opt_out", "Record an opt-out", revoked, None),
            choice("reassigned", "Number reassigned", moved, None),
            choice(
                "do_not_text",
                "Add to Do Not Text",
                "Nothing is sent to this number, not even an opt-in request.",
                admins
                    .clone()
                    .or_else(|| unless(!flagged, "This number is already on the Do Not Text list.")),
            ),
            choice(
                "clear_do_not_text",
                "Remove Do Not Text",
                "The number leaves the Do Not Text list. Consent stays as it was.",
                unless(flagged, "This number is not on the Do Not Text list.").or(admins),
            ),
        ]
    }
}

async fn new(app: Data<AppState>, who: Editor, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let id = RecordSubject::of(&request)?;
    let (slug, now) = (program_scope::program_from_query(&request), app.clock.now());
    let calendars = who.calendars;
    let known = app.store.read(move |conn| known(conn, id, &slug, calendars, now)).await?;
    let mut given: ConsentForm = form::query(&request);
    given.received_on = who.calendars.organization.date(now).to_string();
    show(&app, &who, known, given, FormErrors::default())
}

fn show(
    app: &AppState,
    who: &Editor,
    known: ConsentSubject,
    mut given: ConsentForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let page = PageFrame::new(app, "contacts", who);
    let choices = known.choices(page.is_admin());
    let is_known = choices.iter().any(|choice| choice.key == given.update);
    if errors.is_empty() && !is_known {
        given.update = choices.iter().find(|c| c.refused.is_none()).map_or("", |c| c.key).to_owned();
    }
    // A request for an update that is refused shows why. It never leads to the form of another update.
    let refused = choices.iter().find(|choice| choice.key == given.update).and_then(|c| c.refused.clone());
    let ConsentSubject { subject, contact, number, programs, deadlines, .. } = known;
    let flag = number.consent.do_not_text.as_ref();
    given.flag_set_at = flag.map(|flag| flag.since.micros().to_string()).unwrap_or_default();
    let state = |program: &Program| number.consent.state_in(program.id).name().label().to_owned();
    let address = subject.new_consent_address(&given.update);
    let (suffix, programs) = (programs.query_suffix(), programs.tabs(&address, state));
    let hints = RevocationHints::new(deadlines);
    html_status(
        errors.status(),
        NewConsentPage {
            page,
            subject,
            contact,
            number,
            programs,
            suffix,
            choices,
            refused,
            given,
            errors,
            hints,
        },
    )
}

async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    request: HttpRequest,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let id = RecordSubject::of(&request)?;
    let (given, file) = read(&app, &who, &request, parts).await?;
    let (slug, now) = (program_scope::program_from_query(&request), app.clock.now());
    let calendars = who.calendars;
    let about = app.store.read(move |conn| known(conn, id, &slug, calendars, now)).await?;
    let is_admin = PageFrame::new(&app, "contacts", &who).is_admin();
    if given.update.ends_with("do_not_text") && !is_admin {
        return Err(PageError::Forbidden("Administrator"));
    }
    let update = match checked(&given, &file, &about, now) {
        Ok(update) => update,
        Err(errors) => return show(&app, &who, about, given, errors.into()),
    };
    let (number, actor, before) = (about.number.id, who.actor(), about.state.name());
    let program = about.programs.selected()?.slug.clone();
    let recorded = app.commands(actor).record_consent(number, program, update).await;
    let errors = match recorded {
        Ok(entry) => {
            session::flash(
                &session,
                format!(
                    "Recorded: {}.",
                    title(entry.event.kind, &entry.event.evidence, before, &HistoryContext::default())
                ),
            );
            return Ok(see_other(format!("{}{}", id.address(), about.programs.query_suffix())));
        }
        Err(ActionError::Refused(refusal)) => {
            let why = refusal_for_person(&refusal, about.sender.as_deref());
            vec![FieldError::new(refusal.field().unwrap_or("update"), why)].into()
        }
        Err(ActionError::Conflict(why)) => vec![FieldError::new("update", why)].into(),
        Err(error) => error.try_into()?,
    };
    show(&app, &who, about, given, errors)
}
