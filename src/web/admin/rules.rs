//! The dated rules: which one holds where on a date, until when, and its source. Everyone who signs in reads the list;
//! `row` changes one rule, `review` decides on new built-in ones, `history` and `restore` show and bring back earlier
//! versions. This file writes nothing.

mod form;
mod history;
mod preview;
mod reminders;
mod restore;
mod review;
mod row;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::domain::program::Program;
use crate::domain::schedule::{HourRule, Region, RuleAuthority, Rulebook, ScheduleRule, federal_day};
use crate::store::{ReadConn, StoreError, programs, rulebooks};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, query};
use crate::web::page::{PageFrame, html_status};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Viewer;
use crate::words::{InWords, Label};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::RULES, routing::get(index))
        .route(patterns::RULE_ROWS, routing::post(row::post))
        .route(patterns::NEW_RULE_ROW, routing::get(row::new))
        .route(patterns::RULE_ROW, routing::get(row::show))
        .route(patterns::RULES_REVIEW, routing::get(review::show))
        .route(patterns::RULES_REVIEW, routing::post(review::post))
        .route(patterns::RULES_REMINDER, routing::post(reminders::post))
        .route(patterns::RULES_HISTORY, routing::get(history::index))
        .route(patterns::RULES_VERSION, routing::get(restore::show))
        .route(patterns::RULES_VERSION, routing::post(restore::post));
}

#[derive(Template)]
#[template(path = "rules/index.html")]
struct RulesPage {
    page: PageFrame,
    on: String,
    errors: FormErrors,
    /// The date the page is about, and whether it is today.
    date: NaiveDate,
    is_today: bool,
    version: i32,
    /// Built-in rules that wait for a decision.
    unanswered: Vec<ScheduleRule>,
    laws: Vec<LawItem>,
    /// The rules of the other kinds that hold on that date or later.
    sections: Vec<RulesSection>,
    /// The states and territories that have no hours of their own.
    others: Vec<Region>,
    /// The codes with the address and the name of their programs.
    codes: Vec<(String, String, String)>,
}

/// The hours of one law on a date: each row with what is left of its days, and as it was published.
struct LawItem {
    law: RuleAuthority,
    rules: Vec<(HourRule, ScheduleRule)>,
    next: Option<NextItem>,
}

/// The next date on which a law changes, and all it says then.
struct NextItem {
    date: NaiveDate,
    rules: Vec<(HourRule, ScheduleRule)>,
}

/// The rules of one kind.
struct RulesSection {
    kind: &'static str,
    title: &'static str,
    hint: &'static str,
    /// What the button adds; empty where nothing is added.
    add: &'static str,
    rules: Vec<ScheduleRule>,
}

impl LawItem {
    fn new(book: &Rulebook, law: RuleAuthority, date: NaiveDate) -> LawItem {
        let next =
            book.next_change(law, date).map(|date| NextItem { date, rules: book.rows_in_force(law, date) });
        LawItem { law, rules: book.rows_in_force(law, date), next }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RulesQuery {
    on: String,
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let on = query::<RulesQuery>(&request).on.trim().to_owned();
    let today = federal_day(app.clock.now());
    let asked = if on.is_empty() { Ok(today) } else { NaiveDate::parse_from_str(&on, "%Y-%m-%d") };
    let errors = match asked {
        Ok(_) => FormErrors::default(),
        Err(_) => vec![FieldError::new("on", "Enter a date.")].into(),
    };
    let date = asked.unwrap_or(today);
    let (book, version) = app.store.read(current).await?;
    let codes = app.store.read::<_, StoreError>(|conn| {
        let coded = |program: &Arc<Program>| {
            Some((program.code.clone()?, program.slug.clone(), program.name.clone()))
        };
        Ok(programs::all(conn)?.iter().filter_map(coded).collect())
    });
    let codes = codes.await?;
    let mut laws: Vec<LawItem> = book.laws().into_iter().map(|law| LawItem::new(&book, law, date)).collect();
    laws.sort_by_key(|item| match item.law {
        RuleAuthority::Federal => (0, ""),
        RuleAuthority::State(state) => (1, state.name()),
        RuleAuthority::Unknown | RuleAuthority::Program => (2, ""),
    });
    let mut others = Region::states();
    others.retain(|state| book.of(RuleAuthority::State(*state)).is_empty());
    others.sort_by_key(|state| state.name());
    let (page, is_today) = (PageFrame::new(&app, "rules", &who), date == today);
    let (unanswered, sections) = (book.unanswered(), sections(&book, date));
    html_status(
        errors.status(),
        RulesPage { page, on, errors, date, is_today, version, unanswered, laws, sections, others, codes },
    )
}

fn sections(book: &Rulebook, date: NaiveDate) -> Vec<RulesSection> {
    let of = |kind| {
        let is_due = |rule: &ScheduleRule| rule.dated().until.is_none_or(|until| until >= date);
        book.rules().into_iter().filter(|rule| rule.kind() == kind && is_due(rule)).collect()
    };
    let section = |kind, title, hint, add| RulesSection { kind, title, hint, add, rules: of(kind) };
    vec![
        section(
            "closure",
            "Closures",
            "States that are closed to texts for a while, whatever the consent.",
            "Close a state",
        ),
        section("holiday", "Holidays", "Days on which a state allows no texts.", "Add a holiday"),
        section(
            "cap",
            "Caps by law",
            "The most texts one person may get, from any of your numbers.",
            "Add a cap",
        ),
        section(
            "stop",
            "What STOP ends",
            "STOP without a code ends all programs. With a program code:",
            "Add a fact",
        ),
        section("deadline", "Deadlines", "Business days are Monday to Friday.", "Add a deadline"),
    ]
}

/// The rules in force and their version.
fn current(conn: &mut ReadConn<'_>) -> Result<(Arc<Rulebook>, i32), StoreError> {
    let version = rulebooks::latest(conn)?.map_or(0, |edition| edition.version);
    Ok((rulebooks::current(conn)?, version))
}

/// What is said after a publication.
fn published(version: i32) -> String {
    format!("Version {version} of the rules is published. It counts for every text from now on.")
}

const OUTDATED: &str = "Another administrator published rules while you were editing. Your change isn't published yet. \
     Check what changed below.";
