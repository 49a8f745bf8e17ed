//! The page of one contact, or of a number without one: the verdict on top, the consent history, and the conversation with a
//! box to write in.
//! Everyone who signs in reads it; it writes messages through `actions::send_message`.

pub(super) mod conversation;
mod forecast;
mod notes;
pub(super) mod older;
mod page_room;
mod page_scope;
pub(super) mod part_links;
pub(super) mod questions;
mod reminder;
pub(super) mod timeline;
pub(super) mod timeline_page;

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use self::conversation::{ConversationItem, by_day, conversation};
use self::forecast::{ComposeForecast, forecast};
use self::older::{OlderRecord, older};
use self::page_scope::ContactPageScope;
use self::part_links::{PagePart, PartLinks, PartsQuery};
use self::questions::notice;
use self::reminder::{ReinviteState, reinvite_state};
use self::timeline::{TimelineDay, TimelineSubject};
use self::timeline_page::{ENTRIES, timeline_page};
use super::basis;
use super::expired_holds::{HoldItem, by_number};
use super::names::DisplayNames;
use super::program_scope::{self, ProgramScope, ProgramTab};
use super::record_subject::{RecordSubject, place_of_number, record_name};
use super::troubleshoot::{VerdictPanel, VerdictSubject};
use crate::actions::send_message::{NewMessage, check_body, needs_basis};
use crate::actions::{FieldError, sending_context};
use crate::domain::evidence::BasisKind;
use crate::domain::message::{Category, Status};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact};
use crate::store::numbers::Number;
use crate::store::{self, ReadConn, ReplicaRead, expired_holds, inbound_questions};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::live;
use crate::web::page::{PageFrame, PageReader, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Editor, SignedIn, Viewer};
use crate::words::Label;

/// Texts on one page of the conversation.
const TEXTS: usize = 50;
/// Messages that expired before opt-in, and contacts on the same number, that are shown.
const LISTED: usize = 10;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::CONTACT, routing::get(show))
        .route(patterns::CONTACT_LIVE, routing::get(live))
        .route(patterns::CONTACT_MESSAGES, routing::post(send))
        .route(patterns::NUMBER, routing::get(show_number))
        .route(patterns::NUMBER_LIVE, routing::get(live))
        .route(patterns::NUMBER_MESSAGES, routing::post(send));
}

#[derive(Template)]
#[template(path = "contact/show.html")]
struct ContactPage {
    page: PageFrame,
    record: ContactRecord,
    given: ComposeForm,
    errors: FormErrors,
}

/// The parts of the page that change by themselves.
#[derive(Template)]
#[template(path = "contact/live.html")]
struct ContactFragment {
    page: PageFrame,
    record: ContactRecord,
}

/// All that the page shows.
struct ContactRecord {
    /// What tells whether any of it has changed.
    tag: String,
    subject: RecordSubject,
    /// None on the page of a number.
    contact: Option<Contact>,
    number: Number,
    /// The programs with the state in each, where there are several.
    programs: Vec<ProgramTab>,
    /// What an address ends with to mean the program that is shown.
    suffix: String,
    /// The pages of its parts that are shown.
    parts: PartsQuery,
    /// The number that the program texts from.
    sender: Option<String>,
    state: &'static str,
    /// The program whose state it is, where there are several.
    of: Option<String>,
    panel: VerdictPanel,
    forecast: ComposeForecast,
    /// A text would invite the lead, and the program asks first how we got the number.
    asks_basis: bool,
    reinvite: Option<ReinviteState>,
    stale: Option<HoldItem>,
    /// Why a text that asked for consent does not count yet.
    notice: Option<&'static str>,
    days: Vec<TimelineDay>,
    day_links: PartLinks,
    older: Option<OlderRecord>,
    talk: Vec<(String, Vec<ConversationItem>)>,
    talk_links: PartLinks,
    others: Vec<Contact>,
    /// More contacts have the number than are listed.
    more_others: bool,
}

async fn show(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (subject, view) = (RecordSubject::of(&request)?, ContactPageScope::of(&request));
    render(&app, &who, subject, view, ComposeForm::default(), FormErrors::default()).await
}

/// The page of a number, or the way to its contacts.
async fn show_number(
    app: Data<AppState>,
    who: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if let RecordSubject::Number(id) = RecordSubject::of(&request)? {
        let slug = program_scope::program_from_query(&request);
        let place = app.store.read_replica(who.mark, move |conn| place_of_number(conn, id, &slug)).await?;
        if let Some(address) = place.found {
            return Ok(see_other(address));
        }
    }
    show(app, who, request).await
}

/// The parts that change by themselves, if any has changed since.
async fn live(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (id, view) = (RecordSubject::of(&request)?, ContactPageScope::of(&request));
    let since = live::since(&request);
    let page = PageFrame::new(&app, "contacts", &who);
    let reader = page.reader();
    let read = move |conn: &mut ReadConn<'_>| {
        let tag = tag(conn, id, reader.now)?;
        if tag == since { Ok(None) } else { record(conn, id, &view, reader, tag).map(Some) }
    };
    let seen: ReplicaRead<Option<ContactRecord>> = app.store.read_replica(who.mark, read).await?;
    match seen.found {
        Some(record) => html(ContactFragment { page, record }),
        None => Ok(live::unchanged()),
    }
}

/// What tells whether the page has changed. It is read before the page is.
fn tag(conn: &mut ReadConn<'_>, id: RecordSubject, now: Timestamp) -> Result<String, PageError> {
    let marks = match id {
        RecordSubject::Contact(id) => store::live::of_contact(conn, id)?,
        RecordSubject::Number(id) => store::live::of_number(conn, id)?,
    };
    Ok(live::tag(&marks.ok_or(PageError::NotFound)?, "", now))
}

async fn render(
    app: &AppState,
    who: &impl SignedIn,
    id: RecordSubject,
    view: ContactPageScope,
    given: ComposeForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let page = PageFrame::new(app, "contacts", who);
    let reader = page.reader();
    let read = move |conn: &mut ReadConn<'_>| {
        let tag = tag(conn, id, reader.now)?;
        record(conn, id, &view, reader, tag)
    };
    let seen = app.store.read_replica(who.mark(), read).await?;
    let page = page.showing(&seen, reader.now);
    html_status(errors.status(), ContactPage { page, record: seen.found, given, errors })
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct ComposeForm {
    body: String,
    #[serde(rename = "basis.kind")]
    basis_kind: String,
    #[serde(rename = "basis.words")]
    basis_words: String,
}

async fn send(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    request: HttpRequest,
    PostedForm(given): PostedForm<ComposeForm>,
) -> Result<HttpResponse, PageError> {
    let (id, slug) = (RecordSubject::of(&request)?, program_scope::program_from_query(&request));
    let found =
        app.store.read(move |conn| Ok::<_, PageError>((id.find(conn)?, ProgramScope::read(conn, &slug)?)));
    let ((_, number), programs) = found.await?;
    let slug = programs.selected()?.slug.clone();
    let to = number.phone.as_str().to_owned();
    let body = given.body.replace("\r\n", "\n");
    let (basis, checked) = (basis::given(&given.basis_kind, &given.basis_words), check_body(&body));
    let basis = match (basis, checked) {
        (Ok(basis), Ok(())) => basis,
        (basis, checked) => {
            let errors: Vec<FieldError> = checked.err().into_iter().chain(basis.err()).collect();
            return render(&app, &who, id, ContactPageScope::newest(slug), given, errors.into()).await;
        }
    };
    let program = Some(slug.clone());
    let wanted = NewMessage { to, body, category: Category::Conversation, program, basis };
    let actor = who.actor();
    match app.commands(actor).send_from_page(wanted).await {
        Ok(accepted) => {
            match accepted.status {
                Status::Blocked => {
                    session::flash_refusal(
                        &session,
                        format!("Not sent. The attempt was logged. {}", accepted.words),
                    );
                }
                _ => session::flash(&session, accepted.words),
            }
            Ok(see_other(format!("{}{}", id.address(), programs.query_suffix())))
        }
        Err(error) => render(&app, &who, id, ContactPageScope::newest(slug), given, error.try_into()?).await,
    }
}

fn record(
    conn: &mut ReadConn<'_>,
    subject: RecordSubject,
    view: &ContactPageScope,
    reader: PageReader,
    tag: String,
) -> Result<ContactRecord, PageError> {
    let PageReader { role, calendars, now } = reader;
    let (contact, number) = subject.find(conn)?;
    let programs = ProgramScope::of_number(conn, &view.program, &number.consent)?;
    let program = programs.selected()?;
    let address = format!("{}{}", subject.address(), programs.query_suffix());
    let context = sending_context(conn, program)?.read_by(calendars.reader);
    let verdict = context.verdict(conn, &number, program, Category::Conversation, now)?;
    let mut others = contacts::of_number(conn, number.id)?;
    let id = contact.as_ref().map(|contact| contact.id);
    others.retain(|other| Some(other.id) != id);
    let more_others = others.len() > LISTED;
    others.truncate(LISTED);
    let names = DisplayNames::read(conn)?;
    let parts = view.parts.clone();
    let before = parts.of_part(PagePart::Conversation);
    let name = contact.as_ref().map_or(number.phone.as_str(), |contact| &contact.name);
    let talk = conversation(conn, number.id, name, &names, before, TEXTS)?;
    let open = expired_holds::open_of(conn, number.id, None, LISTED)?;
    let questions = inbound_questions::of_number(conn, number.id)?;
    let of = TimelineSubject {
        number: &number,
        contact: id,
        program,
        programs: programs.all(),
        names: &names,
        calendars,
    };
    let timeline = timeline_page(conn, &of, parts.of_part(PagePart::Timeline), ENTRIES)?;
    let older = older(conn, &number.phone, &of, &parts, &address)?;
    let state = |program: &Program| number.consent.state_in(program.id).name().label().to_owned();
    let about = VerdictSubject { number: Some(number.id), contact: id, program: Some(program), role };
    Ok(ContactRecord {
        tag,
        subject,
        programs: programs.tabs(&subject.address(), state),
        suffix: programs.query_suffix(),
        sender: store::programs::sender(conn, program.id)?,
        state: number.consent.state_in(program.id).name().as_str(),
        of: names.of_program(program.id),
        panel: VerdictPanel::new(&verdict, "Can we text this number now?", &about, false),
        forecast: forecast(&verdict),
        asks_basis: needs_basis(program, &verdict),
        reinvite: reinvite_state(&number.consent, program.id, now, calendars.organization),
        notice: notice(&questions, &number.consent, program.id),
        days: timeline.days,
        day_links: parts.links(&address, PagePart::Timeline, timeline.older),
        older,
        stale: by_number(conn, open)?.into_iter().next(),
        talk: by_day(talk.texts, reader),
        talk_links: parts.links(&address, PagePart::Conversation, talk.older),
        parts,
        others,
        more_others,
        contact,
        number,
    })
}

impl ContactRecord {
    fn address(&self) -> String {
        format!("{}{}", self.subject.address(), self.suffix)
    }

    fn live_address(&self) -> String {
        self.parts.address(&format!("{}{}", self.subject.live_address(), self.suffix))
    }

    fn messages_address(&self) -> String {
        format!("{}{}", self.subject.messages_address(), self.suffix)
    }

    /// The list of the contacts with this number.
    fn others_address(&self) -> String {
        routes::contacts_with(self.number.phone.as_str())
    }

    fn new_consent_address(&self) -> String {
        format!("{}{}", self.subject.new_consent_address(""), self.suffix)
    }

    fn reinvitation_address(&self) -> String {
        format!("{}{}", self.subject.reinvitation_address(), self.suffix)
    }

    fn hint(&self) -> String {
        let from = match &self.sender {
            Some(sender) if !self.programs.is_empty() => format!(" From {sender}."),
            _ => String::new(),
        };
        format!("Up to 1,600 characters. Consent is checked before sending.{from}")
    }

    /// What the page is called: the name, else the number.
    fn title(&self, page: &PageFrame) -> String {
        record_name(self.contact.as_ref(), &self.number.phone, page)
    }
}
