//! The public pages: a program's page and the hosted forms. Visitors use them; the answer to a submission is the same
//! for every number, so it reveals nothing. `optin` writes consent through `actions::submit_form`.

mod form_number;
mod optin;
mod reference;
pub(in crate::web) mod replies;
mod result_cookie;
mod stamp;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use askama::Template;

use super::AppState;
use super::error::PageError;
use super::page::{PublicPage, html};
use crate::domain::auto_reply::AutoReply;
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::store::forms::{self, FormVersion, HostedForm};
use crate::store::{ReadConn, StoreError, programs};
use crate::web::routes::{self, patterns};
use crate::web::routing::{self, PublicAccess};

/// Forms that a program's page shows, each with its whole wording.
const FORMS: i64 = 20;

/// The public addresses.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::PUBLIC_FORM, routing::get(optin::show))
        .route(patterns::PUBLIC_FORM, routing::post(optin::submit))
        .route(patterns::API_REFERENCE, routing::get(reference::show))
        .route(patterns::PUBLIC_FORM_DONE, routing::get(optin::done))
        .route(patterns::PUBLIC_PROGRAM, routing::get(program_page))
        .route(patterns::PUBLIC_REPLIES, routing::get(replies::show));
}

/// A hosted form with all that its pages say.
struct FormContent {
    form: HostedForm,
    version: FormVersion,
    program: Arc<Program>,
    sender: Option<String>,
}

async fn hosted(app: &AppState, slug: String) -> Result<FormContent, PageError> {
    let found = app.store.read::<_, StoreError>(move |conn| find(conn, &slug)).await?;
    found.ok_or(PageError::NotFound)
}

fn find(conn: &mut ReadConn<'_>, slug: &str) -> Result<Option<FormContent>, StoreError> {
    let Some((form, version)) = forms::find(conn, slug)? else { return Ok(None) };
    let Some(program) = programs::get(conn, form.program_id)? else { return Ok(None) };
    let sender = programs::sender(conn, program.id)?;
    Ok(Some(FormContent { form, version, program, sender }))
}

#[derive(Template)]
#[template(path = "optin/program.html")]
struct PublicProgramPage {
    page: PublicPage,
    program: Arc<Program>,
    sender: Option<String>,
    samples: Vec<SampleText>,
    forms: Vec<(HostedForm, FormVersion)>,
}

struct SampleText {
    name: String,
    text: String,
    language: Language,
}

/// The invitation, and what the program replies in each of its languages.
fn samples(program: &Program) -> Vec<SampleText> {
    let name = "The first text asks for your START".to_owned();
    let mut samples = vec![SampleText { name, text: program.invitation(), language: Language::English }];
    for language in std::iter::once(&Language::English).chain(program.replies.keys()) {
        for (word, reply) in
            [("START", AutoReply::Start), ("HELP", AutoReply::Help), ("STOP", AutoReply::Stop)]
        {
            let name = match language {
                Language::English => format!("After {word}"),
                _ => format!("After {word}, in {}", language.name()),
            };
            samples.push(SampleText {
                name,
                text: program.auto_reply(reply, Some(*language)),
                language: *language,
            });
        }
    }
    samples
}

async fn program_page(
    app: Data<AppState>,
    _: PublicAccess,
    slug: Path<String>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let found = app.store.read::<_, StoreError>(move |conn| {
        let Some(program) = programs::find(conn, Some(&slug))? else { return Ok(None) };
        let sender = programs::sender(conn, program.id)?;
        let shown = forms::shown_of(conn, program.id, FORMS)?;
        Ok(Some((program, sender, shown)))
    });
    let (program, sender, forms) = found.await?.ok_or(PageError::NotFound)?;
    let samples = samples(&program);
    html(PublicProgramPage {
        page: PublicPage::new("en", program.brand.clone()),
        program,
        sender,
        samples,
        forms,
    })
}
