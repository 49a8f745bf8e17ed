//! Signing in and out. A wrong password gets the same answer, in words and in time, for every account. It writes
//! sessions.

mod code;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{CLEAR_SITE_DATA, HeaderValue, RETRY_AFTER};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::actions::sign_in_limits::SpentBudget;
use crate::actions::users::PasswordMatch;
use crate::domain::actor::Actor;
use crate::password;
use crate::store::StoreError;
use crate::store::users::{self, User};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, BeforeSignIn, FormErrors, NoFields, PostedForm};
use crate::web::origin;
use crate::web::page::{PlainPage, html, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing::{self, PublicAccess};
use crate::web::session::{self, SessionDevice, Viewer};
use crate::web::sign_in_attempt::SignInAttempt;
use crate::words::{idle_end_text, second_factor_removed_text, spent_budget_text};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::SIGN_IN, routing::get(show))
        .route(patterns::SIGN_IN, routing::post(sign_in))
        .configure(code::routes)
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
    /// Why the session ended, if it did for want of activity.
    idle_end: String,
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
    let idle_end = session::idle_end().map(idle_end_text).unwrap_or_default();
    html(SignInPage { page: PlainPage, csrf, next, email, lost_form, idle_end, errors })
}

async fn sign_in(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    session: Session,
    BeforeSignIn(given): BeforeSignIn<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let email = given.email.clone();
    let known = app.store.read::<_, StoreError>(move |conn| users::by_email(conn, &email)).await?;
    let attempt = SignInAttempt::new(&app, &request, &given.email, known.as_ref());
    if let Err(spent) = attempt.count(&app).await? {
        return refuse_for_now(&app, given, spent);
    }
    let hash = known.map(|user| user.password_hash);
    let right =
        password::verify_aside(given.password.clone(), hash.clone()).await.map_err(PageError::internal)?;
    let commands = app.commands(Actor::User(given.email.clone()));
    let user = commands.sign_in(given.email.clone(), hash.filter(|_| right), attempt.buckets()).await?;
    let Some(PasswordMatch { user, needs_code }) = user else {
        let why = "The email or password is wrong.".to_owned();
        return refuse(&app, given, StatusCode::UNPROCESSABLE_ENTITY, why);
    };
    if needs_code {
        return code::ask(&app, &user, given.next);
    }
    begin(&app, &request, &session, attempt, &user, &given.next)
}

/// The person has proved who they are: their session begins, and their browser is known from now on.
fn begin(
    app: &AppState,
    request: &HttpRequest,
    session: &Session,
    attempt: SignInAttempt,
    user: &User,
    next: &str,
) -> Result<HttpResponse, PageError> {
    session::begin(session, user, SessionDevice::of(app, request))?;
    if let Some(by) = &user.second_factor_removed_by {
        session::flash(session, second_factor_removed_text(by));
    }
    let mut answer = see_other(if origin::is_local(next) { next } else { routes::dashboard() });
    attempt.remember(app, &mut answer, user)?;
    Ok(answer)
}

/// Nothing was verified: the answer is the same whatever the password was, and whether or not there is such an account.
fn refuse_for_now(app: &AppState, given: SignInForm, spent: SpentBudget) -> Result<HttpResponse, PageError> {
    let wait = spent.free_at.since(app.clock.now());
    let why = spent_budget_text(spent.scope, wait);
    let mut answer = refuse(app, given, StatusCode::TOO_MANY_REQUESTS, why)?;
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.num_seconds().max(0) + 1));
    Ok(answer)
}

fn refuse(
    app: &AppState,
    given: SignInForm,
    status: StatusCode,
    why: String,
) -> Result<HttpResponse, PageError> {
    let (csrf, errors) = (form::anonymous_token(app), FormErrors::from(vec![FieldError::new("email", why)]));
    let SignInForm { next, email, .. } = given;
    let (lost_form, idle_end) = Default::default();
    html_status(status, SignInPage { page: PlainPage, csrf, next, email, lost_form, idle_end, errors })
}

/// What a browser forgets of this host at sign-out. Not "cookies": it would no longer be known as one in which the person
/// signed in, and this host's neighbors would lose theirs. The session's cookie is ended by name.
const CLEARED: &str = "\"cache\", \"storage\"";

async fn sign_out(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    app.commands(who.actor()).sign_out(who.user).await?;
    session.purge();
    let mut answer = see_other(routes::sign_in());
    answer.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static(CLEARED));
    Ok(answer)
}
