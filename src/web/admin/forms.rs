//! The hosted forms: every version of their consent language with its hash, and the page where an administrator writes the
//! next one.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::publish_form::{self, Edited, publish_form};
use crate::actions::{ActionError, FieldError};
use crate::domain::hex::hex;
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
    /// What the form's fields were filled from.
    stand: String,
    versions: Vec<Shown>,
    given: Given,
    errors: Errors,
    /// What is published now, when somebody else changed it since `given` was begun.
    conflict: Option<Given>,
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
    #[serde(default)]
    stand: String,
}

impl Given {
    fn of(form: &Form) -> Self {
        let opt_in = if form.double_opt_in { "double" } else { "single" }.to_owned();
        let (title, wording) = (form.title.clone(), form.template.clone());
        Given { title, wording, opt_in, stand: publish_form::stand(form) }
    }
}

/// Why the page of a form is shown once more with what was typed.
enum Again {
    Wrong(Given, Vec<FieldError>),
    /// The form was changed meanwhile: both are shown, and a second "Publish" is upon what is published now.
    Outdated(Given),
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
    again: Option<Again>,
) -> Result<HttpResponse, PageError> {
    let found = app.store.read::<_, StoreError>(move |conn| {
        let Some((form, _)) = forms::find(conn, &slug)? else { return Ok(None) };
        let Some(program) = programs::get(conn, form.program_id)? else { return Ok(None) };
        let versions = forms::versions(conn, form.id)?;
        Ok(Some((form, program, versions)))
    });
    let (form, program, versions) = found.await?.ok_or(PageError::NotFound)?;
    let (published, none) = (Given::of(&form), Vec::new());
    let (status, stand) = (StatusCode::OK, published.stand.clone());
    let (status, stand, given, errors, conflict) = match again {
        None => (status, stand, published, none, None),
        Some(Again::Wrong(given, errors)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, given.stand.clone(), given, errors, None)
        }
        Some(Again::Outdated(given)) => (StatusCode::CONFLICT, stand, given, outdated(), Some(published)),
    };
    let shown = |version: Version| Shown { sha256: hex(&version.wording_sha256), version };
    let versions = versions.into_iter().map(shown).collect();
    let public_url = format!("{}/f/{}", app.public_url, form.slug);
    let (page, errors) = (Page::new(app, "forms", who), errors.into());
    let hosted = form;
    let page = ShowPage { page, hosted, program, public_url, stand, versions, given, errors, conflict };
    html_status(status, page)
}

fn outdated() -> Vec<FieldError> {
    let words = "This form was changed while you were editing it. Nothing of yours is published yet. Compare the two below.";
    vec![FieldError::new("conflict", words)]
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
            return form_page(&app, &who, slug, Some(Again::Wrong(given, errors))).await;
        }
    };
    let edited = Edited {
        title: given.title.clone(),
        template: given.wording.clone(),
        double_opt_in,
        stand: given.stand.clone(),
    };
    let (actor, now, of) = (who.actor(), app.clock.now(), slug.clone());
    let published = app.store.write(move |tx| publish_form(tx, &of, &edited, &actor, now)).await;
    match published {
        Ok(()) => {
            session::flash(
                &session,
                "The form is changed. Consent given under an older wording keeps that wording.",
            );
            Ok(see_other(format!("/forms/{slug}")))
        }
        Err(ActionError::Invalid(errors)) => {
            form_page(&app, &who, slug, Some(Again::Wrong(given, errors))).await
        }
        Err(ActionError::Conflict(_)) => form_page(&app, &who, slug, Some(Again::Outdated(given))).await,
        Err(error) => Err(error.into()),
    }
}
