//! The message log, and the life of one message: its steps, what its code means in plain words, and what the gate said
//! when it was accepted or refused.

use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::troubleshoot::VerdictPanel;
use crate::domain::gate::Verdict;
use crate::domain::id::MessageId;
use crate::domain::message::Status;
use crate::store::contacts::{self, Contact};
use crate::store::messages::{self, Message, Step};
use crate::store::{Conn, StoreError};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{self, Page, html};
use crate::web::session::Viewer;

const PER_PAGE: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/messages", web::get().to(index)).route("/messages/{id}", web::get().to(show));
}

#[derive(Template)]
#[template(path = "messages/index.html")]
struct IndexPage {
    page: Page,
    /// Address, label and whether it is the current one.
    tabs: Vec<(String, String, bool)>,
    status: String,
    known: bool,
    messages: Vec<Message>,
    newest: Option<String>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    status: String,
    before: String,
}

async fn index(app: Data<App>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = form::query::<Asked>(&request);
    let (status, before) = (asked.status.parse::<Status>().ok(), asked.before.parse::<MessageId>().ok());
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut messages =
        app.store.read::<_, StoreError>(move |conn| messages::page(conn, status, before, limit)).await?;
    let more = messages.len() > PER_PAGE;
    messages.truncate(PER_PAGE);
    let older = messages.last().filter(|_| more).map(|last| href(status, Some(last.id)));
    let tab = |known: &Status| (href(Some(*known), None), label(*known), status == Some(*known));
    html(IndexPage {
        page: Page::new(&app, "messages", &who),
        tabs: Status::ALL.iter().map(tab).collect(),
        known: status.is_some() || asked.status.is_empty(),
        newest: before.map(|_| href(status, None)),
        status: asked.status,
        messages,
        older,
    })
}

fn href(status: Option<Status>, before: Option<MessageId>) -> String {
    match (status, before) {
        (None, None) => "/messages".to_owned(),
        (Some(status), None) => format!("/messages?status={status}"),
        (None, Some(before)) => format!("/messages?before={before}"),
        (Some(status), Some(before)) => format!("/messages?status={status}&before={before}"),
    }
}

fn label(status: Status) -> String {
    let mut letters = status.as_str().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Template)]
#[template(path = "messages/show.html")]
struct ShowPage {
    page: Page,
    life: Life,
}

/// Everything about one message.
struct Life {
    message: Message,
    steps: Vec<Step>,
    contacts: Vec<Contact>,
    panel: Option<VerdictPanel>,
    meaning: Option<Meaning>,
}

/// A code in plain words.
struct Meaning {
    code: String,
    cause: String,
    what_to_do: &'static str,
}

async fn show(app: Data<App>, who: Viewer, id: Path<String>) -> Result<HttpResponse, PageError> {
    let id: MessageId = page::id(&id)?;
    let life = app.store.read(move |conn| life(conn, id)).await?;
    html(ShowPage { page: Page::new(&app, "messages", &who), life })
}

fn life(conn: &mut Conn<'_>, id: MessageId) -> Result<Life, PageError> {
    let message = messages::get(conn, id)?.ok_or(PageError::NotFound)?;
    let steps = messages::steps(conn, id)?;
    let contacts = match message.number_id {
        Some(number) => contacts::of_number(conn, number)?,
        None => Vec::new(),
    };
    let verdict: Option<Verdict> =
        message.verdict.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let contact = contacts.first().map(|contact| contact.id);
    let panel = verdict.map(|verdict| {
        let question = format!("What the gate said on {}", verdict.asked_at.words());
        VerdictPanel::new(&verdict, &question, contact, message.status == Status::Blocked)
    });
    let meaning = message.error_code.clone().map(|code| meaning(code, message.error_text.as_deref()));
    Ok(Life { message, steps, contacts, panel, meaning })
}

fn meaning(code: String, said: Option<&str>) -> Meaning {
    let known = explain(&code);
    let cause = match (known, said) {
        (Some((cause, _)), _) => cause.to_owned(),
        (None, Some(said)) => said.to_owned(),
        (None, None) => "No cause was given.".to_owned(),
    };
    let what_to_do =
        known.map_or("Look the code up in your provider's list of error codes.", |(_, what)| what);
    Meaning { code, cause, what_to_do }
}

/// Cause and way on for the codes of our own and of Twilio that people meet.
fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "invalid_number" => {
            ("What was given as the recipient is no phone number.", "Correct the number and send again.")
        }
        "not_opted_in" => (
            "The lead has not opted in.",
            "Send a message to the contact: the opt-in template goes first, and the message follows their START.",
        ),
        "opted_out" => (
            "The lead opted out of texts.",
            "Only the lead can undo this: they must text START to your sender number.",
        ),
        "do_not_text" => (
            "An administrator marked the number Do not text.",
            "An administrator can clear the flag on the contact's page.",
        ),
        "paused" => {
            ("An unclear reply waits for a person.", "Read the reply on the contact's page and decide.")
        }
        "unreachable" => (
            "The carrier says that this number cannot receive texts.",
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        "no_sender" => ("The program has no sender number.", "An administrator adds one to the program."),
        "sending_off" => {
            ("All sending is switched off.", "An administrator switches it on again on the dashboard.")
        }
        "cancelled" => ("The message was taken back before it went out.", "The last step below says why."),
        "unknown" => (
            "The provider did not answer, so nobody knows whether it went out.",
            "Nothing: the provider is asked before anything is sent again.",
        ),
        "gave_up" => ("Every attempt failed.", "See the steps below, and send it again if it still matters."),
        "expired" => ("Its time ran out before it could go.", "Send it again if it still matters."),
        "21610" => (
            "The lead is blocked at Twilio: they once texted STOP there.",
            "Only the lead can undo this: they must text START to your sender number.",
        ),
        "21211" | "21214" => ("Twilio does not know this number.", "Correct the contact's number."),
        "21408" => (
            "Your Twilio account may not text this country.",
            "An administrator allows the country in Twilio's geographic permissions.",
        ),
        "21606" | "21659" | "21660" => (
            "The sender number does not belong to your Twilio account, or cannot text.",
            "An administrator corrects the program's sender number.",
        ),
        "21612" => ("Twilio cannot text from this sender to this number.", "Try another sender number."),
        "21614" | "30006" => (
            "The number is a landline, or its carrier cannot be reached by text.",
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        "20003" | "20404" => (
            "Twilio did not accept our account or its secret.",
            "An administrator checks TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
        ),
        "20429" | "429" | "30001" => {
            ("Too many texts at once.", "Nothing: it is tried again by itself, later.")
        }
        "30002" => ("The Twilio account is suspended.", "An administrator settles this with Twilio."),
        "30003" => (
            "The handset was off or out of reach.",
            "Try again later. If it keeps failing, ask the lead for another number.",
        ),
        "30004" => {
            ("The lead's handset or carrier blocks these texts.", "Call the lead, and ask what they want.")
        }
        "30005" => ("The number is not in service.", "Ask the lead for another number."),
        "30007" => (
            "The carrier filtered the text as unwanted.",
            "Check the wording and links, and the registration of your sender number.",
        ),
        "30008" => ("The carrier gave no reason.", "Try again once. If it keeps failing, ask Twilio."),
        "30034" => (
            "The sender number is not registered for texting in the US (A2P 10DLC).",
            "An administrator registers it with Twilio.",
        ),
        _ => return None,
    })
}
