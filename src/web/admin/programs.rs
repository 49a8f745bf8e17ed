//! The programs and their wording. Everyone who signs in reads them; administrators write them through
//! `actions::edit_program`.

mod new;
mod replies;
mod sending;

use std::sync::Arc;

use actix_session::Session;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::list_page::{LINES, ListLinks, ListQuery, page_of, read_at_most};
use crate::actions::edit_program::ProgramChange;
use crate::actions::edit_replies::replies_revision;
use crate::actions::edit_sending::SendingChange;
use crate::domain::auto_reply::AutoReplies;
use crate::domain::gate::caps;
use crate::domain::id::JobId;
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::store::forms::{self, HostedForm};
use crate::store::{StoreError, backfill, programs};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm, SavedMeanwhile, answers_meanwhile};
use crate::web::page::{PageFrame, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator, SignedIn, Viewer};
use crate::words::{Label, frequency_text};

use self::new::{create, new};
use self::replies::{InLanguage, TemplatePreview, in_languages, replies};
use self::sending::sending;

/// Forms of a program that its page names.
const FORMS: usize = 20;

/// The addresses of the programs.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::PROGRAMS, routing::get(index))
        .route(patterns::PROGRAMS, routing::post(create))
        .route(patterns::NEW_PROGRAM, routing::get(new))
        .route(patterns::PROGRAM, routing::get(show))
        .route(patterns::PROGRAM_SENDING, routing::get(redirect_to_list))
        .route(patterns::PROGRAM_SENDING, routing::post(sending))
        .route(patterns::PROGRAM_REPLIES, routing::get(redirect_to_list))
        .route(patterns::PROGRAM_REPLIES, routing::post(replies))
        .route(patterns::PROGRAM, routing::post(change));
}

#[derive(Template)]
#[template(path = "programs/index.html")]
struct ProgramsPage {
    page: PageFrame,
    programs: Vec<ProgramItem>,
    links: ListLinks,
}

struct ProgramItem {
    program: Arc<Program>,
    sender: Option<String>,
}

#[derive(Template)]
#[template(path = "programs/show.html")]
struct ProgramPage {
    page: PageFrame,
    program: Arc<Program>,
    sender: Option<String>,
    samples: Vec<TemplatePreview>,
    in_languages: Vec<InLanguage>,
    /// The first of its forms.
    forms: Vec<HostedForm>,
    more_forms: bool,
    given: ProgramChange,
    sending: SendingChange,
    errors: FormErrors,
    meanwhile: Vec<SavedMeanwhile>,
    /// The job that gives its lists their rows, while it is not done.
    preparing: Option<JobId>,
}

/// How the words of the frequency are read, for the person who wrote them.
fn cap(program: &Program) -> String {
    let caps = caps(program, &[]);
    if !program.keeps_frequency {
        "not kept as a cap".to_owned()
    } else if caps.is_empty() {
        "no number of texts is read from it, so nothing is capped".to_owned()
    } else {
        format!("read as {}", caps.iter().map(frequency_text).collect::<Vec<_>>().join(", and "))
    }
}

/// Which of the page's forms comes back, with what was typed.
enum ProgramRedisplay {
    Wording(ProgramChange),
    Sending(SendingChange),
    /// With the revision that it was filled from.
    Replies(Language, AutoReplies, String),
}

impl ProgramRedisplay {
    /// Where what is saved differs from what was typed.
    fn beside(&self, program: &Program, sender: Option<&str>) -> Vec<SavedMeanwhile> {
        match self {
            ProgramRedisplay::Wording(given) => {
                answers_meanwhile(&ProgramChange::of(program).answers(), &given.answers())
            }
            ProgramRedisplay::Sending(sending) => {
                answers_meanwhile(&SendingChange::of(program, sender).answers(), &sending.answers())
            }
            ProgramRedisplay::Replies(language, replies, _) => replies::beside(replies, program, *language),
        }
    }

    /// As it is sent once more by someone who has seen what is saved now.
    fn upon(self, program: &Program, sender: Option<&str>) -> ProgramRedisplay {
        match self {
            ProgramRedisplay::Wording(given) => ProgramRedisplay::Wording(ProgramChange {
                revision: ProgramChange::of(program).revision,
                ..given
            }),
            ProgramRedisplay::Sending(sending) => ProgramRedisplay::Sending(SendingChange {
                revision: SendingChange::of(program, sender).revision,
                ..sending
            }),
            ProgramRedisplay::Replies(language, replies, _) => {
                ProgramRedisplay::Replies(language, replies, replies_revision(program, language))
            }
        }
    }
}

async fn index(app: Data<AppState>, who: Viewer, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = ListQuery::of(&request);
    let after = asked.after.clone();
    let listed = app.store.read::<_, StoreError>(move |conn| {
        let mut listed = Vec::new();
        let all = programs::all(conn)?;
        let behind = all.iter().position(|program| program.slug == after).map_or(0, |at| at + 1);
        for program in all.iter().skip(behind).take(LINES + 1) {
            listed
                .push(ProgramItem { sender: programs::sender(conn, program.id)?, program: program.clone() });
        }
        Ok(listed)
    });
    let place = |listed: &ProgramItem| listed.program.slug.clone();
    let (programs, links) = page_of(listed.await?, LINES, routes::programs(), &asked.after, place);
    html(ProgramsPage { page: PageFrame::new(&app, "programs", &who), programs, links })
}

/// A reload of a form's address leads back to the program.
async fn redirect_to_list(_who: Viewer, request: HttpRequest) -> HttpResponse {
    let slug = request.match_info().get("slug").unwrap_or_default();
    let is_plain = slug.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    see_other(if is_plain { routes::program(slug) } else { routes::programs().to_owned() })
}

async fn show(app: Data<AppState>, who: Viewer, slug: Path<String>) -> Result<HttpResponse, PageError> {
    program_page(&app, &who, slug.into_inner(), None).await
}

async fn program_page(
    app: &AppState,
    who: &impl SignedIn,
    slug: String,
    again: Option<(ProgramRedisplay, FormErrors)>,
) -> Result<HttpResponse, PageError> {
    let found = app.store.read::<_, StoreError>(move |conn| {
        let Some(program) = programs::find(conn, Some(&slug))? else { return Ok(None) };
        let sender = programs::sender(conn, program.id)?;
        let forms = forms::of_program(conn, program.id, Some(read_at_most(FORMS)))?;
        let preparing = backfill::preparing(conn, program.id)?;
        Ok(Some((program, sender, forms, preparing)))
    });
    let (program, sender, mut forms, preparing) = found.await?.ok_or(PageError::NotFound)?;
    let more_forms = forms.len() > FORMS;
    forms.truncate(FORMS);
    let (typed, errors, meanwhile) = match again {
        None => (None, FormErrors::default(), Vec::new()),
        Some((typed, errors)) if errors.is_outdated() => {
            let meanwhile = typed.beside(&program, sender.as_deref());
            (Some(typed.upon(&program, sender.as_deref())), errors, meanwhile)
        }
        Some((typed, errors)) => (Some(typed), errors, Vec::new()),
    };
    let (given, sending, replies) = match typed {
        None => (None, None, None),
        Some(ProgramRedisplay::Wording(given)) => (Some(given), None, None),
        Some(ProgramRedisplay::Sending(sending)) => (None, Some(sending), None),
        Some(ProgramRedisplay::Replies(language, replies, revision)) => {
            (None, None, Some((language, replies, revision)))
        }
    };
    let given = given.unwrap_or_else(|| ProgramChange::of(&program));
    let sending = sending.unwrap_or_else(|| SendingChange::of(&program, sender.as_deref()));
    let mut samples = vec![TemplatePreview::new("Opt-in template", program.invitation())];
    samples.extend(TemplatePreview::replies(&program, Language::English));
    let in_languages = in_languages(&program, replies.as_ref());
    let page = PageFrame::new(app, "programs", who);
    html_status(
        errors.status(),
        ProgramPage {
            page,
            program,
            sender,
            samples,
            in_languages,
            forms,
            more_forms,
            given,
            sending,
            errors,
            meanwhile,
            preparing,
        },
    )
}

async fn change(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    slug: Path<String>,
    PostedForm(given): PostedForm<ProgramChange>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let (wording, of) = (given.clone(), slug.clone());
    let actor = who.actor();
    match app.commands(actor).edit_program(of, wording).await {
        Ok(renewed) => {
            session::flash(&session, saved(&renewed));
            Ok(see_other(routes::program(slug)))
        }
        Err(error) => {
            let typed = ProgramRedisplay::Wording(given);
            program_page(&app, &who, slug, Some((typed, error.try_into()?))).await
        }
    }
}

/// What happened, with the forms that now show a new version.
fn saved(renewed: &[String]) -> String {
    let saved = "The program is saved. Texts from now on use this wording.";
    if renewed.is_empty() {
        return saved.to_owned();
    }
    let forms = renewed.iter().map(|title| format!("“{title}”")).collect::<Vec<_>>().join(", ");
    format!("{saved} The consent language of these forms follows it and has a new version: {forms}.")
}
