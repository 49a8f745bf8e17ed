//! Who did what in the administration, newest first.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::id::LogId;
use crate::store::StoreError;
use crate::store::admin_log::{self, Line};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{Page, html};
use crate::web::session::Administrator;

const PER_PAGE: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/log", web::get().to(index));
}

#[derive(Template)]
#[template(path = "log/index.html")]
struct LogPage {
    page: Page,
    lines: Vec<Line>,
    newest: Option<String>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
struct Position {
    #[serde(default)]
    before: Option<LogId>,
}

async fn index(app: Data<App>, who: Administrator, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let before = form::query::<Position>(&request).before;
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut lines = app.store.read::<_, StoreError>(move |conn| admin_log::page(conn, before, limit)).await?;
    let more = lines.len() > PER_PAGE;
    lines.truncate(PER_PAGE);
    let older = lines.last().filter(|_| more).map(|last| format!("/log?before={}", last.id));
    let newest = before.map(|_| "/log".to_owned());
    html(LogPage { page: Page::new(&app, "log", &who), lines, newest, older })
}
