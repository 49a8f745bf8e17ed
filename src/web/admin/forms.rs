//! The hosted forms: every version of their consent text, and the page to write the next one. Administrators change
//! them; it writes through `actions::publish_form`.

use std::sync::Arc;

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::list_page::{LINES, ListLinks, ListQuery, page_of, read_at_most};
use crate::actions::FieldError;
use crate::actions::publish_form::{self, FormChange, change_errors};
use crate::domain::program::Program;
use crate::store::forms::{self, FormVersion, HostedForm};
use crate::store::{StoreError, programs};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm, SavedMeanwhile, saved_meanwhile};
use crate::web::page::{PageFrame, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator, SignedIn, Viewer};

/// Versions on one page: each is shown with its whole wording.
const VERSIONS: usize = 20;

/// The addresses of the forms' administration.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::FORMS, routing::get(index))
        .route(patterns::FORM, routing::get(show))
        .route(patterns::FORM, routing::post(change));
}

#[derive(Template)]
#[template(path = "forms/index.html")]
struct FormsPage {
    page: PageFrame,
    forms: Vec<FormItem>,
    links: ListLinks,
}

struct FormItem {
    form: HostedForm,
    program: String,
}

#[derive(Template)]
#[template(path = "forms/show.html")]
struct FormDetailPage {
    page: PageFrame,
    hosted: HostedForm,
    program: Arc<Program>,
    public_url: String,
    versions: Vec<VersionItem>,
    links: ListLinks,
    given: HostedFormForm,
    errors: FormErrors,
    meanwhile: Vec<SavedMeanwhile>,
}

struct VersionItem {
    version: FormVersion,
    sha256: String,
}

#[derive(Deserialize)]
struct HostedFormForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    wording: String,
    #[serde(default)]
    opt_in: String,
    /// What the fields were filled from.
    #[serde(default)]
    revision: String,
}

impl HostedFormForm {
    fn of(form: &HostedForm) -> Self {
        let opt_in = if form.double_opt_in { "double" } else { "single" }.to_owned();
        let (title, wording) = (form.title.clone(), form.template.clone());
        HostedFormForm { title, wording, opt_in, revision: publish_form::form_revision(form) }
    }

    /// Where what is published differs from what was typed.
    fn beside(&self, published: &HostedFormForm) -> Vec<SavedMeanwhile> {
        saved_meanwhile([
            ("Heading", published.title.as_str(), self.title.as_str()),
            ("Opt-in", &published.opt_in, &self.opt_in),
            ("Consent language", &published.wording, &self.wording),
        ])
    }
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = ListQuery::of(&request);
    let after = asked.after.clone();
    let listed = app.store.read::<_, StoreError>(move |conn| {
        let programs = programs::all(conn)?;
        let name = |form: &HostedForm| programs.iter().find(|program| program.id == form.program_id);
        let named = |form: HostedForm| FormItem {
            program: name(&form).map(|program| program.name.clone()).unwrap_or_default(),
            form,
        };
        let found = forms::page(conn, &after, read_at_most(LINES))?;
        Ok(found.into_iter().map(named).collect::<Vec<_>>())
    });
    let place = |listed: &FormItem| listed.form.slug.clone();
    let (forms, links) = page_of(listed.await?, LINES, routes::forms(), &asked.after, place);
    html(FormsPage { page: PageFrame::new(&app, "forms", &who), forms, links })
}

async fn show(
    app: Data<AppState>,
    who: Viewer,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    form_page(&app, &who, slug.into_inner(), ListQuery::of(&request), None).await
}

async fn form_page(
    app: &AppState,
    who: &impl SignedIn,
    slug: String,
    asked: ListQuery,
    again: Option<(HostedFormForm, FormErrors)>,
) -> Result<HttpResponse, PageError> {
    let before = asked.after.parse().ok();
    let found = app.store.read::<_, StoreError>(move |conn| {
        let Some((form, _)) = forms::find(conn, &slug)? else { return Ok(None) };
        let Some(program) = programs::get(conn, form.program_id)? else { return Ok(None) };
        let versions = forms::versions(conn, form.id, before, read_at_most(VERSIONS))?;
        Ok(Some((form, program, versions)))
    });
    let (form, program, versions) = found.await?.ok_or(PageError::NotFound)?;
    let published = HostedFormForm::of(&form);
    let (given, errors, meanwhile) = match again {
        None => (published, FormErrors::default(), Vec::new()),
        // A second "Publish" is upon what is published now.
        Some((given, errors)) if errors.is_outdated() => {
            let meanwhile = given.beside(&published);
            (HostedFormForm { revision: published.revision, ..given }, errors, meanwhile)
        }
        Some((given, errors)) => (given, errors, Vec::new()),
    };
    let shown =
        |version: FormVersion| VersionItem { sha256: HEXLOWER.encode(&version.wording_sha256), version };
    let place = |version: &FormVersion| version.version.to_string();
    let (versions, links) = page_of(versions, VERSIONS, &routes::form(&form.slug), &asked.after, place);
    let versions = versions.into_iter().map(shown).collect();
    let public_url = format!("{}{}", app.public_url, routes::public_form(&form.slug));
    let page = PageFrame::new(app, "forms", who);
    let hosted = form;
    let page =
        FormDetailPage { page, hosted, program, public_url, versions, links, given, errors, meanwhile };
    html_status(page.errors.status(), page)
}

async fn change(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    PostedForm(given): PostedForm<HostedFormForm>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let double_opt_in = match given.opt_in.as_str() {
        "double" => true,
        "single" => false,
        _ => {
            let mut errors = wording_errors(&app, slug.clone(), &given).await?;
            errors.push(FieldError::new("opt_in", "Choose what a ticked box means."));
            return form_page(&app, &who, slug, ListQuery::default(), Some((given, errors.into()))).await;
        }
    };
    let edited = FormChange {
        title: given.title.clone(),
        template: given.wording.clone(),
        double_opt_in,
        revision: given.revision.clone(),
    };
    let (actor, of) = (who.actor(), slug.clone());
    let published = app.commands(actor).publish_form(of, edited).await;
    match published {
        Ok(()) => {
            session::flash(
                &session,
                "The form is changed. Consent given under an older wording keeps that wording.",
            );
            Ok(see_other(routes::form(slug)))
        }
        Err(error) => {
            form_page(&app, &who, slug, ListQuery::default(), Some((given, error.try_into()?))).await
        }
    }
}

/// What is wrong with the heading and the wording, so that it is said together with the rest.
async fn wording_errors(
    app: &AppState,
    slug: String,
    given: &HostedFormForm,
) -> Result<Vec<FieldError>, PageError> {
    let program = app.store.read::<_, StoreError>(move |conn| match forms::find(conn, &slug)? {
        Some((form, _)) => programs::get(conn, form.program_id),
        None => Ok(None),
    });
    let program = program.await?.ok_or(PageError::NotFound)?;
    Ok(change_errors(&program, &given.title, &given.wording))
}
