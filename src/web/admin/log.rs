//! The administration log, newest first, filtered by person or kind. Administrators and auditors read it; it writes
//! nothing.

use std::collections::HashMap;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::domain::id::UserId;
use crate::store::admin_log::{self, AdminLogFilter, AdminLogRow};
use crate::store::{ReadConn, StoreError, users};
use crate::web::AppState;
use crate::web::admin::list_page::read_at_most;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{PageFrame, html};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::Inspector;

const PER_PAGE: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::LOG, routing::get(index));
}

#[derive(Template)]
#[template(path = "log/index.html")]
struct LogPage {
    page: PageFrame,
    lines: Vec<LogItem>,
    chips: Vec<LogChip>,
    newest: Option<String>,
    older: Option<String>,
}

struct LogItem {
    line: AdminLogRow,
    /// The lines of the same actor, and of the same action.
    by_actor: String,
    by_action: String,
    /// The page of what it is about.
    subject: Option<String>,
}

/// An active filter and the address without it.
struct LogChip {
    label: String,
    without: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct LogQuery {
    actor: String,
    action: String,
    before: String,
}

impl LogQuery {
    fn address(&self) -> String {
        let fields = [("actor", self.actor.as_str()), ("action", &self.action), ("before", &self.before)];
        routes::with_query(routes::log(), &fields)
    }

    fn filter(&self) -> AdminLogFilter {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        AdminLogFilter {
            actor: given(&self.actor),
            action: given(&self.action),
            before: self.before.parse().ok(),
        }
    }

    fn chips(&self) -> Vec<LogChip> {
        let actor = LogQuery { actor: String::new(), before: String::new(), ..self.clone() };
        let action = LogQuery { action: String::new(), before: String::new(), ..self.clone() };
        [("Who", &self.actor, actor), ("Did what", &self.action, action)]
            .into_iter()
            .filter(|(_, value, _)| !value.is_empty())
            .map(|(what, value, rest)| LogChip { label: format!("{what}: {value}"), without: rest.address() })
            .collect()
    }
}

async fn index(app: Data<AppState>, who: Inspector, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked: LogQuery = form::query(&request);
    let (filter, limit) = (asked.filter(), read_at_most(PER_PAGE));
    let page = PageFrame::new(&app, "log", &who);
    let is_admin = page.is_admin();
    let read = move |conn: &mut ReadConn<'_>| {
        let lines = admin_log::page(conn, &filter, limit)?;
        let about = lines.iter().filter_map(|line| line.subject.strip_prefix("user:"));
        // Only administrators may open the pages of users.
        let people = if is_admin { users::ids_of(conn, about)? } else { HashMap::new() };
        Ok::<_, StoreError>((lines, people))
    };
    let seen = app.store.read_replica(who.mark, read).await?;
    let page = page.showing(&seen, app.clock.now());
    let (mut lines, people) = seen.found;
    let more = lines.len() > PER_PAGE;
    lines.truncate(PER_PAGE);
    let older = |last: &AdminLogRow| LogQuery { before: last.id.to_string(), ..asked.clone() }.address();
    let older = lines.last().filter(|_| more).map(older);
    let newest = LogQuery { before: String::new(), ..asked.clone() }.address();
    let newest = Some(newest).filter(|_| !asked.before.is_empty());
    let lines = lines.into_iter().map(|line| shown(line, is_admin, &people)).collect();
    html(LogPage { page, lines, chips: asked.chips(), newest, older })
}

fn shown(line: AdminLogRow, is_admin: bool, people: &HashMap<String, UserId>) -> LogItem {
    let by_actor = LogQuery { actor: line.actor.clone(), ..LogQuery::default() }.address();
    let by_action = LogQuery { action: line.action.clone(), ..LogQuery::default() }.address();
    let subject = line.subject.split_once(':').and_then(|(kind, name)| match kind {
        "form" => Some(routes::form(name)),
        "program" => Some(routes::program(name)),
        "rules" => Some(routes::rules_history_up_to(name)),
        "contact" => Some(routes::contact(name)),
        "job" if is_admin => Some(routes::job(name)),
        "user" => people.get(name).map(routes::user),
        _ => None,
    });
    LogItem { line, by_actor, by_action, subject }
}
