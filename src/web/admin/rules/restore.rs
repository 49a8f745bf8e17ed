//! Publishes an earlier version of the rules again, after the same preview as any change. Administrators use it; it
//! writes a new version and deletes nothing.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;

use super::preview::summary;
use super::{current, published};
use crate::actions::ActionError;
use crate::actions::preview_rules::{RulesPreview, preview_rules};
use crate::actions::publish_rules::{RuleChange, RulesDraft};
use crate::store::ReadConn;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes;
use crate::web::session::{self, Administrator};
use crate::words::{InWords, Label};

#[derive(Template)]
#[template(path = "rules/restore.html")]
struct RestorePage {
    page: PageFrame,
    /// The version that is to hold again.
    earlier: i32,
    form: RestoreForm,
    errors: FormErrors,
    /// None when it cannot be published.
    preview: Option<RulesPreview>,
}

impl RestorePage {
    fn summary(&self) -> String {
        self.preview.as_ref().map(summary).unwrap_or_default()
    }
}

/// What was entered.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct RestoreForm {
    /// The version of the rules when the page was opened.
    version: String,
    reason: String,
}

/// What going back would do.
pub(super) async fn show(
    app: Data<AppState>,
    who: Administrator,
    earlier: Path<String>,
) -> Result<HttpResponse, PageError> {
    render(&app, &who, page::id(&earlier)?, None, FormErrors::default()).await
}

/// Publishes the earlier version again.
pub(super) async fn post(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    earlier: Path<String>,
    PostedForm(form): PostedForm<RestoreForm>,
) -> Result<HttpResponse, PageError> {
    let earlier = page::id(&earlier)?;
    let change = app.store.read(move |conn| RuleChange::restore(conn, earlier)).await?;
    let change = change.ok_or(PageError::NotFound)?;
    let draft = RulesDraft { change, reason: form.reason.clone(), version: form.version.parse().ok() };
    let actor = who.actor();
    match app.commands(actor).publish_rules(draft).await {
        Ok(version) => {
            session::flash(&session, published(version));
            Ok(see_other(routes::rules()))
        }
        Err(ActionError::Conflict(_)) => {
            render(&app, &who, earlier, Some(form), FormErrors::outdated("", super::OUTDATED)).await
        }
        Err(error) => render(&app, &who, earlier, Some(form), error.try_into()?).await,
    }
}

async fn render(
    app: &AppState,
    who: &Administrator,
    earlier: i32,
    form: Option<RestoreForm>,
    mut errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let now = app.clock.now();
    let read = move |conn: &mut ReadConn<'_>| {
        let change = RuleChange::restore(conn, earlier)?.ok_or(PageError::NotFound)?;
        Ok::<_, PageError>((preview_rules(conn, &change, now)?, current(conn)?.1))
    };
    let (preview, version) = app.store.read(read).await?;
    let form = RestoreForm { version: version.to_string(), reason: form.unwrap_or_default().reason };
    let preview = preview.map_err(|wrong| errors.0 = wrong).ok();
    // A date that is missing has no field here.
    errors.0.iter_mut().filter(|error| error.field == "from").for_each(|error| error.field = String::new());
    let page = PageFrame::new(app, "rules", who);
    html_status(errors.status(), RestorePage { page, earlier, form, errors, preview })
}
