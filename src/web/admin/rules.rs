//! The dated rules: which one holds where on a date, until when, and who says so. Everybody reads them; how they are
//! changed is in `edit`, what they were before in `history`. It must not decide anything: it prints what the rulebook says.

mod edit;
mod history;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::domain::program::Program;
use crate::domain::schedule::{HourRule, Law, Region, Rule, Rulebook, StopRule, federal_day};
use crate::store::{Conn, StoreError, programs, rulebooks};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{self, Errors};
use crate::web::page::{Page, html_status};
use crate::web::session::Viewer;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/rules", web::get().to(index))
        .route("/rules", web::post().to(edit::publish))
        .route("/rules/edit", web::get().to(edit::edit))
        .route("/rules/history", web::get().to(history::index));
}

#[derive(Template)]
#[template(path = "rules/index.html")]
struct IndexPage {
    page: Page,
    on: String,
    errors: Errors,
    /// The date the page is about, and whether it is today.
    date: NaiveDate,
    is_today: bool,
    version: i32,
    /// What a STOP with a code reaches on that date, by the kind of the program.
    stops: Vec<StopRule>,
    /// The codes with the address and the name of their programs.
    codes: Vec<(String, String, String)>,
    laws: Vec<Held>,
    /// The states and territories that have no rules at all.
    others: Vec<Region>,
}

/// What one law says on a date.
struct Held {
    law: Law,
    rules: Vec<HourRule>,
    next: Option<Next>,
}

/// The next date on which a law changes, and all it says then.
struct Next {
    date: NaiveDate,
    rules: Vec<HourRule>,
}

impl Held {
    fn new(book: &Rulebook, law: Law, date: NaiveDate) -> Held {
        let next = book.next_change(law, date).map(|date| Next { date, rules: book.in_force(law, date) });
        Held { law, rules: book.in_force(law, date), next }
    }

    fn place(&self) -> &'static str {
        match self.law {
            Law::Federal => "Everywhere (federal)",
            Law::State(state) => state.name(),
            Law::Unknown => "Where the state is unknown",
            Law::Program => "By a program’s own choice",
        }
    }

    /// Its own first date was not looked up.
    fn is_old(&self, rule: &HourRule) -> bool {
        rule.dated.is_old()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    on: String,
}

async fn index(app: Data<App>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let on = form::query::<Asked>(&request).on.trim().to_owned();
    let today = federal_day(app.clock.now());
    let asked = if on.is_empty() { Ok(today) } else { NaiveDate::parse_from_str(&on, "%Y-%m-%d") };
    let (status, errors) = match asked {
        Ok(_) => (StatusCode::OK, Vec::new()),
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, vec![FieldError::new("on", no_day(&on))]),
    };
    let date = asked.unwrap_or(today);
    let (book, version) = app.store.read(current).await?;
    let codes = app.store.read::<_, StoreError>(|conn| {
        let coded = |program: Program| Some((program.code?, program.slug, program.name));
        Ok(programs::all(conn)?.into_iter().filter_map(coded).collect())
    });
    let codes = codes.await?;
    let mut laws: Vec<Held> = book.laws().into_iter().map(|law| Held::new(&book, law, date)).collect();
    laws.sort_by_key(|held| match held.law {
        Law::Federal => (0, ""),
        Law::State(state) => (1, state.name()),
        Law::Unknown | Law::Program => (2, ""),
    });
    let mut others = Region::states();
    others.retain(|state| book.of(Law::State(*state)).is_empty());
    others.sort_by_key(|state| state.name());
    html_status(
        status,
        IndexPage {
            page: Page::new(&app, "rules", &who),
            on,
            errors: errors.into(),
            date,
            is_today: date == today,
            version,
            stops: stops(&book, date),
            codes,
            laws,
            others,
        },
    )
}

fn stops(book: &Rulebook, date: NaiveDate) -> Vec<StopRule> {
    let holds = |rule: Rule| match rule {
        Rule::Stop(rule) if rule.dated.holds(date) => Some(rule),
        _ => None,
    };
    book.rules().into_iter().filter_map(holds).collect()
}

/// A date field shows nothing of what is no date, so the sentence does.
fn no_day(given: &str) -> String {
    let given: String = given.chars().take(40).collect();
    format!(
        "Date: “{given}” is none. Enter year, month and day, for example 2027-01-31, or leave it empty for today."
    )
}

/// The rules in force and their version.
fn current(conn: &mut Conn<'_>) -> Result<(Arc<Rulebook>, i32), StoreError> {
    let version = rulebooks::latest(conn)?.map_or(0, |edition| edition.version);
    Ok((rulebooks::current(conn)?, version))
}
