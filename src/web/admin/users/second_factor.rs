//! Takes a person's second factor away, after a page that says what follows. Administrators use it when someone lost theirs;
//! it writes through `actions::second_factor`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, ServiceConfig};
use askama::Template;

use crate::actions::ActionError;
use crate::domain::id::UserId;
use crate::store::StoreError;
use crate::store::users::{self, User};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, NoFields, PostedForm};
use crate::web::page::{self, PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Administrator};
use crate::words::Label;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::USER_SECOND_FACTOR, routing::get(confirm))
        .route(patterns::USER_SECOND_FACTOR, routing::post(remove));
}

#[derive(Template)]
#[template(path = "second_factor/remove.html")]
struct RemovalPage {
    page: PageFrame,
    user: User,
    errors: FormErrors,
}

async fn confirm(
    app: Data<AppState>,
    who: Administrator,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    render(&app, &who, page::id(&id)?, FormErrors::default()).await
}

async fn render(
    app: &AppState,
    who: &Administrator,
    id: UserId,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let user = app.store.read::<_, StoreError>(move |conn| users::get(conn, id)).await?;
    let user = user.ok_or(PageError::NotFound)?;
    if user.id == who.user.id {
        // One's own is turned off with the password.
        return Ok(see_other(routes::second_factor()));
    }
    html_status(errors.status(), RemovalPage { page: PageFrame::new(app, "users", who), user, errors })
}

async fn remove(
    app: Data<AppState>,
    who: Administrator,
    session: Session,
    id: Path<String>,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = page::id(&id)?;
    if id == who.user.id {
        return Ok(see_other(routes::second_factor()));
    }
    match app.commands(who.actor()).remove_second_factor(id).await {
        Ok(user) => {
            let done = format!("The second factor of {} is removed. Their sessions have ended.", user.name);
            session::flash(&session, done);
            Ok(see_other(routes::user(id).as_str()))
        }
        Err(ActionError::Conflict(why)) => render(&app, &who, id, FormErrors::outdated("", why)).await,
        Err(error) => Err(error.into()),
    }
}
