//! The list of contacts, and of numbers that no contact has, with its tabs, search and pages. Everyone who signs in reads it;
//! `edit` writes contacts. It never touches consent.

mod edit;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::program_scope::{ProgramScope, ProgramTab};
use crate::domain::calendar::{LocalCalendar, date_words};
use crate::domain::consent::StateName;
use crate::domain::id::JobId;
use crate::domain::phone::Phone;
use crate::store::contacts::{self, ContactFilter, ContactRow, ListOrder, ListSubject, SinceRange};
use crate::store::{ReadConn, backfill, counters, numbers};
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::grouped;
use crate::web::page::{PageFrame, html, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Viewer;
use crate::web::{AppState, cursor};

const PER_PAGE: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::CONTACTS, routing::get(index))
        .route(patterns::CONTACTS, routing::post(edit::create))
        .route(patterns::NEW_CONTACT, routing::get(edit::new))
        .route(patterns::EDIT_CONTACT, routing::get(edit::edit))
        .route(patterns::CONTACT, routing::post(edit::update));
}

/// The tabs, with the value of `state` that each stands for.
const TABS: [(&str, &str); 6] = [
    ("", "All"),
    ("opted_in", "Opted in"),
    ("invited", "Invited"),
    ("opted_out", "Opted out"),
    ("not_asked", "Not asked"),
    (counters::NEEDS_REVIEW, "Needs review"),
];

#[derive(Template)]
#[template(path = "contacts/index.html")]
struct ContactsPage {
    page: PageFrame,
    asked: ContactsQuery,
    list: ContactList,
}

/// A page of the list and the ways to its neighbours.
struct ContactList {
    tabs: Vec<StateTab>,
    chips: Vec<ContactsChip>,
    /// The list can be narrowed by the time of the latest change.
    by_since: bool,
    lines: Vec<ContactRow>,
    order: ListOrder,
    /// The order in words, where no heading can change it.
    order_words: Option<&'static str>,
    prev: Option<String>,
    next: Option<String>,
    /// The programs, where there are several: the states are those in the current one.
    programs: Vec<ProgramTab>,
    /// What a contact's address ends with to show that program.
    suffix: String,
    summary: String,
    /// False while nothing is on record at all.
    has_any: bool,
    /// The job that gives the program's lists their rows, while it is not done.
    preparing: Option<JobId>,
}

impl ContactList {
    /// Whether the column of that order says that the list stands in it.
    fn sorted(&self, column: &str) -> bool {
        let order = match self.order {
            ListOrder::Name => "name",
            ListOrder::Newest | ListOrder::Added | ListOrder::Number => "added",
            ListOrder::LatestChange => "since",
        };
        order == column
    }
}

struct StateTab {
    href: String,
    label: &'static str,
    count: String,
    current: bool,
}

struct ContactsChip {
    label: String,
    remove: String,
}

/// What the address asks for. Everything that filters is in here.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct ContactsQuery {
    q: String,
    state: String,
    program: String,
    /// The first and the last day of the latest change, as the reader's calendar has them.
    since_from: String,
    since_to: String,
    sort: String,
    after: String,
    before: String,
}

impl ContactsQuery {
    /// The same list from its beginning.
    fn rewound(&self) -> ContactsQuery {
        ContactsQuery { after: String::new(), before: String::new(), ..self.clone() }
    }

    fn with_state(&self, state: &str) -> String {
        ContactsQuery { state: state.to_owned(), ..self.rewound() }.href()
    }

    fn with_search(&self, q: &str) -> String {
        ContactsQuery { q: q.to_owned(), ..self.rewound() }.href()
    }

    fn with_sort(&self, sort: &str) -> String {
        ContactsQuery { sort: sort.to_owned(), ..self.rewound() }.href()
    }

    fn href(&self) -> String {
        let fields = [
            ("q", self.q.as_str()),
            ("state", &self.state),
            ("program", &self.program),
            ("since_from", &self.since_from),
            ("since_to", &self.since_to),
            ("sort", &self.sort),
            ("after", &self.after),
            ("before", &self.before),
        ];
        routes::with_query(routes::contacts(), &fields)
    }

    /// The chips of what narrows the list; a state that does not exist is one as well.
    fn chips(&self, by_since: bool) -> Vec<ContactsChip> {
        let mut chips = Vec::new();
        if !self.q.trim().is_empty() {
            chips.push(ContactsChip {
                label: format!("Search: {}", self.q.trim()),
                remove: self.with_search(""),
            });
        }
        if !self.state.is_empty() {
            let known = TABS.iter().find(|(state, _)| *state == self.state);
            let label = known.map_or_else(
                || format!("Unknown state: {} (ignored)", self.state),
                |(_, label)| format!("State: {label}"),
            );
            chips.push(ContactsChip { label, remove: self.with_state("") });
        }
        let without_from = ContactsQuery { since_from: String::new(), ..self.rewound() };
        let without_to = ContactsQuery { since_to: String::new(), ..self.rewound() };
        for (words, day, without) in
            [("Since", &self.since_from, without_from), ("Until", &self.since_to, without_to)]
        {
            let label = match day_of(day) {
                _ if day.is_empty() => continue,
                None => format!("Unknown date: {day} (ignored)"),
                Some(date) if by_since => format!("{words} {}", date_words(date)),
                Some(date) => format!("{words} {} (only in a list of one state)", date_words(date)),
            };
            chips.push(ContactsChip { label, remove: without.href() });
        }
        chips
    }

    /// The range of time that the days mean on this calendar.
    fn since(&self, calendar: LocalCalendar) -> SinceRange {
        let after = |date: NaiveDate| date.checked_add_days(Days::new(1)).unwrap_or(date);
        SinceRange {
            from: day_of(&self.since_from).map(|date| calendar.beginning(date)),
            to: day_of(&self.since_to).map(|date| calendar.beginning(after(date))),
        }
    }
}

/// The date that a date field sends.
fn day_of(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = form::query::<ContactsQuery>(&request);
    if let Some(contact) = only_one(&app, &who, &asked).await? {
        return Ok(see_other(contact));
    }
    let (region, wanted, calendar) = (app.config.default_region.clone(), asked.clone(), who.calendars.reader);
    let seen = app.store.read_replica(who.mark, move |conn| list(conn, &wanted, &region, calendar)).await?;
    let page = PageFrame::new(&app, "contacts", &who).showing(&seen, app.clock.now());
    html(ContactsPage { page, asked, list: seen.found })
}

/// Where the one record is that a search means.
async fn only_one(app: &AppState, who: &Viewer, asked: &ContactsQuery) -> Result<Option<String>, PageError> {
    if asked.q.trim().is_empty() {
        return Ok(None);
    }
    let (region, wanted) = (app.config.default_region.clone(), asked.clone());
    let only = move |conn: &mut ReadConn<'_>| only_contact(conn, &wanted, &region);
    Ok(app.store.read_replica(who.mark, only).await?.found)
}

/// The address of the record that a full number means, if it is one alone, in the program that is asked for.
fn only_contact(
    conn: &mut ReadConn<'_>,
    asked: &ContactsQuery,
    region: &str,
) -> Result<Option<String>, PageError> {
    let Ok(phone) = Phone::look_up(&asked.q, region) else { return Ok(None) };
    let Some(number) = numbers::find(conn, &phone)? else { return Ok(None) };
    // Without a program the record opens where something is known of it.
    let programs = ProgramScope::read(conn, &asked.program)?;
    let suffix = if asked.program.is_empty() { String::new() } else { programs.query_suffix() };
    Ok(match contacts::of_number(conn, number.id)?.as_slice() {
        [] => Some(format!("{}{suffix}", routes::number(number.id))),
        [only] => Some(format!("{}{suffix}", routes::contact(only.id))),
        _ => None,
    })
}

fn list(
    conn: &mut ReadConn<'_>,
    asked: &ContactsQuery,
    region: &str,
    calendar: LocalCalendar,
) -> Result<ContactList, PageError> {
    let programs = ProgramScope::read(conn, &asked.program)?;
    let program = programs.selected()?;
    let (after, before) = (cursor::read(&asked.after), cursor::read(&asked.before));
    let backwards = before.is_some();
    let whole_number = Phone::look_up(&asked.q, region).ok();
    // A whole number is looked for as it is kept, however it was written.
    let search = match whole_number {
        Some(phone) => Some(phone.as_str().to_owned()),
        None => Some(asked.q.trim().to_owned()).filter(|search| !search.is_empty()),
    };
    let filter = ContactFilter {
        of: ListSubject::Everyone,
        program: program.id,
        state: asked.state.parse::<StateName>().ok(),
        needs_review: asked.state == counters::NEEDS_REVIEW,
        since: SinceRange::default(),
        search,
        home_code: Phone::calling_code(region),
        by_name: asked.sort == "name",
        cursor: before.or(after),
        backwards,
        limit: i64::try_from(PER_PAGE).unwrap_or(i64::MAX),
    };
    let by_since = filter.order() == ListOrder::LatestChange && filter.state != Some(StateName::NotAsked);
    let since = if by_since { asked.since(calendar) } else { SinceRange::default() };
    let filter = ContactFilter { since, ..filter };
    let is_later_page = !backwards && filter.begins_at().is_some();
    let contacts::ListPage { mut lines, goes_on } = contacts::page(conn, &filter)?;
    if backwards {
        lines.reverse();
    }
    // Where a page could not be filled, the list goes on behind its last line.
    let (first, last) = (lines.first().map(|line| &line.place), lines.last().map(|line| &line.place));
    let (start, end) = match backwards {
        true => (goes_on.as_ref(), last),
        false => (first.filter(|_| is_later_page), goes_on.as_ref()),
    };
    let prev = start.map(|place| ContactsQuery { before: cursor::written(place), ..asked.rewound() }.href());
    let next = end.map(|place| ContactsQuery { after: cursor::written(place), ..asked.rewound() }.href());
    let counts = counters::of(conn, program.id)?;
    let count =
        |state: &str| counts.get(if state.is_empty() { counters::ALL } else { state }).copied().unwrap_or(0);
    let known = if TABS.iter().any(|(state, _)| *state == asked.state) { asked.state.as_str() } else { "" };
    let summary = match filter.search.is_some() || !filter.since.is_open() {
        true => format!("{} shown", lines.len()),
        false => format!("{} of about {}", lines.len(), grouped(count(known))),
    };
    let tab = |(state, label): (&str, &'static str)| StateTab {
        href: asked.with_state(state),
        label,
        count: grouped(count(state)),
        current: asked.state == state,
    };
    let whole = ContactsQuery { program: String::new(), ..asked.rewound() }.href();
    Ok(ContactList {
        programs: programs.tabs(&whole, |_| String::new()),
        suffix: programs.query_suffix(),
        tabs: TABS.into_iter().map(tab).collect(),
        chips: asked.chips(by_since),
        by_since,
        order: filter.order(),
        order_words: order_words(&filter),
        prev,
        next,
        summary,
        has_any: count(counters::ALL) > 0,
        preparing: backfill::preparing(conn, program.id)?,
        lines,
    })
}

fn order_words(filter: &ContactFilter) -> Option<&'static str> {
    match (filter.order(), filter.state) {
        (ListOrder::LatestChange, Some(StateName::NotAsked)) => Some("Newest number first"),
        (ListOrder::LatestChange, None) => Some("Latest reply first"),
        (ListOrder::LatestChange, Some(_)) => Some("Latest change first"),
        _ => None,
    }
}
