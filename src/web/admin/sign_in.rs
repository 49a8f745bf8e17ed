//! Signing in and out. A wrong password gets the same answer, in words and in time, for every account. It writes
//! sessions.

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::domain::actor::Actor;
use crate::password;
use crate::store::{StoreError, users};
use crate::web::AppState;
use crate::web::client_address::client_ip;
use crate::web::error::PageError;
use crate::web::form::{self, BeforeSignIn, FormErrors, PostedForm};
use crate::web::origin;
use crate::web::page::{PlainPage, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing::{self, PublicAccess};
use crate::web::session::{self, Viewer};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::SIGN_IN, routing::get(show))
        .route(patterns::SIGN_IN, routing::post(sign_in))
        .route(patterns::SIGN_OUT, routing::post(sign_out));
}

#[derive(Template)]
#[template(path = "sign_in/new.html")]
struct SignInPage {
    page: PlainPage,
    csrf: String,
    next: String,
    email: String,
    /// A form was sent after the session had ended.
    lost_form: bool,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "sign_in/already.html")]
struct AlreadyPage {
    page: PlainPage,
    name: String,
    next: String,
}

#[derive(Deserialize, Default)]
struct SignInQuery {
    #[serde(default)]
    next: String,
    #[serde(default)]
    lost: String,
}

#[derive(Deserialize)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn show(app: Data<AppState>, _: PublicAccess, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let SignInQuery { next, lost } = form::query(&request);
    if let Some(user) = session::current(&request).await? {
        let next = if origin::is_local(&next) { next } else { routes::dashboard().to_owned() };
        return html(AlreadyPage { page: PlainPage, name: user.name, next });
    }
    let (csrf, lost_form) = (form::anonymous_token(&app), lost == "form");
    let (email, errors) = Default::default();
    html(SignInPage { page: PlainPage, csrf, next, email, lost_form, errors })
}

async fn sign_in(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    session: Session,
    BeforeSignIn(given): BeforeSignIn<SignInForm>,
) -> Result<HttpResponse, PageError> {
    if !app.limits.sign_in.allows(&given.email, &client_ip(&app, &request)) {
        return Err(PageError::TooMany);
    }
    let email = given.email.clone();
    let known = app.store.read::<_, StoreError>(move |conn| users::by_email(conn, &email)).await?;
    let hash = known.map(|user| user.password_hash);
    let right = password::verify_aside(given.password, hash.clone()).await.map_err(PageError::internal)?;
    let commands = app.commands(Actor::User(given.email.clone()));
    let user = commands.sign_in(given.email.clone(), hash.filter(|_| right)).await?;
    match user {
        Some(user) => {
            session::begin(&session, &user)?;
            Ok(see_other(if origin::is_local(&given.next) {
                given.next.as_str()
            } else {
                routes::dashboard()
            }))
        }
        None => refuse(&app, given.email, given.next),
    }
}

fn refuse(app: &AppState, email: String, next: String) -> Result<HttpResponse, PageError> {
    let csrf = form::anonymous_token(app);
    let errors = FormErrors::from(vec![FieldError::new("email", "The email or password is wrong.")]);
    html_status(errors.status(), SignInPage { page: PlainPage, csrf, next, email, lost_form: false, errors })
}

#[derive(Deserialize)]
struct SignOutForm {}

async fn sign_out(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    _: PostedForm<SignOutForm>,
) -> Result<HttpResponse, PageError> {
    app.commands(who.actor()).sign_out(who.user).await?;
    session.purge();
    Ok(see_other(routes::sign_in()))
}
