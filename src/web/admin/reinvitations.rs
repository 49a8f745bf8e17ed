//! The page to send one opt-in reminder. Support and administrators use it; it writes through `actions::reinvite`.

use std::sync::Arc;

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::basis;
use super::program_scope;
use super::record_subject::{RecordInProgram, RecordSubject, record_name};
use crate::actions::ActionError;
use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::ConsentState;
use crate::domain::decide::check_reinvite;
use crate::domain::evidence::BasisKind;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::message::Status;
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::Contact;
use crate::store::messages::WaitingMessages;
use crate::store::{ReadConn, StoreError};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor};
use crate::words::{Label, refusal_text};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::REINVITATION, routing::get(new))
        .route(patterns::REINVITATION, routing::post(create))
        .route(patterns::NUMBER_REINVITATION, routing::get(new))
        .route(patterns::NUMBER_REINVITATION, routing::post(create));
}

#[derive(Template)]
#[template(path = "reinvitations/new.html")]
struct ReinvitePage {
    page: PageFrame,
    about: ReinviteSubject,
    given: ReinviteForm,
    errors: FormErrors,
}

/// What a person should know before they ask again.
struct ReinviteSubject {
    subject: RecordSubject,
    contact: Option<Contact>,
    phone: Phone,
    program: Arc<Program>,
    /// What an address ends with to mean that program.
    suffix: String,
    invited_at: Option<Timestamp>,
    held: usize,
    /// When the first of the held messages runs out.
    first_ends: Option<Timestamp>,
}

impl ReinvitePage {
    /// What the record is called.
    fn name(&self) -> String {
        record_name(self.about.contact.as_ref(), &self.about.phone, &self.page)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReinviteForm {
    #[serde(rename = "basis.kind")]
    basis_kind: String,
    #[serde(rename = "basis.words")]
    basis_words: String,
}

async fn new(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, slug) = (RecordSubject::of(&request)?, program_scope::program_from_query(&request));
    let whom = app.store.read(move |conn| RecordInProgram::read(conn, id, &slug)).await?;
    let back = whom.address();
    match show(&app, &who, whom, ReinviteForm::default(), FormErrors::default()).await {
        // It cannot be asked now, and the contact says the rest.
        Err(PageError::Unprocessable(why)) => {
            session::flash_refusal(&session, why.join(" "));
            Ok(see_other(back))
        }
        answer => answer,
    }
}

async fn show(
    app: &AppState,
    who: &Editor,
    whom: RecordInProgram,
    given: ReinviteForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let organization = who.calendars.organization;
    let about = app.store.read(move |conn| about(conn, whom, organization, now)).await?;
    let page = PageFrame::new(app, "contacts", who);
    html_status(errors.status(), ReinvitePage { page, about, given, errors })
}

/// How many messages are held, and when the first of them runs out.
fn held_of(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
) -> Result<(usize, Option<Timestamp>), StoreError> {
    let (mut waiting, mut held, mut first_ends) = (WaitingMessages::of(number, Some(program)), 0, None);
    while let Some(portion) = waiting.next_portion(conn)? {
        for message in portion.iter().filter(|message| message.status == Status::Held) {
            held += 1;
            first_ends = [first_ends, message.expires_at].into_iter().flatten().min();
        }
    }
    Ok((held, first_ends))
}

fn about(
    conn: &mut ReadConn<'_>,
    whom: RecordInProgram,
    organization: LocalCalendar,
    now: Timestamp,
) -> Result<ReinviteSubject, PageError> {
    let RecordInProgram { subject, contact, number, programs } = whom;
    let (program, suffix) = (Arc::clone(programs.selected()?), programs.query_suffix());
    check_reinvite(&number.consent, program.id, now, organization).map_err(ActionError::from)?;
    let invited_at = match number.consent.state_in(program.id) {
        ConsentState::Invited(since) => Some(since.occurred_at),
        _ => None,
    };
    let (held, first_ends) = held_of(conn, number.id, program.id)?;
    let phone = number.phone;
    Ok(ReinviteSubject { subject, contact, phone, program, suffix, invited_at, held, first_ends })
}

async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    request: HttpRequest,
    PostedForm(given): PostedForm<ReinviteForm>,
) -> Result<HttpResponse, PageError> {
    let (id, slug) = (RecordSubject::of(&request)?, program_scope::program_from_query(&request));
    let whom = app.store.read(move |conn| RecordInProgram::read(conn, id, &slug)).await?;
    let (back, number, program) = (whom.address(), whom.number.id, whom.programs.selected()?.slug.clone());
    let basis = match basis::given(&given.basis_kind, &given.basis_words) {
        Ok(basis) => basis,
        Err(error) => return show(&app, &who, whom, given, vec![error].into()).await,
    };
    let actor = who.actor();
    match app.commands(actor).reinvite(number, program, basis).await {
        Ok(()) => {
            let done = "Reminder scheduled: the opt-in request will be sent once more. Held messages keep their time.";
            session::flash(&session, done);
        }
        Err(ActionError::Invalid(errors)) => return show(&app, &who, whom, given, errors.into()).await,
        Err(ActionError::Refused(refusal)) => session::flash_refusal(&session, refusal_text(&refusal)),
        Err(ActionError::Conflict(why)) => session::flash_refusal(&session, why),
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(back))
}
