//! The form for a new program. Administrators use it; it writes through `actions::create_program`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use crate::actions::create_program::NewProgram;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes;
use crate::web::session::{self, Administrator};

#[derive(Template)]
#[template(path = "programs/new.html")]
struct NewProgramPage {
    page: PageFrame,
    given: NewProgram,
    errors: FormErrors,
}

pub(super) async fn new(app: Data<AppState>, who: Administrator) -> Result<HttpResponse, PageError> {
    show(&app, &who, NewProgram::default(), FormErrors::default())
}

fn show(
    app: &AppState,
    who: &Administrator,
    given: NewProgram,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let page = PageFrame::new(app, "programs", who);
    html_status(errors.status(), NewProgramPage { page, given, errors })
}

pub(super) async fn create(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    PostedForm(given): PostedForm<NewProgram>,
) -> Result<HttpResponse, PageError> {
    let wanted = given.clone();
    let actor = who.actor();
    match app.commands(actor).create_program(wanted).await {
        Ok(()) => {
            let done = "The program is added, with a hosted form of its own. Read its texts, and change what is not yours.";
            session::flash(&session, done);
            Ok(see_other(routes::program(given.slug.trim())))
        }
        Err(error) => show(&app, &who, given, error.try_into()?),
    }
}
