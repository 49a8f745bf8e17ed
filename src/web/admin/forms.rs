//! The hosted forms: every version of their consent language with its hash, and the page where an administrator writes the
//! next one.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::record_consent::hex;
use crate::actions::submit_form::publish_wording;
use crate::actions::{ActionError, FieldError};
use crate::domain::program::Program;
use crate::store::forms::{self, Form, Version};
use crate::store::{StoreError, programs};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{Errors, Posted};
use crate::web::page::{Page, html, html_status, see_other};
use crate::web::session::{self, Administrator, Signed, Viewer};

/// The addresses of the forms' administration.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/forms", web::get().to(index))
        .route("/forms/{slug}", web::get().to(show))
        .route("/forms/{slug}", web::post().to(change));
}

#[derive(Template)]
#[template(path = "forms/index.html")]
struct IndexPage {
    page: Page,
    forms: Vec<Listed>,
}

struct Listed {
    form: Form,
    program: String,
}

#[derive(Template)]
#[template(path = "forms/show.html")]
struct ShowPage {
    page: Page,
    hosted: Form,
    program: Program,
    public_url: String,
    versions: Vec<Shown>,
    given: Given,
    errors: Errors,
}

struct Shown {
    version: Version,
    sha256: String,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    title: String,
    #[serde(default)]
    wording: String,
    #[serde(default)]
    opt_in: String,
}

async fn index(app: Data<App>, who: Viewer) -> Result<HttpResponse, PageError> {
    let listed = app.store.read::<_, StoreError>(|conn| {
        let programs = programs::all(conn)?;
        let name = |form: &Form| programs.iter().find(|program| program.id == form.program_id);
        let named = |form: Form| Listed {
            program: name(&form).map(|program| program.name.clone()).unwrap_or_default(),
            form,
        };
        Ok(forms::all(conn)?.into_iter().map(named).collect::<Vec<_>>())
    });
    let forms = listed.await?;
    html(IndexPage { page: Page::new(&app, "forms", &who), forms })
}

async fn show(app: Data<App>, who: Viewer, slug: Path<String>) -> Result<HttpResponse, PageError> {
    form_page(&app, &who, slug.into_inner(), None).await
}

async fn form_page(
    app: &App,
    who: &impl Signed,
    slug: String,
    again: Option<(Given, Vec<FieldError>)>,
) -> Result<HttpResponse, PageError> {
    let found = app.store.read::<_, StoreError>(move |conn| {
        let Some((form, version)) = forms::find(conn, &slug)? else { return Ok(None) };
        let Some(program) = programs::get(conn, form.program_id)? else { return Ok(None) };
        let versions = forms::versions(conn, form.id)?;
        Ok(Some((form, version, program, versions)))
    });
    let (form, version, program, versions) = found.await?.ok_or(PageError::NotFound)?;
    let status = if again.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (given, errors) = again.unwrap_or_else(|| {
        let opt_in = if form.double_opt_in { "double" } else { "single" }.to_owned();
        (Given { title: form.title.clone(), wording: version.wording, opt_in }, Vec::new())
    });
    let shown = |version: Version| Shown { sha256: hex(&version.wording_sha256), version };
    let versions = versions.into_iter().map(shown).collect();
    let public_url = format!("{}/f/{}", app.public_url, form.slug);
    let (page, errors) = (Page::new(app, "forms", who), errors.into());
    html_status(status, ShowPage { page, hosted: form, program, public_url, versions, given, errors })
}

async fn change(
    app: Data<App>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    Posted(given): Posted<Given>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let double_opt_in = match given.opt_in.as_str() {
        "double" => true,
        "single" => false,
        _ => {
            let errors = vec![FieldError::new("opt_in", "Choose what a ticked box means.")];
            return form_page(&app, &who, slug, Some((given, errors))).await;
        }
    };
    // Browsers send line ends of two characters; the wording is kept byte for byte as it is shown.
    let (title, wording) = (given.title.clone(), given.wording.replace("\r\n", "\n"));
    let (actor, now, of) = (who.actor(), app.clock.now(), slug.clone());
    let published = app
        .store
        .write(move |tx| publish_wording(tx, &of, &title, &wording, double_opt_in, &actor, now))
        .await;
    match published {
        Ok(()) => {
            session::flash(
                &session,
                "The form is changed. Consent given under an older wording keeps that wording.",
            );
            Ok(see_other(format!("/forms/{slug}")))
        }
        Err(ActionError::Invalid(errors)) => form_page(&app, &who, slug, Some((given, errors))).await,
        Err(error) => Err(error.into()),
    }
}
