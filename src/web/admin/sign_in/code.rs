//! The second step of signing in: a code of the person's app, or a recovery code. What the first step proved is a signed
//! token in the form: nothing is stored for it. It writes sessions.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

use crate::actions::FieldError;
use crate::domain::actor::Actor;
use crate::domain::id::UserId;
use crate::store::users::{self, User};
use crate::store::{StoreError, second_factors};
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{self, BeforeSignIn, FormErrors};
use crate::web::page::{PlainPage, html_status, see_other};
use crate::web::routes::{self, patterns};
use crate::web::routing::{self, PublicAccess};
use crate::web::second_factor::verified;
use crate::web::sign_in_attempt::SignInAttempt;
use crate::words::spent_budget_text;

/// A right password counts so long.
const PROVED_FOR: Duration = Duration::minutes(10);

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(patterns::SIGN_IN_CODE, routing::post(take));
}

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    page: PlainPage,
    csrf: String,
    next: String,
    proof: String,
    errors: FormErrors,
}

#[derive(Deserialize)]
struct CodeForm {
    proof: String,
    code: String,
    #[serde(default)]
    next: String,
}

/// Asks a person whose password was right for their code.
pub(super) fn ask(app: &AppState, user: &User, next: String) -> Result<HttpResponse, PageError> {
    let proof = format!("{}.{}", user.id, app.signer.stamp(&purpose(user), app.clock.now()));
    render(app, proof, next, StatusCode::OK, None)
}

fn render(
    app: &AppState,
    proof: String,
    next: String,
    status: StatusCode,
    why: Option<String>,
) -> Result<HttpResponse, PageError> {
    let errors = why.map(|why| vec![FieldError::new("code", why)]).unwrap_or_default();
    let csrf = form::anonymous_token(app);
    html_status(status, CodePage { page: PlainPage, csrf, next, proof, errors: errors.into() })
}

async fn take(
    app: Data<AppState>,
    _: PublicAccess,
    request: HttpRequest,
    session: Session,
    BeforeSignIn(given): BeforeSignIn<CodeForm>,
) -> Result<HttpResponse, PageError> {
    let Some(user) = proved(&app, &given.proof).await? else {
        // It took too long, or the account was changed meanwhile: from the beginning.
        let again = routes::with_query(routes::sign_in(), &[("next", &given.next)]);
        return Ok(see_other(&again));
    };
    let attempt = SignInAttempt::new(&app, &request, &user.email, Some(&user));
    if let Err(spent) = attempt.count(&app).await? {
        let wait = spent.free_at.since(app.clock.now());
        let why = Some(spent_budget_text(spent.scope, wait));
        let mut answer = render(&app, given.proof, given.next, StatusCode::TOO_MANY_REQUESTS, why)?;
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.num_seconds().max(0) + 1));
        return Ok(answer);
    }
    let id = user.id;
    let factor = app.store.read::<_, StoreError>(move |conn| second_factors::of_user(conn, id)).await?;
    let code = factor.and_then(|factor| verified(&app, &user, &factor, &given.code));
    let commands = app.commands(Actor::User(user.email.clone()));
    match commands.sign_in_with_code(user, code, attempt.buckets()).await? {
        Some(user) => super::begin(&app, &request, &session, attempt, &user, &given.next),
        None => {
            let why =
                "This code is wrong or was used already. Wait for the next one in your app, then enter it.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            render(&app, given.proof, given.next, status, Some(why.to_owned()))
        }
    }
}

/// The person whose password was right in the first step.
async fn proved(app: &AppState, proof: &str) -> Result<Option<User>, PageError> {
    let Some((id, token)) = proof.split_once('.') else { return Ok(None) };
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    let user = app.store.read::<_, StoreError>(move |conn| users::get(conn, id)).await?;
    Ok(user.filter(|user| {
        let proved_at = app.signer.stamped_at(&purpose(user), token);
        proved_at.is_some_and(|at| (Duration::zero()..PROVED_FOR).contains(&app.clock.now().since(at)))
    }))
}

/// With another password the token is none.
fn purpose(user: &User) -> String {
    format!("password was right {} {}", user.id, user.password_hash)
}
