//! One's own second factor: set it up with an authenticator app, get new recovery codes, turn it off. Each asks for the
//! password once more. Everyone who is signed in uses it for their own account; it writes through `actions::second_factor`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use serde::Deserialize;

use super::account::confirm_password;
use crate::actions::second_factor::NewSecondFactor;
use crate::actions::{ActionError, FieldError};
use crate::domain::time::Timestamp;
use crate::password::totp::SharedSecret;
use crate::store::second_factors;
use crate::store::{ReadConn, StoreError};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{FormErrors, PostedForm};
use crate::web::page::{PageFrame, html_status, see_other};
use crate::web::qr_code::{self, QrDrawing};
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::second_factor::{SealedSecret, recovery_codes};
use crate::web::session::{self, Viewer};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::SECOND_FACTOR, routing::get(show))
        .route(patterns::SECOND_FACTOR, routing::post(turn_on))
        .route(patterns::SECOND_FACTOR_SETUP, routing::post(set_up))
        .route(patterns::RECOVERY_CODES, routing::post(replace_codes))
        .route(patterns::SECOND_FACTOR_OFF, routing::post(turn_off));
}

#[derive(Template)]
#[template(path = "second_factor/show.html")]
struct SecondFactorPage {
    page: PageFrame,
    email: String,
    /// Since when it is on.
    since: Option<Timestamp>,
    codes_left: usize,
    /// The person's role needs one.
    is_needed: bool,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "second_factor/setup.html")]
struct SetupSecretPage {
    page: PageFrame,
    /// The secret as the form sends it back, encrypted.
    sealed: String,
    /// The secret in groups of four, to type.
    typed: String,
    picture: Option<QrDrawing>,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "second_factor/codes.html")]
struct RecoveryCodesPage {
    page: PageFrame,
    codes: Vec<String>,
    /// The second factor was turned on just now.
    is_new: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ConfirmForm {
    current: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FirstCodeForm {
    sealed: String,
    code: String,
}

async fn show(app: Data<AppState>, who: Viewer) -> Result<HttpResponse, PageError> {
    render(&app, &who, FormErrors::default()).await
}

async fn render(app: &AppState, who: &Viewer, errors: FormErrors) -> Result<HttpResponse, PageError> {
    let id = who.user.id;
    let read = move |conn: &mut ReadConn<'_>| {
        let factor = second_factors::of_user(conn, id)?;
        Ok::<_, StoreError>((
            factor.map(|factor| factor.since),
            second_factors::recovery_codes_left(conn, id)?,
        ))
    };
    let (since, codes_left) = app.store.read(read).await?;
    let (page, email, is_needed) =
        (PageFrame::new(app, "account", who), who.user.email.clone(), who.needs_second_factor);
    html_status(errors.status(), SecondFactorPage { page, email, since, codes_left, is_needed, errors })
}

/// The password, asked for once more; the page again when it is wrong.
async fn confirmed(
    app: &AppState,
    who: &Viewer,
    password: String,
) -> Result<Option<HttpResponse>, PageError> {
    match confirm_password(app, &who.user, password, "current").await? {
        Some(error) => render(app, who, vec![error].into()).await.map(Some),
        None => Ok(None),
    }
}

async fn set_up(
    app: Data<AppState>,
    who: Viewer,
    PostedForm(given): PostedForm<ConfirmForm>,
) -> Result<HttpResponse, PageError> {
    if let Some(again) = confirmed(&app, &who, given.current).await? {
        return Ok(again);
    }
    let secret = SharedSecret::random().map_err(PageError::internal)?;
    let sealed = SealedSecret::new(&app, &who.user, &secret);
    show_secret(&app, &who, &secret, sealed, FormErrors::default())
}

fn show_secret(
    app: &AppState,
    who: &Viewer,
    secret: &SharedSecret,
    sealed: SealedSecret,
    errors: FormErrors,
) -> Result<HttpResponse, PageError> {
    let letters: Vec<char> = secret.base32().chars().collect();
    let typed = letters.chunks(4).map(String::from_iter).collect::<Vec<String>>().join(" ");
    let picture = qr_code::draw(&secret.link(&who.user.email));
    let (page, status) = (PageFrame::new(app, "account", who), errors.status());
    html_status(status, SetupSecretPage { page, sealed: sealed.0, typed, picture, errors })
}

async fn turn_on(
    app: Data<AppState>,
    who: Viewer,
    PostedForm(given): PostedForm<FirstCodeForm>,
) -> Result<HttpResponse, PageError> {
    let sealed = SealedSecret(given.sealed);
    let Some(secret) = sealed.open(&app, &who.user) else {
        return Ok(see_other(routes::second_factor()));
    };
    let Some(step) = secret.step_of(&given.code, app.clock.now().utc().timestamp()) else {
        let why = "This code is wrong. Enter the six digits that your app shows now.";
        let errors = FormErrors::from(vec![FieldError::new("code", why)]);
        return show_secret(&app, &who, &secret, sealed, errors);
    };
    let (codes, hashes) = recovery_codes(&app, &who.user)?;
    let new = NewSecondFactor { sealed_secret: sealed.0, step, recovery_codes: hashes };
    match app.commands(who.actor()).set_up_second_factor(who.user.id, new).await {
        Ok(()) => show_codes(&app, &who, codes, true),
        Err(error) => refused(&app, &who, error).await,
    }
}

async fn replace_codes(
    app: Data<AppState>,
    who: Viewer,
    PostedForm(given): PostedForm<ConfirmForm>,
) -> Result<HttpResponse, PageError> {
    if let Some(again) = confirmed(&app, &who, given.current).await? {
        return Ok(again);
    }
    let (codes, hashes) = recovery_codes(&app, &who.user)?;
    match app.commands(who.actor()).replace_recovery_codes(who.user.id, hashes).await {
        Ok(()) => show_codes(&app, &who, codes, false),
        Err(error) => refused(&app, &who, error).await,
    }
}

fn show_codes(
    app: &AppState,
    who: &Viewer,
    codes: Vec<String>,
    is_new: bool,
) -> Result<HttpResponse, PageError> {
    let page = PageFrame::new(app, "account", who);
    html_status(FormErrors::default().status(), RecoveryCodesPage { page, codes, is_new })
}

async fn turn_off(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    PostedForm(given): PostedForm<ConfirmForm>,
) -> Result<HttpResponse, PageError> {
    if let Some(again) = confirmed(&app, &who, given.current).await? {
        return Ok(again);
    }
    match app.commands(who.actor()).turn_off_second_factor(who.user.id).await {
        Ok(()) => {
            session::flash(&session, "Your second factor is off.");
            Ok(see_other(routes::account()))
        }
        Err(error) => refused(&app, &who, error).await,
    }
}

/// What stands in the way is said on the page.
async fn refused(app: &AppState, who: &Viewer, error: ActionError) -> Result<HttpResponse, PageError> {
    match error {
        ActionError::Conflict(why) => render(app, who, FormErrors::outdated("", why)).await,
        error => Err(error.into()),
    }
}
