//! What the page after a submission says, in an encrypted cookie of the visitor's own browser: a reload shows the page
//! again, and no number is in an address. The hosted form uses it; it writes only the cookie.

use actix_web::cookie::CookieJar;
use actix_web::cookie::time::Duration;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::phone::Phone;
use crate::web::{AppState, cookies};

const NAME: &str = "opt-in-result";
const LASTS: Duration = Duration::minutes(10);
const INVITED: &str = "invited";
const SINGLE: &str = "single";

/// The result of one submission.
pub(super) struct SubmissionResult {
    /// The number as it was entered.
    pub(super) phone: Phone,
    /// True when the lead still has to reply START.
    pub(super) is_invited: bool,
}

/// Adds the result to the answer to a submission of the form `slug`.
pub(super) fn keep(app: &AppState, answer: &mut HttpResponse, slug: &str, result: &SubmissionResult) {
    let kind = if result.is_invited { INVITED } else { SINGLE };
    let mut jar = CookieJar::new();
    let plain = cookies::cookie(app, NAME, format!("{slug} {kind} {}", result.phone.as_str()));
    let name = plain.name().to_owned();
    jar.private_mut(&app.cookie_key).add(plain);
    let Some(mut cookie) = jar.get(&name).cloned() else { return };
    cookie.set_max_age(LASTS);
    // A cookie that cannot be added costs the visitor the echo of the number, and nothing else.
    if let Err(error) = answer.add_cookie(&cookie) {
        log::warn!("The result of a form could not be saved: {error}");
    }
}

/// The result that this browser has of the form `slug`.
pub(super) fn read(app: &AppState, request: &HttpRequest, slug: &str) -> Option<SubmissionResult> {
    let mut jar = CookieJar::new();
    let name = cookies::name(app, NAME);
    jar.add_original(request.cookie(&name)?);
    let cookie = jar.private(&app.cookie_key).get(&name)?;
    let mut parts = cookie.value().split(' ');
    let (of, kind, number) = (parts.next()?, parts.next()?, parts.next()?);
    let phone = Phone::from_e164(number).filter(|_| of == slug)?;
    Some(SubmissionResult { phone, is_invited: kind == INVITED })
}
