//! The simulated phones, in a simulated database only: a page where every phone is a contact, and a path for programs
//! on this machine. It writes texts through the same actions as a real provider.

mod behaviour;
mod deliver_now;
mod live;
mod machine;
mod shelf;

use std::sync::Arc;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use self::behaviour::{BehaviorForm, FAULTS};
use self::deliver_now::WaitingText;
use self::shelf::{keep_on_table, put_on_table};
use super::AppState;
use super::admin::basis;
use super::admin::program_scope::first_known;
use super::error::PageError;
use super::form::{FormErrors, PostedForm};
use super::page::{PageFrame, html_status, see_other};
use super::session::{self, Editor, SignedIn, Viewer};
use crate::actions::send_message::{NewMessage, check_body};
use crate::actions::{FieldError, sending_context};
use crate::domain::consent::StateName;
use crate::domain::evidence::BasisKind;
use crate::domain::message::{Category, ReceiptStatus, Status};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::providers::simulator::{Handset, SimulatedText, Simulator, TextDirection};
use crate::store::contacts;
use crate::store::{ReadConn, StoreError, numbers, programs};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::words::{Label, headline, phone_error_text};

/// Handsets on the table: those with the newest texts.
const SHOWN: usize = 24;

pub use machine::routes;

/// The page and its forms, for those who are signed in: within the sessions' scope.
pub fn pages(config: &mut ServiceConfig) {
    config
        .route(patterns::SIMULATOR, routing::get(show))
        .route(patterns::SIMULATOR_LIVE, routing::get(live::fragment))
        .route(patterns::SIMULATOR_HANDSETS, routing::post(put_on_table))
        .route(patterns::SIMULATOR_TEXTS, routing::post(text))
        .route(patterns::SIMULATOR_MESSAGES, routing::post(send))
        .route(patterns::SIMULATOR_DELIVERY, routing::post(deliver_now::deliver))
        .route(patterns::SIMULATOR_BEHAVIOR, routing::post(behaviour::change));
}

#[derive(Template)]
#[template(path = "simulator/index.html")]
struct SimulatorPage {
    page: PageFrame,
    /// What tells whether the phones have changed.
    tag: String,
    handsets: Vec<OnTable>,
    behavior: BehaviorForm,
    handset: String,
    given: TextForm,
    errors: FormErrors,
    /// The programs that can be texted from, with their numbers; the default one first.
    lines: Vec<OurLine>,
    /// One of them asks how we got a number before its opt-in template goes out.
    asks_basis: bool,
}

/// One of our numbers.
struct OurLine {
    slug: String,
    program: String,
    sender: String,
    requires_basis: bool,
}

/// A handset with what the gate says of its number.
struct OnTable {
    number: Phone,
    name: String,
    state: &'static str,
    /// The state in each program, where there are several.
    states: Vec<DeviceState>,
    headline: String,
    href: String,
    link: &'static str,
    texts: Vec<SimulatedText>,
    /// What waits for an allowed time.
    waiting: Vec<WaitingText>,
}

/// The state in one program.
struct DeviceState {
    program: String,
    state: &'static str,
}

impl OnTable {
    /// What the ids of its parts end with: the digits alone, because a + has a meaning where scripts look for ids.
    fn key(&self) -> &str {
        self.number.as_str().trim_start_matches('+')
    }

    /// A flag stands over the states.
    fn is_flagged(&self) -> bool {
        matches!(self.state, "do_not_text" | "paused")
    }

    /// What became of a text, in a word.
    fn progress(&self, text: &SimulatedText) -> &'static str {
        match (text.direction, text.status) {
            (TextDirection::FromLead, _) => "",
            (_, ReceiptStatus::Pending) => "under way",
            (_, ReceiptStatus::Sent) => "sent",
            (_, ReceiptStatus::Delivered) => "delivered",
            (_, ReceiptStatus::Failed) => "failed",
        }
    }

    fn is_from_lead(&self, text: &SimulatedText) -> bool {
        text.direction == TextDirection::FromLead
    }
}

/// What the forms of the page hold when they come back with errors.
#[derive(Default)]
struct PhonesRedisplay {
    handset: String,
    wish: TextForm,
    behavior: Option<BehaviorForm>,
    errors: FormErrors,
}

#[derive(Deserialize, Default)]
struct TextForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    program: String,
    #[serde(default, rename = "basis.kind")]
    basis_kind: String,
    #[serde(default, rename = "basis.words")]
    basis_words: String,
}

async fn show(app: Data<AppState>, who: Viewer, session: Session) -> Result<HttpResponse, PageError> {
    table(&app, &who, &session, PhonesRedisplay::default()).await
}

async fn table(
    app: &AppState,
    who: &impl SignedIn,
    session: &Session,
    again: PhonesRedisplay,
) -> Result<HttpResponse, PageError> {
    let (tag, handsets) = live::handsets(app, session, "").await?;
    let handsets = handsets.unwrap_or_default();
    let lines = lines(app).await?;
    let asks_basis = lines.iter().any(|line| line.requires_basis);
    let PhonesRedisplay { handset, wish, behavior, errors } = again;
    let chosen = simulator(app)?.behaviour();
    let behavior = behavior.unwrap_or_else(|| BehaviorForm::of(&chosen));
    let page = PageFrame::new(app, "simulator", who);
    html_status(
        errors.status(),
        SimulatorPage { page, tag, handsets, behavior, handset, given: wish, errors, lines, asks_basis },
    )
}

fn on_table(
    conn: &mut ReadConn<'_>,
    handset: Handset,
    home: &str,
    now: Timestamp,
) -> Result<OnTable, StoreError> {
    let Handset { number: phone, texts } = handset;
    let mut on_table = OnTable {
        name: phone.shown(home),
        state: StateName::NotAsked.as_str(),
        states: Vec::new(),
        headline: "Nothing is kept about this number yet.".to_owned(),
        href: routes::troubleshoot_number(phone.as_str(), ""),
        link: "Ask why",
        number: phone,
        texts,
        waiting: Vec::new(),
    };
    let Some(number) = numbers::find(conn, &on_table.number)? else { return Ok(on_table) };
    on_table.waiting = deliver_now::waiting(conn, number.id)?;
    let all = programs::all(conn)?;
    let known = first_known(&all, &number.consent).unwrap_or(0);
    let Some(program) = all.get(known) else { return Ok(on_table) };
    let verdict =
        sending_context(conn, program)?.verdict(conn, &number, program, Category::Automated, now)?;
    on_table.headline = headline(&verdict);
    if all.len() > 1 {
        on_table.headline = format!("{}: {}", program.name, on_table.headline);
        let standing = |program: &Arc<Program>| DeviceState {
            program: program.name.clone(),
            state: number.consent.state_in(program.id).name().as_str(),
        };
        on_table.states = all.iter().map(standing).collect();
    }
    on_table.state = match (&number.consent.do_not_text, &number.consent.paused) {
        (Some(_), _) => "do_not_text",
        (None, Some(_)) => "paused",
        (None, None) => verdict.state.as_str(),
    };
    (on_table.href, on_table.link) = (routes::number(number.id), "Open the number");
    if let Some(contact) = contacts::of_number(conn, number.id)?.into_iter().next() {
        on_table.href = routes::contact(contact.id);
        on_table.link = "Open the contact";
        if !contact.name.is_empty() {
            on_table.name = contact.details.name;
        }
    }
    Ok(on_table)
}

fn simulator(app: &AppState) -> Result<&Simulator, PageError> {
    app.simulator.as_deref().ok_or(PageError::NotFound)
}

async fn send(
    app: Data<AppState>,
    who: Editor,
    session: Session,
    PostedForm(wish): PostedForm<TextForm>,
) -> Result<HttpResponse, PageError> {
    simulator(&app)?;
    let region = app.config.default_region.clone();
    let phone = Phone::parse(&wish.phone, &region);
    let phone = phone.map_err(|error| FieldError::new("phone", phone_error_text(error)));
    let basis = basis::given(&wish.basis_kind, &wish.basis_words);
    let (phone, basis) = match (phone, check_body(&wish.body), basis) {
        (Ok(phone), Ok(()), Ok(basis)) => (phone, basis),
        (phone, body, basis) => {
            let errors: Vec<FieldError> =
                phone.err().into_iter().chain(body.err()).chain(basis.err()).collect();
            let again = PhonesRedisplay { wish, errors: errors.into(), ..PhonesRedisplay::default() };
            return table(&app, &who, &session, again).await;
        }
    };
    let shown = phone.shown(&region);
    let (to, body) = (wish.phone.clone(), wish.body.clone());
    let program = Some(wish.program.clone()).filter(|slug| !slug.is_empty());
    let wanted = NewMessage { to, body, category: Category::Alert, program, basis };
    let actor = who.actor();
    match app.commands(actor).send_to_phone(phone.clone(), wanted).await {
        Ok(accepted) => {
            keep_on_table(&session, &phone);
            match accepted.status {
                Status::Blocked => {
                    session::flash_refusal(&session, format!("Not sent to {shown}. {}", accepted.words));
                }
                _ => session::flash(&session, format!("{shown}: {}", accepted.words)),
            }
            Ok(see_other(routes::simulator()))
        }
        Err(error) => {
            let again = PhonesRedisplay { wish, errors: error.try_into()?, ..PhonesRedisplay::default() };
            table(&app, &who, &session, again).await
        }
    }
}

/// What a person types on a simulated phone.
#[derive(Deserialize)]
struct PhoneTextForm {
    phone: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    to: String,
}

/// The lead texts one of our numbers, from the page.
async fn text(
    app: Data<AppState>,
    _who: Editor,
    session: Session,
    PostedForm(typed): PostedForm<PhoneTextForm>,
) -> Result<HttpResponse, PageError> {
    let PhoneTextForm { phone, to, body } = typed;
    if body.trim().is_empty() {
        session::flash_refusal(&session, "Enter a message.".to_owned());
        return Ok(see_other(routes::simulator()));
    }
    match machine::lead_texts(&app, simulator(&app)?, &phone, &to, &body).await {
        Err(why) => session::flash_refusal(&session, why.to_string()),
        Ok(()) => {
            if let Ok(phone) = Phone::parse(&phone, &app.config.default_region) {
                keep_on_table(&session, &phone);
            }
        }
    }
    Ok(see_other(routes::simulator()))
}

async fn lines(app: &AppState) -> Result<Vec<OurLine>, StoreError> {
    let found = app.store.read(|conn| {
        let mut lines = Vec::new();
        for program in programs::all(conn)?.iter() {
            if let Some(sender) = programs::sender(conn, program.id)? {
                let (slug, name) = (program.slug.clone(), program.name.clone());
                lines.push(OurLine { slug, program: name, sender, requires_basis: program.requires_basis });
            }
        }
        Ok(lines)
    });
    found.await
}
