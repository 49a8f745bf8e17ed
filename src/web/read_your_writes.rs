//! Where pages are read from a replica, a person who changed something still sees it on the next page: the answer to
//! the change sets a cookie with the place in the database's log that a replica must have reached. The app wraps all
//! pages in it; it writes only the cookie.

use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest};

use super::{AppState, cookies};
use crate::store::LogPosition;

const COOKIE: &str = "sms-opt-in-mark";
/// No longer than this: after a failover the log may begin again a little earlier, and a mark ahead of it keeps its owner's
/// pages on the primary.
const KEPT: Duration = Duration::minutes(10);

/// Somebody who is signed in asked: pages are theirs.
pub(super) struct Authenticated;

/// Leaves the mark on every answer to a change that somebody who is signed in made.
///
/// # Errors
/// Whatever the services within return.
pub async fn set_position_cookie(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let app = request.app_data::<Data<AppState>>().filter(|_| changes).cloned();
    let mut response = next.call(request).await?;
    let is_known = response.request().extensions().contains::<Authenticated>();
    let is_done = is_known && response.status().as_u16() < 400;
    let Some(app) = app.filter(|_| is_done) else { return Ok(response) };
    if let Some(mark) = app.store.mark().await {
        let mut cookie = cookies::cookie(&app, COOKIE, mark.to_string());
        cookie.set_max_age(KEPT);
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&cookie.to_string())?);
    }
    Ok(response)
}

/// What the asker changed last. A mark that cannot be read counts as one that no replica has come to.
pub fn mark(request: &HttpRequest) -> Option<LogPosition> {
    let app = request.app_data::<Data<AppState>>()?;
    let cookie = request.cookie(&cookies::name(app, COOKIE))?;
    Some(cookie.value().parse().unwrap_or(LogPosition::NEVER))
}
