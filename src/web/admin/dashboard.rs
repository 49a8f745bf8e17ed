//! The first page: what needs attention, consent by state, failures by cause, and the switch for all sending.
//! Everyone who signs in reads it; administrators write the switch.

mod carrier;
mod pauses;
mod today;

use std::collections::BTreeMap;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use self::carrier::{CarrierNotice, notice};
use self::pauses::{PauseItem, pauses};
use self::today::{AttentionList, today};
use super::messages::href;
use super::messages::meaning::why;
use crate::actions::answer_reminder::due_reminders;
use crate::domain::background_job::JobKind;
use crate::domain::id::JobId;
use crate::domain::message::Status;
use crate::domain::schedule::PendingRule;
use crate::domain::time::Timestamp;
use crate::providers::breaker::CarrierOutage;
use crate::store::inbox::{self, SilentCarrier};
use crate::store::messages::{self, Message};
use crate::store::{ReadConn, StoreError, background_jobs, counters, programs, reviews, rulebooks, sending};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::PostedForm;
use crate::web::page::grouped;
use crate::web::page::{PageFrame, html, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator, Viewer};
use crate::web::words::codes::explain;

/// Failures looked at to name causes.
const LOOKED_AT: i64 = 50;
/// Replies in the review desk are counted as far as this.
const COUNTED: i64 = 1000;
/// Failures shown.
const SHOWN: usize = 10;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::DASHBOARD, routing::get(show))
        .route(patterns::SENDING_OFF, routing::get(confirm_off))
        .route(patterns::PAUSED_REQUESTS, routing::post(pauses::resume))
        .route(patterns::SENDING, routing::post(switch));
}

#[derive(Template)]
#[template(path = "dashboard/index.html")]
struct DashboardPage {
    page: PageFrame,
    figures: DashboardStats,
    /// The carrier takes no texts.
    outage: Option<CarrierOutage>,
    /// This server waits, or received texts may be missing.
    carrier: Option<CarrierNotice>,
}

#[derive(Template)]
#[template(path = "dashboard/sending_off.html")]
struct SendingOffPage {
    page: PageFrame,
}

/// What the page is about.
struct DashboardStats {
    sending: bool,
    /// The job that cancels what waited before a restore, while it is not done: sending waits for it.
    cancelling: Option<JobId>,
    /// The carrier's list of received texts cannot be read.
    silent: Option<SilentCarrier>,
    /// How often sending was switched on or off: the form carries it.
    turns: String,
    today: AttentionList,
    /// The program whose states are counted, where there are several.
    of: Option<String>,
    all: String,
    /// Forms and prefixes whose opt-in requests are paused.
    pauses: Vec<PauseItem>,
    /// Programs without a number to text from: address and name.
    mute: Vec<(String, String)>,
    /// Rules that were adopted and are not in force yet.
    reminders: Vec<&'static PendingRule>,
    /// Built-in rules that wait for a decision.
    new_rules: usize,
    /// Replies in the review desk, in words; empty when there are none.
    reviews: String,
    states: Vec<StateCount>,
    causes: Vec<FailureCause>,
    failures: Vec<FailedItem>,
}

struct StateCount {
    state: &'static str,
    count: String,
}

/// One cause among the latest failures, and the list of all that ended that way.
struct FailureCause {
    n: usize,
    words: String,
    href: String,
}

struct FailedItem {
    message: Message,
    cause: String,
}

async fn show(app: Data<AppState>, who: Viewer) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let seen = app.store.read_replica(who.mark, move |conn| figures(conn, now)).await?;
    let page = PageFrame::new(&app, "dashboard", &who).showing(&seen, now);
    let mut figures = seen.found;
    let carrier = notice(app.hand_over.waits_for(), figures.silent.take());
    html(DashboardPage { page, figures, outage: app.breaker.outage(), carrier })
}

async fn confirm_off(app: Data<AppState>, who: Administrator) -> Result<HttpResponse, PageError> {
    html(SendingOffPage { page: PageFrame::new(&app, "dashboard", &who) })
}

#[derive(Deserialize)]
struct SendingToggle {
    state: OnOff,
    #[serde(default)]
    revision: String,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum OnOff {
    On,
    Off,
}

async fn switch(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<SendingToggle>,
) -> Result<HttpResponse, PageError> {
    let on = given.state == OnOff::On;
    app.commands(who.actor()).switch_sending(on, given.revision).await?;
    let done = if on { "Sending is on again." } else { "Sending is off. Replies are still recorded." };
    session::flash(&session, done);
    Ok(see_other(routes::dashboard()))
}

fn figures(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<DashboardStats, StoreError> {
    let all = programs::all(conn)?;
    let default = all.iter().find(|program| program.is_default);
    let of = default.filter(|_| all.len() > 1).map(|program| program.name.clone());
    let program = default.map(|program| program.id);
    let tallies = match program {
        Some(program) => counters::of(conn, program)?,
        None => BTreeMap::new(),
    };
    let mut mute = Vec::new();
    for program in all.iter() {
        if programs::sender(conn, program.id)?.is_none() {
            mute.push((routes::program(&program.slug), program.name.clone()));
        }
    }
    let count = |state: &str| tallies.get(state).copied().unwrap_or(0);
    let mut latest = messages::page(conn, Some(Status::Failed), None, None, LOOKED_AT)?;
    latest.extend(messages::page(conn, Some(Status::Blocked), None, None, LOOKED_AT)?);
    latest.sort_by_key(|message| std::cmp::Reverse(message.id));
    let states = ["opted_in", "invited", "opted_out", "not_asked"];
    let new_rules = rulebooks::current(conn)?.unanswered().len();
    Ok(DashboardStats {
        reminders: due_reminders(conn, now)?,
        new_rules,
        pauses: pauses(conn)?,
        cancelling: cancelling(conn)?,
        sending: sending::is_on(conn)?,
        silent: inbox::silent(conn)?,
        turns: sending::turns(conn)?,
        today: today(conn, program, &latest, now)?,
        of,
        mute,
        all: grouped(count(counters::ALL)),
        reviews: counted(reviews::count(conn, COUNTED + 1)?),
        states: states.map(|state| StateCount { state, count: grouped(count(state)) }).into(),
        causes: causes(&latest),
        failures: latest.into_iter().take(SHOWN).map(failure).collect(),
    })
}

fn cancelling(conn: &mut ReadConn<'_>) -> Result<Option<JobId>, StoreError> {
    if sending::is_on(conn)? {
        return Ok(None);
    }
    let unfinished = background_jobs::unfinished(conn, JobKind::CancelWaiting)?;
    Ok(unfinished.first().map(|(id, _)| *id))
}

fn counted(reviews: i64) -> String {
    match reviews {
        0 => String::new(),
        n if n > COUNTED => format!("more than {}", grouped(COUNTED)),
        n => grouped(n),
    }
}

/// The causes of these failures by their codes, the most frequent first: a sentence with a date in it is no cause of its own.
fn causes(failures: &[Message]) -> Vec<FailureCause> {
    let mut by_code: BTreeMap<(Status, &str), Vec<&Message>> = BTreeMap::new();
    for message in failures {
        let code = message.error_code.as_deref().unwrap_or_default();
        by_code.entry((message.status, code)).or_default().push(message);
    }
    let mut causes: Vec<FailureCause> = by_code.into_iter().map(cause_of).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.n));
    causes.truncate(SHOWN);
    causes
}

fn cause_of(((status, code), failures): ((Status, &str), Vec<&Message>)) -> FailureCause {
    let words = match explain(code) {
        Some((words, _)) => words.to_owned(),
        None => failures.first().and_then(|first| why(first)).unwrap_or_else(|| NO_CAUSE.to_owned()),
    };
    let narrow = Some(code).filter(|code| !code.is_empty());
    FailureCause { n: failures.len(), words, href: href(Some(status), narrow, None) }
}

const NO_CAUSE: &str = "The provider gave no cause.";

fn failure(message: Message) -> FailedItem {
    FailedItem { cause: why(&message).unwrap_or_else(|| NO_CAUSE.to_owned()), message }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn figures_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
