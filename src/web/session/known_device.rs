//! Browsers in which a person signed in before. A signed cookie says so: for this account, until its password changes.
//! Failures in such a browser are counted on their own, so that a stranger who guesses passwords cannot lock its owner out.
//! Signing in uses it; it writes only the cookie.

use actix_web::cookie::time::Duration as MaxAge;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Duration;
use data_encoding::HEXLOWER;

use crate::store::users::User;
use crate::web::error::PageError;
use crate::web::{AppState, cookies};

/// Browsers keep no cookie longer.
const KEPT_DAYS: i64 = 400;
const COOKIE: &str = "sms-opt-in-device";

/// The device's identifier, if the person signed in here before.
pub fn known_device(app: &AppState, request: &HttpRequest, user: &User) -> Option<String> {
    let cookie = request.cookie(&cookies::name(app, &base_name(app, user)))?;
    let (id, token) = cookie.value().split_once('.')?;
    let signed_in_at = app.signer.stamped_at(&purpose(user, id), token)?;
    let is_kept =
        (Duration::zero()..Duration::days(KEPT_DAYS)).contains(&app.clock.now().since(signed_in_at));
    is_kept.then(|| id.to_owned())
}

/// Marks the browser that gets the answer as one in which the person signed in. One that was known keeps its identifier.
///
/// # Errors
/// When there is no randomness.
pub fn remember_device(
    app: &AppState,
    answer: &mut HttpResponse,
    user: &User,
    known: Option<String>,
) -> Result<(), PageError> {
    let id = match known {
        Some(id) => id,
        None => {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(PageError::internal)?;
            HEXLOWER.encode(&random)
        }
    };
    let token = app.signer.stamp(&purpose(user, &id), app.clock.now());
    let mut cookie = cookies::cookie(app, &base_name(app, user), format!("{id}.{token}"));
    cookie.set_max_age(MaxAge::days(KEPT_DAYS));
    answer.add_cookie(&cookie).map_err(PageError::internal)
}

/// One cookie for each account: two people who share a browser keep theirs.
fn base_name(app: &AppState, user: &User) -> String {
    let account = app.signer.keyed_hash(COOKIE, &user.id.to_string());
    let tag: String = HEXLOWER.encode(&account).chars().take(8).collect();
    format!("{COOKIE}-{tag}")
}

/// With another password the token is none.
fn purpose(user: &User, id: &str) -> String {
    format!("known device {id} {} {}", user.id, user.password_hash)
}
