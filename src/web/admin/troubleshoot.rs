//! "Why can't I text this number?": the consent check for any number, and the panel that shows it on every page.
//! Everyone who signs in reads it; it writes nothing.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::contact::older::{OlderRecord, older};
use super::contact::part_links::{PagePart, PartLinks, PartsQuery};
use super::contact::questions::notice;
use super::contact::timeline::{TimelineDay, TimelineSubject};
use super::contact::timeline_page::{ENTRIES, timeline_page};
use super::messages::meaning::why;
use super::names::DisplayNames;
use super::notices::NoticeItem;
use super::program_scope::{self, ProgramScope, ProgramTab};
use super::record_subject::RecordSubject;
use crate::actions::{FieldError, sending_context};
use crate::domain::gate::{CheckName, GateCheck, GateOutcome, Verdict};
use crate::domain::id::{ContactId, NumberId};
use crate::domain::message::{Category, Lane};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::role::Role;
use crate::store::contacts::{self, Contact};
use crate::store::messages::{self, Message};
use crate::store::numbers::{self, Number};
use crate::store::{ReadConn, inbound_questions, notices};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, FormErrors};
use crate::web::page::{PageFrame, PageReader, html_status};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Viewer;
use crate::words::{
    Label, check_next_step, check_rule, check_text, headline, next_allowed, phone_error_text,
};

/// Messages, notices and contacts of a number that are shown.
const LATEST: usize = 10;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::TROUBLESHOOT, routing::get(show));
}

/// The gate's answer as a panel: the sentence, the way on, and every check in order.
pub(super) struct VerdictPanel {
    pub(super) question: String,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) headline: String,
    pub(super) next_step: Option<String>,
    pub(super) fix: Option<CheckFix>,
    pub(super) open: bool,
    pub(super) checks: Vec<CheckItem>,
}

/// Where a failed check is put right.
pub(super) struct CheckFix {
    pub(super) href: String,
    pub(super) label: &'static str,
}

pub(super) struct CheckItem {
    pub(super) label: &'static str,
    pub(super) outcome: &'static str,
    pub(super) facts: String,
    pub(super) rule: &'static str,
    pub(super) next_step: Option<String>,
}

/// Whom a verdict is about and who reads it: where its fixes lead to.
pub(super) struct VerdictSubject<'a> {
    pub(super) number: Option<NumberId>,
    /// The contact on the number, where one is known.
    pub(super) contact: Option<ContactId>,
    /// The program that the gate was asked about.
    pub(super) program: Option<&'a Program>,
    pub(super) role: Role,
}

impl VerdictPanel {
    /// A verdict on record, on a message that has moved on: what it said then, without its next steps.
    pub(super) fn on_record(verdict: &Verdict, question: &str, about: &VerdictSubject<'_>) -> Self {
        let mut panel = VerdictPanel::new(verdict, question, about, false);
        (panel.next_step, panel.fix) = (None, None);
        panel.checks.iter_mut().for_each(|check| check.next_step = None);
        panel
    }

    /// The panel of `verdict` under `question`; its fixes lead only where the role may go.
    pub(super) fn new(verdict: &Verdict, question: &str, about: &VerdictSubject<'_>, open: bool) -> Self {
        // A stored verdict permits nothing any more, but a yes was a yes: the tone is that of its own words.
        let (tone, icon) = match verdict.answer(Lane::Gated) {
            _ if verdict.can_text() => ("yes", "pass"),
            GateOutcome::Refuse(_) => ("no", "fail"),
            GateOutcome::Send(_) | GateOutcome::Hold | GateOutcome::Wait { .. } => ("wait", "clock"),
        };
        let cause = verdict.cause();
        let line = |check: &GateCheck| CheckItem {
            label: label(check.name),
            outcome: check.outcome.as_str(),
            facts: check_text(check, verdict.calendar()),
            rule: check_rule(check.name),
            next_step: check_next_step(check),
        };
        VerdictPanel {
            question: question.to_owned(),
            tone,
            icon,
            headline: headline(verdict),
            next_step: cause.and_then(|check| next_step(verdict, check)),
            fix: cause.and_then(|check| fix(check.name, about)),
            open,
            checks: verdict.checks.iter().map(line).collect(),
        }
    }
}

/// What to do, and where only time is in the way, when it is allowed on the recipient's clock.
fn next_step(verdict: &Verdict, check: &GateCheck) -> Option<String> {
    let step = check_next_step(check)?;
    Some(if check.is_about_time() { format!("{} {step}", next_allowed(verdict)) } else { step })
}

/// The way to put a check right; none where the person may not go.
fn fix(check: CheckName, about: &VerdictSubject<'_>) -> Option<CheckFix> {
    let may = match check {
        CheckName::DoNotText => about.role == Role::Administrator,
        CheckName::Paused | CheckName::Consent | CheckName::Number => about.role != Role::Auditor,
        _ => true,
    };
    let number = about.number.filter(|_| may);
    let record =
        about.contact.filter(|_| may).map(RecordSubject::Contact).or(number.map(RecordSubject::Number));
    let program = about.program.map_or("", |program| program.slug.as_str());
    let in_program = |address: &str| routes::with_query(address, &[("program", program)]);
    match check {
        CheckName::DoNotText => record.map(|record| CheckFix {
            href: in_program(&record.new_consent_address("clear_do_not_text")),
            label: "Remove Do Not Text",
        }),
        CheckName::Paused => {
            number.map(|id| CheckFix { href: routes::review(id), label: "Review the reply" })
        }
        CheckName::Consent => record.map(|record| CheckFix {
            href: format!("{}#body", in_program(&record.address())),
            label: "Write a message",
        }),
        CheckName::Number => {
            number.map(|id| CheckFix { href: routes::reachable(id), label: "Mark as reachable…" })
        }
        CheckName::Region | CheckName::Sender => {
            Some(CheckFix { href: routes::programs().to_owned(), label: "Open programs" })
        }
        CheckName::Operations => {
            Some(CheckFix { href: routes::dashboard().to_owned(), label: "Open the dashboard" })
        }
        CheckName::QuietHours => Some(CheckFix { href: routes::rules().to_owned(), label: "Open rules" }),
        CheckName::OptOut | CheckName::Frequency | CheckName::UnaskedTexts => None,
    }
}

fn label(check: CheckName) -> &'static str {
    match check {
        CheckName::Consent => "Opted in",
        CheckName::OptOut => "No opt-out",
        CheckName::DoNotText => "Not on Do Not Text",
        CheckName::Paused => "No unclear reply",
        CheckName::Number => "Number can receive texts",
        CheckName::Region => "Region",
        CheckName::Sender => "Sender number",
        CheckName::QuietHours => "Quiet hours",
        CheckName::Frequency => "Legal caps and promised frequency",
        CheckName::UnaskedTexts => "Room for an opt-in request",
        CheckName::Operations => "Sending on",
    }
}

#[derive(Template)]
#[template(path = "troubleshoot/show.html")]
struct TroubleshootPage {
    page: PageFrame,
    number: String,
    /// The program that the next number is checked for; empty for the default one.
    program: String,
    errors: FormErrors,
    finding: Option<NumberRecord>,
}

/// What is known of a number.
struct NumberRecord {
    phone: Phone,
    /// The number's own page, where it is on record and no contact has it.
    page: Option<String>,
    known: bool,
    programs: Vec<ProgramTab>,
    /// What an address ends with to mean the program that was asked about.
    suffix: String,
    panel: VerdictPanel,
    /// Why a text that asked for consent does not count yet.
    notice: Option<&'static str>,
    contacts: Vec<Contact>,
    /// More contacts have the number than are listed.
    more_contacts: bool,
    messages: Vec<Message>,
    more_messages: bool,
    notices: Vec<NoticeItem>,
    more_notices: bool,
    /// An older record of the same number under another spelling; its texts are among the messages.
    older: Option<OlderRecord>,
    days: Vec<TimelineDay>,
    links: PartLinks,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TroubleshootQuery {
    number: String,
}

async fn show(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (number, program) =
        (form::query::<TroubleshootQuery>(&request).number, program_scope::program_from_query(&request));
    let page = PageFrame::new(&app, "troubleshoot", &who);
    let (errors, finding) = match Phone::look_up(&number, &app.config.default_region) {
        _ if number.trim().is_empty() => (FormErrors::default(), None),
        Err(why) => (vec![FieldError::new("number", phone_error_text(why))].into(), None),
        Ok(phone) => {
            let reader = page.reader();
            let question = format!("Can we text {} now?", page.number(&phone));
            let (slug, parts) = (program.clone(), PartsQuery::of(&request));
            let read = move |conn: &mut ReadConn<'_>| find(conn, phone, &question, &slug, &parts, reader);
            let found = app.store.read(read).await?;
            (FormErrors::default(), Some(found))
        }
    };
    html_status(errors.status(), TroubleshootPage { page, number, program, errors, finding })
}

fn find(
    conn: &mut ReadConn<'_>,
    phone: Phone,
    question: &str,
    slug: &str,
    parts: &PartsQuery,
    reader: PageReader,
) -> Result<NumberRecord, PageError> {
    let PageReader { role, calendars, now } = reader;
    let programs = ProgramScope::read(conn, slug)?;
    let program = programs.selected()?;
    let on_record = numbers::find(conn, &phone)?;
    let known = on_record.is_some();
    // Nothing is kept about a number that was never seen, so nothing is found under its identifier.
    let number = on_record.unwrap_or_else(|| Number::never_seen(phone.clone()));
    let context = sending_context(conn, program)?.read_by(calendars.reader);
    let verdict = context.verdict(conn, &number, program, Category::Automated, now)?;
    let questions = inbound_questions::of_number(conn, number.id)?;
    let notice = notice(&questions, &number.consent, program.id);
    let (contacts, more_contacts) = listed(contacts::of_number(conn, number.id)?);
    let (mut messages, more_messages) = listed(messages::of_number(conn, number.id, None, MOST)?);
    let (notices, more_notices) = listed(notices::of_number(conn, number.id, MOST)?);
    let notices = notices.into_iter().map(|(kind, text)| NoticeItem::new(kind, text)).collect();
    let names = DisplayNames::read(conn)?;
    let subject = TimelineSubject {
        number: &number,
        contact: None,
        program,
        programs: programs.all(),
        names: &names,
        calendars,
    };
    let address = routes::troubleshoot_number(phone.as_str(), programs.named());
    let timeline = timeline_page(conn, &subject, parts.of_part(PagePart::Timeline), ENTRIES)?;
    let older = older(conn, &phone, &subject, parts, &address)?;
    if let Some(older) = &older {
        messages.extend(listed(messages::of_number(conn, older.number.id, None, MOST)?).0);
    }
    let contact = contacts.first().map(|contact| contact.id);
    let about = VerdictSubject { number: known.then_some(number.id), contact, program: Some(program), role };
    let panel = VerdictPanel::new(&verdict, question, &about, true);
    let state = |program: &Program| number.consent.state_in(program.id).name().label().to_owned();
    let tabs = programs.tabs(&routes::troubleshoot_number(phone.as_str(), ""), state);
    let page = (known && contacts.is_empty()).then(|| routes::number(number.id));
    Ok(NumberRecord {
        phone,
        page,
        known,
        suffix: programs.query_suffix(),
        programs: tabs,
        panel,
        notice,
        contacts,
        more_contacts,
        messages,
        more_messages,
        notices,
        more_notices,
        older,
        days: timeline.days,
        links: parts.links(&address, PagePart::Timeline, timeline.older),
    })
}

/// One more than is shown, so that it is known whether there are more.
const MOST: i64 = LATEST as i64 + 1;

/// As many as are shown, and whether there are more.
fn listed<T>(mut found: Vec<T>) -> (Vec<T>, bool) {
    let has_more = found.len() > LATEST;
    found.truncate(LATEST);
    (found, has_more)
}
