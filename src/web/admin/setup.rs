//! The page that creates the first administrator. Only the link in the server's log opens it, while no user exists;
//! it writes that user.

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::actions::users::{self as actions, NewUser};
use crate::actions::{ActionError, FieldError};
use crate::domain::actor::Actor;
use crate::domain::role::Role;
use crate::password;
use crate::store::{StoreError, users};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, BeforeSignIn, FormErrors};
use crate::web::page::{PlainPage, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing::{self, PublicAccess};
use crate::web::session::{self, SessionDevice};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::SETUP, routing::get(show)).route(patterns::SETUP, routing::post(create));
}

#[derive(Template)]
#[template(path = "setup/new.html")]
struct SetupPage {
    page: PlainPage,
    csrf: String,
    token: String,
    full_name: String,
    email: String,
    errors: FormErrors,
}

#[derive(Deserialize, Default)]
struct SetupQuery {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct SetupForm {
    token: String,
    name: String,
    email: String,
    password: String,
}

async fn show(app: Data<AppState>, _: PublicAccess, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let token = form::query::<SetupQuery>(&request).token;
    if app.store.read::<_, StoreError>(users::any).await? {
        return Ok(see_other(routes::sign_in()));
    }
    check_token(&app, &token).await?;
    let csrf = form::anonymous_token(&app);
    let (full_name, email, errors) = Default::default();
    html(SetupPage { page: PlainPage, csrf, token, full_name, email, errors })
}

async fn create(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    session: Session,
    BeforeSignIn(given): BeforeSignIn<SetupForm>,
) -> Result<HttpResponse, PageError> {
    check_token(&app, &given.token).await?;
    let (email, name) = (given.email.clone(), given.name.clone());
    let mut wrong = app.store.read(move |conn| actions::person_errors(conn, &email, &name)).await?;
    wrong.extend(
        password::check(&given.password, &given.email).err().map(|why| FieldError::new("password", why)),
    );
    if !wrong.is_empty() {
        return redisplay(&app, given, wrong.into());
    }
    let hash = password::hash_aside(given.password.clone()).await.map_err(PageError::internal)?;
    let new = NewUser {
        email: given.email.clone(),
        name: given.name.clone(),
        role: Role::Administrator,
        password_hash: hash,
    };
    let commands = app.commands(Actor::System);
    match commands.create_first_administrator(given.token.clone(), new).await {
        Ok(user) => {
            session::begin(&session, &user, SessionDevice::of(&app, &request))?;
            session::flash(&session, "Welcome. You are the first administrator.");
            let mut answer = see_other(routes::dashboard());
            session::remember_device(&app, &mut answer, &user, None)?;
            Ok(answer)
        }
        Err(ActionError::Invalid(errors)) => redisplay(&app, given, errors.into()),
        Err(error) => Err(error.into()),
    }
}

async fn check_token(app: &AppState, token: &str) -> Result<(), PageError> {
    let token = token.to_owned();
    if app.store.read::<_, StoreError>(move |conn| actions::may_set_up(conn, &token)).await? {
        return Ok(());
    }
    let way_on = "This setup link is not valid. Open the newest link from the server's log; it holds a token of its own.";
    Err(PageError::Unprocessable(vec![way_on.to_owned()]))
}

fn redisplay(app: &AppState, given: SetupForm, errors: FormErrors) -> Result<HttpResponse, PageError> {
    let csrf = form::anonymous_token(app);
    let SetupForm { token, name: full_name, email, .. } = given;
    html_status(errors.status(), SetupPage { page: PlainPage, csrf, token, full_name, email, errors })
}
