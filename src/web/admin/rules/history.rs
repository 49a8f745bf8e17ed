//! What the rules were: each published version with who, when and why, and what it changed against the version before.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::super::names::Names;
use crate::domain::schedule::{Difference, Rule, Rulebook, normal_lines};
use crate::domain::time::Timestamp;
use crate::store::rulebooks::{self, Edition};
use crate::store::{Conn, StoreError};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{Page, html};
use crate::web::session::Viewer;

/// Versions on one page.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "rules/history.html")]
struct HistoryPage {
    page: Page,
    changes: Vec<Change>,
    /// The version that holds now.
    latest: i32,
    /// The address of the versions before these.
    older: Option<String>,
    /// How many built-in rules there are.
    built_in: usize,
}

/// A version and what it changed.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) version: i32,
    pub(super) at: Timestamp,
    pub(super) by: String,
    pub(super) reason: String,
    /// Rules that the version before had not.
    pub(super) added: Vec<Rule>,
    /// Rules that only the version before had.
    pub(super) removed: Vec<Rule>,
}

impl Change {
    /// The versions after this one, the latest first.
    pub(super) fn since(conn: &mut Conn<'_>, version: i32) -> Result<Vec<Change>, StoreError> {
        let mut changes = Change::page(conn, i32::MAX)?;
        changes.retain(|change| change.version > version);
        Ok(changes)
    }

    /// A page of versions up to this one, the latest first.
    fn page(conn: &mut Conn<'_>, up_to: i32) -> Result<Vec<Change>, StoreError> {
        let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
        let (editions, names) = (rulebooks::editions(conn, up_to, limit)?, Names::read(conn)?);
        let first = editions.last().map_or(0, |edition| edition.answers);
        let built_in = Rulebook::builtin_text(first);
        let earlier = editions.iter().skip(1).map(|edition| edition.lines.as_str()).chain([&*built_in]);
        let change = |(edition, earlier): (&Edition, &str)| {
            let lines = Difference::between(&normal_lines(earlier), &normal_lines(&edition.lines));
            let rules = |lines: &[String]| lines.iter().filter_map(|line| line.parse().ok()).collect();
            Change {
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
    app: Data<App>,
    who: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let up_to = form::query::<HistoryQuery>(&request).up_to.parse().ok();
    let read = move |conn: &mut Conn<'_>| {
        let latest = rulebooks::latest(conn)?.map_or(0, |edition| edition.version);
        Ok::<_, StoreError>((Change::page(conn, up_to.unwrap_or(latest))?, latest))
    };
    let seen = app.store.look(who.mark, read).await?;
    let page = Page::new(&app, "rules", &who).showing(&seen, app.clock.now());
    let (changes, latest) = seen.found;
    let before = changes.last().map_or(0, |change| change.version - 1);
    let older = Some(format!("/rules/history?up_to={before}")).filter(|_| before > 0);
    let built_in = Rulebook::builtin().rules().len();
    html(HistoryPage { page, changes, latest, older, built_in })
}
