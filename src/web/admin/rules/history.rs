//! Every published version of the rules: who, when, why, and what changed. Everyone who signs in reads it; it writes
//! nothing.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::super::names::DisplayNames;
use crate::domain::schedule::{Rulebook, RulebookDiff, ScheduleRule, normal_lines};
use crate::domain::time::Timestamp;
use crate::store::rulebooks::{self, RulebookVersion};
use crate::store::{ReadConn, StoreError};
use crate::web::AppState;
use crate::web::admin::list_page::read_at_most;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{PageFrame, html};
use crate::web::routes;
use crate::web::session::Viewer;
use crate::words::{InWords, Label};

/// Versions on one page.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "rules/history.html")]
struct HistoryPage {
    page: PageFrame,
    changes: Vec<RulebookChange>,
    /// The version that holds now.
    latest: i32,
    /// The address of the versions before these.
    older: Option<String>,
    /// How many built-in rules there are.
    built_in: usize,
}

/// A version and what it changed.
#[derive(Clone)]
pub(super) struct RulebookChange {
    pub(super) version: i32,
    pub(super) at: Timestamp,
    pub(super) by: String,
    pub(super) reason: String,
    /// Rules that the version before had not.
    pub(super) added: Vec<ScheduleRule>,
    /// Rules that only the version before had.
    pub(super) removed: Vec<ScheduleRule>,
}

impl RulebookChange {
    /// The versions after this one, the latest first.
    pub(super) fn since(conn: &mut ReadConn<'_>, version: i32) -> Result<Vec<RulebookChange>, StoreError> {
        let mut changes = RulebookChange::page(conn, i32::MAX)?;
        changes.retain(|change| change.version > version);
        Ok(changes)
    }

    /// A page of versions up to this one, the latest first.
    fn page(conn: &mut ReadConn<'_>, up_to: i32) -> Result<Vec<RulebookChange>, StoreError> {
        let limit = read_at_most(SHOWN);
        let (editions, names) = (rulebooks::editions(conn, up_to, limit)?, DisplayNames::read(conn)?);
        let first = editions.last().map_or(0, |edition| edition.answers);
        let built_in = Rulebook::builtin_text(first);
        let earlier = editions.iter().skip(1).map(|edition| edition.lines.as_str()).chain([&*built_in]);
        let change = |(edition, earlier): (&RulebookVersion, &str)| {
            let lines = RulebookDiff::between(&normal_lines(earlier), &normal_lines(&edition.lines));
            let rules = |lines: &[String]| lines.iter().filter_map(|line| line.parse().ok()).collect();
            RulebookChange {
                version: edition.version,
                at: edition.published_at,
                by: names.of(&edition.published_by),
                reason: edition.reason.clone(),
                added: rules(&lines.added),
                removed: rules(&lines.removed),
            }
        };
        Ok(editions.iter().zip(earlier).take(SHOWN).map(change).collect())
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HistoryQuery {
    up_to: String,
}

/// The versions, the latest first.
pub(super) async fn index(
    app: Data<AppState>,
    who: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let up_to = form::query::<HistoryQuery>(&request).up_to.parse().ok();
    let read = move |conn: &mut ReadConn<'_>| {
        let latest = rulebooks::latest(conn)?.map_or(0, |edition| edition.version);
        Ok::<_, StoreError>((RulebookChange::page(conn, up_to.unwrap_or(latest))?, latest))
    };
    let seen = app.store.read_replica(who.mark, read).await?;
    let page = PageFrame::new(&app, "rules", &who).showing(&seen, app.clock.now());
    let (changes, latest) = seen.found;
    let before = changes.last().map_or(0, |change| change.version - 1);
    let older = Some(routes::rules_history_up_to(before)).filter(|_| before > 0);
    let built_in = Rulebook::builtin().rules().len();
    html(HistoryPage { page, changes, latest, older, built_in })
}
