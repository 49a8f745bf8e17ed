//! The background jobs: a list, and a page for each that shows its progress and asks for itself again while it runs.
//! Administrators use them; they cancel and retry jobs through `actions::background`.

mod result;

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::list_page::{LINES, read_at_most};
use crate::domain::background_job::JobState;
use crate::domain::id::JobId;
use crate::store::background_jobs::{self, BackgroundJob};
use crate::store::{ReadConn, StoreError, programs};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, NoFields, PostedForm};
use crate::web::page::{self, PageFrame, grouped, html, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::background_jobs as words;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::JOBS, routing::get(index))
        .route(patterns::JOB, routing::get(show))
        .route(patterns::JOB_LIVE, routing::get(show))
        .route(patterns::CANCEL_JOB, routing::post(cancel))
        .route(patterns::RETRY_JOB, routing::post(retry))
        .configure(result::routes);
}

#[derive(Template)]
#[template(path = "jobs/index.html")]
struct JobsPage {
    page: PageFrame,
    jobs: Vec<JobItem>,
    tabs: Vec<JobTab>,
    newest: Option<String>,
    older: Option<String>,
}

struct JobTab {
    href: String,
    label: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "jobs/show.html")]
struct JobPage {
    page: PageFrame,
    item: JobItem,
    sha256: Option<String>,
    size: String,
    /// True while its file can be downloaded.
    has_result: bool,
}

/// A job as pages show it.
struct JobItem {
    job: BackgroundJob,
    /// The program that it is about: address and name.
    program: Option<(String, String)>,
}

impl JobItem {
    fn of(conn: &mut ReadConn<'_>, job: BackgroundJob) -> Result<JobItem, StoreError> {
        let program = match job.program_id {
            Some(id) => programs::get(conn, id)?,
            None => None,
        };
        Ok(JobItem {
            job,
            program: program.map(|program| (routes::program(&program.slug), program.name.clone())),
        })
    }

    fn title(&self) -> String {
        match &self.program {
            Some((_, name)) => format!("{}: {name}", words::title(self.job.kind)),
            None => words::title(self.job.kind).to_owned(),
        }
    }

    fn description(&self) -> &'static str {
        words::description(self.job.kind)
    }

    fn progress(&self) -> String {
        let (done, counted) = (grouped(self.job.done), words::counted(self.job.kind));
        match self.job.total {
            Some(total) => format!("{done} of {} {counted}", grouped(total.max(self.job.done))),
            None => format!("{done} {counted}"),
        }
    }

    /// How long the bar is; numbers may have been added since they were counted.
    fn whole(&self) -> Option<i64> {
        self.job.total.map(|total| total.max(self.job.done).max(1))
    }

    fn may_cancel(&self) -> bool {
        self.job.state.is_active() && self.job.kind.may_be_cancelled()
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct JobsQuery {
    state: String,
    before: String,
}

impl JobsQuery {
    fn href(state: &str, before: &str) -> String {
        routes::with_query(routes::jobs(), &[("state", state), ("before", before)])
    }
}

async fn index(
    app: Data<AppState>,
    who: Administrator,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: JobsQuery = form::query(&request);
    let (state, before) = (asked.state.parse::<JobState>().ok(), asked.before.parse::<JobId>().ok());
    let read = move |conn: &mut ReadConn<'_>| {
        let found = background_jobs::page(conn, state, before, read_at_most(LINES))?;
        found.into_iter().map(|job| JobItem::of(conn, job)).collect::<Result<Vec<_>, StoreError>>()
    };
    let mut jobs = app.store.read(read).await?;
    let goes_on = jobs.len() > LINES;
    jobs.truncate(LINES);
    let known = state.map(JobState::as_str).unwrap_or_default();
    let last = jobs.last().filter(|_| goes_on).map(|last| last.job.id.to_string());
    let older = last.map(|last| JobsQuery::href(known, &last));
    let newest = before.map(|_| JobsQuery::href(known, ""));
    let tab =
        |state: &str, label| JobTab { href: JobsQuery::href(state, ""), label, current: state == known };
    let states = JobState::ALL.iter().map(|state| tab(state.as_str(), words::state_label(*state)));
    let tabs = std::iter::once(tab("", "All")).chain(states).collect();
    html(JobsPage { page: PageFrame::new(&app, "jobs", &who), jobs, tabs, newest, older })
}

async fn show(app: Data<AppState>, who: Administrator, id: Path<String>) -> Result<HttpResponse, PageError> {
    let id: JobId = page::id(&id)?;
    let read = move |conn: &mut ReadConn<'_>| match background_jobs::get(conn, id)? {
        Some(job) => JobItem::of(conn, job).map(Some),
        None => Ok(None),
    };
    let item = app.store.read::<_, StoreError>(read).await?.ok_or(PageError::NotFound)?;
    let sha256 = item.job.result_sha256.as_deref().map(|hash| HEXLOWER.encode(hash));
    let size = grouped(item.job.result_size.unwrap_or_default());
    let has_result = item.job.keeps_result(app.clock.now());
    html(JobPage { page: PageFrame::new(&app, "jobs", &who), item, sha256, size, has_result })
}

async fn cancel(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let id: JobId = page::id(&id)?;
    app.commands(who.actor()).cancel_job(id).await?;
    session::flash(&session, "Job canceled. What it did before stays done.");
    Ok(see_other(routes::job(id)))
}

async fn retry(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let id: JobId = page::id(&id)?;
    app.commands(who.actor()).retry_job(id).await?;
    session::flash(&session, "Job queued again. It continues where it stopped.");
    Ok(see_other(routes::job(id)))
}
