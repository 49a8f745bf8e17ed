//! Everyone's own account: each user writes their own password and time zone, and ends their own sessions.

mod sessions;

use actix_session::Session;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::actions::users::user_revision;
use crate::domain::calendar::{ZoneGroup, zone_choices};
use crate::password;
use crate::store::users::User;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, SessionDevice, Viewer};
use crate::web::sign_in_attempt::SignInAttempt;
use crate::words::{Label, spent_budget_text};

pub(super) use self::sessions::{ENDED, SessionItem, end_one, sessions_of};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::ACCOUNT, routing::get(show))
        .route(patterns::ACCOUNT, routing::post(change_password))
        .route(patterns::ACCOUNT_TIME_ZONE, routing::post(change_time_zone))
        .configure(sessions::routes);
}

#[derive(Template)]
#[template(path = "users/account.html")]
struct AccountPage {
    page: PageFrame,
    user: User,
    groups: &'static [ZoneGroup],
    /// The zone that is chosen in the form; empty for the organization's.
    time_zone: String,
    sessions: Vec<SessionItem>,
    errors: FormErrors,
}

async fn show(app: Data<AppState>, who: Viewer) -> Result<HttpResponse, PageError> {
    render(&app, &who, FormErrors::default(), None).await
}

async fn render(
    app: &AppState,
    who: &Viewer,
    errors: FormErrors,
    chosen: Option<String>,
) -> Result<HttpResponse, PageError> {
    let (page, user, groups) = (PageFrame::new(app, "account", who), who.user.clone(), zone_choices());
    let sessions = sessions_of(app, &user).await?;
    let time_zone = chosen.or_else(|| user.time_zone.clone()).unwrap_or_default();
    html_status(errors.status(), AccountPage { page, user, groups, time_zone, sessions, errors })
}

#[derive(Deserialize)]
struct TimeZoneForm {
    #[serde(default)]
    time_zone: String,
}

async fn change_time_zone(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    PostedForm(given): PostedForm<TimeZoneForm>,
) -> Result<HttpResponse, PageError> {
    let (id, name) = (who.user.id, given.time_zone.clone());
    match app.commands(who.actor()).set_user_time_zone(id, name).await {
        Ok(()) => {
            session::flash(&session, "Your time zone is saved.");
            Ok(see_other(routes::account()))
        }
        Err(error) => render(&app, &who, error.try_into()?, Some(given.time_zone)).await,
    }
}

#[derive(Deserialize)]
struct OwnPasswordForm {
    #[serde(default)]
    current: String,
    password: String,
}

async fn change_password(
    app: Data<AppState>,
    who: Viewer,
    request: HttpRequest,
    session: Session,
    PostedForm(given): PostedForm<OwnPasswordForm>,
) -> Result<HttpResponse, PageError> {
    let mut errors = Vec::from_iter(confirm_password(&app, &who.user, given.current, "current").await?);
    if let Err(why) = password::check(&given.password, &who.user.email) {
        errors.push(FieldError::new("password", why));
    }
    if !errors.is_empty() {
        return render(&app, &who, errors.into(), None).await;
    }
    // Of two changes with the same current password the second is refused.
    let revision = user_revision(&who.user);
    let hash = password::hash_aside(given.password).await.map_err(PageError::internal)?;
    let user = app.commands(who.actor()).change_password(who.user.id, hash, revision).await?;
    // Every session of this person has ended, this one too: it goes on under a new key. So does a browser that is known.
    session::begin(&session, &user, SessionDevice::of(&app, &request))?;
    session::flash(&session, "Your password is changed. Your other sessions have ended.");
    let mut answer = see_other(routes::account());
    session::remember_device(&app, &mut answer, &user, session::known_device(&app, &request, &who.user))?;
    Ok(answer)
}

/// Asks a person who is signed in for their password once more; what is wrong with it, said at a field.
///
/// # Errors
/// When the database fails.
pub(super) async fn confirm_password(
    app: &AppState,
    user: &User,
    password: String,
    field: &str,
) -> Result<Option<FieldError>, PageError> {
    let attempt = SignInAttempt::confirming(app, user);
    if let Err(spent) = attempt.count(app).await? {
        let wait = spent.free_at.since(app.clock.now());
        return Ok(Some(FieldError::new(field, spent_budget_text(spent.scope, wait))));
    }
    let hash = Some(user.password_hash.clone());
    if !password::verify_aside(password, hash).await.map_err(PageError::internal)? {
        return Ok(Some(FieldError::new(field, "This is not your current password.")));
    }
    attempt.forgive(app).await?;
    Ok(None)
}
