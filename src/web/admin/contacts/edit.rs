//! The form for a contact's details. Support and administrators use it; it writes contacts through
//! `actions::save_contact`. Consent is tied to the number and does not move with the contact.

use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;

use crate::actions::save_contact::{ContactAnswers, ContactChange, contact_revision};
use crate::domain::calendar::{LocalCalendar, ZoneGroup, place_choices};
use crate::domain::consent::{ConsentState, Source};
use crate::domain::id::ContactId;
use crate::domain::phone::Phone;
use crate::store::contacts::{self, Contact, ContactDetails};
use crate::store::{ReadConn, numbers, programs};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors, PostedForm, SavedMeanwhile, answers_meanwhile, saved_meanwhile};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes;
use crate::web::session::{self, Editor, SignedIn};
use crate::words::Label;

#[derive(Template)]
#[template(path = "contacts/form.html")]
struct ContactFormPage {
    page: PageFrame,
    /// Whom the form is about; none for a new contact.
    id: Option<ContactId>,
    given: ContactForm,
    errors: FormErrors,
    meanwhile: Vec<SavedMeanwhile>,
    zones: &'static [ZoneGroup],
}

impl ContactFormPage {
    /// Where the form is sent to, and where Cancel leads.
    fn address(&self) -> String {
        self.id.map_or_else(|| routes::contacts().to_owned(), routes::contact)
    }

    /// A zone that the list lacks, for example one saved under an older name. It stays selected, so that saving keeps it.
    fn unlisted_zone(&self) -> Option<&str> {
        let chosen = self.given.details.time_zone.trim();
        let is_listed = self.zones.iter().any(|group| group.zones.iter().any(|(name, _)| *name == chosen));
        Some(chosen).filter(|chosen| !chosen.is_empty() && !is_listed)
    }

    /// The tick is asked for only where it is needed.
    fn asks_to_confirm(&self) -> bool {
        self.given.is_confirmed() || !self.errors.of("time_zone_confirmed").is_empty()
    }
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct ContactForm {
    phone: String,
    #[serde(flatten)]
    details: ContactAnswers,
}

impl ContactForm {
    fn change(&self) -> ContactChange {
        let (phone, revision) = (self.phone.clone(), self.details.revision.clone());
        ContactChange { phone, details: self.details(), revision }
    }

    /// Where what is saved differs from what was typed.
    fn beside(&self, saved: &ContactForm, region: &str) -> Vec<SavedMeanwhile> {
        let typed = Phone::parse(&self.phone, region).map(|phone| phone.as_str().to_owned());
        let typed = typed.as_ref().unwrap_or(&self.phone);
        let mut meanwhile = saved_meanwhile([("Phone number", saved.phone.as_str(), typed.as_str())]);
        meanwhile.extend(answers_meanwhile(&saved.details.answers(), &self.details.answers()));
        meanwhile
    }

    fn details(&self) -> ContactDetails {
        self.details.over(ContactDetails::default())
    }

    fn is_confirmed(&self) -> bool {
        self.details().time_zone_confirmed
    }
}

fn show_form(
    app: &AppState,
    who: &impl SignedIn,
    id: Option<ContactId>,
    given: ContactForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    render(app, who, id, given, errors, Vec::new())
}

fn render(
    app: &AppState,
    who: &impl SignedIn,
    id: Option<ContactId>,
    given: ContactForm,
    errors: FormErrors,
    meanwhile: Vec<SavedMeanwhile>,
) -> Result<HttpResponse, PageError> {
    let (page, zones) = (PageFrame::new(app, "contacts", who), place_choices());
    html_status(errors.status(), ContactFormPage { page, id, given, errors, meanwhile, zones })
}

pub(super) async fn new(
    app: Data<AppState>,
    who: Editor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    show_form(&app, &who, None, form::query(&request), FormErrors::default())
}

pub(super) async fn create(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(given): PostedForm<ContactForm>,
) -> Result<HttpResponse, PageError> {
    let (phone, details) = (given.phone.clone(), given.details());
    let (actor, calendar) = (who.actor(), who.calendars.reader);
    match app.commands(actor).create_contact(phone, details).await {
        Ok(id) => {
            let known = app.store.read(move |conn| on_record(conn, id, calendar)).await?;
            session::flash(&session, format!("The contact is added.{known}"));
            Ok(see_other(routes::contact(id)))
        }
        Err(error) => show_form(&app, &who, None, given, error.try_into()?),
    }
}

pub(super) async fn edit(
    app: Data<AppState>,
    who: Editor,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: ContactId = page::id(&id)?;
    let given = app.store.read(move |conn| kept(conn, id)).await?;
    show_form(&app, &who, Some(id), given, FormErrors::default())
}

fn kept(conn: &mut ReadConn<'_>, id: ContactId) -> Result<ContactForm, PageError> {
    let contact = contacts::get(conn, id)?.ok_or(PageError::NotFound)?;
    let number = numbers::get(conn, contact.number_id)?.ok_or(PageError::NotFound)?;
    let details = ContactAnswers { revision: contact_revision(&contact), ..ContactAnswers::of(&contact) };
    Ok(ContactForm { phone: number.phone.as_str().to_owned(), details })
}

pub(super) async fn update(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    id: Path<String>,
    PostedForm(given): PostedForm<ContactForm>,
) -> Result<HttpResponse, PageError> {
    let id: ContactId = page::id(&id)?;
    let change = given.change();
    let (actor, calendar) = (who.actor(), who.calendars.reader);
    match app.commands(actor).update_contact(id, change).await {
        Ok(before) => {
            let known = app.store.read(move |conn| other_number(conn, &before, calendar)).await?;
            session::flash(&session, format!("The contact is saved.{known}"));
            Ok(see_other(routes::contact(id)))
        }
        Err(error) => match FormErrors::try_from(error)? {
            errors if errors.is_outdated() => outdated(&app, &who, id, given, errors).await,
            errors => show_form(&app, &who, Some(id), given, errors),
        },
    }
}

/// The form once more beside what someone else saved; a second "Save" is upon that.
async fn outdated(
    app: &AppState,
    who: &Editor,
    id: ContactId,
    given: ContactForm,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let saved = app.store.read(move |conn| kept(conn, id)).await?;
    let meanwhile = given.beside(&saved, &app.config.default_region);
    let details = ContactAnswers { revision: saved.details.revision, ..given.details };
    let given = ContactForm { details, ..given };
    render(app, who, Some(id), given, errors, meanwhile)
}

/// What is on record of a contact's new number; empty when its number stayed the same.
fn other_number(
    conn: &mut ReadConn<'_>,
    before: &Contact,
    calendar: LocalCalendar,
) -> Result<String, PageError> {
    let now = contacts::get(conn, before.id)?.ok_or(PageError::NotFound)?;
    if now.number_id == before.number_id { Ok(String::new()) } else { on_record(conn, before.id, calendar) }
}

/// What is on record of a contact's number, beside this contact: a sentence, or nothing.
fn on_record(conn: &mut ReadConn<'_>, id: ContactId, calendar: LocalCalendar) -> Result<String, PageError> {
    let contact = contacts::get(conn, id)?.ok_or(PageError::NotFound)?;
    let number = numbers::get(conn, contact.number_id)?.ok_or(PageError::NotFound)?;
    let programs = programs::all(conn)?;
    let others: Vec<String> =
        contacts::of_number(conn, number.id)?
            .into_iter()
            .filter(|other| other.id != id)
            .map(|other| {
                if other.name.is_empty() { "a contact without a name".to_owned() } else { other.details.name }
            })
            .collect();
    let states = programs.iter().filter_map(|program| {
        let state = standing(number.consent.state_in(program.id), calendar)?;
        Some(if programs.len() > 1 { format!("{state} ({})", program.name) } else { state })
    });
    let known = [
        number.consent.do_not_text.as_ref().map(|_| "on the Do Not Text list".to_owned()),
        (!others.is_empty()).then(|| format!("also used by {}", others.join(", "))),
    ];
    let known: Vec<String> = states.chain(known.into_iter().flatten()).collect();
    match known.as_slice() {
        [] => Ok(String::new()),
        known => Ok(format!(" This number is already on record: {}.", known.join("; "))),
    }
}

fn standing(state: ConsentState, calendar: LocalCalendar) -> Option<String> {
    let since = state.since()?;
    let by = if state.name() == crate::domain::consent::StateName::OptedOut && since.source == Source::Handset
    {
        "STOP"
    } else {
        since.source.label()
    };
    let words = state.name().label().to_lowercase();
    Some(format!("{words} on {} by {by}", since.day(calendar)))
}
