//! The rules as text, for an administrator who changes them. What was typed is never lost: not by a wrong line, and not by
//! somebody else who published meanwhile.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::history::Change;
use crate::actions::publish_rules::{Draft, publish_rules};
use crate::actions::{ActionError, FieldError};
use crate::store::{Conn, StoreError, rulebooks};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::form::{self, Errors, Posted};
use crate::web::page::{Page, html_status, see_other};
use crate::web::session::{self, Administrator};

#[derive(Template)]
#[template(path = "rules/edit.html")]
struct EditPage {
    page: Page,
    given: Given,
    errors: Errors,
    /// Whose text was asked for, in words, where it is not the current one.
    from: Option<String>,
    /// The text of the built-in rules was asked for, or holds.
    is_built_in: bool,
    /// What was published while the page was open.
    meanwhile: Vec<Change>,
}

/// The answers, as they were given.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Given {
    lines: String,
    reason: String,
    /// The version that the text is published upon.
    version: String,
    /// The version that it was begun upon: what was published since is shown until it is replaced knowingly.
    begun: String,
}

impl Given {
    fn begun(&self) -> i32 {
        self.begun.parse().or(self.version.parse()).unwrap_or_default()
    }

    fn draft(&self) -> Draft {
        let version = self.version.parse().ok();
        Draft { lines: self.lines.clone(), reason: self.reason.clone(), version }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    from: String,
}

/// The current rules, or those of the version `from`, to be published once more.
pub(super) async fn edit(
    app: Data<App>,
    who: Administrator,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked = form::query::<Asked>(&request).from;
    let from: Option<i32> =
        if asked.is_empty() { None } else { Some(asked.parse().map_err(|_| PageError::NotFound)?) };
    let read = move |conn: &mut Conn<'_>| {
        let (book, version) = super::current(conn)?;
        let lines = match from {
            Some(from) => rulebooks::lines_of(conn, from)?.ok_or(PageError::NotFound)?,
            None => book.to_string(),
        };
        Ok::<_, PageError>((lines, version))
    };
    let (lines, version) = app.store.read(read).await?;
    let is_built_in = from.unwrap_or(version) == 0;
    let named = |from| if from == 0 { "the built-in rules".to_owned() } else { format!("version {from}") };
    let from = from.filter(|from| *from != version).map(named);
    let (version, begun) = (version.to_string(), version.to_string());
    let given = Given { lines, reason: String::new(), version, begun };
    let page = Page::new(&app, "rules", &who);
    let page = EditPage { page, given, errors: Errors::default(), from, is_built_in, meanwhile: Vec::new() };
    html_status(StatusCode::OK, page)
}

/// Publishes what was typed.
pub(super) async fn publish(
    app: Data<App>,
    who: Administrator,
    session: Session,
    Posted(given): Posted<Given>,
) -> Result<HttpResponse, PageError> {
    let (draft, actor, now) = (given.draft(), who.actor(), app.clock.now());
    let page = Page::new(&app, "rules", &who);
    match app.store.write(move |tx| publish_rules(tx, &draft, &actor, now)).await {
        Ok(version) => {
            session::flash(
                &session,
                format!("Version {version} of the rules is published. It counts for every text from now on."),
            );
            Ok(see_other("/rules"))
        }
        Err(ActionError::Invalid(errors)) => {
            let begun = given.begun();
            let read = move |conn: &mut Conn<'_>| Change::since(conn, begun);
            let meanwhile = app.store.read::<_, StoreError>(read).await?;
            html_status(StatusCode::UNPROCESSABLE_ENTITY, again(page, given, errors, meanwhile))
        }
        Err(ActionError::Conflict(_)) => outdated(&app, page, given).await,
        Err(error) => Err(error.into()),
    }
}

/// Shows what was published meanwhile beside what was typed; a second "Publish" is upon what is published now.
async fn outdated(app: &App, page: Page, given: Given) -> Result<HttpResponse, PageError> {
    let begun = given.begun();
    let read = move |conn: &mut Conn<'_>| {
        Ok::<_, StoreError>((Change::since(conn, begun)?, super::current(conn)?.1))
    };
    let (meanwhile, version) = app.store.read(read).await?;
    let given = Given { version: version.to_string(), begun: begun.to_string(), ..given };
    let errors = vec![FieldError::new("meanwhile", OUTDATED)];
    html_status(StatusCode::CONFLICT, again(page, given, errors, meanwhile))
}

/// The page once more, with what was typed.
fn again(page: Page, given: Given, errors: Vec<FieldError>, meanwhile: Vec<Change>) -> EditPage {
    EditPage { page, given, errors: errors.into(), from: None, is_built_in: false, meanwhile }
}

const OUTDATED: &str = "Somebody else published rules while you were editing. Nothing of yours is published yet. \
     Look at what changed, and take it into your text where it is right.";
